// Package sqlstore is the one implementation of the store over database/sql:
// SQL beside its Scan, one file a noun. A Dialect hides what differs between
// databases; it must not import a driver, nor decide anything.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"

	"scimd/store"
)

// Store is a store.Store.
type Store struct {
	readers    *sql.DB
	rehearsals *sql.DB
	dialect    Dialect
	writer     *writer
	close      func() error
}

// New takes the pools of the readers, of rehearsals and of the writer, who
// takes one connection; it owns them all.
func New(readers, rehearsals, writing *sql.DB, d Dialect) *Store {
	s := &Store{readers: readers, rehearsals: rehearsals, dialect: d, writer: startWriter(writing, d)}
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

// View is store.Store's. The snapshot is taken by the first read: what was just
// written is often known whole.
func (s *Store) View(ctx context.Context, fn func(context.Context, store.Reader) error) error {
	if nested(ctx) {
		return store.ErrNested
	}
	if s.writer.closed() {
		return store.ErrClosed
	}
	statements := ctx
	if s.dialect.alone() {
		// To be able to interrupt a statement costs a tenth of most requests; one
		// that reads a file comes to its end, and each looks between rows.
		statements = context.WithoutCancel(ctx)
	}
	var read *sql.Tx
	defer func() {
		if read != nil {
			_ = read.Rollback() // a read has nothing to lose
		}
	}()
	return fn(context.WithValue(ctx, inside{}, true), &tx{
		ctx: statements, gone: ctx.Done(), dialect: s.dialect,
		open: func() (_ querier, err error) {
			read, err = s.begin(statements, s.readers, s.dialect.BeginRead)
			return read, err
		},
	})
}

// begin opens a snapshot.
func (s *Store) begin(ctx context.Context, pool *sql.DB, how sql.TxOptions) (*sql.Tx, error) {
	return reach(ctx, s, func() (*sql.Tx, error) {
		snapshot, err := pool.BeginTx(ctx, &how)
		return snapshot, s.dialect.translate(err)
	})
}

// reach runs the first statement on a connection. One that was lost since it
// was last used is noticed here, and another takes its place.
func reach[T any](ctx context.Context, s *Store, first func() (T, error)) (T, error) {
	v, err := first()
	if errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil {
		v, err = first()
	}
	if err != nil && ctx.Err() == nil && s.writer.closed() {
		err = store.ErrClosed
	}
	return v, err
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
	ctx       context.Context // of its statements
	gone      <-chan struct{} // closed when nobody waits for what it reads; nil: not to be known
	q         querier
	open      func() (querier, error) // gives q to the first statement; nil: it is there
	dialect   Dialect
	rehearsal *rehearsal // nil: what is written stays
	batch     *batch     // nil: nothing that is written stays
	walks     int        // begun so far
	wrote     bool       // a statement that may have changed something was sent
	failed    bool       // one was refused, after which a database may take no more
}

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// statement is what is sent for a query.
func (t *tx) statement(query string, args []any) (string, error) {
	if err := t.shadow(query); err != nil {
		return "", err
	}
	if t.open != nil {
		q, err := t.open()
		if err != nil {
			return "", err
		}
		t.q, t.open = q, nil
	}
	if t.dialect.Observe != nil {
		t.dialect.Observe(query, args)
	}
	t.wrote = t.wrote || !strings.HasPrefix(query, "SELECT ")
	if t.batch != nil {
		t.batch.sent++
	}
	if t.dialect.Bind != nil {
		query = t.dialect.Bind(query)
	}
	return query, nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.affected(query, args...)
	return err
}

// execOne is exec for a statement that must hit a row.
func (t *tx) execOne(query string, args ...any) error {
	n, err := t.affected(query, args...)
	if err == nil && n == 0 {
		err = store.ErrNotFound
	}
	return err
}

func (t *tx) affected(query string, args ...any) (int64, error) {
	done, err := t.send(query, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func (t *tx) send(query string, args ...any) (sql.Result, error) {
	query, err := t.statement(query, args)
	if err != nil {
		return nil, err
	}
	done, err := t.q.ExecContext(t.ctx, query, args...)
	return done, t.translate(err)
}

// severalAlike is from how many rows on that are alike one statement with a list
// costs less than statements for rows.
const severalAlike = 8

// maxRows are the most rows of one statement: more are no faster.
const maxRows = 64

// execRows is exec of a statement for one row, by as few as can be for the rows
// that follow each other in args. The numbers of rows are powers of two, so that
// few statements have to be kept.
func (t *tx) execRows(query string, args []any) error {
	insert, rest, _ := strings.Cut(query, " VALUES")
	row, conflict, _ := strings.Cut(rest, ")")
	width := strings.Count(row, "?")
	for len(args) > 0 {
		rows := maxRows
		for rows*width > len(args) {
			rows /= 2
		}
		text := query
		if rows > 1 {
			text = insert + " VALUES" + strings.Repeat(row+"), ", rows-1) + row + ")" + conflict
		}
		if err := t.exec(text, args[:rows*width]...); err != nil {
			return err
		}
		args = args[rows*width:]
	}
	return nil
}

func (t *tx) insert(key *int64, query string, args ...any) error {
	var given int64
	var err error
	if t.dialect.Returning {
		given, err = one(t, scanKey, query+" RETURNING key", args...)
	} else {
		var done sql.Result
		if done, err = t.send(query, args...); err == nil {
			given, err = done.LastInsertId()
		}
	}
	if err == nil {
		*key = given
	}
	return err
}

// translate is the dialect's for what came of a statement.
func (t *tx) translate(err error) error {
	err = t.dialect.translate(err)
	t.failed = t.failed || err != nil && !errors.Is(err, store.ErrNotFound)
	return err
}

// translate gives driver errors the contract's names, by code.
func (d Dialect) translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case d.Taken(err):
		return errors.Join(store.ErrExists, err)
	case d.Unavailable(err):
		return errors.Join(store.ErrUnavailable, err)
	}
	return err
}

// one reads a single record.
func one[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	query, err := t.statement(query, args)
	if err != nil {
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

// walkPage is how many rows of a walk are read at once where the connection
// is otherwise taken until the last.
const walkPage = 2000

// walk is each for a yield that may use the transaction itself.
func walk[T any](t *tx, scan func(scanner) (T, error), yield func(T) bool, query string, args ...any) error {
	if !t.dialect.Cursors {
		return each(t, scan, yield, query, args...)
	}
	t.walks++
	// A statement is described once for its text, and two queries with the same
	// one would have to give the same columns.
	name := fmt.Sprintf("walk_%08x_%d", crc32.ChecksumIEEE([]byte(query)), t.walks)
	if err := t.exec("DECLARE "+name+" NO SCROLL CURSOR FOR "+query, args...); err != nil {
		return err
	}
	for more := true; more; {
		page, err := many(t, scan, "FETCH FORWARD "+strconv.Itoa(walkPage)+" FROM "+name)
		if err != nil {
			return err
		}
		more = len(page) == walkPage
		for _, v := range page {
			if !yield(v) {
				more = false
				break
			}
		}
	}
	return t.exec("CLOSE " + name)
}

// each reads records until yield returns false.
func each[T any](t *tx, scan func(scanner) (T, error), yield func(T) bool, query string, args ...any) error {
	query, err := t.statement(query, args)
	if err != nil {
		return err
	}
	rows, err := t.q.QueryContext(t.ctx, query, args...)
	if err != nil {
		return t.translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		select {
		case <-t.gone:
			return context.Canceled
		default:
		}
		v, err := scan(rows)
		if err != nil {
			return err
		}
		if !yield(v) {
			break
		}
	}
	return t.translate(rows.Err())
}

func scanKey(s scanner) (key int64, err error) {
	err = s.Scan(&key)
	return key, err
}
