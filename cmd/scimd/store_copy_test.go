package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scimd/conformance/suite"
	"scimd/internal/testenv"
	"scimd/mapping"
	"scimd/provision"
	"scimd/scim/quirk"
	"scimd/store"
	"scimd/store/sqlite"
)

// program is scimd as a process of its own.
type program struct {
	cmd *exec.Cmd
	out *lines
}

// run starts one that is gone when the test is.
func run(t *testing.T, environment []string, args ...string) *program {
	t.Helper()
	p := &program{exec.CommandContext(t.Context(), "scimd", args...), &lines{}}
	p.cmd.Env = append(os.Environ(), environment...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// done runs one to its end, and gives its exit status.
func (p *program) done() int {
	_ = p.cmd.Wait() // the status says it
	return p.cmd.ProcessState.ExitCode()
}

// serving starts a server and waits until it answers.
func serving(t *testing.T, environment []string, args ...string) (*program, credentials) {
	t.Helper()
	folder := t.TempDir()
	if i := strings.Index(strings.Join(args, "\n"), "--data\n"); i >= 0 {
		folder = args[len(args)-1]
	} else {
		args = append(args, "--data", folder)
	}
	p := run(t, environment, args...)
	for range 1000 {
		left, err := readCredentials(folder)
		if err == nil && left.URL != "" {
			if w, err := http.Get(left.URL + "/healthz"); err == nil {
				_ = w.Body.Close()
				return p, left
			}
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // another process becomes ready: it can only be asked again
	}
	t.Fatalf("scimd %v does not answer: %s", args, p.out)
	return nil, credentials{}
}

// crowded makes a database with the sandbox and many people in it.
func crowded(t *testing.T, file string, people int) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	s := &provision.Service{
		Store: st, Catalogue: mapping.Default(), Log: slog.New(slog.DiscardHandler),
		Now: time.Now, NewID: newID, Secret: newSecret, Quirks: quirk.Names(),
	}
	if err := (sandbox{s, testenv.Admin}).build(t.Context()); err != nil {
		t.Fatal(err)
	}
	var d store.Directory
	err = s.View(t.Context(), func(_ context.Context, r store.Reader) (err error) {
		d, err = r.FindDirectory("okta")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Push(t.Context(), d, testenv.Admin, func(p *provision.Push) error {
		for n := range people {
			name := fmt.Sprintf("early%d", n)
			_, err := p.CreateUser(provision.UserInput{UserName: name, Display: name, Active: true, Document: []byte(fmt.Sprintf(newUser, name, "", ""))})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
}

// pusher is a client that writes until the source takes no more, and remembers
// what was acknowledged.
type pusher struct {
	t       *testing.T
	url     string
	token   string
	name    string
	users   map[string]string // ETag by id; "": deleted
	names   map[string]string // by id
	refused chan<- struct{}
	stop    <-chan struct{}
	longest time.Duration // that a write took which was acknowledged
}

func (p *pusher) run(acknowledged *atomic.Int64) {
	var ids []string
	for n := 0; ; n++ {
		method, address, body := "POST", "/Users", fmt.Sprintf(newUser, fmt.Sprint(p.name, n), "", "")
		id := ""
		switch {
		case n%3 == 1:
			id = ids[len(ids)-1]
			method, address, body = "PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"changed"}]}`
		case n%7 == 5:
			id = ids[0]
			ids = ids[1:]
			method, address, body = "DELETE", "/Users/"+id, ""
		}
		begin := time.Now()
		header, status := p.until(method, address, body)
		if header == nil {
			return
		}
		p.longest = max(p.longest, time.Since(begin))
		switch {
		case method == "POST" && status == http.StatusCreated:
			id = filepath.Base(header.Get("Location"))
			ids = append(ids, id)
			p.names[id], p.users[id] = fmt.Sprint(p.name, n), header.Get("ETag")
		case method == "PATCH" && status == http.StatusOK:
			p.users[id] = header.Get("ETag")
		case method == "DELETE" && status == http.StatusNoContent:
			p.users[id] = ""
		default:
			p.t.Errorf("%s %s: got %d", method, address, status)
			return
		}
		acknowledged.Add(1)
		time.Sleep(2 * time.Millisecond) //nolint:forbidigo // so that there are not more of them to check than shows anything
	}
}

// until asks again for as long as the answer is that it should; nil is that the
// test has seen enough of that.
func (p *pusher) until(method, address, body string) (http.Header, int) {
	for {
		w := speak(p.t, method, p.url+scimPath+address, p.token, body, nil)
		if w.status != http.StatusServiceUnavailable {
			return w.header, w.status
		}
		if seconds, err := strconv.Atoi(w.header.Get("Retry-After")); err != nil || seconds < 1 {
			p.t.Errorf("%s: got 503 and Retry-After %q, want seconds", method, w.header.Get("Retry-After"))
		}
		select {
		case <-p.stop:
			return nil, 0
		case p.refused <- struct{}{}:
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answered is an answer of a server that was read to its end.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func speak(t *testing.T, method, address, token, body string, header http.Header) (a answered) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return a
	}
	defer w.Body.Close()
	a.status, a.header = w.StatusCode, w.Header
	if a.body, err = io.ReadAll(w.Body); err != nil {
		t.Error(err)
	}
	return a
}

// TestMoveUp moves a served database from SQLite to PostgreSQL under load. The
// copy is killed once. What was acknowledged is on the target, and what clients
// hold of the source is good there: tokens, ETags, cursors, event numbers.
func TestMoveUp(t *testing.T) {
	data, dsn, key := t.TempDir(), testenv.PostgresDSN(t), "scimd_key-of-the-test"
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	source := "sqlite:" + filepath.Join(data, "scimd.db")
	crowded(t, filepath.Join(data, "scimd.db"), 2000)
	environment := []string{"SCIMD_ADMIN_KEY=" + key, "SCIMD_STORE_DSN="}
	old, left := serving(t, environment, "dev", "--listen", "localhost:0", "--data", data)
	admin := &client{base: left.URL, key: key}

	var page struct{ NextCursor string }
	w := speak(t, "GET", left.URL+scimPath+"/Users?cursor&count=10&attributes=userName", left.SCIMToken, "", nil)
	if err := json.Unmarshal(w.body, &page); err != nil || page.NextCursor == "" {
		t.Fatalf("a cursor: %v %s", err, w.body)
	}
	events := allEvents(t, admin, 0)

	var acknowledged atomic.Int64
	refused, stop := make(chan struct{}), make(chan struct{})
	pushers := make([]*pusher, 3)
	var running sync.WaitGroup
	for i := range pushers {
		pushers[i] = &pusher{
			t: t, url: left.URL, token: left.SCIMToken, name: fmt.Sprintf("push%d-", i),
			users: map[string]string{}, names: map[string]string{}, refused: refused, stop: stop,
		}
		running.Go(func() { pushers[i].run(&acknowledged) })
	}

	said := &bytes.Buffer{}
	copyTo := []string{"store", "copy", "--from", source, "--to", "postgres:"}
	where := append(environment, "SCIMD_STORE_DSN="+dsn)
	killed := run(t, where, copyTo...)
	for !strings.Contains(killed.out.String(), "copying: ") {
		if killed.cmd.ProcessState != nil {
			t.Fatal("it ended before it was killed")
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process begins: it can only be looked at again
	}
	if err := killed.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if killed.done() == 0 {
		t.Error("the copy came to its end before it was killed")
	}
	if served := run(t, append(where, "SCIMD_STORE_DRIVER=postgres"), "serve", "--listen", "localhost:0", "--data", t.TempDir()); served.done() == 0 ||
		!strings.Contains(served.out.String(), "it is being copied from "+source) {
		t.Errorf("serve what is not finished: got %s", served.out)
	}
	for _, args := range [][]string{copyTo, append(copyTo, "--switch")} {
		before := acknowledged.Load()
		p := run(t, where, args...)
		if status := p.done(); status != 0 {
			t.Fatalf("%v: got status %d: %s", args, status, p.out)
		}
		if acknowledged.Load() == before {
			t.Errorf("%v: nothing was acknowledged meanwhile", args)
		}
		said.WriteString(p.out.String())
	}
	for range pushers {
		<-refused
	}
	close(stop)
	running.Wait()
	for _, want := range []string{"run this again with --switch", "holds what " + source + " does: serve it"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the copy does not say %q: %s", want, said)
		}
	}
	if strings.Contains(said.String(), password) || strings.Contains(killed.out.String(), password) {
		t.Errorf("the password is told: %s", said)
	}
	if w := speak(t, "GET", left.URL+scimPath+"/Users?count=1", left.SCIMToken, "", nil); w.status != http.StatusOK {
		t.Errorf("a read on the source: got %d, want 200", w.status)
	}
	moved := allEvents(t, admin, 0)
	if err := old.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	old.done()
	if again := run(t, environment, "serve", "--listen", "localhost:0", "--data", data); again.done() == 0 || !strings.Contains(again.out.String(), "it has moved to postgres:") {
		t.Errorf("serve the source again: got %s", again.out)
	}

	_, now := serving(t, append(where, "SCIMD_STORE_DRIVER=postgres"), "serve", "--listen", "localhost:0")
	admin = &client{base: now.URL, key: key}
	users, gone := 0, 0
	for _, p := range pushers {
		for id, etag := range p.users {
			w := speak(t, "GET", now.URL+scimPath+"/Users/"+id, left.SCIMToken, "", http.Header{"If-None-Match": {etag}})
			switch {
			case etag == "" && w.status == http.StatusNotFound:
				gone++
			case etag != "" && w.status == http.StatusNotModified:
				users++
			default:
				t.Errorf("%s with ETag %q: got %d, %s %s", p.names[id], etag, w.status, w.header.Get("ETag"), w.body)
			}
		}
		t.Logf("%s: a write waited for %v at most", p.name, p.longest)
	}
	t.Logf("%d writes acknowledged, %d users, %d deleted", acknowledged.Load(), users, gone)
	if users == 0 || gone == 0 {
		t.Errorf("got %d users and %d deleted, want some of both", users, gone)
	}
	w = speak(t, "GET", now.URL+scimPath+"/Users?count=10&cursor="+url.QueryEscape(page.NextCursor)+"&attributes=userName", left.SCIMToken, "", nil)
	if w.status != http.StatusOK || !strings.Contains(string(w.body), "early10") {
		t.Errorf("the cursor of the source: got %d %s", w.status, w.body)
	}

	if got := allEvents(t, admin, 0); len(got) < len(events) || strings.Join(got, "\n") != strings.Join(moved, "\n") {
		t.Errorf("got %d events, want the %d of the source", len(got), len(moved))
	}
	made := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"late","active":true}`
	w = speak(t, "POST", now.URL+scimPath+"/Users", left.SCIMToken, made, nil)
	id := filepath.Base(w.header.Get("Location"))
	var groups struct{ Resources []struct{ ID string } }
	w = speak(t, "GET", now.URL+scimPath+"/Groups?filter="+url.QueryEscape(`displayName eq "eng"`), left.SCIMToken, "", nil)
	if err := json.Unmarshal(w.body, &groups); err != nil || len(groups.Resources) != 1 {
		t.Fatalf("%v %s", err, w.body)
	}
	join := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, id)
	if w := speak(t, "PATCH", now.URL+scimPath+"/Groups/"+groups.Resources[0].ID, left.SCIMToken, join, nil); w.status >= 300 {
		t.Fatalf("%d %s", w.status, w.body)
	}
	if next := allEvents(t, admin, len(moved)); len(next) == 0 || !strings.Contains(next[0], fmt.Sprintf(`"seq":%d,`, len(moved)+1)) {
		t.Errorf("the next events: got %v, want them from number %d", next, len(moved)+1)
	}
	if verify := run(t, nil, "verify", "--url", now.URL, "--key", key); verify.done() != 0 {
		t.Errorf("verify: %s", verify.out)
	}
	conforms(t, suite.Target{URL: now.URL + scimPath, Token: left.SCIMToken})
}

// conforms judges a sandbox by what a client alone sees. Since it drops
// passwords, it fails one row that its quirks do not bend.
func conforms(t *testing.T, target suite.Target) {
	t.Helper()
	r, err := suite.Run(t.Context(), target, suite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bent := bentBy("interop")
	bent["7644-5-R04"] = true
	for _, result := range r.Results {
		if failed := result.Outcome == suite.Failed; failed != bent[result.Row.ID] && result.Outcome != suite.NotJudged {
			t.Errorf("%s %s (bent: %t): %s", result.Row.ID, result.Outcome, bent[result.Row.ID], strings.Join(result.Messages, "; "))
		}
	}
	if passed := r.Totals().Passed; passed < 270 {
		t.Errorf("%+v: want 270 rows passed or more", r.Totals())
	}
}

// allEvents are those behind a number, which must have no gap.
func allEvents(t *testing.T, c *client, after int) (all []string) {
	t.Helper()
	for next := int64(after); ; {
		raw, err := c.get(t.Context(), "/events", url.Values{"after": {fmt.Sprint(next)}, "limit": {"1000"}})
		if err != nil {
			t.Fatal(err)
		}
		var page eventPage
		if err := json.Unmarshal(raw, &page); err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 0 {
			return all
		}
		for _, item := range page.Items {
			all = append(all, string(item))
		}
		if page.Next != next+int64(len(page.Items)) {
			t.Errorf("%d events behind %d end at %d: there is a gap", len(page.Items), next, page.Next)
		}
		next = page.Next
	}
}
