// Package postgres opens a PostgreSQL database as a store: connections,
// migrations and the dialect, nothing else. Any number of servers may share
// one database.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"scimd/store"
	"scimd/store/sqlstore"
)

// readers is the number of connections that read; one more writes, and one
// rehearses.
func readers() int { return 4*runtime.NumCPU() + leads }

// leads are the connections that hold a lead.
const leads = 1

// Open connects to a database by its DSN (a URL, or key=value words as libpq
// reads them), brings its schema up to date and starts the writer. Several
// servers may do so at once. An error never holds the password.
func Open(ctx context.Context, dsn string) (store.Store, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	writing := open(config, 1, writes)
	err = prepare(ctx, writing)
	if err == nil {
		err = servable(ctx, writing)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s on %s: %w", config.Database, config.Host, err), writing.Close())
	}
	reading := open(config, readers(), reads)
	rehearsing := open(config, 1, func(c *pgx.ConnConfig) {
		walkIndexes(c)
		// Names change what they mean while a rehearsal goes on, which a prepared
		// statement would not notice.
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	})
	return sqlstore.New(reading, rehearsing, writing, dialect), nil
}

// parse reads a DSN. What the driver would say of one could hold the password.
func parse(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the PostgreSQL DSN cannot be read: want a URL like postgres://user@host/database or words like host=… dbname=…")
	}
	prefer(config, "application_name", "scimd")
	// What walkIndexes forbids and cannot be avoided counts as dearer than
	// anything: the planner would have each such statement compiled, for tens of
	// milliseconds.
	prefer(config, "jit", "off")
	// A server whose machine is gone must not keep its locks for hours.
	prefer(config, "tcp_keepalives_idle", "5")
	prefer(config, "tcp_keepalives_interval", "2")
	prefer(config, "tcp_keepalives_count", "3")
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	return config, nil
}

// prefer sets a session parameter that the DSN leaves open.
func prefer(c *pgx.ConnConfig, name, value string) {
	if _, given := c.RuntimeParams[name]; !given {
		c.RuntimeParams[name] = value
	}
}

// reads and writes set the connections that do.
func reads(c *pgx.ConnConfig) {
	joinAsWritten(c)
	prefer(c, "enable_seqscan", "off")
	prefer(c, "statement_timeout", "1min")
}

func writes(c *pgx.ConnConfig) {
	prefer(c, "lock_timeout", "3s")
	walkIndexes(c)
	// A server that hangs, or whose machine is gone, must not keep its locks.
	prefer(c, "idle_in_transaction_session_timeout", "1min")
}

// joinAsWritten keeps the order in which an index leads from one table to the
// next. The planner would choose by statistics, which are wrong while many
// people come in at once.
func joinAsWritten(c *pgx.ConnConfig) { prefer(c, "join_collapse_limit", "1") }

// walkIndexes holds the planner to indexes, each of which leads with the
// tenant: nothing that writes is to read a table whole.
func walkIndexes(c *pgx.ConnConfig) {
	joinAsWritten(c)
	for _, node := range []string{"seqscan", "hashjoin", "mergejoin"} {
		prefer(c, "enable_"+node, "off")
	}
}

func open(config *pgx.ConnConfig, connections int, adjust func(*pgx.ConnConfig)) *sql.DB {
	own := config.Copy()
	own.RuntimeParams = maps.Clone(config.RuntimeParams)
	adjust(own)
	db := stdlib.OpenDB(*own)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// prepare migrates under an advisory lock, and holds the database to what an
// acknowledgement means.
func prepare(ctx context.Context, db *sql.DB) error {
	var encoding, synchronous string
	err := errors.Join(
		db.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding),
		db.QueryRowContext(ctx, "SHOW synchronous_commit").Scan(&synchronous))
	if err != nil {
		return err
	}
	if encoding != "UTF8" || synchronous == "off" {
		return fmt.Errorf("server_encoding is %s and synchronous_commit %s: want UTF8 and not off", encoding, synchronous)
	}
	migrations, err := fs.Sub(sqlstore.Migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
