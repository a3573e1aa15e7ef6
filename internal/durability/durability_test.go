package durability

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	writers = 8
	// mostAcknowledged bounds how much is written before the server dies. It
	// is far above writers, so that it dies in the middle of batches.
	mostAcknowledged = 100
)

// TestKill kills the server under load and checks after each restart that
// every acknowledged write is there, that nothing else is, and that members,
// seats and events agree with one another.
func TestKill(t *testing.T) {
	k := newKiller(t)
	for n := range rounds(t) {
		k.round(n)
		if t.Failed() {
			t.Fatalf("round %d failed", n)
		}
	}
	s := k.start()
	k.check(s)
	s.kill(t)
	s.wait()
	t.Logf("%d writes acknowledged, %d users, %d events", k.acknowledged.Load(), len(k.people), k.last)
}

func rounds(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("SCIMD_DURABILITY_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if os.Getenv("CI") == "true" {
		return 50
	}
	return 10
}

// person is what a client knows of one user. Each belongs to one writer while
// the server runs.
type person struct {
	id     string // "" while it is not known whether the user exists
	member bool   // the last acknowledged state
	asked  bool   // a change is in flight: the other state is as good
}

// killer is the client that remembers every acknowledgement.
type killer struct {
	t            *testing.T
	http         *http.Client
	folder       string
	people       map[string]*person // by userName
	acknowledged atomic.Int64
	last         int64 // least number that the last event may have
}

func newKiller(t *testing.T) *killer {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: writers}
	t.Cleanup(transport.CloseIdleConnections)
	return &killer{
		t: t, folder: folder(t), people: map[string]*person{},
		// A server that hangs fails the test instead of stopping it.
		http: &http.Client{Transport: transport, Timeout: 20 * time.Second},
	}
}

// folder outlives a test that failed: what is in it is the evidence.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "scimd-durability-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the data is in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// server is a running child.
type server struct {
	cmd   *exec.Cmd
	url   string
	group string
}

func (k *killer) start() *server {
	k.t.Helper()
	s, err := launch(k.t.Context(), os.Stderr, folderVariable+"="+k.folder)
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// launch starts a child and waits until it answers.
func launch(ctx context.Context, stderr io.Writer, variable string) (*server, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = stderr
	// Never written to: it ends with this process, and the child with it.
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, group, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("the server did not start: got %q and %w", line, errors.Join(err, cmd.Wait()))
	}
	return &server{cmd, "http://" + address, group}, nil
}

// kill sends SIGKILL.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
}

// wait returns when the process is gone.
func (s *server) wait() { _ = s.cmd.Wait() } // it was killed: that is its error

// round starts a server, checks what the one before left, and kills it after a
// random number of acknowledgements while more writes are in flight.
func (k *killer) round(n int) {
	k.t.Helper()
	s := k.start()
	k.check(s)
	target := k.acknowledged.Load() + 1 + rand.New(rand.NewPCG(1, uint64(n))).Int64N(mostAcknowledged)
	acknowledge := func() {
		if k.acknowledged.Add(1) == target {
			s.kill(k.t)
		}
	}
	all := make([]*writer, writers)
	var running sync.WaitGroup
	for i := range all {
		all[i] = &writer{
			k: k, s: s, name: fmt.Sprintf("u-%d-%d", n, i), people: map[string]*person{},
			choose: rand.New(rand.NewPCG(uint64(n), uint64(i))), acknowledge: acknowledge,
		}
		running.Go(func() { all[i].run(k.t.Context()) })
	}
	running.Wait()
	s.wait()
	for _, w := range all {
		k.last += w.changes
		for name, p := range w.people {
			k.people[name] = p
		}
	}
}

// writer is one connection's worth of load, on users of its own.
type writer struct {
	k           *killer
	s           *server
	name        string
	choose      *rand.Rand
	people      map[string]*person
	known       []*person // those it may change
	changes     int64     // acknowledged changes of membership: an event each
	acknowledge func()
}

// run writes until the server does not answer any more.
func (w *writer) run(ctx context.Context) {
	for alive := true; alive; {
		if len(w.known) == 0 || w.choose.IntN(4) == 0 {
			alive = w.add(ctx)
		} else {
			alive = w.toggle(ctx, w.known[w.choose.IntN(len(w.known))])
		}
	}
}

