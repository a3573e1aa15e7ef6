package pgtest

import (
	"context"
	"database/sql"
	"net/url"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that pgtestdb connects by
	"github.com/peterldowns/pgtestdb"
)

// Migrate brings a new database up to date, once for all tests of a process:
// the others get a copy.
type Migrate func(ctx context.Context, dsn string) error

// Hash is the same for all: a cluster sees one schema only.
func (Migrate) Hash() (string, error) { return "scimd", nil }

// Migrate is pgtestdb.Migrator's.
func (m Migrate) Migrate(ctx context.Context, _ *sql.DB, c pgtestdb.Config) error {
	return m(ctx, c.URL())
}

// Database makes a migrated database in a cluster and gives its DSN. It goes
// when the test ends, unless the test failed.
func (c *Cluster) Database(tb testing.TB, migrate Migrate) string {
	tb.Helper()
	return c.database(tb, migrate)
}

// Empty makes a database without a table.
func (c *Cluster) Empty(tb testing.TB) string {
	tb.Helper()
	return c.database(tb, pgtestdb.NoopMigrator{})
}

// Itself is the DSN of the cluster's own database, without a table at first,
// for a test that has the cluster to itself.
func (c *Cluster) Itself() string {
	return "postgres://postgres@localhost:" + c.Port + "/postgres?host=" + url.QueryEscape(c.Socket)
}

func (c *Cluster) database(tb testing.TB, migrator pgtestdb.Migrator) string {
	tb.Helper()
	return pgtestdb.Custom(tb, pgtestdb.Config{
		DriverName: "pgx", Host: "localhost", Port: c.Port, User: "postgres", Database: "postgres",
		Options: "host=" + url.QueryEscape(c.Socket), ForceTerminateConnections: true,
	}, migrator).URL()
}
