package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"scimd/api"
	"scimd/event"
	"scimd/idtoken"
	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// env is the API over real HTTP, with the parent acme, the directory okta and
// the claude org acme-claude on manual.
type env struct {
	*provision.Service
	t         *testing.T
	url, key  string
	directory store.Directory
	clock     *testenv.Clock
}

func start(t *testing.T) *env {
	t.Helper()
	clock := testenv.NewClock()
	clock.Advance(59*24*time.Hour + 12*time.Hour) // noon on the first of March
	e := &env{Service: testenv.NewServiceAt(t, clock), t: t, clock: clock}
	e.must(e.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin))
	e.must(e.CreateOrg(t.Context(), provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"}, testenv.Admin))
	d, err := e.CreateDirectory(t.Context(), "acme", "okta", "", testenv.Admin)
	e.must(d, err)
	e.directory = d
	e.key, err = e.CreateAdminKey(t.Context(), "first", "")
	e.must(e.key, err)
	handler := &api.API{
		Provision: e.Service, Feed: event.NewFeed(e.View), Verifier: idtoken.New(nil, clock.Now),
		Log: slog.New(slog.DiscardHandler), NewID: e.NewID,
	}
	server := httptest.NewServer(handler.Handler())
	t.Cleanup(server.Close)
	e.url = server.URL + api.BasePath
	return e
}

func (e *env) must(_ any, err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// push puts an active user into the directory.
func (e *env) push(name string) store.Resource {
	e.t.Helper()
	u, err := e.CreateUser(e.t.Context(), e.directory, provision.UserInput{
		UserName: name, Email: name, Display: name, Active: true, Document: []byte(`{"userName":"` + name + `"}`),
	}, store.Cause{Kind: "scim"})
	e.must(u, err)
	return u
}

// group puts a group into the directory.
func (e *env) group(name string, members ...store.Resource) {
	e.t.Helper()
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	e.must(e.CreateGroup(e.t.Context(), e.directory, provision.GroupInput{DisplayName: name, Document: []byte(`{}`)}, ids, provision.Policy{}, store.Cause{Kind: "scim"}))
}

// object is a JSON answer.
type object = map[string]any

// ask wants a status and gives the answer's body; header pairs follow the body.
func (e *env) ask(method, path, body string, want int, header ...string) object {
	e.t.Helper()
	status, _, raw := e.raw(method, path, body, header...)
	if status != want {
		e.t.Fatalf("%s %s %s: got %d, want %d: %s", method, path, body, status, want, raw)
	}
	var out object
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			e.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return out
}

func (e *env) raw(method, path, body string, header ...string) (status int, answered http.Header, answer []byte) {
	e.t.Helper()
	r, err := http.NewRequest(method, e.url+path, strings.NewReader(body))
	e.must(r, err)
	r.Header.Set("Authorization", "Bearer "+e.key)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	e.must(w, err)
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	e.must(raw, err)
	return w.StatusCode, w.Header, raw
}

func as(person string) []string { return []string{api.ActorHeader, person} }

func items(o object) []any { rows, _ := o["items"].([]any); return rows }

// want compares one field of an answer, by its JSON.
func (e *env) want(o object, field string, want any) {
	e.t.Helper()
	got, err := json.Marshal(o[field])
	e.must(got, err)
	expected, err := json.Marshal(want)
	e.must(expected, err)
	if string(got) != string(expected) {
		e.t.Errorf("%s: got %s, want %s", field, got, expected)
	}
}
