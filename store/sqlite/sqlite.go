// Package sqlite opens an embedded SQLite database as a store: connections,
// migrations, the dialect, and what a file asks of who keeps it: checks, copies
// and upkeep. It must not decide anything of the domain.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"scimd/store/sqlstore"
)

var dialect = sqlstore.Dialect{
	Start: func(ctx context.Context, conn *sql.Conn) (string, error) {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		return "", err
	},
	Taken: func(err error) bool {
		var e sqlite3.Error
		return errors.As(err, &e) &&
			(e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
	},
	Unavailable: func(err error) bool {
		var e sqlite3.Error
		return errors.As(err, &e) && slices.Contains(unavailable, e.Code) || moved(err)
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
	Pairs: "(SELECT CAST(key AS INTEGER) AS key, value FROM json_each(?)) k",
	ListPairs: func(keys, values []int64) []any {
		list := make([]byte, 0, 32*len(keys)+2)
		list = append(list, '{')
		for i, key := range keys {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(strconv.AppendInt(append(list, '"'), key, 10), `":`...)
			list = strconv.AppendInt(list, values[i], 10)
		}
		return []any{string(append(list, '}'))}
	},
	IDs: "(SELECT unhex(value) AS value FROM json_each(?)) k",
	ListIDs: func(ids [][]byte) any {
		list := []byte{'['}
		for i, id := range ids {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(hex.AppendEncode(append(list, '"'), id), '"')
		}
		return string(append(list, ']'))
	},
	Few:    func(column, query string) string { return column + " IN (" + query + ")" },
	Lookup: func(table, name, where string) string { return " CROSS JOIN " + table + " " + name + " ON " + where },
	// It is not taken where the row can be looked up by its key.
	Briefly: func(name, where string) string {
		return " CROSS JOIN resource " + name + " INDEXED BY resource_brief ON " + where
	},
	DeleteKeys: func(table, column, where string) string {
		return "DELETE FROM " + table + " AS r WHERE " + column + " IN (SELECT k.value FROM json_each(?) k) AND " + where
	},
	Known:    func(column string) string { return "+" + column }, // not by an index
	Joined:   func(column string) string { return "group_concat(" + column + ")" },
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

// Store is a store.Store in one file that it alone keeps.
type Store struct {
	*sqlstore.Store
	upkeep *upkeep
	close  func() error
}

// Options say who is told what becomes of the file. The zero value is silent.
type Options struct {
	Log *slog.Logger
	Now func() time.Time // goes with Log
}

// Open is Options.Open that tells nobody.
func Open(ctx context.Context, path string) (*Store, error) { return Options{}.Open(ctx, path) }

// Open opens or creates the database file, brings its schema up to date and
// starts the writer. An acknowledged write survives power loss. A file that was
// not closed is checked first, which reads all of it. The error is ErrInUse, a
// *DamagedError or a *VersionError where one of them is the reason.
func (o Options) Open(ctx context.Context, path string) (*Store, error) {
	if o.Log == nil {
		o = Options{slog.New(slog.DiscardHandler), func() time.Time { return time.Time{} }}
	}
	claim, err := claimFile(path)
	if err != nil {
		return nil, err
	}
	if claim.unclean {
		err = o.check(ctx, path)
	}
	if err == nil {
		err = claim.mark()
	}
	var s *Store
	if err == nil {
		s, err = o.connect(ctx, path)
	}
	if err != nil {
		return nil, errors.Join(damage(path, err), claim.release()) // marked: the next start looks closer
	}
	s.close = sync.OnceValue(func() error {
		if err := errors.Join(s.upkeep.db.Close(), s.Store.Close()); err != nil {
			return errors.Join(err, claim.release())
		}
		return errors.Join(claim.unmark(), claim.release())
	})
	return s, nil
}

func (o Options) check(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	begin := o.Now()
	o.Log.WarnContext(ctx, "the last stop was not clean: the database is checked before it is served", "file", path)
	if err := quickCheck(ctx, path); err != nil {
		return err
	}
	o.Log.InfoContext(ctx, "the database is intact", "file", path, "took", o.Now().Sub(begin))
	return nil
}

// Close is store.Store's.
func (s *Store) Close() error { return s.close() }
