package durability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scimd/internal/pgtest"
	"scimd/store"
)

const (
	callers  = 64
	underWay = 12 * time.Second
)

// TestReplicas lets servers over one PostgreSQL take a mixed load in turn while
// they are killed and started again at random, and the database crashes once.
// A client asks again whatever had no answer, so that in the end it knows the
// state of everything exactly.
func TestReplicas(t *testing.T) {
	for _, servers := range []int{2, 3} {
		t.Run(fmt.Sprint(servers), func(t *testing.T) { replicas(t, servers) })
	}
}

func replicas(t *testing.T, servers int) {
	cluster := pgtest.Durable(t)
	f := newFleet(t, servers, cluster.Itself())
	ctx, stop := context.WithTimeout(t.Context(), underWay)
	defer stop()
	var load, trouble sync.WaitGroup
	all := make([]*caller, callers)
	for i := range all {
		all[i] = &caller{f: f, name: fmt.Sprint("c", i), choose: rand.New(rand.NewPCG(uint64(servers), uint64(i)))}
		load.Go(func() { all[i].run(ctx) })
	}
	trouble.Go(func() { f.killAtRandom(ctx) })
	trouble.Go(func() {
		pause(ctx, underWay/2)
		cluster.Crash(t)
	})
	follower, done := &follower{f: f}, make(chan struct{})
	trouble.Go(func() { follower.run(done) })
	load.Wait()
	close(done)
	trouble.Wait()
	f.check(all, follower)
	t.Logf("%d servers: %d writes acknowledged, %d asked again, %d servers killed, %d events",
		servers, f.acknowledged.Load(), f.again.Load(), f.killed, len(follower.seen))
}

// fleet is the servers behind a client that takes one after the other.
type fleet struct {
	t    *testing.T
	http *http.Client
	dsn  string

	mu      sync.Mutex
	servers []*server
	killed  int

	next, acknowledged, again atomic.Int64
}

func newFleet(t *testing.T, servers int, dsn string) *fleet {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	t.Cleanup(transport.CloseIdleConnections)
	f := &fleet{t: t, dsn: dsn, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
	for range servers { // the first makes what the others find
		f.servers = append(f.servers, f.launch())
	}
	t.Cleanup(func() {
		for _, s := range f.servers {
			s.kill(t)
			s.wait()
		}
	})
	return f
}

func (f *fleet) launch() *server {
	for {
		s, err := launch(context.WithoutCancel(f.t.Context()), io.Discard, dsnVariable+"="+f.dsn)
		if err == nil {
			return s
		}
		if f.t.Context().Err() != nil {
			return nil
		}
		time.Sleep(200 * time.Millisecond) //nolint:forbidigo // the database is down: it can only be asked again
	}
}

func (f *fleet) killAtRandom(ctx context.Context) {
	choose := rand.New(rand.NewPCG(7, uint64(len(f.servers))))
	for n := 0; ; n++ {
		if pause(ctx, 300*time.Millisecond+time.Duration(choose.Int64N(int64(time.Second)))); ctx.Err() != nil {
			return
		}
		i := choose.IntN(len(f.servers))
		f.server(i).kill(f.t)
		f.server(i).wait()
		fresh := f.launch()
		f.mu.Lock()
		f.servers[i], f.killed = fresh, n+1
		f.mu.Unlock()
	}
}

func (f *fleet) server(i int) *server {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.servers[i%len(f.servers)]
}

// pause waits, but no longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// answer is what came of a request, in the end.
type answer struct {
	status int
	body   []byte
	unsure bool // it was asked more than once, and may have been done before
}

// ask sends to one server after the other until one answers. Only trouble of
// the database is asked again; it must come with a time.
func (f *fleet) ask(method, path, body string) answer {
	for tries := 0; ; tries++ {
		s := f.server(int(f.next.Add(1)))
		status, header, text, err := f.send(method, s.url+path, body)
		switch {
		case err != nil || status == http.StatusServiceUnavailable:
			if status == http.StatusServiceUnavailable && strings.HasPrefix(path, "/scim") && header.Get("Retry-After") != "1" {
				f.t.Errorf("%s %s: got 503 with Retry-After %q, want 1", method, path, header.Get("Retry-After"))
			}
			if tries > 2000 {
				f.t.Errorf("%s %s: no server answers: %d %v", method, path, status, err)
				return answer{}
			}
			f.again.Add(1)
			pause(f.t.Context(), 20*time.Millisecond)
			continue
		case status >= 500:
			f.t.Errorf("%s %s: got %d %s, want an answer or 503", method, path, status, text)
		}
		return answer{status, text, tries > 0}
	}
}

func (f *fleet) send(method, url, body string) (int, http.Header, []byte, error) {
	q, err := http.NewRequestWithContext(context.WithoutCancel(f.t.Context()), method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+secret)
	q.Header.Set("Content-Type", "application/scim+json")
	resp, err := f.http.Do(q)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, text, err
}

// user is what a caller knows of one of its people.
type user struct {
	name, id       string
	active, inside bool
	gone           bool
}

// caller is one connection's worth of load, on people of its own.
type caller struct {
	f      *fleet
	name   string
	choose *rand.Rand
	people []*user
}

func (c *caller) run(ctx context.Context) {
	for ctx.Err() == nil && !c.f.t.Failed() {
		var u *user
		if len(c.people) > 0 {
			u = c.people[c.choose.IntN(len(c.people))]
		}
		switch n := c.choose.IntN(10); {
		case u == nil || u.gone || n < 2:
			c.add()
		case n < 6:
			c.toggle(u)
		case n < 7:
			c.activate(u)
		case n < 8 && len(c.people) > 3:
			c.remove(u)
		default:
			c.look(u)
		}
	}
}

// done counts an answer that must be one of those wanted.
func (c *caller) done(what string, got answer, want ...int) bool {
	for _, status := range want {
		if got.status == status {
			c.f.acknowledged.Add(1)
			return true
		}
	}
	c.f.t.Errorf("%s: got %d %s, want one of %v", what, got.status, got.body, want)
	return false
}

func (c *caller) add() {
	u := &user{name: fmt.Sprint(c.name, "-", len(c.people)), active: true}
	c.people = append(c.people, u)
	got := c.f.ask("POST", "/scim/v2/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q}`, u.name))
	var made struct{ ID string }
	if got.status == http.StatusConflict && got.unsure { // it had been made before the answer was lost
		var list struct{ Resources []struct{ ID string } }
		found := c.f.ask("GET", "/scim/v2/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", u.name)), "")
		if err := json.Unmarshal(found.body, &list); err != nil || len(list.Resources) != 1 {
			c.f.t.Errorf("user %s that is taken: got %s, want one", u.name, found.body)
			return
		}
		made, got.status = list.Resources[0], http.StatusCreated
	} else if err := json.Unmarshal(got.body, &made); err != nil {
		c.f.t.Errorf("POST of %s: got %s", u.name, got.body)
	}
	if c.done("POST of "+u.name, got, http.StatusCreated) {
		u.id = made.ID
	}
}

