# make run: build and start a sandbox; make test: what CI runs.

BIN       := bin
LINT      := $(BIN)/golangci-lint
LINT_VERSION := v2.15.0
PYTHON    := $(BIN)/python/bin/python
FUZZTIME  ?= 30s
BENCHTIME ?= 5s

# SQLITE_DEFAULT_MEMSTATUS=0 takes a global mutex out of every allocation of
# SQLite's: readers on two cores get a third faster. SQLITE_ENABLE_QPSG keeps a
# plan whatever is bound: without it each "column = ?" has its statement parsed
# and planned again with every use, which is most of what a query costs.
export CGO_CFLAGS := -O2 -g -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_ENABLE_QPSG
export CGO_ENABLED := 1

.PHONY: run build test check conformance lint fmt-check tidy-check vet fuzz bench bench-smoke clean deps postgres

run: build
	$(BIN)/scimd dev

build: deps
	go build -o $(BIN)/scimd ./cmd/scimd

# What Go does not bring itself is a C compiler, for SQLite.
deps:
	@command -v gcc >/dev/null || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev; }

# The tests start a PostgreSQL of their own; they need its programs only.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends postgresql; }

# What one client does thousands of times shows an answer and no race: the
# detector makes these five times as long, and sees nothing there that it does not
# see in the other tests of the same packages. Of the conformance one column is
# enough for it, the whole server under requests that come together.
LONG := TestSuiteCatchesFaults|TestEveryProviderConverges|TestRunTwice|TestModel[A-Z][a-z]*|TestStoryFilterTypo|TestProof|TestApplied

# The suites of conformance/thirdparty run beside the rest. What goes through the
# store runs once more, on PostgreSQL.
ON_POSTGRES := ./provision ./scim ./api ./workos ./conformance/idp
test: export SCIMD_PYTHON := $(abspath $(PYTHON))
test: deps postgres vet $(PYTHON)
	go test -race -shuffle=on -timeout 20m -skip '^($(LONG))$$|^TestConformance$$/interop|^TestConformance$$/PostgreSQL' ./...
	go test -shuffle=on -timeout 20m -run '^(TestConformance|$(LONG))$$' \
		$$(grep -rlE --include='*_test.go' '^func (TestConformance|$(LONG))\(' . | xargs -n1 dirname | sort -u)
	SCIMD_TEST_DATABASE=postgres go test -short -shuffle=on -timeout 20m $(ON_POSTGRES)

# What scimd passes of the matrix, in both profiles: docs/conformance.md.
conformance: deps postgres
	go test -count=1 -v -run 'TestConformance|TestSuiteCatchesFaults$$' ./cmd/scimd

check: fmt-check tidy-check lint test

vet: deps
	go vet ./...

fmt-check:
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "not formatted: $$files"; exit 1; }

tidy-check:
	go mod tidy -diff

lint: $(LINT) deps
	$(LINT) run

$(LINT):
	GOBIN=$(abspath $(BIN)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

$(PYTHON): conformance/thirdparty/requirements.txt
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { apt-get update && apt-get install -y --no-install-recommends python3-venv; }
	python3 -m venv $(BIN)/python
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Every Fuzz function, one after another.
fuzz: deps
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$dir; \
		done; \
	done

# Servers of its own over seeded databases, and the bare handler beside them in
# the same run; it writes docs/performance.md. Then what an administrator does
# with everyone at once, how long pushes wait, and groups by their size.
# BENCHFLAGS: see -h of ./bench.
BENCH_USERS ?= 100000
PEOPLE      ?= 100000
MEMBERS     ?= 10,100000
BENCHFLAGS  ?=
bench: build
	go run ./bench -scimd $(BIN)/scimd -users $(BENCH_USERS) -duration $(BENCHTIME) -docs docs/performance.md $(BENCHFLAGS)
	go test -run '^$$' -bench Scale -benchtime 1x -timeout 60m ./provision -people $(PEOPLE)
	go test -run '^$$' -bench Group -benchtime 5x -timeout 60m ./scim -members $(MEMBERS)

# Every scenario at small sizes: whether answers are right, not how fast they are.
bench-smoke: build
	go run ./bench -smoke -scimd $(BIN)/scimd $(BENCHFLAGS)

clean:
	rm -rf $(BIN) data
