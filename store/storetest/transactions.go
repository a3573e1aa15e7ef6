package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"scimd/store"
)

var errDeliberate = errors.New("deliberate")

// inTx and inView leave out the context that most tests do not need.
func inTx(fn func(store.Tx) error) func(context.Context, store.Tx) error {
	return func(_ context.Context, tx store.Tx) error { return fn(tx) }
}

func inView(fn func(store.Reader) error) func(context.Context, store.Reader) error {
	return func(_ context.Context, r store.Reader) error { return fn(r) }
}

func transactions(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"ErrorRollsBack": errorRollsBack, "PanicRollsBack": panicRollsBack, "Neighbours": neighbours, "Swallowed": swallowed,
		"Nested": nested, "Snapshot": snapshot, "OwnWrites": ownWrites, "Cancelled": cancelled,
	})
}

func addParent(tx store.Tx, name string) error {
	return tx.AddParent(&store.Parent{ID: newID(), Name: name, Created: at(0)})
}

// parentNames reads the names without an order's mattering.
func parentNames(r store.Reader) (map[string]bool, error) {
	all, err := r.Parents()
	names := map[string]bool{}
	for _, p := range all {
		names[p.Name] = true
	}
	return names, err
}

func errorRollsBack(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	refused(t, st, "Update whose function fails", errDeliberate, func(tx store.Tx) error {
		if err := errors.Join(addParent(tx, "beta"), tx.AddEvents(n.parent.Key, []store.Event{n.event})); err != nil {
			return err
		}
		return errDeliberate
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Parents after a failed Update", map[string]bool{"acme": true})(parentNames(r))
		// A number that was taken back must not leave a gap.
		expect(t, "LastEvent after a failed Update", int64(1))(r.LastEvent(n.parent.Key))
	})
}

func panicRollsBack(t *testing.T, st store.Store) {
	err := st.Update(t.Context(), inTx(func(tx store.Tx) error {
		_ = addParent(tx, "lost")
		panic("deliberate")
	}))
	if err == nil {
		t.Error("Update whose function panics: got no error, want one")
	}
	update(t, st, func(tx store.Tx) error { return addParent(tx, "kept") })
	view(t, st, func(r store.Reader) {
		expect(t, "Parents after a panic", map[string]bool{"kept": true})(parentNames(r))
	})
}

// neighbours holds up a backend that batches with one write, so that those
// that fail, those that panic and those that succeed wait together.
func neighbours(t *testing.T, st store.Store) {
	const others = 60
	release := make(chan struct{})
	var started, finished sync.WaitGroup
	want := map[string]bool{"first": true}
	started.Add(1 + others)
	var once sync.Once
	finished.Go(func() {
		err := st.Update(t.Context(), inTx(func(tx store.Tx) error {
			once.Do(started.Done)
			<-release
			return addParent(tx, "first")
		}))
		wantErr(t, "Update that holds up the others", nil, err)
	})
	for i := range others {
		name := fmt.Sprint("p", i)
		if i%3 == 0 {
			want[name] = true
		}
		finished.Go(func() {
			started.Done()
			err := st.Update(t.Context(), inTx(func(tx store.Tx) error { return neighbour(tx, name, i%3) }))
			if succeeded := err == nil; succeeded != (i%3 == 0) {
				t.Errorf("Update %d among others: got error %v, want %v to be its success", i, err, i%3 == 0)
			}
		})
	}
	started.Wait()
	close(release)
	finishes(t, "a mixed batch", &finished)
	view(t, st, func(r store.Reader) { expect(t, "Parents after a mixed batch", want)(parentNames(r)) })
}

// neighbour adds a parent and then succeeds, fails or panics.
func neighbour(tx store.Tx, name string, fate int) error {
	if err := addParent(tx, name); err != nil {
		return err
	}
	switch fate {
	case 1:
		return errDeliberate
	case 2:
		panic("deliberate")
	}
	return nil
}

// swallowed goes on after a refusal as if nothing had been, between neighbours. A
// database may take that or not, but what it acknowledges is there.
func swallowed(t *testing.T, st store.Store) {
	update(t, st, func(tx store.Tx) error { return addParent(tx, "taken") })
	const others = 30
	want := map[string]bool{"taken": true}
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range others {
		name := fmt.Sprint("p", i)
		group.Go(func() {
			err := st.Update(t.Context(), inTx(func(tx store.Tx) error {
				if err := addParent(tx, name); err != nil || i%3 != 0 {
					return err
				}
				_ = addParent(tx, "taken")
				return nil
			}))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				want[name] = true
			} else if i%3 != 0 {
				t.Errorf("Update %d beside one that goes on after a refusal: got error %v, want none", i, err)
			}
		})
	}
	finishes(t, "a batch with refusals that are swallowed", &group)
	view(t, st, func(r store.Reader) { expect(t, "Parents after it", want)(parentNames(r)) })
}

func nested(t *testing.T, st store.Store) {
	inner := func(what string, ctx context.Context) {
		t.Helper()
		wantErr(t, "Update within "+what, store.ErrNested, st.Update(ctx, inTx(func(store.Tx) error { return nil })))
		wantErr(t, "Rehearse within "+what, store.ErrNested, st.Rehearse(ctx, []int64{1}, inTx(func(store.Tx) error { return nil })))
		_, _, err := st.Credential(ctx, [32]byte{})
		wantErr(t, "Credential within "+what, store.ErrNested, err)
		wantErr(t, "View within "+what, store.ErrNested, st.View(ctx, inView(func(store.Reader) error { return nil })))
	}
	err := st.Update(t.Context(), func(ctx context.Context, _ store.Tx) error { inner("Update", ctx); return nil })
	wantErr(t, "Update around", nil, err)
	err = st.View(t.Context(), func(ctx context.Context, _ store.Reader) error { inner("View", ctx); return nil })
	wantErr(t, "View around", nil, err)
	err = st.Rehearse(t.Context(), []int64{1}, func(ctx context.Context, _ store.Tx) error { inner("Rehearse", ctx); return nil })
	wantErr(t, "Rehearse around", nil, err)
}

// snapshot commits a write in the middle of a View, which must not see it.
func snapshot(t *testing.T, st store.Store) {
	update(t, st, func(tx store.Tx) error { return addParent(tx, "before") })
	view(t, st, func(r store.Reader) {
		expect(t, "Parents at the start of a View", map[string]bool{"before": true})(parentNames(r))
		update(t, st, func(tx store.Tx) error { return addParent(tx, "after") })
		expect(t, "Parents later in the same View", map[string]bool{"before": true})(parentNames(r))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Parents in a new View", map[string]bool{"before": true, "after": true})(parentNames(r))
	})
}

func ownWrites(t *testing.T, st store.Store) {
	update(t, st, func(tx store.Tx) error {
		err := addParent(tx, "acme")
		expect(t, "Parents within the Update that adds one", map[string]bool{"acme": true})(parentNames(tx))
		return err
	})
}

func cancelled(t *testing.T, st store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "Update with a cancelled context", context.Canceled, st.Update(ctx, inTx(func(tx store.Tx) error { return addParent(tx, "acme") })))
	view(t, st, func(r store.Reader) { expect(t, "Parents after it", map[string]bool{})(parentNames(r)) })
}
