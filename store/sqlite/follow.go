package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"

	"scimd/store/transfer"
)

// A source that is copied has two tables more. copy_change has the keys of the
// rows that were written since, each as JSON; triggers fill it.
const followed = `
	CREATE TABLE copy_source(id TEXT PRIMARY KEY, target TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0) STRICT;
	CREATE TABLE copy_change(number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, key TEXT NOT NULL) STRICT;`

// movedText is what a trigger says to a server that still has a source open
// which has moved.
const movedText = "this database has moved"

func moved(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.ExtendedCode == sqlite3.ErrConstraintTrigger && strings.HasSuffix(e.Error(), movedText)
}

// Following is transfer.Followed's.
func (d *Database) Following(ctx context.Context) (*transfer.Following, error) {
	return following(ctx, d.db)
}

func following(ctx context.Context, q rowQuerier) (*transfer.Following, error) {
	if has, err := hasTable(ctx, q, "copy_source"); err != nil || !has {
		return nil, err
	}
	var f transfer.Following
	err := q.QueryRowContext(ctx, "SELECT id, target, moved FROM copy_source").Scan(&f.ID, &f.To, &f.Moved)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &f, err
}

// servable refuses a database that is not where servers should write.
func servable(ctx context.Context, path string, db *sql.DB) error {
	f, err := following(ctx, db)
	if err != nil {
		return err
	}
	if f != nil && f.Moved {
		return fmt.Errorf("%s: %w", path, &transfer.MovedError{To: f.To})
	}
	p, err := progress(ctx, db)
	if err != nil {
		return err
	}
	if p != nil {
		return fmt.Errorf("%s: %w", path, &transfer.UnfinishedError{From: p.From})
	}
	return nil
}

// Follow is transfer.Followed's.
func (d *Database) Follow(ctx context.Context, id, to string, tables []transfer.Table) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		statements := followed
		for _, t := range tables {
			statements += noting(t)
		}
		_, err := conn.ExecContext(ctx, statements+"INSERT INTO copy_source(id, target) VALUES(?, ?)", id, to)
		return err
	})
}

// noting gives the triggers that note the keys of changed rows. They are named
// after copy_, the table and the change.
func noting(t transfer.Table) string {
	key := func(row string) string { return "json_array(" + row + "." + strings.Join(t.Key, ", "+row+".") + ")" }
	note := func(row string) string {
		return "INSERT INTO copy_change(name, key) VALUES('" + t.Name + "', " + key(row) + "); "
	}
	other := "INSERT INTO copy_change(name, key) SELECT '" + t.Name + "', " + key("NEW") + " WHERE " + key("NEW") + " <> " + key("OLD") + "; "
	return trigger(t.Name, "AFTER", "INSERT", note("NEW")) + trigger(t.Name, "AFTER", "UPDATE", note("OLD")+other) + trigger(t.Name, "AFTER", "DELETE", note("OLD"))
}

func trigger(table, when, event, do string) string {
	return fmt.Sprintf("CREATE TRIGGER copy_%s_%s %s %s ON %s BEGIN %sEND;\n", table, strings.ToLower(event), when, event, table, do)
}

// write runs fn in a transaction that keeps others from writing from its start.
func (d *Database) write(ctx context.Context, fn func(*sql.Conn) error) (err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		end := "COMMIT"
		if err != nil {
			end = "ROLLBACK"
		}
		if _, failed := conn.ExecContext(context.WithoutCancel(ctx), end); failed != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // it may be over
			err = errors.Join(err, failed)
		}
	}()
	return fn(conn)
}

// Since is transfer.Followed's.
func (d *Database) Since(ctx context.Context, fn func(transfer.Snapshot, transfer.Changes) error) error {
	return d.at(ctx, func(s snapshot) error { return fn(s, changes{s}) })
}

// changes is transfer.Changes.
type changes struct{ snapshot }

// Last is transfer.Changes'.
func (c changes) Last(ctx context.Context) (number int64, count int, err error) {
	err = c.q.QueryRowContext(ctx, "SELECT coalesce(max(number), 0), count(*) FROM copy_change").Scan(&number, &count)
	return number, count, err
}

// Each is transfer.Changes'.
func (c changes) Each(ctx context.Context, yield func(table string, key []any) error) error {
	return c.each(ctx, func(row []any) error {
		name, _ := row[0].(string)
		text, _ := row[1].(string)
		var key transfer.Key
		if err := json.Unmarshal([]byte(text), &key); err != nil {
			return err
		}
		return yield(name, key)
	}, "SELECT name, key FROM copy_change GROUP BY name, key ORDER BY name, key")
}

// forgetting is how many changes go in one transaction, for which the server's
// writes wait.
const forgetting = 20_000

// Forget is transfer.Followed's.
func (d *Database) Forget(ctx context.Context, number int64) error {
	for {
		res, err := d.db.ExecContext(ctx, "DELETE FROM copy_change WHERE number <= min(?, (SELECT min(number) FROM copy_change) + ?)", number, forgetting)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
	}
}

// Switch is transfer.Followed's. A server that has the database open meets
// triggers from then on, and one that would open it is told where it went.
func (d *Database) Switch(ctx context.Context, fn func(transfer.Snapshot, transfer.Changes) error) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		s := snapshot{conn}
		if err := fn(s, changes{s}); err != nil {
			return err
		}
		names, err := s.triggers(ctx)
		if err != nil {
			return err
		}
		statements := dropping(names)
		tables, err := s.tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
				statements += trigger(t.Name, "BEFORE", event, "SELECT RAISE(ABORT, '"+movedText+"'); ")
			}
		}
		_, err = conn.ExecContext(ctx, statements+"UPDATE copy_source SET moved = 1; DELETE FROM copy_change")
		return err
	})
}

func (s snapshot) triggers(ctx context.Context) (names []string, err error) {
	err = s.each(ctx, func(row []any) error {
		name, _ := row[0].(string)
		names = append(names, name)
		return nil
	}, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'copy\\_%' ESCAPE '\\'")
	return names, err
}

func dropping(triggers []string) string {
	var out strings.Builder
	for _, name := range triggers {
		out.WriteString("DROP TRIGGER " + name + ";\n")
	}
	return out.String()
}

// Abandon is transfer.Followed's.
func (d *Database) Abandon(ctx context.Context) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		f, err := following(ctx, conn)
		if err != nil || f == nil {
			return err
		}
		if f.Moved {
			return &transfer.MovedError{To: f.To}
		}
		names, err := snapshot{conn}.triggers(ctx)
		if err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, dropping(names)+"DROP TABLE copy_change; DROP TABLE copy_source")
		return err
	})
}