func (c *caller) patch(path, operation string) answer {
	return c.f.ask("PATCH", "/scim/v2"+path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operation+`]}`)
}

func (c *caller) toggle(u *user) {
	operation := fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, u.id)
	if u.inside {
		operation = fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, u.id)
	}
	if c.done("PATCH of the group for "+u.name, c.patch("/Groups/"+c.f.server(0).group, operation), http.StatusOK, http.StatusNoContent) {
		u.inside = !u.inside
	}
}

func (c *caller) activate(u *user) {
	operation := fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, !u.active)
	if c.done("PATCH of "+u.name, c.patch("/Users/"+u.id, operation), http.StatusOK, http.StatusNoContent) {
		u.active = !u.active
	}
}

func (c *caller) remove(u *user) {
	got := c.f.ask("DELETE", "/scim/v2/Users/"+u.id, "")
	if got.unsure && got.status == http.StatusNotFound {
		got.status = http.StatusNoContent
	}
	u.gone = c.done("DELETE of "+u.name, got, http.StatusNoContent)
}

// look reads what was acknowledged, from whichever server's turn it is.
func (c *caller) look(u *user) {
	got := c.f.ask("GET", "/scim/v2/Users/"+u.id, "")
	var seen struct{ Active bool }
	if err := json.Unmarshal(got.body, &seen); err != nil || got.status != http.StatusOK || seen.Active != u.active {
		c.f.t.Errorf("GET of %s: got %d %s, want active %t as acknowledged", u.name, got.status, got.body, u.active)
	}
}

// follower reads the events as the application would, from any server.
type follower struct {
	f    *fleet
	seen []store.Event
}

func (r *follower) run(done <-chan struct{}) {
	for {
		ended := false
		select {
		case <-done:
			ended = true
		default:
		}
		n := r.read()
		if ended && n == 0 || r.f.t.Failed() {
			return
		}
		if n == 0 {
			pause(r.f.t.Context(), 20*time.Millisecond)
		}
	}
}

func (r *follower) read() int {
	got := r.f.ask("GET", fmt.Sprint("/events?after=", len(r.seen)), "")
	var page []store.Event
	if err := json.Unmarshal(got.body, &page); err != nil {
		r.f.t.Errorf("events: %v: %s", err, got.body)
	}
	for _, e := range page {
		if want := int64(len(r.seen)) + 1; e.Seq != want {
			r.f.t.Errorf("event after %d: got number %d, want %d", want-1, e.Seq, want)
		}
		r.seen = append(r.seen, e)
	}
	return len(page)
}

// check holds every server against what was acknowledged.
func (f *fleet) check(all []*caller, followed *follower) {
	f.t.Helper()
	for i := range f.servers {
		s := f.server(i)
		k := &killer{t: f.t, http: f.http}
		users, members := k.users(s), k.members(s)
		for _, c := range all {
			for _, u := range c.people {
				if id := users[u.name]; u.gone == (id != "") || !u.gone && (id != u.id || members[id] != u.inside) {
					f.t.Errorf("user %s on server %d: got id %q, in the group %t; want %+v as acknowledged", u.name, i, id, members[id], *u)
				}
				delete(users, u.name)
			}
		}
		if len(users) > 0 {
			f.t.Errorf("got users %v that nobody asked for", users)
		}
		k.audit(s) // stored = recomputed (M-9), events without a gap (T-3)
	}
	last := f.ask("GET", fmt.Sprint("/events?after=", len(followed.seen)), "")
	if err := f.compare(followed); err != nil || string(last.body) != "null\n" {
		f.t.Errorf("events followed: got %v and %s behind them, want those stored and none", err, last.body)
	}
}

// compare reads all events again: none may have changed or moved since it was
// followed, none may be there twice.
func (f *fleet) compare(followed *follower) error {
	again := &follower{f: f}
	for again.read() > 0 {
	}
	ids := map[string]bool{}
	for i, e := range again.seen {
		if i >= len(followed.seen) || e.ID != followed.seen[i].ID {
			return fmt.Errorf("event %d is %s now", e.Seq, e.ID)
		}
		if ids[e.ID] {
			return fmt.Errorf("event %s is there twice", e.ID)
		}
		ids[e.ID] = true
	}
	if len(again.seen) == 0 {
		return errors.New("no events")
	}
	return nil
}
