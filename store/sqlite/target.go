package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"scimd/store/transfer"
)

// Progress is transfer.Target's.
func (d *Database) Progress(ctx context.Context) (*transfer.Progress, error) {
	return progress(ctx, d.db)
}

func progress(ctx context.Context, q rowQuerier) (*transfer.Progress, error) {
	if has, err := hasTable(ctx, q, "copy_target"); err != nil || !has {
		return nil, err
	}
	var raw []byte
	if err := q.QueryRowContext(ctx, "SELECT progress FROM copy_target").Scan(&raw); err != nil {
		return nil, err
	}
	var p transfer.Progress
	return &p, json.Unmarshal(raw, &p)
}

// Begin is transfer.Target's.
func (d *Database) Begin(ctx context.Context, tables []transfer.Table, p transfer.Progress) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return d.write(ctx, func(conn *sql.Conn) error {
		var statements strings.Builder
		for _, t := range tables {
			statements.WriteString("DELETE FROM " + t.Name + ";\n")
		}
		statements.WriteString("DROP TABLE IF EXISTS copy_target; CREATE TABLE copy_target(run TEXT NOT NULL, progress TEXT NOT NULL) STRICT;")
		_, err := conn.ExecContext(ctx, statements.String()+"INSERT INTO copy_target(run, progress) VALUES(?, ?)", p.Run, string(raw))
		return err
	})
}

// TakeOver is transfer.Target's.
func (d *Database) TakeOver(ctx context.Context, p transfer.Progress) error {
	_, err := d.db.ExecContext(ctx, "UPDATE copy_target SET run = ?", p.Run)
	return err
}

// Load is transfer.Target's.
func (d *Database) Load(ctx context.Context, p *transfer.Progress, fn func(transfer.Loader) error) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		if err := fn(loader{conn}); err != nil {
			return err
		}
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		res, err := conn.ExecContext(ctx, "UPDATE copy_target SET progress = ? WHERE run = ?", string(raw), p.Run)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(transfer.ErrTakenOver, err)
		}
		return nil
	})
}

// loader is transfer.Loader within a transaction.
type loader struct{ conn *sql.Conn }

// Insert is transfer.Loader's.
func (l loader) Insert(ctx context.Context, table string, columns []transfer.Column, rows [][]any) error {
	if err := l.repeat(ctx, "INSERT INTO "+table+"("+list("", columns)+") VALUES(?"+strings.Repeat(", ?", len(columns)-1)+")", rows); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}

// repeat runs a statement for each of many arguments.
func (l loader) repeat(ctx context.Context, statement string, args [][]any) (err error) {
	prepared, err := l.conn.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	for _, these := range args {
		if _, err := prepared.ExecContext(ctx, these...); err != nil {
			return err
		}
	}
	return nil
}

// Delete is transfer.Loader's.
func (l loader) Delete(ctx context.Context, table string, by []transfer.Column, keys [][]any) error {
	return l.repeat(ctx, "DELETE FROM "+table+" WHERE ("+list("", by)+") = (?"+strings.Repeat(", ?", len(by)-1)+")", keys)
}

// Loaded is transfer.Target's. Statistics of one customer would be taken for
// those of all.
func (d *Database) Loaded(context.Context) error { return nil }

// Finish is transfer.Target's.
func (d *Database) Finish(ctx context.Context, p transfer.Progress, given map[string]int64) error {
	return d.write(ctx, func(conn *sql.Conn) error {
		var table string
		err := conn.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
		if err == nil {
			return errors.New("rows of the table " + table + " name others that are missing")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		own, err := snapshot{conn}.Given(ctx)
		if err != nil {
			return err
		}
		for name := range own {
			if _, err := conn.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", name); err != nil {
				return err
			}
			_, err := conn.ExecContext(ctx, "INSERT INTO sqlite_sequence(name, seq) SELECT name, ? FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'",
				max(own[name], given[name]), name)
			if err != nil {
				return err
			}
		}
		res, err := conn.ExecContext(ctx, "DELETE FROM copy_target WHERE run = ?", p.Run)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(transfer.ErrTakenOver, err)
		}
		_, err = conn.ExecContext(ctx, "DROP TABLE copy_target")
		return err
	})
}
