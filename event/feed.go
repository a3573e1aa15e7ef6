// Package event is the outbox as its readers see it: a feed of each parent's
// events in their one order, with a long poll. It must not know what an event
// says, nor who writes it.
package event

import (
	"context"
	"sync"
	"time"

	"scimd/store"
)

// recheck is how often a waiting reader looks by itself: other processes over
// the same database write events without waking us.
const recheck = time.Second

// View runs fn on one snapshot of the store.
type View func(ctx context.Context, fn func(ctx context.Context, r store.Reader) error) error

// Feed reads the events of parents and wakes those who wait for them.
type Feed struct {
	view   View
	closed chan struct{}
	close  func()

	mu   sync.Mutex
	wake map[int64]chan struct{} // by parent; closed at the next commit
}

// NewFeed makes a feed over a store.
func NewFeed(view View) *Feed {
	f := &Feed{view: view, closed: make(chan struct{}), wake: make(map[int64]chan struct{})}
	f.close = sync.OnceFunc(func() { close(f.closed) })
	return f
}

// Committed wakes the readers that wait for events of a parent. It never
// blocks.
func (f *Feed) Committed(parent int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ch, ok := f.wake[parent]; ok {
		close(ch)
		delete(f.wake, parent)
	}
}

// Close ends every wait at once, now and later, so that a server can stop
// without waiting for its long polls.
func (f *Feed) Close() { f.close() }

// Read lists at most limit events of a parent (an id or a name) after a
// sequence number, in order. If there are none it waits for the first, at most
// as long as wait; no events after that is an empty answer, not an error. An
// unknown parent is store.ErrNotFound.
func (f *Feed) Read(ctx context.Context, parent string, after int64, limit int, wait time.Duration) ([]store.Event, error) {
	key, err := f.find(ctx, parent)
	if err != nil {
		return nil, err
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		// Subscribing comes before reading: a commit between the two closes
		// the channel that the select below waits for.
		woken := f.subscribe(key)
		events, err := f.read(ctx, key, after, limit)
		if err != nil || len(events) > 0 || wait <= 0 {
			return events, err
		}
		select {
		case <-woken:
		case <-time.After(recheck):
		case <-deadline.C:
			wait = 0 // one last look
		case <-f.closed:
			return events, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (f *Feed) subscribe(parent int64) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch, ok := f.wake[parent]
	if !ok {
		ch = make(chan struct{})
		f.wake[parent] = ch
	}
	return ch
}

func (f *Feed) find(ctx context.Context, parent string) (key int64, err error) {
	err = f.view(ctx, func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent(parent)
		key = p.Key
		return err
	})
	return key, err
}

func (f *Feed) read(ctx context.Context, parent, after int64, limit int) (events []store.Event, err error) {
	err = f.view(ctx, func(_ context.Context, r store.Reader) error {
		events, err = r.Events(parent, after, limit)
		return err
	})
	return events, err
}
