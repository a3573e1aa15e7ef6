package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"time"

	"scimd/store"
)

// batch is one transaction of the database and the writes that share it.
//
// A savepoint for each write would cost two statements, and on SQLite a second
// copy of every page that the write changes. So a batch does without: if a write
// fails that had begun to change something, the batch is spoilt: all of it is
// undone and runs again in a careful batch, which has them. Few writes fail, and
// most of those before they change anything.
type batch struct {
	*writer
	number   string                  // of the transaction, by Dialect.Start
	careful  bool                    // each write has a savepoint
	spoilt   bool                    // it does not stay, for the sake of a write
	held     map[int64]*store.Parent // locked; nil: to be read again
	sent     int                     // statements
	outcomes []outcome
	later    []*write // to run again
	broken   error    // nothing of the batch stays
	final    bool     // it must not run again, since it may have been committed
	reopened bool     // what a credential opens has changed
}

// outcome is what became of one write of a batch.
type outcome struct {
	op  *write
	err error
}

// maxSent is how many statements a batch sends before it takes no more writes:
// they would have to wait for it, and it for them if they spoil it.
const maxSent = 5000

func (w *writer) begin(careful bool) *batch {
	ctx := context.Background()
	b := &batch{writer: w, careful: careful, held: map[int64]*store.Parent{}}
	if w.conn == nil {
		if w.conn, b.broken = w.pool.Conn(ctx); b.broken != nil {
			return b
		}
	}
	b.number, b.broken = w.dialect.Start(ctx, w.conn)
	return b
}

// take runs the writes and, if more is set, what waits behind them.
func (b *batch) take(first []*write, more bool) {
	for b.broken == nil && !b.spoilt && len(b.outcomes) < maxBatch && b.sent < maxSent {
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
	err := b.apply(op)
	again := err != nil && b.undone(err)
	if b.spoilt {
		// A refusal may rest on what those before it did, who are to run again. One
		// of the database's own making may not come twice.
		again = again || len(b.outcomes) > 0 || err == nil || b.dialect.Unavailable(err)
	}
	switch {
	case b.broken == nil && again:
		b.later = append(b.later, op)
	case b.broken != nil, b.spoilt:
		op.done <- err // the others run again without it
	default:
		b.outcomes = append(b.outcomes, outcome{op, err})
	}
}

// undone tells whether an error means that a write may run again.
func (b *batch) undone(err error) bool { return errors.Is(err, errHeld) || b.dialect.Undone(err) }

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

// apply runs one write. What it did is undone if it fails or panics, and its
// neighbours in the batch are not concerned, unless it spoils the batch.
func (b *batch) apply(op *write) error {
	if err := op.ctx.Err(); err != nil {
		return err
	}
	t := &tx{ctx: context.Background(), q: b.conn, dialect: b.dialect, batch: b}
	if !b.careful {
		err := call(op, t)
		b.spoilt = t.failed || err != nil && t.wrote
		return err
	}
	if b.broken = b.send("SAVEPOINT op"); b.broken != nil {
		return b.dialect.translate(b.broken)
	}
	held := maps.Clone(b.held)
	err := call(op, t)
	if err == nil {
		// It may have gone on after a statement that failed.
		if err = b.send("RELEASE SAVEPOINT op"); err == nil {
			return nil
		}
		err = b.dialect.translate(err)
	}
	if b.broken = b.send("ROLLBACK TO SAVEPOINT op"); b.broken == nil {
		b.broken = b.send("RELEASE SAVEPOINT op")
	}
	b.held = held
	return err
}

func (b *batch) send(statement string) error {
	_, err := b.conn.ExecContext(context.Background(), statement)
	return err
}

func call(op *write, t *tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in transaction: %v", r)
		}
	}()
	return op.fn(context.WithValue(context.WithoutCancel(op.ctx), inside{}, true), t)
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
	if b.broken == nil && !b.spoilt {
		err := b.send("COMMIT")
		if err == nil {
			return
		}
		b.broken, b.final = fmt.Errorf("commit: %w", err), !b.dialect.Undone(err)
		if b.dialect.Committed != nil && b.dialect.Unavailable(err) {
			b.learn(ctx)
			return
		}
	}
	if b.conn != nil {
		_ = b.send("ROLLBACK") // it may be over, or the connection lost
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
	for _, o := range b.outcomes {
		switch {
		case b.spoilt, b.broken != nil && !b.final:
			again = append(again, o.op)
		case b.broken != nil:
			// A refusal waits too: it may rest on a neighbour's row, which a failing
			// commit takes back.
			o.op.done <- errors.Join(store.ErrUnavailable, b.broken)
		default:
			o.op.done <- o.err
		}
	}
	return append(again, b.later...)
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
