package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// login decides logins as the application asks for them.
func (w *world) login(ctx context.Context) error {
	l := w.scim
	l.door = w.api
	f, err := w.beside(ctx, l, func(c *conn, worker, turn int) error {
		body := fmt.Sprintf(`{"userName":%q}`, w.pick(worker, turn).UserName)
		got, err := c.do("POST", "/orgs/"+w.Orgs[turn%len(w.Orgs)]+"/logins", body)
		return wantHolding(got, err, `"allowed":true`)
	})
	w.add(row{name: "login", figures: f, ratio: w.ofCeiling(f.rate)})
	return named("login", err)
}

// verify asks the server to recompute everyone (M-9).
func (w *world) verify(context.Context) error {
	const name = "verify"
	return named(name, w.one(w.api, func(c *conn) error {
		begin := time.Now()
		got, err := c.do("GET", "/parents/"+w.Parent+"/verify", "")
		if err := want(got, err, http.StatusOK); err != nil {
			return err
		}
		took := time.Since(begin)
		w.add(row{name: name, figures: figures{done: 1, p50: took, p99: took}})
		var differences struct{ Items []json.RawMessage }
		if err := json.Unmarshal(got.body, &differences); err != nil {
			return err
		}
		if n := len(differences.Items); n > 0 {
			return fmt.Errorf("%d members are not what a recomputation gives, the first: %s", n, differences.Items[0])
		}
		return nil
	}))
}

// syncs is how often everyone is decided again.
const syncs = 3

// sync decides everyone again while an identity provider goes on pushing.
func (w *world) sync(ctx context.Context) error {
	name := fmt.Sprintf("sync of %d people x %d orgs, nothing to change", w.total, len(w.Orgs))
	b := w.budgets()
	if w.Users < 100_000 || len(w.Orgs) < 10 {
		b.sync, b.syncWait = budget{}, budget{}
	}
	var over atomic.Bool
	var waits []time.Duration
	pushed := make(chan error, 1)
	go func() {
		t := w.newTitles()
		pushed <- w.one(w.scim.door, func(c *conn) error {
			for turn := 0; !over.Load(); turn++ {
				before := time.Now()
				if err := t.patch(c, 0, turn); err != nil {
					return err
				}
				waits = append(waits, time.Since(before))
			}
			return nil
		})
	}()
	var took []time.Duration
	err := w.one(w.api, func(c *conn) error {
		for range syncs {
			before := time.Now()
			got, err := c.do("POST", "/parents/"+w.Parent+"/sync", "")
			took = append(took, time.Since(before))
			if err := wantHolding(got, err, `"drifted":0,`); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	over.Store(true)
	err = errors.Join(err, <-pushed)
	f := measured(time.Second, took)
	w.add(row{name: name, figures: figures{done: f.done, p50: f.p50, p99: f.p99}, budget: b.sync})
	f = measured(time.Second, waits)
	longest := time.Duration(0)
	if len(waits) > 0 {
		longest = slices.Max(waits)
	}
	w.add(row{name: "PATCH user beside it (p99: the longest)", figures: figures{done: f.done, p50: f.p50, p99: longest}, budget: b.syncWait})
	return named(name, err)
}
