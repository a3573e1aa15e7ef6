package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"scimd/bench/people"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

func patch(operations ...string) string {
	return `{"schemas":["` + patchSchema + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// arrivals are the users whom the server says it has created.
type arrivals struct {
	mu  sync.Mutex
	ids []string
	who []int // numbers
}

func (a *arrivals) add(id string, number int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids, a.who = append(a.ids, id), append(a.who, number)
}

// newcomer gives the number of someone whom the server does not know.
func (w *world) newcomer() int { return int(w.next.Add(1) - 1) }

// arrive is the task that posts new users.
func (w *world) arrive(a *arrivals) task {
	return func(c *conn, _, _ int) error {
		number := w.newcomer()
		id, err := c.create("/Users", w.JSON(number))
		if err == nil {
			a.add(id, number)
		}
		return err
	}
}

// arrived counts users in, and reads each of them back; also is what each
// answer must hold beside the name.
func (w *world) arrived(a *arrivals, also ...string) error {
	w.total += len(a.ids)
	return errors.Join(w.checkTotal(), w.scim.everywhere(len(a.ids), func(c *conn, i int) error {
		got, err := c.do("GET", "/Users/"+a.ids[i], "")
		return wantHolding(got, err, append(also, a.ids[i], w.User(a.who[i]).UserName)...)
	}))
}

func (w *world) postUsers(ctx context.Context) error {
	var a arrivals
	err := w.rate(ctx, "POST user", w.budgets().post, w.arrive(&a))
	return errors.Join(err, named("POST user", w.arrived(&a)))
}

// titles are what users were last called, by whom of the sample.
type titles struct {
	w    *world
	last []string // each is written by one worker alone
}

func (w *world) newTitles() *titles { return &titles{w, make([]string, len(w.sample))} }

// patch gives one of the worker's own users a new title.
func (t *titles) patch(c *conn, worker, turn int) error {
	mine := len(t.w.sample) / t.w.scim.connections
	if mine == 0 {
		return errDone
	}
	i := worker + t.w.scim.connections*(turn%mine)
	title := fmt.Sprintf("title %d", t.w.title.Add(1)) // what is there already would change nothing
	got, err := c.do("PATCH", "/Users/"+t.w.sample[i].id, patch(`{"op":"replace","path":"title","value":"`+title+`"}`))
	if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
		return err
	}
	t.last[i] = title
	return nil
}

// check reads back each title that was acknowledged.
func (t *titles) check() error {
	return t.w.scim.everywhere(len(t.last), func(c *conn, i int) error {
		if t.last[i] == "" {
			return nil
		}
		got, err := c.do("GET", "/Users/"+t.w.sample[i].id, "")
		return wantHolding(got, err, `"`+t.last[i]+`"`)
	})
}

func (w *world) patchUsers(ctx context.Context) error {
	t := w.newTitles()
	return errors.Join(w.rate(ctx, "PATCH user", w.budgets().patch, t.patch), named("PATCH user", t.check()))
}

// mix is four reads and a write by turns; the memory that it takes is a row too.
func (w *world) mix(ctx context.Context) error {
	const name = "80 % reads, 20 % writes"
	t := w.newTitles()
	run := func() error {
		return w.rate(ctx, name, w.budgets().mixed, func(c *conn, worker, turn int) error {
			switch turn % 5 {
			case 0:
				return t.patch(c, worker, turn/5)
			case 1, 2:
				return w.lookupByUserName(c, worker, turn)
			}
			return w.getByID(c, worker, turn)
		})
	}
	if w.server == nil {
		return errors.Join(run(), named(name, t.check()))
	}
	most, err := w.server.peak(run)
	b := w.budgets().loaded
	if w.Users < 1_000_000 {
		b = budget{}
	}
	w.add(row{name: "memory under that load", bytes: most, budget: b})
	return errors.Join(err, named(name, t.check()))
}

// sharedChanges is how often each connection changes the same user.
const sharedChanges = 5

// shareUser lets every connection add to one user at the same time: none of it
// may be lost.
func (w *world) shareUser(ctx context.Context) error {
	const name = "PATCH one user on all connections"
	id := w.sample[0].id
	l := w.scim
	l.most, l.least = sharedChanges, sharedChanges
	f, err := w.beside(ctx, l, func(c *conn, worker, turn int) error {
		got, err := c.do("PATCH", "/Users/"+id, patch(fmt.Sprintf(`{"op":"add","path":"entitlements","value":[{"value":"shared-%d-%d"}]}`, worker, turn)))
		return want(got, err, http.StatusOK, http.StatusNoContent)
	})
	w.add(row{name: name, figures: f, ratio: w.ofCeiling(f.rate)})
	return named(name, errors.Join(err, w.one(w.scim.door, func(c *conn) error {
		got, err := c.do("GET", "/Users/"+id, "")
		if err := want(got, err, http.StatusOK); err != nil {
			return err
		}
		if n := strings.Count(string(got.body), `"shared-`); n != f.done {
			return fmt.Errorf("got %d of the %d values that were added at once", n, f.done)
		}
		got, err = c.do("PATCH", "/Users/"+id, patch(`{"op":"remove","path":"entitlements"}`))
		return want(got, err, http.StatusOK, http.StatusNoContent)
	})))
}

// admit lets users into every org.
func (w *world) admit(ids []string) error {
	group, err := w.group(people.Everyone)
	if err != nil {
		return err
	}
	return w.one(w.scim.door, func(c *conn) error {
		for part := range slices.Chunk(ids, 1000) {
			got, err := c.do("PATCH", withoutMembers(group), patch(`{"op":"add","path":"members","value":`+memberList(part)+`}`))
			if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteUsers deletes people who are in every org.
func (w *world) deleteUsers(ctx context.Context) error {
	const name = "DELETE user"
	var a arrivals
	if _, err := w.scim.hammer(ctx, w.arrive(&a)); err != nil {
		return named(name, err)
	}
	w.total += len(a.ids)
	if err := w.admit(a.ids); err != nil {
		return named(name, err)
	}
	gone := make([]bool, len(a.ids))
	err := w.rate(ctx, name, budget{}, func(c *conn, worker, turn int) error {
		i := worker + turn*w.scim.connections
		if i >= len(gone) {
			return errDone
		}
		got, err := c.do("DELETE", "/Users/"+a.ids[i], "")
		gone[i] = got.status == http.StatusNoContent
		return want(got, err, http.StatusNoContent)
	})
	for _, g := range gone {
		if g {
			w.total--
		}
	}
	return errors.Join(err, named(name, w.checkTotal()), named(name, w.scim.everywhere(len(gone), func(c *conn, i int) error {
		got, err := c.do("GET", "/Users/"+a.ids[i], "")
		if !gone[i] {
			return want(got, err, http.StatusOK)
		}
		return want(got, err, http.StatusNotFound)
	})))
}
