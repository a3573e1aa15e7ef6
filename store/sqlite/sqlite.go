// Package sqlite opens an embedded SQLite database as a store: connections,
// pragmas, migrations and the dialect, nothing else.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"runtime"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"scimd/store"
	"scimd/store/sqlstore"
)

var dialect = sqlstore.Dialect{
	Begin: "BEGIN IMMEDIATE",
	Taken: func(err error) bool {
		var e sqlite3.Error
		return errors.As(err, &e) &&
			(e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
	},
	Keys:   "json_each(?)",
	Shadow: shadow,
}

// Open opens or creates the database file, brings its schema up to date and
// starts the writer. An acknowledged write survives power loss.
func Open(ctx context.Context, path string) (store.Store, error) {
	write, err := sql.Open("sqlite3", dsn(path, nil))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	conn, err := prepare(ctx, write)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	readers, err := sql.Open("sqlite3", dsn(path, url.Values{"_query_only": {"1"}}))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close())
	}
	readers.SetMaxOpenConns(2 * runtime.NumCPU())
	readers.SetMaxIdleConns(2 * runtime.NumCPU())
	// Names change what they mean while a rehearsal goes on: SQLite expires all
	// kept statements whenever the TEMP schema changes. TEMP tables refer to each
	// other by names that foreign keys would look for among them.
	rehearsals, err := sql.Open("sqlite3", dsn(path, url.Values{
		"mode": {"ro"}, "_foreign_keys": {"0"},
	}))
	if err != nil {
		return nil, errors.Join(err, readers.Close(), conn.Close(), write.Close())
	}
	rehearsals.SetMaxOpenConns(1)
	rehearsals.SetMaxIdleConns(-1) // what TEMP tables took of the disk is given back
	return sqlstore.New(readers, rehearsals, conn, write.Close, dialect), nil
}

func dsn(path string, more url.Values) string {
	q := url.Values{
		"_journal_mode":    {"WAL"},
		"_synchronous":     {"FULL"}, // the driver's default would be NORMAL and lose acknowledged writes
		"_foreign_keys":    {"1"},
		"_busy_timeout":    {"5000"},
		"_txlock":          {"deferred"},
		"_stmt_cache_size": {"128"},
		"_cache_size":      {"-65536"},
	}
	for k, v := range more {
		q[k] = v
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// prepare migrates and gives the one writing connection.
func prepare(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	migrations, err := fs.Sub(sqlstore.Migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations)
	if err != nil {
		return nil, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var journal string
	var synchronous int
	err = errors.Join(
		conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal),
		conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous))
	if err == nil && (journal != "wal" || synchronous != 2) {
		err = fmt.Errorf("journal_mode is %s and synchronous %d: want wal and 2", journal, synchronous)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
