package postgres_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/storetest"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files of testdata")

// PostgreSQL plans by what it knows of the rows and of the arguments: nothing
// in a new database, little in one that has just been filled, more when it was
// analysed; and for all arguments at once when a statement is used again. Each
// way has to come to an index, on connections set as those that read and that
// write.
func TestPlans(t *testing.T) {
	fresh, filled := testenv.PostgresDSN(t), testenv.PostgresDSN(t)
	for _, dsn := range []string{fresh, filled} {
		doNotAnalyse(t, dsn)
	}
	storetest.RunPlans(t, storetest.Planned{
		Open:    func(t *testing.T) store.Store { return open(t, filled) },
		Observe: postgres.Observe,
		Explain: func(t *testing.T, statements []storetest.Statement) [][]storetest.Plan {
			plans := make([][]storetest.Plan, len(statements))
			for _, know := range []struct{ what, dsn, first string }{
				{"new", fresh, "SELECT 1"}, {"filled", filled, "SELECT 1"}, {"analysed", filled, "ANALYZE"},
			} {
				reading, writing, err := postgres.Sessions(know.dsn)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := writing.ExecContext(t.Context(), know.first); err != nil {
					t.Fatal(err)
				}
				explainAll(t, writing, "writes, "+know.what, statements, plans)
				explainAll(t, reading, "reads, "+know.what, statements, plans)
				_ = reading.Close()
				_ = writing.Close()
			}
			return plans
		},
		Golden: filepath.Join("testdata", "plans.golden"), Update: *updateGolden,
	})
}

// doNotAnalyse keeps the database from learning of its rows while the test runs.
func doNotAnalyse(t *testing.T, dsn string) {
	t.Helper()
	reading, writing, err := postgres.Sessions(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reading.Close() }()
	defer func() { _ = writing.Close() }()
	for _, table := range storetest.Tables {
		if _, err := writing.ExecContext(t.Context(), "ALTER TABLE "+table+" SET (autovacuum_enabled = off)"); err != nil {
			t.Fatal(err)
		}
	}
}

func explainAll(t *testing.T, db *sql.DB, how string, statements []storetest.Statement, plans [][]storetest.Plan) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), "SET plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	leading := leadingColumns(t, conn)
	for i, s := range statements {
		if strings.HasPrefix(how, "reads") && !strings.HasPrefix(s.Query, "SELECT") && !strings.HasPrefix(s.Query, "WITH") && !strings.HasPrefix(s.Query, "DECLARE") {
			continue
		}
		plans[i] = append(plans[i], once(t, conn, leading, how, s))
		if !strings.HasPrefix(s.Query, "DECLARE") { // it is planned each time
			plans[i] = append(plans[i], again(t, conn, leading, how, s))
		}
	}
}

// leadingColumns gives the first column of every index.
func leadingColumns(t *testing.T, conn *sql.Conn) map[string]string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), `SELECT c.relname, a.attname FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE c.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	leading := map[string]string{}
	for rows.Next() {
		var index, column string
		if err := rows.Scan(&index, &column); err != nil {
			t.Fatal(err)
		}
		leading[index] = column
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return leading
}

// once is the plan for the arguments.
func once(t *testing.T, conn *sql.Conn, leading map[string]string, how string, s storetest.Statement) storetest.Plan {
	t.Helper()
	return explained(t, conn, leading, how+", these arguments", "EXPLAIN (FORMAT JSON, COSTS OFF) "+postgres.Bind(s.Query), s.Args...)
}

// again is the plan for any arguments.
func again(t *testing.T, conn *sql.Conn, leading map[string]string, how string, s storetest.Statement) storetest.Plan {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if _, err := conn.ExecContext(ctx, "PREPARE explained AS "+postgres.Bind(s.Query)); err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	defer conn.ExecContext(ctx, "DEALLOCATE explained") //nolint:errcheck // the next PREPARE would say so
	arguments := ""
	if len(s.Args) > 0 {
		arguments = "(NULL" + strings.Repeat(", NULL", len(s.Args)-1) + ")"
	}
	return explained(t, conn, leading, how+", any arguments", "EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE explained"+arguments)
}

func explained(t *testing.T, conn *sql.Conn, leading map[string]string, how, query string, args ...any) storetest.Plan {
	t.Helper()
	var text string
	if err := conn.QueryRowContext(t.Context(), query, args...).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var answer []struct{ Plan node }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer) != 1 {
		t.Fatalf("%s: got %s and error %v, want one plan", query, text, err)
	}
	p := storetest.Plan{How: how, Guessed: !strings.Contains(how, "analysed")}
	answer[0].Plan.add(&p, leading, 0)
	return p
}

// node is one of a plan.
type node struct {
	Type    string   `json:"Node Type"`
	Table   string   `json:"Relation Name"`
	Index   string   `json:"Index Name"`
	Entered string   `json:"Index Cond"`
	Filter  string   `json:"Filter"`
	Keys    []string `json:"Sort Key"`
	Plans   []node   `json:"Plans"`
}

var (
	literal = regexp.MustCompile(`'(?:[^']|'')*'|\$\d+|\b\d+\b`)
	cast    = regexp.MustCompile(`::(?:text|bigint|integer|bytea|jsonb|character varying|"?\w+"?)(?:\[\])?`)
	column  = regexp.MustCompile(`[(,] ?(?:\w+\.)?(\w+)(?:, \w+\))? (?:=|<|>|<=|>=) `)
	row     = regexp.MustCompile(`ROW\((\w+)`)
)

func plain(condition string) string {
	return literal.ReplaceAllString(strings.ReplaceAll(cast.ReplaceAllString(condition, ""), ` COLLATE "C"`, ""), "?")
}

// add writes what a node does, if it is one of those that read or sort, and
// then what those below it do.
func (n node) add(p *storetest.Plan, leading map[string]string, depth int) {
	var line []string
	switch {
	case n.Type == "Sort" || n.Type == "Incremental Sort":
		line = append(line, n.Type, "by", plain(strings.Join(n.Keys, ", ")))
	case n.Index != "" || n.Table != "" && n.Type != "ModifyTable":
		line = append(line, n.Type)
		if n.Index != "" {
			line = append(line, "by", n.Index)
		}
		if n.Table != "" {
			line = append(line, "of", n.Table)
		}
		for _, c := range []struct{ name, text string }{{"", n.Entered}, {"then ", n.Filter}} {
			if c.text != "" {
				line = append(line, c.name+plain(c.text))
			}
		}
		if n.Type != "Bitmap Heap Scan" {
			a := storetest.Access{Table: n.Table}
			if a.Table == "" {
				a.Table = tableOf(n.Index)
			}
			for _, re := range []*regexp.Regexp{column, row} {
				for _, m := range re.FindAllStringSubmatch(n.Entered, -1) {
					a.By = append(a.By, m[1])
				}
			}
			if n.Type == "Tid Scan" {
				break // of what was found before
			}
			if leads := leading[n.Index]; !slices.Contains(a.By, leads) {
				a.By = nil // an index that is not entered by its first column is read whole
			}
			p.Accesses = append(p.Accesses, a)
		}
	}
	if line != nil {
		p.Lines = append(p.Lines, strings.Repeat("  ", depth)+strings.Join(line, " "))
		depth++
	}
	for _, below := range n.Plans {
		below.add(p, leading, depth)
	}
}

// tableOf gives the table of an index: the longest that its name begins with.
func tableOf(index string) (table string) {
	for _, t := range slices.Sorted(slices.Values(storetest.Tables)) {
		if strings.HasPrefix(index, t+"_") && len(t) > len(table) {
			table = t
		}
	}
	return table
}
