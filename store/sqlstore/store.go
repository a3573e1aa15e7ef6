// Package sqlstore is the one implementation of the store over database/sql:
// SQL beside its Scan, one file a noun. A Dialect hides what differs between
// databases; it must not import a driver, nor decide anything.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"scimd/store"
)

// Dialect is what differs between databases.
type Dialect struct {
	// Begin starts the writer's transaction.
	Begin string
	// Taken tells whether an error is a unique violation.
	Taken func(error) bool
	// Keys is the table expression of a bound JSON array of integers, with the
	// column value.
	Keys string
	// Shadow keeps what a rehearsal does to a table out of the database; it is
	// called before the first write to it. nil: rolling back is enough.
	Shadow func(ctx context.Context, rehearsal *sql.Tx, parents []int64, table string) error
}

// Store is a store.Store.
type Store struct {
	readers    *sql.DB
	rehearsals *sql.DB
	dialect    Dialect
	writer     *writer
	close      func() error
}

// New takes the readers' pool, that of rehearsals and the one connection that
// writes; it owns them all.
func New(readers, rehearsals *sql.DB, write *sql.Conn, closeWriter func() error, d Dialect) *Store {
	s := &Store{readers: readers, rehearsals: rehearsals, dialect: d, writer: startWriter(write, closeWriter, d)}
	s.close = sync.OnceValue(func() error {
		return errors.Join(s.writer.close(), s.rehearsals.Close(), s.readers.Close())
	})
	return s
}

// inside marks a context that belongs to an open transaction.
type inside struct{}

func nested(ctx context.Context) bool { return ctx.Value(inside{}) != nil }

// Update is store.Store's.
func (s *Store) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if nested(ctx) {
		return store.ErrNested
	}
	return s.writer.do(ctx, fn)
}

// View is store.Store's.
func (s *Store) View(ctx context.Context, fn func(context.Context, store.Reader) error) error {
	if nested(ctx) {
		return store.ErrNested
	}
	// Not sql.TxOptions{ReadOnly}: the driver would set query_only and reset it
	// around every read, where the readers' connections have it for good.
	read, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		if s.writer.closed() {
			return store.ErrClosed
		}
		return err
	}
	defer read.Rollback() //nolint:errcheck // a read has nothing to lose
	return fn(context.WithValue(ctx, inside{}, true), &tx{ctx: ctx, q: read, dialect: s.dialect})
}

// Close finishes the writes that wait and closes the connections, once.
func (s *Store) Close() error { return s.close() }

// querier is a *sql.Tx or the writer's *sql.Conn.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tx is store.Tx over one transaction.
type tx struct {
	ctx       context.Context
	q         querier
	dialect   Dialect
	rehearsal *rehearsal // nil: what is written stays
}

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func (t *tx) exec(query string, args ...any) error {
	if err := t.shadow(query); err != nil {
		return err
	}
	_, err := t.q.ExecContext(t.ctx, query, args...)
	return t.translate(err)
}

// execOne is exec for a statement that must hit a row.
func (t *tx) execOne(query string, args ...any) error {
	if err := t.shadow(query); err != nil {
		return err
	}
	res, err := t.q.ExecContext(t.ctx, query, args...)
	if err != nil {
		return t.translate(err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return store.ErrNotFound
}

func (t *tx) insert(key *int64, query string, args ...any) error {
	given, err := one(t, scanKey, query+" RETURNING key", args...)
	if err == nil {
		*key = given
	}
	return err
}

// translate gives driver errors the contract's names, by code.
func (t *tx) translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case t.dialect.Taken(err):
		return errors.Join(store.ErrExists, err)
	}
	return err
}

// one reads a single record.
func one[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	if err := t.shadow(query); err != nil {
		var none T
		return none, err
	}
	v, err := scan(t.q.QueryRowContext(t.ctx, query, args...))
	return v, t.translate(err)
}

// many reads all records.
func many[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := each(t, scan, func(v T) bool { out = append(out, v); return true }, query, args...)
	return out, err
}

// each reads records until yield returns false.
func each[T any](t *tx, scan func(scanner) (T, error), yield func(T) bool, query string, args ...any) error {
	if err := t.shadow(query); err != nil {
		return err
	}
	rows, err := t.q.QueryContext(t.ctx, query, args...)
	if err != nil {
		return t.translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return err
		}
		if !yield(v) {
			break
		}
	}
	return rows.Err()
}

func scanKey(s scanner) (key int64, err error) {
	err = s.Scan(&key)
	return key, err
}
