package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"scimd/bench/people"
)

// maxSample is how many users the driver knows by id; each is as likely as any
// other, so that a large directory is read all over.
const maxSample = 25_000

// world is a seeded server under measurement, with what the driver knows of it.
type world struct {
	people.Manifest
	backend string
	server  *server // nil: its process is not ours to look at
	scim    load
	api     door
	ceiling load
	judged  bool  // against the budgets
	size    int64 // of the database on disk

	total  int          // users that must be there
	next   atomic.Int64 // number of the next person to come
	title  atomic.Int64 // likewise, of titles
	sample []known
	spares []string // ids of those on no ladder group
	rows   []row
	curves map[string][]point // cost by size of the group
	tops   []figures          // of the ceiling, one beside each rate
}

// known is a user with what they are looked up by.
type known struct {
	id string
	people.User
}

func newWorld(m people.Manifest, backend, base string, top, like load) *world {
	w := &world{Manifest: m, backend: backend, ceiling: top, scim: like, total: m.Total()}
	w.scim.door = door{base + "/scim/v2", m.Token, "application/scim+json"}
	w.api = door{base + "/api/v1", adminKey, "application/json"}
	w.next.Store(int64(m.Total()))
	return w
}

// learn looks up the sample and the spare people, which warms the server too.
func (w *world) learn() error {
	random := rand.New(rand.NewPCG(w.Seed, 2)) //nolint:gosec // the same sample each time
	numbers := random.Perm(w.Users)[:min(w.Users, maxSample)]
	w.sample = make([]known, len(numbers))
	w.spares = make([]string, w.Spare())
	err := w.scim.everywhere(len(numbers)+w.Spare(), func(c *conn, i int) error {
		number := w.Users + i - len(numbers)
		if i < len(numbers) {
			number = numbers[i]
		}
		u := w.User(number)
		id, err := c.idOf("/Users", "userName", u.UserName)
		if i < len(numbers) {
			w.sample[i] = known{id, u}
		} else {
			w.spares[i-len(numbers)] = id
		}
		return err
	})
	return errors.Join(err, w.checkTotal())
}

// one opens a connection for a question or two.
func (w *world) one(d door, ask func(c *conn) error) error {
	c, err := newConn(d)
	if err != nil {
		return err
	}
	defer c.close()
	return ask(c)
}

// rate measures a task on all connections beside the ceiling of that moment.
func (w *world) rate(ctx context.Context, name string, b budget, t task) error {
	f, err := w.beside(ctx, w.scim, t)
	w.add(row{name: name, figures: f, ratio: w.ofCeiling(f.rate), budget: b})
	return named(name, err)
}

// beside is hammer with the ceiling measured just before.
func (w *world) beside(ctx context.Context, l load, t task) (figures, error) {
	brief := w.ceiling
	brief.duration = max(l.duration/4, time.Millisecond)
	top, err := brief.hammer(ctx, askCeiling)
	w.tops = append(w.tops, top)
	if err != nil {
		return figures{}, err
	}
	return l.hammer(ctx, t)
}

// ofCeiling compares with the ceiling that was measured last.
func (w *world) ofCeiling(rate float64) float64 { return rate / w.tops[len(w.tops)-1].rate }

// alone measures a task on one connection.
func (w *world) alone(ctx context.Context, name string, b budget, t task) error {
	f, err := w.scim.once().hammer(ctx, t)
	w.add(row{name: name, figures: f, budget: b})
	return named(name, err)
}

// add keeps a row; what is not judged has no budget.
func (w *world) add(r row) {
	if !w.judged {
		r.budget = budget{}
	}
	w.rows = append(w.rows, r)
}

func named(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// checkTotal holds the number of users that the server tells against what it
// has acknowledged.
func (w *world) checkTotal() error {
	return w.one(w.scim.door, func(c *conn) error {
		got, err := c.do("GET", "/Users?count=0", "")
		if err := want(got, err, http.StatusOK); err != nil {
			return err
		}
		var list struct {
			TotalResults int `json:"totalResults"`
		}
		if err := json.Unmarshal(got.body, &list); err != nil {
			return err
		}
		if list.TotalResults != w.total {
			return fmt.Errorf("got %d users, want the %d that were acknowledged", list.TotalResults, w.total)
		}
		return nil
	})
}

// group finds a group by its name.
func (w *world) group(name string) (id string, err error) {
	err = w.one(w.scim.door, func(c *conn) error {
		id, err = c.idOf("/Groups", "displayName", name)
		return err
	})
	return id, err
}

// idOf finds the one resource that has a value.
func (c *conn) idOf(endpoint, attribute, value string) (string, error) {
	got, err := c.do("GET", endpoint+"?excludedAttributes=members&filter="+url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value)), "")
	if err := want(got, err, http.StatusOK); err != nil {
		return "", err
	}
	var list struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal(got.body, &list); err != nil {
		return "", err
	}
	if len(list.Resources) != 1 || list.Resources[0].ID == "" {
		return "", fmt.Errorf("got %s, want the one that has %s %q", got, attribute, value)
	}
	return list.Resources[0].ID, nil
}

// create posts a resource and gives its id.
func (c *conn) create(endpoint, body string) (string, error) {
	got, err := c.do("POST", endpoint, body)
	if err := want(got, err, http.StatusCreated); err != nil {
		return "", err
	}
	var created struct{ ID string }
	if err := json.Unmarshal(got.body, &created); err != nil {
		return "", err
	}
	if created.ID == "" {
		return "", fmt.Errorf("got %s, want an id", got)
	}
	return created.ID, nil
}

func askCeiling(c *conn, _, _ int) error {
	got, err := c.do("GET", "/", "")
	return want(got, err, http.StatusOK)
}

func want(got answer, err error, statuses ...int) error {
	if err != nil {
		return err
	}
	for _, status := range statuses {
		if got.status == status {
			return nil
		}
	}
	return fmt.Errorf("got %s, want status %v", got, statuses)
}

// wantHolding also looks for texts that only the right answer holds.
func wantHolding(got answer, err error, texts ...string) error {
	if err := want(got, err, http.StatusOK); err != nil {
		return err
	}
	for _, text := range texts {
		if !bytes.Contains(got.body, []byte(text)) {
			return fmt.Errorf("got %s, want an answer holding %q", got, text)
		}
	}
	return nil
}
