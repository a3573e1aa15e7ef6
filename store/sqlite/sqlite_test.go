package sqlite_test

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimd/store"
	"scimd/store/sqlite"
	"scimd/store/storetest"
)

var updateGolden = flag.Bool("update", false, "rewrite testdata/schema.golden")

func open(t *testing.T, path string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	return st
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		st := open(t, filepath.Join(t.TempDir(), "scimd.db"))
		// A test may have closed the store itself.
		t.Cleanup(func() { _ = st.Close() })
		return st
	})
}

// The schema is what migrations leave behind; the golden file shows a review
// what a new one really does.
func TestSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatalf("Close: got error %v, want none", err)
	}
	got, golden := schema(t, path), filepath.Join("testdata", "schema.golden")
	if *updateGolden {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("schema: got\n%s\nwant\n%s\n(go test -update accepts it)", got, want)
	}
}

func schema(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := db.QueryContext(t.Context(), "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			t.Fatal(err)
		}
		out.WriteString(statement + ";\n\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What was acknowledged is there after a restart, under the same keys.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a dir?#%", "scimd.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	want := store.Parent{ID: "p1", Name: "acme", Plan: "team", Created: time.UnixMicro(1_700_000_000_000_001).UTC()}
	st := open(t, path)
	err := st.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.AddParent(&want) })
	if err != nil {
		t.Fatalf("Update: got error %v, want none", err)
	}
	if err := st.Close(); err != nil {
		t.Fatalf("Close: got error %v, want none", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the database file: got error %v, want it at the path that was given", err)
	}
	st = open(t, path)
	t.Cleanup(func() { _ = st.Close() })
	err = st.View(t.Context(), func(_ context.Context, r store.Reader) error {
		got, err := r.FindParent("acme")
		if err == nil && got != want {
			t.Errorf("FindParent after a reopen: got %+v, want %+v", got, want)
		}
		return err
	})
	if err != nil {
		t.Errorf("View after a reopen: got error %v, want none", err)
	}
}
