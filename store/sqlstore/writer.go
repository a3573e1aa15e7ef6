package sqlstore

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"time"

	"scimd/store"
)

const (
	// A batch takes what waits, up to maxBatch; the queue holds maxWaiting more.
	maxBatch   = 256
	maxWaiting = 4096
	// patience is how long writes are run again for trouble of the database's
	// before they are refused.
	patience = 10 * time.Second
)

// write is one caller's transaction on its way through the writer.
type write struct {
	ctx  context.Context
	fn   func(context.Context, store.Tx) error
	done chan error
}

// writer is the goroutine that owns the writing connection. Writes that wait
// together run one after another and share one commit, so that one fsync
// acknowledges them all.
type writer struct {
	pool    *sql.DB
	conn    *sql.Conn // nil: to be taken from the pool
	down    bool      // the database was given up, and has not answered since
	dialect Dialect
	queue   chan *write
	quit    chan struct{}
	stopped chan struct{}
	once    sync.Once

	credentials credentials
}

func startWriter(pool *sql.DB, d Dialect) *writer {
	w := &writer{
		pool: pool, dialect: d,
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
	op := &write{ctx: ctx, fn: fn, done: make(chan error, 1)}
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
	return w.pool.Close()
}

func (w *writer) run() {
	defer close(w.stopped)
	defer w.hangUp()
	for {
		select {
		case op := <-w.queue:
			w.commit(op)
		case <-w.quit:
			for {
				select {
				case op := <-w.queue:
					w.commit(op)
				default:
					return
				}
			}
		}
	}
}

// commit commits first and all that wait behind it. What the database undid
// for reasons of its own runs again, for as long as patience lasts.
func (w *writer) commit(first *write) {
	var patient context.Context // nil: there is no trouble
	careful := false
	for again := []*write{first}; len(again) > 0; {
		b := w.begin(careful)
		b.take(again, patient == nil)
		b.end()
		again = b.answer()
		if b.spoilt && b.broken == nil {
			careful = true
			continue
		}
		if b.broken == nil {
			w.down = false
		}
		if b.broken == nil && len(b.outcomes) > 0 {
			patient = nil
			continue
		}
		if patient == nil {
			var end context.CancelFunc
			patient, end = context.WithTimeout(context.Background(), patience)
			defer end()
		}
		if b.broken != nil {
			w.hangUp()
		}
		if len(again) > 0 && (w.closed() || w.down || rest(patient, pause()) != nil) {
			b.giveUp(again)
			return
		}
	}
}

// pause is of no fixed length, lest servers that wait for each other's parents
// meet again.
func pause() time.Duration { return time.Millisecond + rand.N(20*time.Millisecond) } //nolint:gosec // G404: no secret

// hangUp gives the connection back, so that the next batch takes another if
// it was lost.
func (w *writer) hangUp() {
	if w.conn != nil {
		_ = w.conn.Close() // nothing is under way on it
		w.conn = nil
	}
}
