package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"scimd/store"
)

const (
	workers = 64
	rounds  = 4
)

func concurrency(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Increments":    func(t *testing.T, st store.Store) { increments(t, st) },
		"EventsInOrder": func(t *testing.T, st store.Store) { eventsInOrder(t, st) },
		"LongQueue":     longQueue,
	})
}

// finishes waits for a group and fails the test if an answer never comes.
func finishes(t *testing.T, what string, group *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s: got no answer within a minute, want one for each", what)
	}
}

// increment reads the number in a user's document and writes the next.
func increment(tx store.Tx, n tenant, key int64) (int, error) {
	if _, err := tx.LockParent(n.parent.Key); err != nil {
		return 0, err
	}
	r, err := tx.ResourceByKey(n.dir.Key, key)
	if err != nil {
		return 0, err
	}
	count, err := strconv.Atoi(string(r.Document))
	if err != nil {
		return 0, err
	}
	r.Document, r.Version = strconv.AppendInt(nil, int64(count+1), 10), r.Version+1
	return count + 1, tx.SetResource(r)
}

// counted is a user of the tenant whose document counts from zero.
func counted(t *testing.T, st store.Store, n tenant) store.Resource {
	t.Helper()
	u := newUser(n, "counter")
	u.Document = []byte("0")
	update(t, st, func(tx store.Tx) error { return tx.AddResource(&u) })
	return u
}

// increments loses none: what an Update reads once it has the parent holds
// until it commits, whichever server it goes through.
func increments(t *testing.T, servers ...store.Store) {
	st := servers[0]
	n := addTenant(t, st, "acme")
	u := counted(t, st, n)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for range rounds {
				err := servers[i%len(servers)].Update(t.Context(), inTx(func(tx store.Tx) error {
					return errOf(increment(tx, n, u.Key))
				}))
				wantErr(t, "Update that increments", nil, err)
			}
		})
	}
	finishes(t, "increments", &group)
	view(t, st, func(r store.Reader) {
		got, err := r.ResourceByKey(n.dir.Key, u.Key)
		expect(t, "the number after all increments", strconv.Itoa(workers*rounds))(string(got.Document), err)
		expect(t, "the version after all increments", int64(1+workers*rounds))(got.Version, err)
	})
}

// eventsInOrder writes into each event the count that its transaction reached.
// A reader that follows must meet both without a gap: a number that becomes
// visible after a higher one would be lost to it.
func eventsInOrder(t *testing.T, servers ...store.Store) {
	st := servers[0]
	n := addTenant(t, st, "acme")
	u := counted(t, st, n)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for range rounds {
				wantErr(t, "Update that adds events", nil, servers[i%len(servers)].Update(t.Context(), inTx(func(tx store.Tx) error {
					return addCounted(tx, n, u)
				})))
			}
		})
	}
	group.Go(func() { follow(t, st, n.parent.Key, 1+2*workers*rounds) })
	finishes(t, "events", &group)
}

// addCounted adds two events, so that a number a row would not do.
func addCounted(tx store.Tx, n tenant, u store.Resource) error {
	i, err := increment(tx, n, u.Key)
	if err != nil {
		return err
	}
	data := []byte(strconv.Itoa(i))
	return tx.AddEvents(n.parent.Key, []store.Event{
		{ID: newID(), At: at(i), Type: "odd", Data: data}, {ID: newID(), At: at(i), Type: "even", Data: data},
	})
}

// follow reads the events up to last as a consumer of the outbox would. The
// first is the tenant's own.
func follow(t *testing.T, st store.Store, parent, last int64) {
	for after := int64(1); after < last; {
		var found []store.Event
		err := st.View(t.Context(), inView(func(r store.Reader) (err error) {
			found, err = r.Events(parent, after, 7)
			return err
		}))
		if err != nil {
			t.Errorf("Events while others write: got error %v, want none", err)
			return
		}
		for _, e := range found {
			if want := strconv.FormatInt((after+1)/2, 10); e.Seq != after+1 || string(e.Data) != want {
				t.Errorf("event after %d: got number %d of transaction %s, want %d of %s", after, e.Seq, e.Data, after+1, want)
				return
			}
			after = e.Seq
		}
	}
}

// longQueue lets more writes wait than a backend is likely to take at once:
// each is answered, and each that is acknowledged is kept.
func longQueue(t *testing.T, st store.Store) {
	const writes = 1500
	release := make(chan struct{})
	var started, group sync.WaitGroup
	started.Add(writes)
	group.Go(func() {
		wantErr(t, "Update that holds up the others", nil, st.Update(t.Context(), inTx(func(store.Tx) error {
			<-release
			return nil
		})))
	})
	for i := range writes {
		group.Go(func() {
			started.Done()
			wantErr(t, "Update in a long queue", nil, st.Update(t.Context(), inTx(func(tx store.Tx) error {
				return addParent(tx, fmt.Sprint("p", i))
			})))
		})
	}
	started.Wait()
	close(release)
	finishes(t, "a long queue", &group)
	view(t, st, func(r store.Reader) {
		names, err := parentNames(r)
		expect(t, "the number of parents after a long queue", writes)(len(names), err)
	})
}
