package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"scimd/store"
	"scimd/store/sqlite"
	"scimd/store/sqlstore"
	"scimd/store/storetest"
)

var updateGolden = flag.Bool("update", false, "rewrite testdata/schema.golden")

func open(t *testing.T, path string) *sqlite.Store {
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
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("FindParent after a reopen: got what differs from want (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Errorf("View after a reopen: got error %v, want none", err)
	}
}

// Rows that were there before a table was rebuilt are there after it.
func TestMigrateDomain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := fs.Sub(sqlstore.Migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO parent(key, id, name, plan, created) VALUES(1, 'p', 'acme', 'team', 0);
		INSERT INTO org(key, parent, id, name, product, plan, mode, mappings, full_tier, created) VALUES(2, 1, 'o', 'org', 'board', 'team', 'scim', 1, 'wait', 0);
		INSERT INTO directory(key, parent, id, name, profile, quirks, created) VALUES(3, 1, 'd', 'dir', 'interop', '{}', 0);
		INSERT INTO account(key, parent, id, username, email, display, folded_username, folded_email, created) VALUES(4, 1, zeroblob(16), 'ann', '', '', 'ann', '', 0);
		INSERT INTO resource(key, directory, type, id, account, name, display, external_id, active, created, modified, version, document)
			VALUES(5, 3, 2, zeroblob(16), NULL, 'eng', '', '', 1, 0, 0, 1, x'');
		INSERT INTO mapping(key, parent, org, id, directory, grp, role, tier, created) VALUES(6, 1, 2, 'm', 3, 5, 'admin', '', 0);
		INSERT INTO member(parent, org, account, role, tier, state, source, want, joined, changed, cause) VALUES(1, 2, 4, 'user', 'full', 'active', 'scim', '', 0, 0, '{}');
		INSERT INTO history(parent, org, account, at, after, cause, why) VALUES(1, 2, 4, 0, '{"role":"user","state":"active"}', '{}', 'came');`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	st := open(t, path)
	t.Cleanup(func() { _ = st.Close() })
	want := store.Mapping{Key: 6, Parent: 1, Org: 2, ID: "m", Directory: 3, Group: 5, Role: "admin", Created: time.UnixMicro(0).UTC()}
	err = st.View(t.Context(), func(_ context.Context, r store.Reader) error {
		got, err := r.Mappings(1, 2)
		if diff := cmp.Diff([]store.Mapping{want}, got); diff != "" {
			t.Errorf("Mappings: got what differs from want (-want +got):\n%s", diff)
		}
		return errors.Join(err, errOf(r.Parent(1)), errOf(r.Org(1, 2)), errOf(r.Directory(3)), errOf(r.Account(1, 4)),
			errOf(r.Member(1, 2, 4)), errOf(r.ChangeAt(1, 2, 4, time.UnixMicro(0))))
	})
	if err != nil {
		t.Errorf("View after the migration: got error %v, want none", err)
	}
}

func errOf[T any](_ T, err error) error { return err }
