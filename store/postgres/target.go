package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"scimd/store/transfer"
)

// Progress is transfer.Target's.
func (d *Database) Progress(ctx context.Context) (p *transfer.Progress, err error) {
	err = d.on(ctx, func(conn *pgx.Conn) error {
		var has bool
		if err := conn.QueryRow(ctx, "SELECT to_regclass('copy_target') IS NOT NULL").Scan(&has); err != nil || !has {
			return err
		}
		var raw []byte
		if err := conn.QueryRow(ctx, "SELECT progress FROM copy_target").Scan(&raw); err != nil {
			return err
		}
		p, err = readProgress(raw)
		return err
	})
	return p, err
}

func readProgress(raw []byte) (*transfer.Progress, error) {
	var p transfer.Progress
	return &p, json.Unmarshal(raw, &p)
}

// write runs fn in a transaction, all on one connection for as long as that
// lasts.
func (d *Database) write(ctx context.Context, fn func(pgx.Tx) error) error {
	if d.loading == nil || d.loading.IsClosed() {
		config := d.config.Copy()
		config.RuntimeParams = maps.Clone(config.RuntimeParams)
		walkIndexes(config)
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return fmt.Errorf("open %s: %w", d, err)
		}
		d.loading = conn
	}
	return pgx.BeginFunc(ctx, d.loading, fn)
}

// Loaded is transfer.Target's. The planner of a server chooses by statistics.
func (d *Database) Loaded(ctx context.Context) error {
	return d.on(ctx, func(conn *pgx.Conn) error {
		all, err := tables(ctx, conn)
		if err == nil {
			_, err = conn.Exec(ctx, "VACUUM (ANALYZE) "+names(all))
		}
		return err
	})
}

// Begin is transfer.Target's. Until Finish, rows may come in any order within a
// transaction.
func (d *Database) Begin(ctx context.Context, tables []transfer.Table, p transfer.Progress) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return d.write(ctx, func(tx pgx.Tx) error {
		if err := references(ctx, tx, "DEFERRABLE INITIALLY DEFERRED"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "TRUNCATE "+names(tables)+`;
			CREATE TABLE IF NOT EXISTS copy_target(run text NOT NULL, progress text NOT NULL);
			DELETE FROM copy_target`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO copy_target(run, progress) VALUES($1, $2)", p.Run, string(raw))
		return err
	})
}

func names(tables []transfer.Table) string {
	out := make([]string, len(tables))
	for i, t := range tables {
		out[i] = t.Name
	}
	return strings.Join(out, ", ")
}

// references says when references are checked.
func references(ctx context.Context, tx pgx.Tx, when string) error {
	rows, err := tx.Query(ctx, `SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I ', CAST(conrelid AS regclass), conname)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace)`)
	if err != nil {
		return err
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement+when); err != nil {
			return err
		}
	}
	return nil
}

// TakeOver is transfer.Target's.
func (d *Database) TakeOver(ctx context.Context, p transfer.Progress) error {
	return d.write(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE copy_target SET run = $1", p.Run)
		return err
	})
}

// Load is transfer.Target's.
func (d *Database) Load(ctx context.Context, p *transfer.Progress, fn func(transfer.Loader) error) error {
	return d.write(ctx, func(tx pgx.Tx) error {
		if err := fn(loader{tx}); err != nil {
			return err
		}
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		done, err := tx.Exec(ctx, "UPDATE copy_target SET progress = $1 WHERE run = $2", string(raw), p.Run)
		if err == nil && done.RowsAffected() == 0 {
			err = transfer.ErrTakenOver
		}
		return err
	})
}

// loader is transfer.Loader within a transaction.
type loader struct{ tx pgx.Tx }

// Insert is transfer.Loader's.
func (l loader) Insert(ctx context.Context, table string, columns []transfer.Column, rows [][]any) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	if _, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}

// Delete is transfer.Loader's.
func (l loader) Delete(ctx context.Context, table string, by []transfer.Column, keys [][]any) error {
	var given, same []string
	for i, c := range by {
		given = append(given, "CAST($"+strconv.Itoa(i+1)+" AS "+arrays[c.Type]+")")
		same = append(same, "t."+c.Name+" = k."+c.Name)
	}
	_, err := l.tx.Exec(ctx, "DELETE FROM "+table+" t USING unnest("+strings.Join(given, ", ")+") k("+list("", by)+") WHERE "+strings.Join(same, " AND "),
		turned(by, keys)...)
	return err
}

// Finish is transfer.Target's.
func (d *Database) Finish(ctx context.Context, p transfer.Progress, given map[string]int64) error {
	return d.write(ctx, func(tx pgx.Tx) error {
		if err := references(ctx, tx, "NOT DEFERRABLE"); err != nil {
			return err
		}
		own, err := snapshot{tx}.Given(ctx)
		if err != nil {
			return err
		}
		for table := range own {
			_, err := tx.Exec(ctx, `SELECT setval(pg_get_serial_sequence($1, 'key'), greatest(last, 1), last > 0)
				FROM (SELECT greatest($2, max(key)) AS last FROM `+table+") x", table, given[table])
			if err != nil {
				return err
			}
		}
		done, err := tx.Exec(ctx, "DELETE FROM copy_target WHERE run = $1", p.Run)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return transfer.ErrTakenOver
		}
		_, err = tx.Exec(ctx, "DROP TABLE copy_target")
		return err
	})
}
