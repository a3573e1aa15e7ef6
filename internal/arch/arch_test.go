package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "scimd"
	root   = "../.."
)

// allowed lists, for each package, the packages of ours that its production
// code may import; "/..." stands for what is below. A package without a row
// may import none.
var allowed = map[string][]string{
	"cmd/scimd":       {"api", "console", "declare", "event", "idtoken", "mapping", "password", "provision", "scim", "scim/quirk", "scim/schema", "store", "store/postgres", "store/sqlite", "store/transfer", "workos", "conformance/..."},
	"api":             {"declare", "event", "idtoken", "mapping", "provision", "store"},
	"event":           {"provision", "store"},
	"declare":         {"mapping", "provision", "store"},
	"provision":       {"mapping", "password", "store"},
	"scim":            {"password", "provision", "store", "scim/..."},
	"workos":          {"provision", "store"},
	"scim/resource":   {"scim/scimerr"},
	"scim/schema":     {"scim/quirk", "scim/resource", "scim/scimerr"},
	"scim/bulk":       {"scim/quirk", "scim/resource", "scim/scimerr"},
	"scim/filter":     {"scim/quirk", "scim/resource", "scim/schema", "scim/scimerr", "store"},
	"scim/patch":      {"scim/filter", "scim/quirk", "scim/resource", "scim/schema", "scim/scimerr"},
	"store/sqlstore":  {"store"},
	"store/sqlite":    {"store", "store/sqlstore", "store/transfer"},
	"store/postgres":  {"store", "store/sqlstore", "store/transfer"},
	"store/storetest": {"store"},
	"conformance/...": {"conformance/..."},
	"bench/...":       {"bench/..."},
	// The loader goes through the use cases, for a directory of a million that is
	// what the server would have made of it, in minutes. The driver starts it as a
	// process, and knows the server by HTTP alone.
	"bench/seed":   {"bench/people", "mapping", "provision", "scim/filter", "scim/quirk", "scim/resource", "scim/schema", "store", "store/sqlite"},
	"internal/...": {"..."},
}

// drivers lists the outside packages that only some of ours may import, and why.
var drivers = []struct {
	path string
	only []string
	why  string
}{
	{"github.com/mattn/go-sqlite3", []string{"store/sqlite"}, "the contract and its SQL know no driver"},
	{"github.com/jackc/pgx/v5", []string{"store/postgres"}, "the contract and its SQL know no driver"},
	{"github.com/spf13/cobra", []string{"cmd/scimd"}, "the command line is wired in one place"},
	{"github.com/spf13/viper", []string{"cmd/scimd"}, "configuration is read in one place"},
	{"github.com/elimity-com/scim/schema", []string{"scim/schema"}, "the library's model is used in one place"},
	{"github.com/coreos/go-oidc/v3/oidc", []string{"idtoken"}, "tokens of providers are verified in one place"},
	{"database/sql", []string{"store/sqlstore", "store/sqlite", "store/postgres", "internal/pgtest"}, "SQL stays in the store"},
	{"net/http", []string{"scim", "scim/scimerr", "workos", "idtoken", "api", "cmd/scimd", "conformance/...", "bench/...", "internal/..."}, "use cases and engines do not know HTTP"},
}

type pkg struct {
	files    []string
	imports  map[string]string // import path → file
	comments int
}

// load parses rather than asks the go command: the test cache would not see a
// change in a package that the test does not import.
func load(t *testing.T) map[string]*pkg {
	t.Helper()
	pkgs := map[string]*pkg{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "data") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		add(pkgs, filepath.ToSlash(rel), file, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func add(pkgs map[string]*pkg, dir, file string, f *ast.File) {
	p := pkgs[dir]
	if p == nil {
		p = &pkg{imports: map[string]string{}}
		pkgs[dir] = p
	}
	p.files = append(p.files, file)
	if f.Doc != nil {
		p.comments++
	}
	for _, i := range f.Imports {
		name, _ := strconv.Unquote(i.Path.Value)
		p.imports[name] = file
	}
}

func matches(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if below, ok := strings.CutSuffix(p, "..."); ok {
			return strings.HasPrefix(dir+"/", below)
		}
		return p == dir
	})
}

func allowedFor(dir string) []string {
	for d := dir; d != "."; d = path.Dir(d) {
		if row, ok := allowed[d]; ok && d == dir {
			return row
		}
		if row, ok := allowed[d+"/..."]; ok {
			return row
		}
	}
	return nil
}

func TestImports(t *testing.T) {
	for dir, p := range load(t) {
		for imported, file := range p.imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !matches(allowedFor(dir), ours) {
				t.Errorf("%s imports %s, which package %s must not know", file, imported, dir)
			}
			for _, d := range drivers {
				if imported == d.path && !matches(d.only, dir) {
					t.Errorf("%s imports %s: %s", file, imported, d.why)
				}
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	for dir, p := range load(t) {
		if p.comments != 1 {
			t.Errorf("package %s has %d package comments in %v, want 1", dir, p.comments, p.files)
		}
	}
}
