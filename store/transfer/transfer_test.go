package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimd/internal/testenv"
	"scimd/store"
	"scimd/store/sqlite"
	"scimd/store/transfer"
)

// Every pairing ends with the same rows, and a copy of the copy has the
// checksums of the first. Numbers go on behind the last that was given out,
// even if its row has gone.
func TestPairings(t *testing.T) {
	for _, way := range [][]kind{{inSQLite, inSQLite}, {inSQLite, inPostgres, inPostgres}, {inSQLite, inPostgres, inSQLite}} {
		name := ""
		for _, k := range way {
			name += " " + k.name
		}
		t.Run(name[1:], func(t *testing.T) {
			place := way[0].place(t)
			w := newWorld(t, way[0], place, 12)
			w.turn()
			w.come()
			gone := w.people[len(w.people)-1]
			last := w.keyOf(gone)
			w.must(w.DeleteUser(t.Context(), w.directory, gone, testenv.Admin, nil))
			var before []transfer.Checksum
			for i := range way[1:] {
				next := way[i+1].place(t)
				r, err := copied(t, way[i], place, way[i+1], next, transfer.Options{Switch: way[i].name == "sqlite", Portion: 7})
				if err != nil {
					t.Fatal(err)
				}
				if !r.Finished || r.Rows() < 100 {
					t.Errorf("got finished %t with %d rows, want true with more than 100", r.Finished, r.Rows())
				}
				if before != nil {
					if diff := cmp.Diff(before, r.Tables); diff != "" {
						t.Errorf("copy %d: got checksums that differ from those before (-before +now):\n%s", i, diff)
					}
				}
				place, before = next, r.Tables
			}
			w.Service = serve(t, way[len(way)-1], place)
			testenv.MustVerify(t, w.Service)
			w.come()
			if got := w.keyOf(w.people[len(w.people)-1]); got <= last {
				t.Errorf("the next key: got %d, want one behind %d, which was given out", got, last)
			}
			w.noGaps()
		})
	}
}

func (w *world) keyOf(id string) (key int64) {
	w.tb.Helper()
	w.must(w.View(w.tb.Context(), func(_ context.Context, r store.Reader) error {
		u, err := r.Resource(w.directory.Key, store.User, id)
		key = u.Key
		return err
	}))
	return key
}

// noGaps checks that events are numbered from 1 to the last (T-3).
func (w *world) noGaps() {
	w.tb.Helper()
	w.must(w.View(w.tb.Context(), func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent("acme")
		if err != nil {
			return err
		}
		events, err := r.Events(p.Key, 0, 1_000_000)
		for i, e := range events {
			if e.Seq != int64(i+1) {
				w.tb.Fatalf("event %d has the number %d", i+1, e.Seq)
			}
		}
		last, failed := r.LastEvent(p.Key)
		if last != int64(len(events)) || last == 0 {
			w.tb.Errorf("the last number: got %d, want that of %d events", last, len(events))
		}
		return errors.Join(err, failed)
	}))
}