// add creates a user.
func (w *writer) add(ctx context.Context) bool {
	name := fmt.Sprint(w.name, "-", len(w.people))
	p := &person{}
	w.people[name] = p
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q}`, name)
	header := w.send(ctx, "POST", "/Users", body, http.StatusCreated)
	if header == nil {
		return false
	}
	// The header alone is the acknowledgement; the body may be cut off.
	p.id = path.Base(header.Get("Location"))
	w.known = append(w.known, p)
	w.acknowledge()
	return true
}

// toggle puts a user in the group or takes it out.
func (w *writer) toggle(ctx context.Context, p *person) bool {
	operation := fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, p.id)
	if p.member {
		operation = fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, p.id)
	}
	p.asked = true
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
	if w.send(ctx, "PATCH", "/Groups/"+w.s.group, body, http.StatusNoContent) == nil {
		return false
	}
	p.member, p.asked = !p.member, false
	w.changes++
	w.acknowledge()
	return true
}

// send gives the header, nil when there was no answer; another answer than the wanted one
// is an error, as a dying server must not turn anything down.
func (w *writer) send(ctx context.Context, method, path, body string, want int) http.Header {
	resp, err := w.k.do(ctx, method, w.s.url+"/scim/v2"+path, body)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != want {
		w.k.t.Errorf("%s %s: got %d %s, want %d", method, path, resp.StatusCode, text, want)
		_ = w.s.cmd.Process.Kill() // the test is over; it may be dead already
		return nil
	}
	return resp.Header
}

func (k *killer) do(ctx context.Context, method, url, body string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+secret)
	q.Header.Set("Content-Type", "application/scim+json")
	q.Header.Set("Prefer", "return=minimal")
	return k.http.Do(q)
}

// check holds a started server against what was acknowledged, and learns from
// it what became of the writes that were in flight.
func (k *killer) check(s *server) {
	k.t.Helper()
	users, members := k.users(s), k.members(s)
	for name, p := range k.people {
		id, exists := users[name]
		switch {
		case !exists && p.id == "":
			delete(k.people, name) // in flight, and never happened
			continue
		case !exists || p.id != "" && p.id != id:
			k.t.Errorf("user %s: got id %q, want the acknowledged %q", name, id, p.id)
		case members[id] != p.member && !p.asked:
			k.t.Errorf("user %s in the group: got %t, want %t as acknowledged", name, members[id], p.member)
		}
		p.id, p.member, p.asked = id, members[id], false
		delete(users, name)
		delete(members, id)
	}
	if len(users)+len(members) > 0 {
		k.t.Errorf("got users %v and members %v that nobody asked for", users, members)
	}
	k.audit(s)
}

func (k *killer) audit(s *server) {
	k.t.Helper()
	var a audit
	k.get(s, "/audit", &a)
	for _, d := range a.Differences {
		k.t.Errorf("org %s, person %s: stored %s, recomputed %s", d.Org, d.Account, d.Stored, d.Recomputed)
	}
	if len(a.Gaps) > 0 || a.Found != a.Last {
		k.t.Errorf("events: got gaps before %v and the last %d of %d, want 1 to %d", a.Gaps, a.Found, a.Last, a.Last)
	}
	if a.Last < k.last {
		k.t.Errorf("last event: got %d, want at least %d", a.Last, k.last)
	}
	k.last = a.Last
}

// users lists the ids of all users by userName.
func (k *killer) users(s *server) map[string]string {
	k.t.Helper()
	ids := map[string]string{}
	for {
		var page struct {
			TotalResults int
			Resources    []struct{ ID, UserName string }
		}
		k.get(s, fmt.Sprintf("/scim/v2/Users?attributes=userName&count=200&startIndex=%d", len(ids)+1), &page)
		for _, u := range page.Resources {
			ids[u.UserName] = u.ID
		}
		if len(ids) >= page.TotalResults || len(page.Resources) == 0 {
			return ids
		}
	}
}

// members gives the ids of those in the group.
func (k *killer) members(s *server) map[string]bool {
	k.t.Helper()
	var group struct{ Members []struct{ Value string } }
	k.get(s, "/scim/v2/Groups/"+s.group, &group)
	ids := map[string]bool{}
	for _, m := range group.Members {
		ids[m.Value] = true
	}
	return ids
}

func (k *killer) get(s *server, path string, answer any) {
	k.t.Helper()
	resp, err := k.do(k.t.Context(), "GET", s.url+path, "")
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("got status %d, want 200", resp.StatusCode)
	}
	if err == nil {
		err = json.Unmarshal(data, answer)
	}
	if err != nil {
		k.t.Fatalf("GET %s: %v: %s", path, err, data)
	}
}
