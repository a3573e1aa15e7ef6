package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"scimd/store/sqlstore"
)

// DamagedError says that a file is not what was written to it.
type DamagedError struct {
	Path   string
	Reason string
}

func (e *DamagedError) Error() string { return e.Path + " is damaged: " + e.Reason }

// VersionError says that the schema of a file is not one of this program's.
type VersionError struct {
	Path          string
	Found, Newest int64 // Found 0: it has none
}

func (e *VersionError) Error() string {
	if e.Found == 0 {
		return e.Path + " is not a database of scimd"
	}
	return fmt.Sprintf("%s is of a newer scimd: its schema is version %d, this program knows %d", e.Path, e.Found, e.Newest)
}

// Summary says what is in a database.
type Summary struct {
	Schema                                                    int64 // version
	Parents, Orgs, Directories, Users, Groups, Others, Events int
}

// Check reads the whole of a file, which may be in use, and says what is in it.
// The structure has to be sound, and the numbers that are kept beside resources
// and events have to be right. The error is a *DamagedError or a *VersionError
// where one of them is the reason.
func Check(ctx context.Context, path string) (Summary, error) {
	var s Summary
	err := look(path, func(db *sql.DB) (err error) {
		if s.Schema, err = version(ctx, path, db); err != nil {
			return err
		}
		if err := soundness(ctx, path, db); err != nil {
			return err
		}
		return count(ctx, path, db, &s)
	})
	return s, damage(path, err)
}

// quickCheck is the part of Check that holds for a file of which not even the
// schema may be whole yet.
func quickCheck(ctx context.Context, path string) error {
	return damage(path, look(path, func(db *sql.DB) error { return soundness(ctx, path, db) }))
}

// look opens a file for reading alone.
func look(path string, at func(*sql.DB) error) error {
	db, err := pool(path, 1, looking)
	if err != nil {
		return err
	}
	return errors.Join(at(db), db.Close())
}

func soundness(ctx context.Context, path string, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return &DamagedError{path, strings.TrimPrefix(found, "*** in database main ***\n")}
	}
	return nil
}

// count compares what is there with what is counted: events have no gap (T-3).
func count(ctx context.Context, path string, db *sql.DB, s *Summary) error {
	var counted, told int
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM parent), (SELECT count(*) FROM org), (SELECT count(*) FROM directory),
		(SELECT count(*) FROM resource WHERE type = 1), (SELECT count(*) FROM resource WHERE type = 2),
		(SELECT count(*) FROM resource WHERE type > 2), (SELECT count(*) FROM event),
		(SELECT coalesce(sum(n), 0) FROM counter), (SELECT coalesce(sum(seq), 0) FROM parent)`).
		Scan(&s.Parents, &s.Orgs, &s.Directories, &s.Users, &s.Groups, &s.Others, &s.Events, &counted, &told)
	switch {
	case err != nil:
		return err
	case counted != s.Users+s.Groups+s.Others:
		return &DamagedError{path, fmt.Sprintf("it has %d resources, and counts %d", s.Users+s.Groups+s.Others, counted)}
	case told != s.Events:
		return &DamagedError{path, fmt.Sprintf("it has %d events, and counts %d", s.Events, told)}
	}
	return nil
}

// version is that of the schema, if this program knows it.
func version(ctx context.Context, path string, db *sql.DB) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name IN ('goose_db_version', 'resource')").Scan(&tables); err != nil {
		return 0, err
	}
	if tables < 2 {
		return 0, &VersionError{Path: path}
	}
	var found int64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&found); err != nil {
		return 0, err
	}
	provider, err := migrations(db)
	if err != nil {
		return 0, err
	}
	if newest := newest(provider); found > newest {
		return 0, &VersionError{path, found, newest}
	}
	return found, nil
}

func migrations(db *sql.DB) (*goose.Provider, error) {
	folder, err := fs.Sub(sqlstore.Migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, folder)
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources() // in order
	return sources[len(sources)-1].Version
}

// damage names the file in the error of a statement, and tells whether it read
// what nobody wrote.
func damage(path string, err error) error {
	var e sqlite3.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB:
		return &DamagedError{path, e.Error()}
	}
	return fmt.Errorf("%s: %w", path, err)
}
