package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

// start runs a server with the sandbox until the test ends.
func start(t *testing.T, with ...func(*app, *Config)) (*server, *client) {
	t.Helper()
	a := quiet()
	config := Config{Listen: "localhost:0", Data: t.TempDir(), Log: LogConfig{"error", "text"}, SCIM: SCIMConfig{MaxBody: 1 << 20, MaxResults: 100}}
	for _, change := range with {
		change(a, &config)
	}
	s := opened(t, a, config)
	if err := (sandbox{s.provision, store.Cause{Kind: "admin"}}).build(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, err := s.provision.CreateAdminKey(t.Context(), "test", "")
	if err != nil {
		t.Fatal(err)
	}
	serveUntilEnd(t, s)
	return s, &client{base: s.local(), key: key}
}

// quiet is a program that nobody looks at.
func quiet() *app {
	return &app{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
}

// opened is a server that is ready to serve.
func opened(t *testing.T, a *app, c Config) *server {
	t.Helper()
	schemas, err := c.SCIM.registries()
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.open(t.Context(), c, mapping.Default(), schemas)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func serveUntilEnd(t *testing.T, s *server) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSandboxTwice(t *testing.T) {
	s, c := start(t)
	if err := (sandbox{s.provision, store.Cause{Kind: "admin"}}).build(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := c.get(t.Context(), "/orgs/acme-claude/mappings", nil)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := rowsOf(raw); err != nil || len(rows) != 5 {
		t.Errorf("%d mappings, %v", len(rows), err)
	}
}

// TestSettingsReachSCIM: what is set is what is published (7643-5-R05) and done.
func TestSettingsReachSCIM(t *testing.T) {
	s, _ := start(t, func(_ *app, c *Config) {
		c.SCIM = SCIMConfig{MaxBody: 1 << 20, MaxResults: 50, DefaultPage: 20, MaxScan: 1, CursorTimeout: time.Minute, SensitiveFilters: []string{"title"}}
	})
	_, token, err := s.provision.CreateToken(t.Context(), provision.TokenInput{Directory: "okta", Label: "test", Scope: store.ScopeSCIM}, store.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, path, body string) string {
		r := httptest.NewRequest(method, scimPath+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	for _, name := range []string{"ann", "bob"} {
		do("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+name+`"}`)
	}
	for path, want := range map[string]string{
		"/ServiceProviderConfig":          `"defaultPageSize":20,"maxPageSize":50,"cursorTimeout":60`,
		"/Users?sortBy=nickName":          `"tooMany"`,
		"/Users?filter=title%20pr":        `"sensitive"`,
		"/Users?sortBy=id&cursor&count=1": `"nextCursor"`,
	} {
		if got := do("GET", path, ""); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", path, got, want)
		}
	}
}

func TestMembersPages(t *testing.T) {
	s, c := start(t)
	const people = 7
	for i := range people {
		name := fmt.Sprintf("u%d@acme.example", i)
		if _, err := s.provision.AddMember(t.Context(), provision.MemberInput{Org: "acme-team", Person: name, Email: name}, store.Cause{}); err != nil {
			t.Fatal(err)
		}
	}
	seen := make(map[string]bool)
	var pages int
	for after, more := "", true; more; pages++ {
		raw, err := c.get(t.Context(), "/orgs/acme-team/members", url.Values{"limit": {"3"}, "after": {after}})
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Items []struct {
				UserName string `json:"userName"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			seen[m.UserName] = true
		}
		after, more = page.Next, page.Next != ""
	}
	if len(seen) != people || pages != 3 {
		t.Errorf("%d people on %d pages", len(seen), pages)
	}
}

// TestEventEndsWait has a long poll answered by the commit, not by its time.
func TestEventEndsWait(t *testing.T) {
	s, c := start(t)
	raw, err := c.get(t.Context(), "/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	var before eventPage // of the sandbox's modes
	if err := json.Unmarshal(raw, &before); err != nil {
		t.Fatal(err)
	}
	got := make(chan json.RawMessage, 1)
	begin := time.Now()
	go func() {
		raw, err := c.get(t.Context(), "/events", url.Values{"wait": {"30s"}, "after": {strconv.FormatInt(before.Next, 10)}})
		if err != nil {
			t.Error(err)
		}
		got <- raw
	}()
	time.Sleep(50 * time.Millisecond) //nolint:forbidigo // nothing tells that the poll waits; too short a sleep cannot fail the test
	if _, err := s.provision.AddMember(t.Context(), provision.MemberInput{Org: "acme-team", Person: "ann@acme.example", Email: "ann@acme.example"}, store.Cause{}); err != nil {
		t.Fatal(err)
	}
	var page eventPage
	if err := json.Unmarshal(<-got, &page); err != nil || len(page.Items) != 1 || page.Next != before.Next+1 {
		t.Errorf("%d events, next %d, %v", len(page.Items), page.Next, err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("took %v: not by the commit", took)
	}
}

func TestCredentialsArePrivate(t *testing.T) {
	dir := t.TempDir()
	want := credentials{URL: "http://localhost:1", Key: "k"}
	if err := want.write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := readCredentials(dir)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if info, err := os.Stat(credentialsFile(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
