package testenv

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"scimd/internal/pgtest"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/sqlite"
)

// DatabaseVariable names the database that tests run on: sqlite, which is what
// an empty one means, or postgres.
const DatabaseVariable = "SCIMD_TEST_DATABASE"

// OpenStore opens an empty store of the test's own.
func OpenStore(tb testing.TB) store.Store {
	tb.Helper()
	st, err := openStore(tb)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return st
}

func openStore(tb testing.TB) (store.Store, error) {
	tb.Helper()
	if OnPostgres(tb) {
		return postgres.Open(tb.Context(), PostgresDSN(tb))
	}
	return openSQLite(tb.Context(), tb.TempDir())
}

func openSQLite(ctx context.Context, folder string) (store.Store, error) {
	empty, err := emptySQLite()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "scimd.db")
	if err := os.WriteFile(file, empty, 0o600); err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, file)
}

// emptySQLite is the file of a store that was migrated and closed: once for all
// tests of a process, as pgtest does it.
var emptySQLite = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "scimd-empty-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "scimd.db")
	st, err := sqlite.Open(context.Background(), file)
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file) //nolint:gosec // G304: it was just made here
})

// OnPostgres tells whether tests run on PostgreSQL.
func OnPostgres(tb testing.TB) bool {
	tb.Helper()
	switch on := os.Getenv(DatabaseVariable); on {
	case "postgres":
		return true
	case "", "sqlite":
		return false
	default:
		tb.Fatalf("%s is %q: want sqlite or postgres", DatabaseVariable, on)
		return false
	}
}

// PostgresDSN makes an empty scimd in the test process's PostgreSQL.
func PostgresDSN(tb testing.TB) string {
	tb.Helper()
	return pgtest.Shared(tb).Database(tb, MigratePostgres)
}

// MigratePostgres leaves an empty scimd in a database.
func MigratePostgres(ctx context.Context, dsn string) error {
	st, err := postgres.Open(ctx, dsn)
	if err != nil {
		return err
	}
	return st.Close()
}
