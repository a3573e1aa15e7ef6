package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scimd/store"
	"scimd/store/sqlite"
	"scimd/store/storetest"
)

// A plan of SQLite follows from the schema alone: nobody runs ANALYZE.
func TestPlans(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	storetest.RunPlans(t, storetest.Planned{
		Open: func(t *testing.T) store.Store {
			st := open(t, path)
			t.Cleanup(func() { _ = st.Close() })
			return st
		},
		Observe: sqlite.Observe,
		Explain: func(t *testing.T, statements []storetest.Statement) (plans [][]storetest.Plan) {
			db, err := sql.Open("sqlite3", path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			requireKeptPlans(t, db)
			for _, s := range statements {
				plans = append(plans, []storetest.Plan{explain(t, db, s.Query, s.Args)})
			}
			return plans
		},
		Golden: filepath.Join("testdata", "plans.golden"), Update: *updateGolden,
	})
}

// requireKeptPlans ends a test that runs with a SQLite other than the Makefile
// builds: one that looks at what is bound takes other indexes than scimd's does.
func requireKeptPlans(t *testing.T, db *sql.DB) {
	t.Helper()
	var kept bool
	if err := db.QueryRowContext(t.Context(), "SELECT sqlite_compileoption_used('ENABLE_QPSG')").Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if !kept {
		t.Fatal("got a SQLite without SQLITE_ENABLE_QPSG, want the one of make test: export its CGO_CFLAGS")
	}
}

// explain reads the rows of EXPLAIN QUERY PLAN, each of which may hang from
// another.
func explain(t *testing.T, db *sql.DB, query string, args []any) (p storetest.Plan) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	depth := map[int]int{}
	for rows.Next() {
		var id, above, unused int
		var text string
		if err := rows.Scan(&id, &above, &unused, &text); err != nil {
			t.Fatal(err)
		}
		depth[id] = depth[above] + 1
		p.Lines = append(p.Lines, strings.Repeat("  ", depth[above])+text)
		p.Accesses = append(p.Accesses, accesses(query, text)...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	accessing = regexp.MustCompile(`^(SCAN|SEARCH) (\w+)(?:[^(]*\((.*)\))?`)
	entering  = regexp.MustCompile(`(\w+)[=<>]`)
	naming    = regexp.MustCompile(`\b(\w+) (?:AS )?(\w+)\b`)
)

// accesses reads one line. What is no table of ours is a list that was bound,
// or the rows of the statement itself.
func accesses(query, line string) []storetest.Access {
	m := accessing.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	a := storetest.Access{Table: m[2]}
	for _, n := range naming.FindAllStringSubmatch(query, -1) {
		if n[2] == a.Table && slices.Contains(storetest.Tables, n[1]) {
			a.Table = n[1]
		}
	}
	if !slices.Contains(storetest.Tables, a.Table) {
		return nil
	}
	for _, column := range entering.FindAllStringSubmatch(m[3], -1) {
		a.By = append(a.By, column[1])
	}
	return []storetest.Access{a}
}
