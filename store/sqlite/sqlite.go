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
	"slices"
	"strconv"
	"strings"

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
	Unavailable: func(err error) bool {
		var e sqlite3.Error
		return errors.As(err, &e) && slices.Contains(unavailable, e.Code)
	},
	Undone: func(error) bool { return false },
	Keys:   "json_each(?) k",
	In:     func(column string) string { return column + " IN (SELECT k.value FROM json_each(?) k)" },
	List: func(keys []int64) any {
		list := make([]byte, 0, 8*len(keys)+2)
		list = append(list, '[')
		for i, key := range keys {
			if i > 0 {
				list = append(list, ',')
			}
			list = strconv.AppendInt(list, key, 10)
		}
		return string(append(list, ']'))
	},
	Contains: func(text string) string { return "instr(" + text + ", ?) > 0" },
	EndsWith: func(text string) string { return "substr(" + text + ", -length(?)) = ?" },
	Field: func(column string, path ...string) string {
		return column + " ->> '$." + strings.Join(path, ".") + "'"
	},
	SetField: func(column string, path ...string) string {
		return "json_replace(" + column + ", '$." + strings.Join(path, ".") + "', ?)"
	},
	Shadow: shadow,
}

// unavailable are the codes of trouble that may pass.
var unavailable = []sqlite3.ErrNo{
	sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrNomem, sqlite3.ErrReadonly,
	sqlite3.ErrIoErr, sqlite3.ErrFull, sqlite3.ErrCantOpen,
}

// Open opens or creates the database file, brings its schema up to date and
// starts the writer. An acknowledged write survives power loss.
func Open(ctx context.Context, path string) (store.Store, error) {
	write, err := sql.Open("sqlite3", dsn(path, nil))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := prepare(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	readers, err := sql.Open("sqlite3", dsn(path, url.Values{"_query_only": {"1"}}))
	if err != nil {
		return nil, errors.Join(err, write.Close())
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
		return nil, errors.Join(err, readers.Close(), write.Close())
	}
	rehearsals.SetMaxOpenConns(1)
	rehearsals.SetMaxIdleConns(-1) // what TEMP tables took of the disk is given back
	return sqlstore.New(readers, rehearsals, write, dialect), nil
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

// prepare migrates, and holds the connection to what an acknowledgement means.
func prepare(ctx context.Context, db *sql.DB) error {
	migrations, err := fs.Sub(sqlstore.Migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	var journal string
	var synchronous int
	err = errors.Join(
		db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal),
		db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous))
	if err == nil && (journal != "wal" || synchronous != 2) {
		err = fmt.Errorf("journal_mode is %s and synchronous %d: want wal and 2", journal, synchronous)
	}
	return err
}
