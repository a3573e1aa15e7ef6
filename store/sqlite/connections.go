package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"runtime"

	"scimd/store/sqlstore"
)

// Settings of connections, by parameter of the driver.
var (
	shared = map[string]string{
		"_busy_timeout": "5000",
		"_txlock":       "deferred",
		"_mutex":        "no", // database/sql has one goroutine at a connection
	}
	// served are the connections of a Store. What is not set was measured with a
	// million users: mmap_size makes every page that was read count as memory of
	// the process, once for each connection (1.1 GB); temp_store stays on disk,
	// since sorters and rehearsals grow with the customer. ANALYZE and PRAGMA
	// optimize must never run: SQLite would take one customer's numbers for
	// everyone's, and turn lookups into scans.
	served = with(shared, map[string]string{
		"_journal_mode":    "WAL",
		"_synchronous":     "FULL", // the driver's default would be NORMAL and lose acknowledged writes
		"_foreign_keys":    "1",
		"_stmt_cache_size": "128",
		"_cache_size":      "-16384", // -KiB, of each connection: four times as much is not faster
	})
	// A new file gives free pages back; an old one does when it was restored.
	writing = with(served, map[string]string{"_auto_vacuum": "incremental"})
	reading = with(served, map[string]string{"_query_only": "1"})
	// Names change what they mean while a rehearsal goes on: SQLite expires all
	// kept statements whenever the TEMP schema changes. TEMP tables refer to each
	// other by names that foreign keys would look for among them.
	rehearsing = with(served, map[string]string{"mode": "ro", "_foreign_keys": "0"})
	// keeping acknowledges nothing, so it may be undone by a power loss; it gives
	// up sooner than it makes the writer wait.
	keeping = with(served, map[string]string{"mode": "rw", "_synchronous": "NORMAL", "_busy_timeout": "100"})
	// followable is a file that may be served, by a server that is waited for, and
	// filled one to which rows come in an order of their own.
	followable = with(shared, map[string]string{"mode": "rw", "_synchronous": "FULL", "_busy_timeout": "60000"})
	filled     = with(writing, map[string]string{"_foreign_keys": "0"})
	// looking is at a file that may be served: query_only would refuse VACUUM INTO.
	looking = with(shared, map[string]string{"mode": "rw"})
)

func with(base, more map[string]string) map[string]string {
	all := maps.Clone(base)
	maps.Copy(all, more)
	return all
}

// pool opens no connection yet; size bounds how many there will be.
func pool(path string, size int, settings map[string]string) (*sql.DB, error) {
	q := url.Values{}
	for name, value := range settings {
		q.Set(name, value)
	}
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// connect migrates and opens what a Store needs.
func (o Options) connect(ctx context.Context, path string) (_ *Store, err error) {
	var opened []*sql.DB
	defer func() {
		if err != nil {
			for _, db := range opened {
				err = errors.Join(err, db.Close())
			}
		}
	}()
	var pools [4]*sql.DB
	for i, p := range []struct {
		size     int
		settings map[string]string
	}{{1, writing}, {2 * runtime.NumCPU(), reading}, {1, rehearsing}, {1, keeping}} {
		if pools[i], err = pool(path, p.size, p.settings); err != nil {
			return nil, err
		}
		opened = append(opened, pools[i])
	}
	writer, readers, rehearsals, upkeepers := pools[0], pools[1], pools[2], pools[3]
	rehearsals.SetMaxIdleConns(-1) // what TEMP tables took of the disk is given back
	if err := prepare(ctx, path, writer); err != nil {
		return nil, err
	}
	if err := servable(ctx, path, writer); err != nil {
		return nil, err
	}
	return &Store{
		Store:  sqlstore.New(readers, rehearsals, writer, dialect),
		upkeep: &upkeep{db: upkeepers, path: path, log: o.Log},
	}, nil
}

// prepare migrates, and holds the connection to what an acknowledgement means.
func prepare(ctx context.Context, path string, db *sql.DB) error {
	provider, err := migrations(db)
	if err != nil {
		return err
	}
	found, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if newest := newest(provider); found > newest {
		return &VersionError{path, found, newest}
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
