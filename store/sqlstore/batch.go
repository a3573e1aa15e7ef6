package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"scimd/store"
)

// batch is one transaction of the database and the writes that share it.
type batch struct {
	*writer
	number   string  // of the transaction, by Dialect.Number
	locked   []int64 // parents, in the order taken
	outcomes []outcome
	later    []*write // to run again, through no fault of theirs
	broken   error    // nothing of the batch stays
	final    bool     // it must not run again, since it may have been committed
	reopened bool     // what a credential opens has changed
}

// outcome is what became of one write of a batch.
type outcome struct {
	op  *write
	err error
}

func (w *writer) begin() *batch {
	ctx := context.Background()
	b := &batch{writer: w}
	if w.conn == nil {
		if w.conn, b.broken = w.pool.Conn(ctx); b.broken != nil {
			return b
		}
	}
	if _, b.broken = w.conn.ExecContext(ctx, w.dialect.Begin); b.broken == nil && w.dialect.Number != "" {
		b.broken = w.conn.QueryRowContext(ctx, w.dialect.Number).Scan(&b.number)
	}
	return b
}

// take runs the writes and, if more is set, what waits behind them.
func (b *batch) take(first []*write, more bool) {
	for b.broken == nil && len(b.outcomes) < maxBatch {
		var op *write
		switch {
		case len(first) > 0:
			op, first = first[0], first[1:]
		case more:
			op = b.next()
		}
		if op == nil {
			return
		}
		b.run(op)
	}
	b.later = append(b.later, first...)
}

// run runs one write and keeps what became of it.
func (b *batch) run(op *write) {
	held := len(b.locked)
	err := b.apply(op)
	if err != nil {
		b.locked = b.locked[:held] // its savepoint gave back what it locked
	}
	switch {
	case err != nil && b.dialect.Undone(err):
		b.later = append(b.later, op)
	case b.broken != nil:
		op.done <- err // it broke the batch: the others run again without it
	default:
		b.outcomes = append(b.outcomes, outcome{op, err})
	}
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
func (b *batch) apply(op *write) (err error) {
	if err := op.ctx.Err(); err != nil {
		return err
	}
	ctx := context.Background()
	if _, b.broken = b.conn.ExecContext(ctx, "SAVEPOINT op"); b.broken != nil {
		return b.dialect.translate(b.broken)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in transaction: %v", r)
		}
		if err == nil {
			// It may have gone on after a statement that failed.
			if _, err = b.conn.ExecContext(ctx, "RELEASE SAVEPOINT op"); err == nil {
				return
			}
			err = b.dialect.translate(err)
		}
		if _, b.broken = b.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT op"); b.broken == nil {
			_, b.broken = b.conn.ExecContext(ctx, "RELEASE SAVEPOINT op")
		}
	}()
	inner := context.WithValue(context.WithoutCancel(op.ctx), inside{}, true)
	return op.fn(inner, &tx{ctx: ctx, q: b.conn, dialect: b.dialect, batch: b})
}

// end commits the batch, or undoes what is left of it. Where the connection is
// lost on the way to the end, the database is asked for it.
func (b *batch) end() {
	ctx := context.Background()
	defer func() {
		if b.reopened {
			b.credentials.forget()
		}
	}()
	if b.broken == nil {
		_, err := b.conn.ExecContext(ctx, "COMMIT")
		if err == nil {
			return
		}
		b.broken, b.final = fmt.Errorf("commit: %w", err), !b.dialect.Undone(err)
		if b.number != "" && b.dialect.Unavailable(err) {
			b.learn(ctx)
			return
		}
	}
	if b.conn != nil {
		_, _ = b.conn.ExecContext(ctx, "ROLLBACK") // it may be over, or the connection lost
	}
}

// learn finds out over another connection whether the batch was committed.
func (b *batch) learn(ctx context.Context) {
	ctx, end := context.WithTimeout(ctx, patience)
	defer end()
	for ; ctx.Err() == nil; _ = rest(ctx, 100*time.Millisecond) {
		b.hangUp()
		var err error
		if b.conn, err = b.pool.Conn(ctx); err != nil {
			continue
		}
		committed, err := b.dialect.Committed(ctx, b.conn, b.number)
		if err != nil {
			continue
		}
		if b.final = false; committed {
			b.broken = nil
		}
		return
	}
	b.final = true
}

// answer tells the callers what became of their writes, and gives those that
// are to run again.
func (b *batch) answer() (again []*write) {
	if b.broken != nil && !b.final {
		for _, o := range b.outcomes {
			again = append(again, o.op)
		}
		return append(again, b.later...)
	}
	for _, o := range b.outcomes {
		// A refusal waits too: it may rest on a neighbour's row, which a failing
		// commit takes back.
		if b.broken != nil {
			o.err = errors.Join(store.ErrUnavailable, b.broken)
		}
		o.op.done <- o.err
	}
	return b.later
}

// giveUp refuses the writes. If the database is down, so are those that wait:
// patience was had for all of them.
func (b *batch) giveUp(writes []*write) {
	err := store.ErrBusy
	if b.broken != nil {
		b.down = true
		err = errors.Join(store.ErrUnavailable, b.broken)
		for op := b.next(); op != nil; op = b.next() {
			writes = append(writes, op)
		}
	}
	for _, op := range writes {
		op.done <- err
	}
}
