package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// pageSize is the users of a page.
const pageSize = 100

// pick spreads the workers over the sample without a shared random source.
func (w *world) pick(worker, turn int) known {
	return w.sample[(worker*7919+turn*104_729)%len(w.sample)]
}

func (w *world) getByID(c *conn, worker, turn int) error {
	u := w.pick(worker, turn)
	got, err := c.do("GET", "/Users/"+u.id, "")
	return wantHolding(got, err, u.id, u.UserName)
}

// lookup finds users by a filter on a value of theirs.
func (w *world) lookup(filter string, value func(known) string) task {
	return func(c *conn, worker, turn int) error {
		u := w.pick(worker, turn)
		got, err := c.do("GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf(filter, value(u))), "")
		return wantHolding(got, err, `"totalResults":1,`, u.id)
	}
}

func (w *world) lookupByUserName(c *conn, worker, turn int) error {
	return w.lookup("userName eq %q", func(u known) string { return u.UserName })(c, worker, turn)
}

func (w *world) readUsers(ctx context.Context) error {
	b := w.budgets().read
	return errors.Join(
		w.rate(ctx, "GET user by id", b, w.getByID),
		w.rate(ctx, "lookup by userName", b, w.lookupByUserName),
		w.rate(ctx, "lookup by externalId", b, w.lookup("externalId eq %q", func(u known) string { return u.ExternalID })),
		w.rate(ctx, "lookup by emails[...]", b, w.lookup(`emails[type eq "work" and value eq %q]`, func(u known) string { return u.Email })),
	)
}

// page reads a page of users by its place, from 1.
func (w *world) page(number func(turn int) int) task {
	return func(c *conn, _, turn int) error {
		first := (number(turn) - 1) * pageSize
		path := fmt.Sprintf("/Users?startIndex=%d&count=%d", first+1, pageSize)
		got, err := c.do("GET", path, "")
		return wantHolding(got, err, fmt.Sprintf(`"totalResults":%d,`, w.total), fmt.Sprintf(`"itemsPerPage":%d,`, min(pageSize, w.total-first)))
	}
}

// deepPage is page 5,000, or the last full one of a smaller directory.
func (w *world) deepPage() int { return min(5000, max(w.total/pageSize, 1)) }

func firstPage(int) int { return 1 }

func (w *world) readPages(ctx context.Context) error {
	b, deep := w.budgets(), w.deepPage()
	if deep < 5000 {
		b.deep = budget{}
	}
	walked := walk{world: w, seen: map[string]bool{}}
	return errors.Join(
		w.rate(ctx, "first page of 100 users", b.page, w.page(firstPage)),
		w.alone(ctx, "first page of 100 users, one connection", b.pageAlone, w.page(firstPage)),
		w.alone(ctx, fmt.Sprintf("page %d of 100 users, one connection", deep), b.deep, w.page(func(int) int { return deep })),
		w.alone(ctx, "the pages after one another by startIndex, one connection", b.walk, w.page(func(turn int) int { return 1 + turn%deep })),
		w.alone(ctx, "the pages after one another by cursor, one connection", b.walk, walked.turn),
	)
}

// walk follows the cursor through all users.
type walk struct {
	*world
	next string
	seen map[string]bool
}

// turn reads one page. It is an error to meet a user twice, or to have come to
// the end without having met all.
func (w *walk) turn(c *conn, _, _ int) error {
	got, err := c.do("GET", fmt.Sprintf("/Users?count=%d&cursor=%s", pageSize, url.QueryEscape(w.next)), "")
	if err := want(got, err, http.StatusOK); err != nil {
		return err
	}
	var page struct {
		NextCursor string
		Resources  []struct{ ID string }
	}
	if err := json.Unmarshal(got.body, &page); err != nil {
		return err
	}
	for _, r := range page.Resources {
		if w.seen[r.ID] {
			return fmt.Errorf("met user %s twice", r.ID)
		}
		w.seen[r.ID] = true
	}
	if w.next = page.NextCursor; w.next != "" {
		return nil
	}
	if len(w.seen) != w.total {
		return fmt.Errorf("walked over %d users, want %d", len(w.seen), w.total)
	}
	clear(w.seen)
	return nil
}
