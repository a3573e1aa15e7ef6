package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"scimd/store"
)

func leads(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){"EndsWithContext": leadEnds, "Chores": chores})
}

// leadEnds shows that a lead lasts as long as its function, and its context no
// longer than the caller's.
func leadEnds(t *testing.T, st store.Store) {
	for range 2 { // the first gives it back
		ran := false
		wantErr(t, "Lead whose function ends", nil, st.Lead(t.Context(), "chores", func(context.Context) { ran = true }))
		expect(t, "whether a lead's function ran", true)(ran, nil)
	}
	ctx, stop := context.WithCancel(t.Context())
	err := st.Lead(ctx, "chores", func(ctx context.Context) {
		stop()
		<-ctx.Done()
	})
	if err != nil {
		wantErr(t, "Lead with a context that ends", context.Canceled, err)
	}
}

func chores(t *testing.T, st store.Store) {
	view(t, st, func(r store.Reader) {
		wantErr(t, "ChoreDone of one that was never done", store.ErrNotFound, errOf(r.ChoreDone("sync")))
	})
	for i := range 2 {
		update(t, st, func(tx store.Tx) error { return tx.SetChoreDone("sync", at(i)) })
		view(t, st, func(r store.Reader) { expect(t, "ChoreDone", at(i))(r.ChoreDone("sync")) })
	}
}

// oneLeads shows that two never lead at once, and that the second takes over
// when the first is gone without a word.
func oneLeads(t *testing.T, first, second store.Store) {
	var leading atomic.Int32
	lead := func(begun chan<- struct{}) func(context.Context) {
		return func(ctx context.Context) {
			if n := leading.Add(1); n != 1 {
				t.Errorf("leaders at once: got %d, want 1", n)
			}
			close(begun)
			<-ctx.Done()
			leading.Add(-1)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	started, taken := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 2)
	go func() { ended <- first.Lead(ctx, "chores", lead(started)) }()
	<-started
	later, end := context.WithCancel(t.Context())
	go func() { ended <- second.Lead(later, "chores", lead(taken)) }()
	select {
	case <-taken:
		t.Error("the second leads beside the first")
	case <-time.After(1500 * time.Millisecond): // it has asked at least once
	}
	stop()
	<-taken
	end()
	for range 2 {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Lead: got error %v, want none", err)
		}
	}
}