// What is written while rows are copied arrives, be it to a row that was copied
// or is to come, and though names that are unique are exchanged. Run compares
// everything itself, and nothing else is on the target.
func TestFollow(t *testing.T) {
	for _, to := range []kind{inSQLite, inPostgres} {
		t.Run(to.name, func(t *testing.T) {
			place, target := inSQLite.place(t), to.place(t)
			w := newWorld(t, inSQLite, place, 15)
			turns := 0
			r, err := copied(t, inSQLite, place, to, target, transfer.Options{Switch: true, Portion: 3, Leg: 20, Progress: func(stage string, _, _ int) {
				if stage == transfer.Comparing || turns < 30 {
					w.turn()
					turns++
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Finished || turns < 30 {
				t.Errorf("got finished %t after %d turns, want true after 30 and more", r.Finished, turns)
			}
			w.refused()
			before := w.people
			w.Service = serve(t, to, target)
			for i, id := range before {
				if w.nameOf(id) == "" {
					t.Errorf("person %d of %d is not on the target", i, len(before))
				}
			}
			testenv.MustVerify(t, w.Service)
			w.turn()
			w.noGaps()
		})
	}
}

// refused checks that a store over a source which has moved takes no write, and
// says so as of trouble that may pass: an identity provider tries again.
func (w *world) refused() {
	w.tb.Helper()
	_, err := w.CreateUser(w.tb.Context(), w.directory, person("late"), testenv.Admin)
	if !errors.Is(err, store.ErrUnavailable) {
		w.tb.Errorf("a write after the switch: got %v, want ErrUnavailable", err)
	}
}

// A plan is rehearsed on copies of tables, which triggers of the copy are no
// part of.
func TestRehearseWhileFollowed(t *testing.T) {
	place, target := inSQLite.place(t), inSQLite.place(t)
	w := newWorld(t, inSQLite, place, 3)
	if _, err := copied(t, inSQLite, place, inSQLite, target, transfer.Options{}); err != nil {
		t.Fatal(err)
	}
	var p store.Parent
	w.must(w.View(t.Context(), func(_ context.Context, r store.Reader) (err error) {
		p, err = r.FindParent("acme")
		return err
	}))
	err := w.Store.Rehearse(t.Context(), []int64{p.Key}, func(_ context.Context, tx store.Tx) error {
		p.Name = "rehearsed"
		org, err := tx.FindOrg("acme-claude")
		if err != nil {
			return err
		}
		m, err := tx.ActiveMembers(p.Key, org.Key, []string{"user"}, 10)
		if err != nil || len(m) == 0 {
			return fmt.Errorf("%d members, %w", len(m), err)
		}
		return errors.Join(tx.SetParent(p), tx.PutMembers(m[0]))
	})
	w.must(err)
}

var errStop = errors.New("stop")

// A copy that is stopped anywhere goes on from there when it is run again.
func TestResume(t *testing.T) {
	for _, to := range []kind{inSQLite, inPostgres} {
		t.Run(to.name, func(t *testing.T) {
			place, target := inSQLite.place(t), to.place(t)
			w := newWorld(t, inSQLite, place, 15)
			runs := 0
			for stopped := true; stopped; runs++ {
				ctx, stop := context.WithCancelCause(t.Context())
				calls := 0
				_, err := copiedBy(ctx, t, inSQLite, place, to, target, transfer.Options{Portion: 5, Leg: 30, Switch: true, Progress: func(string, int, int) {
					if calls++; calls == 3+2*runs {
						stop(errStop)
					}
				}})
				stopped = context.Cause(ctx) != nil
				stop(nil)
				if err != nil && !stopped {
					t.Fatal(err)
				}
				if stopped {
					if _, err := to.serve(t.Context(), target); !errors.As(err, new(*transfer.UnfinishedError)) {
						t.Errorf("serve what is not finished: got %v, want UnfinishedError", err)
					}
					w.turn()
				}
			}
			w.Service = serve(t, to, target)
			testenv.MustVerify(t, w.Service)
			w.noGaps()
			if runs < 5 {
				t.Errorf("got %d runs, want some that were stopped", runs)
			}
		})
	}
}

// A copy is refused where it would destroy or lose anything.
func TestRefused(t *testing.T) {
	for _, to := range []kind{inSQLite, inPostgres} {
		t.Run(to.name, func(t *testing.T) {
			place, target := inSQLite.place(t), to.place(t)
			w := newWorld(t, inSQLite, place, 3)
			occupied := to.place(t)
			w.must(newWorld(t, to, occupied, 1).Store.Close())
			_, err := copied(t, inSQLite, place, to, occupied, transfer.Options{})
			if !errors.As(err, new(*transfer.OccupiedError)) {
				t.Errorf("to a database in use: got %v, want OccupiedError", err)
			}
			if _, err := copied(t, inSQLite, place, to, target, transfer.Options{}); err != nil {
				t.Fatal(err)
			}
			_, err = copied(t, inSQLite, place, to, to.place(t), transfer.Options{})
			if !errors.As(err, new(*transfer.BegunError)) {
				t.Errorf("to a second target: got %v, want BegunError", err)
			}
			other := inSQLite.place(t)
			newWorld(t, inSQLite, other, 1)
			_, err = copied(t, inSQLite, other, to, target, transfer.Options{})
			if !errors.As(err, new(*transfer.OccupiedError)) {
				t.Errorf("from a second source: got %v, want OccupiedError", err)
			}
			if _, err := copied(t, inSQLite, place, to, target, transfer.Options{Switch: true}); err != nil {
				t.Fatal(err)
			}
			_, err = copied(t, inSQLite, place, to, target, transfer.Options{})
			if !errors.As(err, new(*transfer.MovedError)) {
				t.Errorf("from a source that has moved: got %v, want MovedError", err)
			}
			w.must(w.Store.Close())
			if _, err := inSQLite.serve(t.Context(), place); !errors.As(err, new(*transfer.MovedError)) {
				t.Errorf("serve a source that has moved: got %v, want MovedError", err)
			}
		})
	}
}

// Databases whose schemas differ are not copied: the column would be lost.
func TestSchemaDiffers(t *testing.T) {
	for _, statement := range []string{
		"ALTER TABLE bar ADD COLUMN more TEXT", "CREATE TABLE more(x TEXT) STRICT",
		"DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)",
	} {
		place, target := inSQLite.place(t), inSQLite.place(t)
		w := newWorld(t, inSQLite, place, 1)
		w.must(w.Store.Close())
		change(t, place, statement)
		if _, err := copied(t, inSQLite, place, inSQLite, target, transfer.Options{}); !errors.As(err, new(*transfer.SchemaError)) {
			t.Errorf("%s: got error %v, want SchemaError", statement, err)
		}
	}
}

// A source that was given up is as it was; the same target may be used again,
// from the beginning.
func TestAbandon(t *testing.T) {
	place, target := inSQLite.place(t), inPostgres.place(t)
	w := newWorld(t, inSQLite, place, 3)
	if _, err := copied(t, inSQLite, place, inPostgres, target, transfer.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := inSQLite.source(t.Context(), place)
	w.must(err)
	w.must(s.(transfer.Followed).Abandon(t.Context()))
	w.must(s.Close())
	w.turn() // and nobody noted it
	r, err := copied(t, inSQLite, place, inPostgres, target, transfer.Options{Switch: true})
	if err != nil || !r.Finished {
		t.Fatalf("after it was given up: got finished %t and error %v, want true and none", r.Finished, err)
	}
	testenv.MustVerify(t, serve(t, inPostgres, target))
}

// Two processes cannot go on with one copy: the later one has it in PostgreSQL,
// the former in SQLite.
func TestTakenOver(t *testing.T) {
	for _, to := range []kind{inSQLite, inPostgres} {
		t.Run(to.name, func(t *testing.T) {
			place, target := inSQLite.place(t), to.place(t)
			newWorld(t, inSQLite, place, 5)
			var later error
			once := false
			_, former := copied(t, inSQLite, place, to, target, transfer.Options{Portion: 5, Progress: func(string, int, int) {
				if !once {
					once = true
					_, later = copied(t, inSQLite, place, to, target, transfer.Options{})
				}
			}})
			switch {
			case to.name == "sqlite" && (former != nil || !errors.Is(later, sqlite.ErrInUse)):
				t.Errorf("got error %v of the former and %v of the later, want none and ErrInUse", former, later)
			case to.name == "postgres" && (!errors.Is(former, transfer.ErrTakenOver) || later != nil):
				t.Errorf("got error %v of the former and %v of the later, want ErrTakenOver and none", former, later)
			}
		})
	}
}

// What differs is named by its table and its key.
func TestDifference(t *testing.T) {
	for name, spoil := range map[string]string{
		"table account, row [2]: the copy differs":                                  "UPDATE account SET email = 'x' WHERE key = 2",
		"table account, row [2]: it is missing in the copy":                         "DELETE FROM account WHERE key = 2",
		"table account, row [900]: it is in the copy alone":                         "INSERT INTO account(key, parent, id, username, email, display, folded_username, folded_email, created) VALUES(900, 1, x'00', '', '', '', '', '', 0)",
		"table counter, row [1,1]: it does not count the resources that there are":  "both UPDATE counter SET n = n + 1 WHERE type = 1",
		"table parent, row [1]: its number of events is not that of its last event": "both UPDATE parent SET seq = seq + 1",
	} {
		t.Run(name, func(t *testing.T) {
			place, target := inSQLite.place(t), inSQLite.place(t)
			w := newWorld(t, inSQLite, place, 3)
			w.must(w.Store.Close())
			both := len(spoil) > 5 && spoil[:5] == "both "
			if both {
				change(t, place, spoil[5:])
			}
			_, err := copied(t, inSQLite, place, inSQLite, target, transfer.Options{Portion: 2, Progress: func(stage string, done, total int) {
				if stage == transfer.Copying && done == total && !both {
					change(t, target, spoil)
				}
			}})
			var found *transfer.DifferenceError
			if !errors.As(err, &found) || found.Error() != name {
				t.Errorf("got error %v, want %s", err, name)
			}
		})
	}
}
