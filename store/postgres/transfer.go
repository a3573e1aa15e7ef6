package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"scimd/store/transfer"
)

// Database is a database as one end of a copy.
type Database struct {
	config  *pgx.ConnConfig
	loading *pgx.Conn // nil: not connected yet, or not any more
}

// OpenSource connects to a database that scimd has made.
func OpenSource(ctx context.Context, dsn string) (*Database, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	d := &Database{config: config}
	return d, d.on(ctx, func(*pgx.Conn) error { return nil })
}

// OpenTarget brings the schema of a database up to date.
func OpenTarget(ctx context.Context, dsn string) (*Database, error) {
	d, err := OpenSource(ctx, dsn)
	if err != nil {
		return nil, err
	}
	db := open(d.config, 1, func(*pgx.ConnConfig) {})
	err = prepare(ctx, db)
	if err != nil {
		err = fmt.Errorf("open %s: %w", d, err)
	}
	return d, errors.Join(err, db.Close())
}

// on runs fn on a connection of its own.
func (d *Database) on(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := pgx.ConnectConfig(ctx, d.config)
	if err != nil {
		return fmt.Errorf("open %s: %w", d, err)
	}
	err = fn(conn)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// String is transfer.Database's.
func (d *Database) String() string {
	return "postgres:" + net.JoinHostPort(d.config.Host, strconv.Itoa(int(d.config.Port))) + "/" + d.config.Database
}

// Close is transfer.Database's.
func (d *Database) Close() error {
	if d.loading == nil {
		return nil
	}
	return d.loading.Close(context.Background())
}

// Version is transfer.Database's.
func (d *Database) Version(ctx context.Context) (version int64, err error) {
	err = d.on(ctx, func(conn *pgx.Conn) error {
		var has bool
		if err := conn.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&has); err != nil || !has {
			return err
		}
		return conn.QueryRow(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	})
	return version, err
}

// Tables is transfer.Database's.
func (d *Database) Tables(ctx context.Context) (out []transfer.Table, err error) {
	err = d.on(ctx, func(conn *pgx.Conn) error {
		out, err = tables(ctx, conn)
		return err
	})
	return out, err
}

// kinds are the types of the schema's columns.
var kinds = map[string]transfer.Type{"bigint": transfer.Integer, "text": transfer.Text, "bytea": transfer.Blob}

func tables(ctx context.Context, conn *pgx.Conn) (out []transfer.Table, err error) {
	rows, err := conn.Query(ctx, `SELECT t.relname, a.attname, format_type(a.atttypid, NULL),
			coalesce(array_position(CAST(p.conkey AS int2[]), a.attnum), 0),
			ARRAY(SELECT CAST(f.confrelid AS regclass)::text FROM pg_constraint f
				WHERE f.conrelid = t.oid AND f.contype = 'f' AND a.attnum = ANY(f.conkey) AND f.confrelid <> t.oid)
		FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
			LEFT JOIN pg_constraint p ON p.conrelid = t.oid AND p.contype = 'p'
		WHERE t.relnamespace = CAST(current_schema() AS regnamespace) AND t.relkind = 'r'
			AND a.attnum > 0 AND NOT a.attisdropped AND t.relname <> 'goose_db_version' AND t.relname NOT LIKE 'copy\_%'
		ORDER BY t.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, column, kind string
		var position int
		var references []string
		if err := rows.Scan(&name, &column, &kind, &position, &references); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, transfer.Table{Name: name})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, transfer.Column{Name: column, Type: kinds[kind]})
		t.References = append(t.References, references...)
		for position > len(t.Key) {
			t.Key = append(t.Key, "")
		}
		if position > 0 {
			t.Key[position-1] = column
		}
	}
	return out, rows.Err()
}

// Snapshot is transfer.Database's.
func (d *Database) Snapshot(ctx context.Context, fn func(transfer.Snapshot) error) error {
	return d.on(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			return fn(snapshot{tx})
		})
	})
}

// snapshot is transfer.Snapshot within a transaction.
type snapshot struct{ tx pgx.Tx }

// Read is transfer.Snapshot's.
func (s snapshot) Read(ctx context.Context, which transfer.Selection, yield func([]any) error) error {
	if which.By != nil {
		// Few rows of many: no statistics tell the planner yet how many there are.
		if _, err := s.tx.Exec(ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"); err != nil {
			return err
		}
	}
	query, args := selecting(which)
	return s.each(ctx, yield, query, args...)
}

func (s snapshot) each(ctx context.Context, yield func([]any) error, query string, args ...any) error {
	rows, err := s.tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return err
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func selecting(which transfer.Selection) (string, []any) {
	var args []any
	place := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	query := "SELECT " + list("t.", which.Columns) + " FROM " + which.Table + " t"
	if which.By != nil {
		var given []string
		for i, keys := range turned(which.By, which.Keys) {
			given = append(given, "CAST("+place(keys)+" AS "+arrays[which.By[i].Type]+")")
		}
		query += " JOIN unnest(" + strings.Join(given, ", ") + ") k(" + list("", which.By) + ") USING (" + list("", which.By) + ")"
	}
	var where []string
	bound := func(sign string, values []any) {
		if values == nil {
			return
		}
		var places []string
		for _, v := range values {
			places = append(places, place(v))
		}
		where = append(where, "("+list("t.", which.Order)+") "+sign+" ("+strings.Join(places, ", ")+")")
	}
	bound(">", which.After)
	bound("<=", which.UpTo)
	if where != nil {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return query + " ORDER BY " + list("t.", which.Order), args
}

var arrays = map[transfer.Type]string{transfer.Integer: "bigint[]", transfer.Text: "text[]"}

// turned gives the values of each column as one array.
func turned(by []transfer.Column, keys [][]any) []any {
	out := make([]any, len(by))
	for i, c := range by {
		if c.Type == transfer.Integer {
			out[i] = column[int64](keys, i)
		} else {
			out[i] = column[string](keys, i)
		}
	}
	return out
}

func column[T any](keys [][]any, i int) []T {
	out := make([]T, len(keys))
	for n, key := range keys {
		out[n], _ = key[i].(T)
	}
	return out
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
	err = s.tx.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	return n, err
}

// First is transfer.Snapshot's.
func (s snapshot) First(ctx context.Context, query string) (first []any, err error) {
	err = s.each(ctx, func(row []any) error {
		first = row
		return nil
	}, query+" LIMIT 1")
	return first, err
}

// Given is transfer.Snapshot's.
func (s snapshot) Given(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := s.each(ctx, func(row []any) error {
		name, _ := row[0].(string)
		last, _ := row[1].(int64)
		out[strings.TrimSuffix(name, "_key_seq")] = last
		return nil
	}, `SELECT CAST(sequencename AS text), coalesce(last_value, start_value - 1) FROM pg_sequences
		WHERE schemaname = current_schema() AND sequencename LIKE '%\_key\_seq'`)
	return out, err
}

// servable refuses a database that a copy to has not ended.
func servable(ctx context.Context, db *sql.DB) error {
	var unfinished bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('copy_target') IS NOT NULL").Scan(&unfinished); err != nil || !unfinished {
		return err
	}
	var raw []byte
	if err := db.QueryRowContext(ctx, "SELECT progress FROM copy_target").Scan(&raw); err != nil {
		return err
	}
	p, err := readProgress(raw)
	if err != nil {
		return err
	}
	return &transfer.UnfinishedError{From: p.From}
}
