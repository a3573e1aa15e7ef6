package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimd/store"
	"scimd/store/sqlite"
)

// told opens a database and gives what the log says of it.
func told(t *testing.T, path string) (*sqlite.Store, string, error) {
	t.Helper()
	var log bytes.Buffer
	st, err := sqlite.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now}.Open(t.Context(), path)
	if err == nil {
		t.Cleanup(func() { _ = st.Close() })
	}
	return st, log.String(), err
}

// left is a database with some parents, as a process that was killed leaves it
// or as one that closed it does.
func left(t *testing.T, clean bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scimd.db")
	st := open(t, path)
	for i := range 300 {
		addParent(t, st, fmt.Sprintf("parent%03d", i))
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if !clean {
		if err := os.WriteFile(path+"-lock", []byte("open\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func addParent(t *testing.T, st store.Store, name string) {
	t.Helper()
	if err := tryParent(t.Context(), st, name); err != nil {
		t.Fatal(err)
	}
}

func tryParent(ctx context.Context, st store.Store, name string) error {
	return st.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return tx.AddParent(&store.Parent{ID: name, Name: name, Created: time.UnixMicro(0)})
	})
}

func parents(t *testing.T, st store.Store) (n int) {
	t.Helper()
	err := st.View(t.Context(), func(_ context.Context, r store.Reader) error {
		all, err := r.Parents()
		n = len(all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// scribble writes over the pages of a table, as a broken disk does.
func scribble(t *testing.T, path, table string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	err = db.QueryRowContext(t.Context(), "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?", table).Scan(&page, &size)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte("disk"), int(size)/4), (page-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestCheckAfterUncleanStop(t *testing.T) {
	for _, tt := range []struct {
		name           string
		clean, damaged bool
		checked        bool
	}{
		{name: "Clean", clean: true},
		{name: "Killed", checked: true},
		{name: "KilledAndDamaged", damaged: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := left(t, tt.clean)
			if tt.damaged {
				scribble(t, path, "parent")
			}
			st, log, err := told(t, path)
			if tt.damaged {
				var damaged *sqlite.DamagedError
				if !errors.As(err, &damaged) || damaged.Path != path {
					t.Fatalf("Open: got error %v, want a DamagedError of %s", err, path)
				}
				if _, _, err := told(t, path); !errors.As(err, &damaged) {
					t.Errorf("Open once more: got error %v, want a DamagedError again", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if checked := strings.Contains(log, "intact") && strings.Contains(log, "took="); checked != tt.checked {
				t.Errorf("log: got\n%s\nwant a check in it: %t", log, tt.checked)
			}
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
			if _, log, err = told(t, path); err != nil || log != "" {
				t.Errorf("Open after a clean stop: got log %q and error %v, want neither", log, err)
			}
		})
	}
}

// A file that was never a database is not made one, nor called a bug.
func TestOpenForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	var damaged *sqlite.DamagedError
	if _, _, err := told(t, path); !errors.As(err, &damaged) {
		t.Errorf("Open: got error %v, want a DamagedError", err)
	}
}

func TestOpenNewerSchema(t *testing.T) {
	path := left(t, true)
	execute(t, path, "INSERT INTO goose_db_version(version_id, is_applied) VALUES(9999, 1)")
	var newer *sqlite.VersionError
	if _, _, err := told(t, path); !errors.As(err, &newer) || newer.Found != 9999 {
		t.Errorf("Open: got error %v, want a VersionError of 9999", err)
	}
	to := filepath.Join(t.TempDir(), "scimd.db")
	if _, err := sqlite.Restore(t.Context(), path, to, nil); !errors.As(err, &newer) {
		t.Errorf("Restore: got error %v, want a VersionError", err)
	}
	absent(t, to)
}

func TestOneStoreAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	st := open(t, path)
	if _, _, err := told(t, path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("Open of an open file: got error %v, want ErrInUse", err)
	}
	if _, err := sqlite.Restore(t.Context(), path, path, nil); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("Restore of an open file: got error %v, want ErrInUse", err)
	}
	addParent(t, st, "acme") // the ones who were refused took nothing away
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, log, err := told(t, path); err != nil || log != "" {
		t.Errorf("Open after Close: got log %q and error %v, want neither", log, err)
	}
}

// A backup holds what was acknowledged before it began, whatever is written
// meanwhile, and becomes a database again.
func TestBackupWhileWriting(t *testing.T) {
	path := left(t, true)
	st := open(t, path)
	t.Cleanup(func() { _ = st.Close() })
	before := parents(t, st)
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				done <- n
				return
			default:
				if err := tryParent(t.Context(), st, fmt.Sprintf("meanwhile%d", n)); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	to := filepath.Join(t.TempDir(), "backup.db")
	var last, total int
	summary, err := sqlite.Backup(t.Context(), path, to, false, func(done, all int) { last, total = done, all })
	close(stop)
	written := <-done
	if err != nil {
		t.Fatal(err)
	}
	if summary.Parents < before || summary.Parents > before+written {
		t.Errorf("parents: got %d, want %d and at most %d more", summary.Parents, before, written)
	}
	if total == 0 || last > total {
		t.Errorf("progress: got %d of %d", last, total)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: got %v, %v, want it for its owner alone", info, err)
	}
	var exists *sqlite.ExistsError
	if _, err := sqlite.Backup(t.Context(), path, to, false, nil); !errors.As(err, &exists) {
		t.Errorf("Backup over a file: got error %v, want an ExistsError", err)
	}
	if _, err := sqlite.Backup(t.Context(), path, to, true, nil); err != nil {
		t.Errorf("Backup that replaces: got error %v, want none", err)
	}
	again := filepath.Join(t.TempDir(), "scimd.db")
	if _, err := sqlite.Restore(t.Context(), to, again, nil); err != nil {
		t.Fatal(err)
	}
	restored, log, err := told(t, again)
	if err != nil || log != "" {
		t.Fatalf("Open of what was restored: got log %q and error %v, want neither", log, err)
	}
	if got, want := parents(t, restored), before+written; got != want {
		t.Errorf("parents restored: got %d, want %d", got, want)
	}
	alone(t, filepath.Dir(to), "backup.db")
}

func TestBackupOfDamage(t *testing.T) {
	for _, table := range []string{"parent", "secret"} {
		path := left(t, true)
		scribble(t, path, table)
		to := filepath.Join(t.TempDir(), "backup.db")
		var damaged *sqlite.DamagedError
		if _, err := sqlite.Backup(t.Context(), path, to, false, nil); !errors.As(err, &damaged) || damaged.Path != path {
			t.Errorf("Backup of a damaged %s: got error %v, want a DamagedError of the file", table, err)
		}
		alone(t, filepath.Dir(to))
	}
}

// What is kept beside the rows tells whether rows are missing.
func TestCheckCounts(t *testing.T) {
	for _, lost := range []string{
		"INSERT INTO counter(directory, type, n) VALUES(1, 1, 1)",
		"UPDATE parent SET seq = 1 WHERE name = 'parent000'",
	} {
		path := left(t, true)
		execute(t, path, lost)
		var damaged *sqlite.DamagedError
		if _, err := sqlite.Check(t.Context(), path); !errors.As(err, &damaged) {
			t.Errorf("Check after %s: got error %v, want a DamagedError", lost, err)
		}
	}
}

func TestRestoreWritesOverNothing(t *testing.T) {
	backup := left(t, true)
	for _, name := range []string{"scimd.db", "scimd.db-wal", "scimd.db-journal"} {
		path := filepath.Join(t.TempDir(), "scimd.db")
		there := filepath.Join(filepath.Dir(path), name)
		if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		var exists *sqlite.ExistsError
		if _, err := sqlite.Restore(t.Context(), backup, path, nil); !errors.As(err, &exists) || exists.Path != there {
			t.Errorf("Restore beside %s: got error %v, want an ExistsError of it", name, err)
		}
	}
}

// A copy that is given up leaves nothing.
func TestBackupGivenUp(t *testing.T) {
	path := left(t, true)
	to := filepath.Join(t.TempDir(), "backup.db")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := sqlite.Backup(ctx, path, to, false, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Backup: got error %v, want Canceled", err)
	}
	alone(t, filepath.Dir(to))
}

// A new file gives pages back that are free; some are kept for what comes next.
func TestUpkeepGivesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	st, _, err := told(t, path)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, path, "CREATE TABLE filler(x)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 500) INSERT INTO filler SELECT zeroblob(4000) FROM n",
		"DELETE FROM filler")
	if free, all := pages(t, path); free < all/2 {
		t.Fatalf("before upkeep %d of %d pages are free: want most", free, all)
	}
	if err := st.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if free, all := pages(t, path); free == 0 || free > all/10 {
		t.Errorf("after upkeep %d of %d pages are free: want a tenth", free, all)
	}
	addParent(t, st, "acme")
}

// The log is emptied when nobody writes, and one that a reader holds open is
// told of when it is too long.
func TestUpkeepWritesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scimd.db")
	var log bytes.Buffer
	st, err := sqlite.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now}.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	addParent(t, st, "acme")
	upkeep := func() {
		t.Helper()
		if err := st.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	upkeep()
	if wal(t, path) == 0 {
		t.Error("the log was emptied while someone wrote")
	}
	upkeep()
	if n := wal(t, path); n != 0 {
		t.Errorf("the log while nobody writes: got %d bytes, want none", n)
	}

	err = st.View(t.Context(), func(_ context.Context, r store.Reader) error {
		if _, err := r.Parents(); err != nil {
			return err
		}
		execute(t, path, "CREATE TABLE filler(x)",
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) INSERT INTO filler SELECT zeroblob(4000) FROM n")
		upkeep()
		if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), fmt.Sprintf("bytes=%d", wal(t, path))) {
			t.Errorf("the log says\n%s\nwant a warning with the size %d", log.String(), wal(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	upkeep()
	if n := wal(t, path); n != 0 {
		t.Errorf("the log after the reader: got %d bytes, want none", n)
	}
}

func wal(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func pages(t *testing.T, path string) (free, all int) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRowContext(t.Context(), "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count").Scan(&free, &all)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return free, all
}

func execute(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Error(s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func absent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: got error %v, want it absent", path, err)
	}
}

// alone holds a folder to what should be in it.
func alone(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s: got %v in it, want %v", folder, got, names)
	}
}
