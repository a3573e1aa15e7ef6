package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ExistsError says that a file would have been written over.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return e.Path + " exists already" }

// Backup writes what the database file holds to another file, while it is
// served or not: one snapshot, taken after the call. The copy is checked before
// it gets its name; it is compact, and holds nothing of what was deleted or
// erased. A file of that name is an *ExistsError, or replaced. progress, which
// may be nil, hears of pages.
func Backup(ctx context.Context, path, to string, replace bool, progress func(done, total int)) (Summary, error) {
	if !replace {
		if err := absent(to); err != nil {
			return Summary{}, err
		}
	}
	return duplicate(ctx, path, to, progress)
}

// Restore makes a database file of a backup. There must be none, nor anything
// left of one (*ExistsError), and nobody may keep it (ErrInUse). A backup that
// is damaged, not a database of scimd or of a newer one leaves nothing behind.
func Restore(ctx context.Context, backup, path string, progress func(done, total int)) (s Summary, err error) {
	claim, err := claimFile(path)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, claim.release()) }()
	// The journal of another database would be played into this one.
	for _, file := range []string{path, path + "-wal", path + "-journal"} {
		if err := absent(file); err != nil {
			return Summary{}, err
		}
	}
	if s, err = duplicate(ctx, backup, path, progress); err != nil {
		return Summary{}, err
	}
	return s, claim.unmark() // it is checked
}

func absent(path string) error {
	_, err := os.Lstat(path)
	if err == nil {
		return &ExistsError{path}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// duplicate gives the copy its name when it is whole, checked and on disk.
func duplicate(ctx context.Context, from, to string, progress func(done, total int)) (s Summary, err error) {
	partial, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.partial") // for its owner alone
	if err != nil {
		return Summary{}, err
	}
	defer func() {
		err = errors.Join(err, partial.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(partial.Name()))
		}
	}()
	if err := copyInto(ctx, from, partial.Name(), progress); err != nil {
		return Summary{}, damage(from, err)
	}
	s, err = Check(ctx, partial.Name())
	if found := new(DamagedError); errors.As(err, &found) {
		err = &DamagedError{from, found.Reason}
	}
	if err != nil {
		return Summary{}, err
	}
	if err := partial.Sync(); err != nil {
		return Summary{}, err
	}
	if err := os.Rename(partial.Name(), to); err != nil {
		return Summary{}, err
	}
	return s, syncFolder(filepath.Dir(to))
}

func copyInto(ctx context.Context, from, to string, progress func(done, total int)) error {
	return look(from, func(db *sql.DB) error {
		if _, err := version(ctx, from, db); err != nil {
			return err
		}
		if progress != nil {
			var size, pages int
			if err := db.QueryRowContext(ctx, `SELECT page_size, page_count - freelist_count
				FROM pragma_page_size, pragma_page_count, pragma_freelist_count`).Scan(&size, &pages); err != nil {
				return err
			}
			stop := watch(to, size, pages, progress)
			defer stop()
		}
		// Where the file is not so already, this is for the copy alone.
		if _, err := db.ExecContext(ctx, "PRAGMA auto_vacuum = incremental"); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	})
}

// watch reports how far a file has grown, until it is stopped.
func watch(path string, size, pages int, progress func(done, total int)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			if info, err := os.Stat(path); err == nil {
				progress(min(int(info.Size())/size, pages), pages)
			}
			select {
			case <-ticker.C:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the administrator names it
	if err != nil {
		return err
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
