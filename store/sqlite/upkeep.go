package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/mattn/go-sqlite3"
)

const (
	// walBound is the size in bytes beyond which the write-ahead log is not as
	// it should be: commits write it back every 1000 pages (4 MB).
	walBound = 64 << 20
	// Of a file, one page in freeShare may be free: it is used again before the
	// file grows. What is beyond goes back to the disk, freePortion pages in one
	// transaction, at most freePortions of them in one Upkeep.
	freeShare    = 10
	freePortion  = 32
	freePortions = 256
	freePause    = 50 * time.Millisecond // for writes that wait
)

// upkeep is what is done to the file beside the writer, on a connection that
// gives up sooner than it makes others wait.
type upkeep struct {
	db   *sql.DB
	path string
	log  *slog.Logger
	seen walState
}

// walState tells whether anyone has written since.
type walState struct {
	size    int64
	written time.Time
}

// Upkeep gives free pages back to the disk, a few at a time, and writes the
// write-ahead log back where commits did not come to it: while nobody writes,
// and when it is too long; if it cannot, it says so in the log.
// Calls must not overlap.
func (s *Store) Upkeep(ctx context.Context) error {
	return errors.Join(s.upkeep.giveBack(ctx), s.upkeep.writeBack(ctx))
}

func (u *upkeep) giveBack(ctx context.Context) error {
	var freed int
	for range freePortions {
		var mode, free, pages int
		if err := u.db.QueryRowContext(ctx, `SELECT auto_vacuum, freelist_count, page_count
			FROM pragma_auto_vacuum, pragma_freelist_count, pragma_page_count`).Scan(&mode, &free, &pages); err != nil {
			return err
		}
		const incremental = 2
		if mode != incremental || free <= pages/freeShare {
			break
		}
		portion := min(freePortion, free-pages/freeShare)
		err := u.free(ctx, portion)
		if busy(err) {
			break // there is another time
		}
		if err != nil {
			return err
		}
		freed += portion
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(freePause):
		}
	}
	if freed > 0 {
		u.log.InfoContext(ctx, "free pages given back to the disk", "file", u.path, "pages", freed)
	}
	return nil
}

// free has a step for each page.
func (u *upkeep) free(ctx context.Context, pages int) error {
	steps, err := u.db.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pages))
	if err != nil {
		return err
	}
	defer steps.Close()
	for steps.Next() {
	}
	return steps.Err()
}

func (u *upkeep) writeBack(ctx context.Context) error {
	now, err := u.wal()
	if err != nil || now.size == 0 {
		return err
	}
	idle := now == u.seen
	u.seen = now
	if !idle && now.size <= walBound {
		return nil
	}
	// PASSIVE first: it does the work without a lock. TRUNCATE holds one until
	// the last reader of the log is gone, or gives up.
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		var blocked, pages, written int
		if err := u.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&blocked, &pages, &written); err != nil && !busy(err) {
			return err
		}
	}
	if now, err = u.wal(); err != nil || now.size <= walBound {
		return err
	}
	u.log.WarnContext(ctx, "the write-ahead log could not be emptied: something reads for too long, or writes never pause",
		"file", u.path+"-wal", "bytes", now.size)
	return nil
}

// wal is zero where there is none.
func (u *upkeep) wal() (walState, error) {
	info, err := os.Stat(u.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return walState{}, nil
	}
	if err != nil {
		return walState{}, err
	}
	return walState{info.Size(), info.ModTime()}, nil
}

func busy(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code == sqlite3.ErrBusy
}
