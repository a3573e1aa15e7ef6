package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"scimd/store/transfer"
)

// Database is a file as one end of a copy; it may be served if it is the
// source.
type Database struct {
	db    *sql.DB
	path  string
	claim *claim // nil: a server may have the file
}

// OpenSource opens a file that is there.
func OpenSource(path string) (*Database, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	return openDatabase(path, followable)
}

// OpenTarget opens or creates a file, which nobody else may keep (ErrInUse), and
// brings its schema up to date.
func OpenTarget(ctx context.Context, path string) (_ *Database, err error) {
	d, err := openDatabase(path, filled)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.claim, err = claimFile(d.path); err != nil {
		return nil, err
	}
	return d, damage(path, prepare(ctx, path, d.db))
}

func openDatabase(path string, settings map[string]string) (*Database, error) {
	path, err := filepath.Abs(path) // it is the name of a copy, too
	if err != nil {
		return nil, err
	}
	db, err := pool(path, 4, settings)
	if err != nil {
		return nil, err
	}
	return &Database{db: db, path: path}, nil
}

// String is transfer.Database's.
func (d *Database) String() string { return "sqlite:" + d.path }

// Close is transfer.Database's.
func (d *Database) Close() error {
	err := d.db.Close()
	if d.claim != nil {
		err = errors.Join(err, d.claim.release())
	}
	return err
}

// Version is transfer.Database's.
func (d *Database) Version(ctx context.Context) (version int64, err error) {
	if has, err := hasTable(ctx, d.db, "goose_db_version"); err != nil || !has {
		return 0, err
	}
	err = d.db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

// rowQuerier is a *sql.DB, *sql.Conn or *sql.Tx.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func hasTable(ctx context.Context, q rowQuerier, name string) (has bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)", name).Scan(&has)
	return has, err
}

// Tables is transfer.Database's.
func (d *Database) Tables(ctx context.Context) ([]transfer.Table, error) {
	return snapshot{d.db}.tables(ctx)
}

func (s snapshot) tables(ctx context.Context) ([]transfer.Table, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT t.name, c.name, lower(c.type), c.pk, coalesce(f."table", '')
		FROM sqlite_schema t JOIN pragma_table_info(t.name) c LEFT JOIN pragma_foreign_key_list(t.name) f ON f."from" = c.name
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'goose_db_version' AND t.name NOT LIKE 'copy\_%' ESCAPE '\'
		ORDER BY t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []transfer.Table
	for rows.Next() {
		var name, references string
		var c transfer.Column
		var pk int
		if err := rows.Scan(&name, &c.Name, &c.Type, &pk, &references); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, transfer.Table{Name: name})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, c)
		if references != "" && references != name {
			t.References = append(t.References, references)
		}
		for pk > len(t.Key) {
			t.Key = append(t.Key, "")
		}
		if pk > 0 {
			t.Key[pk-1] = c.Name
		}
	}
	return out, rows.Err()
}

// Snapshot is transfer.Database's.
func (d *Database) Snapshot(ctx context.Context, fn func(transfer.Snapshot) error) error {
	return d.at(ctx, func(s snapshot) error { return fn(s) })
}

func (d *Database) at(ctx context.Context, fn func(snapshot) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to lose
	var tables int
	// A transaction has no snapshot before its first read.
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	return fn(snapshot{tx})
}

// snapshot is transfer.Snapshot within a transaction.
type snapshot struct {
	q interface {
		rowQuerier
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

// Read is transfer.Snapshot's.
func (s snapshot) Read(ctx context.Context, which transfer.Selection, yield func([]any) error) error {
	query, args, err := selecting(which)
	if err != nil {
		return err
	}
	return s.each(ctx, yield, query, args...)
}

func (s snapshot) each(ctx context.Context, yield func([]any) error, query string, args ...any) error {
	rows, err := s.q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	to := make([]any, len(columns))
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// selecting enters the primary key for each of the keys, or walks along it.
func selecting(which transfer.Selection) (string, []any, error) {
	var args []any
	query := "SELECT " + list("t.", which.Columns) + " FROM "
	if which.By != nil {
		keys, err := json.Marshal(which.Keys)
		if err != nil {
			return "", nil, err
		}
		var fields []string
		for i, c := range which.By {
			fields = append(fields, fmt.Sprintf("t.%s = k.value ->> %d", c.Name, i))
		}
		query += "json_each(?) k CROSS JOIN " + which.Table + " t ON " + strings.Join(fields, " AND ")
		args = append(args, string(keys))
	} else {
		query += which.Table + " t"
	}
	var where []string
	bound := func(sign string, values []any) {
		if values != nil {
			where = append(where, "("+list("t.", which.Order)+") "+sign+" (?"+strings.Repeat(", ?", len(values)-1)+")")
			args = append(args, values...)
		}
	}
	bound(">", which.After)
	bound("<=", which.UpTo)
	if where != nil {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + " ORDER BY " + list("t.", which.Order), args, nil
}

func list(prefix string, columns []transfer.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = prefix + c.Name
	}
	return strings.Join(names, ", ")
}

// Count is transfer.Snapshot's.
func (s snapshot) Count(ctx context.Context, table string) (n int, err error) {
	err = s.q.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	return n, err
}

var errEnough = errors.New("enough")

// First is transfer.Snapshot's.
func (s snapshot) First(ctx context.Context, query string) (first []any, err error) {
	err = s.each(ctx, func(row []any) error {
		first = row
		return errEnough
	}, query)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return first, err
}

// Given is transfer.Snapshot's. A table without AUTOINCREMENT gives out what
// comes behind its last row.
func (s snapshot) Given(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	take := func(row []any) error {
		name, _ := row[0].(string)
		key, _ := row[1].(int64)
		out[name] = max(out[name], key)
		return nil
	}
	if err := s.each(ctx, take, "SELECT name, seq FROM sqlite_sequence"); err != nil {
		return nil, err
	}
	var queries []string
	err := s.each(ctx, func(row []any) error {
		queries = append(queries, fmt.Sprintf("SELECT '%[1]s', coalesce(max(key), 0) FROM %[1]s", row[0]))
		return nil
	}, "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'key' AND c.pk = 1")
	if err != nil {
		return nil, err
	}
	for _, query := range queries {
		if err := s.each(ctx, take, query); err != nil {
			return nil, err
		}
	}
	return out, nil
}
