package event

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"scimd/store"
)

// outbox is a store.Reader of one parent's events and nothing else.
type outbox struct {
	store.Reader
	mu     sync.Mutex
	events []store.Event
}

func (o *outbox) view(ctx context.Context, fn func(context.Context, store.Reader) error) error {
	return fn(ctx, o)
}

func (o *outbox) FindParent(name string) (store.Parent, error) {
	if name != "acme" {
		return store.Parent{}, store.ErrNotFound
	}
	return store.Parent{Key: 1, Name: name}, nil
}

func (o *outbox) Events(_, after int64, limit int) ([]store.Event, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if after >= int64(len(o.events)) {
		return nil, nil
	}
	rest := o.events[after:]
	return append([]store.Event(nil), rest[:min(limit, len(rest))]...), nil
}

func (o *outbox) write() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, store.Event{Parent: 1, Seq: int64(len(o.events) + 1)})
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before int                  // events already written
		during func(*outbox, *Feed) // what happens while it waits
		wait   time.Duration
		want   int
		took   time.Duration
	}{
		{name: "there at once", before: 3, wait: time.Minute, want: 3},
		{name: "no wait", want: 0},
		{name: "nothing comes", wait: 30 * time.Second, took: 30 * time.Second},
		{name: "woken", wait: time.Minute, want: 1, took: 300 * time.Millisecond,
			during: func(o *outbox, f *Feed) { o.write(); f.Committed(1) }},
		{name: "another parent is no wake", wait: 2 * time.Second, took: 2 * time.Second,
			during: func(_ *outbox, f *Feed) { f.Committed(2) }},
		{name: "another process wrote", wait: time.Minute, want: 1, took: time.Second,
			during: func(o *outbox, _ *Feed) { o.write() }},
		{name: "closed", wait: time.Minute, took: 300 * time.Millisecond,
			during: func(_ *outbox, f *Feed) { f.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &outbox{}
				for range tt.before {
					o.write()
				}
				f := NewFeed(o.view)
				start := time.Now()
				if tt.during != nil {
					go func() {
						time.Sleep(300 * time.Millisecond) //nolint:forbidigo // the false time of synctest
						tt.during(o, f)
					}()
				}
				got, err := f.Read(t.Context(), "acme", 0, 10, tt.wait)
				if err != nil || len(got) != tt.want || time.Since(start) != tt.took {
					t.Errorf("%d events, %v after %v; want %d after %v", len(got), err, time.Since(start), tt.want, tt.took)
				}
			})
		})
	}
}

func TestReadRefuses(t *testing.T) {
	f := NewFeed((&outbox{}).view)
	if _, err := f.Read(t.Context(), "nobody", 0, 1, time.Minute); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown parent: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Read(ctx, "acme", 0, 1, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestFollow has many writers and a reader that follows the cursor: a lost
// wake-up would cost a second of the test's own (false) time.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{}
		f := NewFeed(o.view)
		const writers, each = 8, 50
		for range writers {
			go func() {
				for range each {
					time.Sleep(time.Microsecond) //nolint:forbidigo // the false time of synctest
					o.write()
					f.Committed(1)
				}
			}()
		}
		start := time.Now()
		var after int64
		for after < writers*each {
			events, err := f.Read(t.Context(), "acme", after, 7, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Seq != after+1 {
					t.Fatalf("event %d after %d", e.Seq, after)
				}
				after = e.Seq
			}
		}
		if took := time.Since(start); took >= recheck {
			t.Errorf("took %v: a wake-up was lost", took)
		}
	})
}
