package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"scimd/store"
)

// A batch takes what waits, up to maxBatch; the queue holds maxWaiting more.
const (
	maxBatch   = 256
	maxWaiting = 4096
)

// write is one caller's transaction on its way through the writer.
type write struct {
	ctx  context.Context
	fn   func(context.Context, store.Tx) error
	done chan error
}

// writer is the goroutine that owns the writing connection. Writes that wait
// together run one after another, each under its savepoint, and share one
// commit, so that one fsync acknowledges them all.
type writer struct {
	conn    *sql.Conn
	release func() error
	dialect Dialect
	queue   chan *write
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

func startWriter(conn *sql.Conn, release func() error, d Dialect) *writer {
	w := &writer{
		conn: conn, release: release, dialect: d,
		queue: make(chan *write, maxWaiting), quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// closed tells whether close was called.
func (w *writer) closed() bool {
	select {
	case <-w.quit:
		return true
	default:
		return false
	}
}

func (w *writer) do(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	op := &write{ctx, fn, make(chan error, 1)}
	if w.closed() {
		return store.ErrClosed
	}
	select {
	case w.queue <- op:
	default:
		return store.ErrBusy
	}
	select {
	case err := <-op.done:
		return err
	case <-w.stopped:
	}
	// The writer stopped: it has answered, or never will.
	select {
	case err := <-op.done:
		return err
	default:
		return store.ErrClosed
	}
}

func (w *writer) close() error {
	w.once.Do(func() { close(w.quit) })
	<-w.stopped
	return errors.Join(w.conn.Close(), w.release())
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case op := <-w.queue:
			w.batch(op)
		case <-w.quit:
			for {
				select {
				case op := <-w.queue:
					w.batch(op)
				default:
					return
				}
			}
		}
	}
}

// batch commits first and all that wait behind it.
func (w *writer) batch(first *write) {
	ctx := context.Background()
	if _, err := w.conn.ExecContext(ctx, w.dialect.Begin); err != nil {
		first.done <- fmt.Errorf("begin: %w", err)
		return
	}
	var outcomes []outcome
	for op := first; op != nil; {
		outcomes = append(outcomes, outcome{op, w.apply(ctx, op)})
		if len(outcomes) == maxBatch {
			break // before a write is taken that this batch would never answer
		}
		op = w.next()
	}
	_, err := w.conn.ExecContext(ctx, "COMMIT")
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
		_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
	}
	for _, o := range outcomes {
		// A refusal waits too: it may rest on a neighbour's row, which a failing
		// commit takes back.
		if err != nil {
			o.err = err
		}
		o.op.done <- o.err
	}
}

// outcome is what became of one write of a batch.
type outcome struct {
	op  *write
	err error
}

// next takes what waits. Yielding twice lets callers whose requests are being
// read join the batch: it doubles the batch under load and costs nothing idle.
func (w *writer) next() *write {
	for range 3 {
		select {
		case op := <-w.queue:
			return op
		default:
			runtime.Gosched()
		}
	}
	return nil
}

// apply runs one write under its savepoint. What it did is undone if it fails
// or panics; its neighbours in the batch are not concerned.
func (w *writer) apply(ctx context.Context, op *write) (err error) {
	if err := op.ctx.Err(); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT op"); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in transaction: %v", r)
		}
		if err != nil {
			_, undo := w.conn.ExecContext(ctx, "ROLLBACK TO op")
			err = errors.Join(err, undo)
		}
		if _, done := w.conn.ExecContext(ctx, "RELEASE op"); done != nil {
			err = errors.Join(err, done)
		}
	}()
	inner := context.WithValue(context.WithoutCancel(op.ctx), inside{}, true)
	return op.fn(inner, &tx{ctx: ctx, q: w.conn, dialect: w.dialect})
}
