package scim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
)

// wire speaks to a server as one client.
type wire struct {
	t     *testing.T
	base  string
	token string // "": no credential
}

// wireReply is an answer with its body read.
type wireReply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any // nil where there is none
}

func newWire(t *testing.T) (*testenv.Env, wire) {
	t.Helper()
	e := testenv.Start(t)
	return e, wire{t, e.SCIM, e.Token}
}

// do sends one request; headers come as "Name: value".
func (w wire) do(method, path, body string, headers ...string) wireReply {
	w.t.Helper()
	q, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" {
		q.Header.Set("Authorization", "Bearer "+w.token)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Content-Type" || name == "Authorization" {
			q.Header.Del(name)
		}
		q.Header.Add(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	r := wireReply{resp.StatusCode, resp.Header, string(raw), nil}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &r.body); err != nil {
			w.t.Fatalf("%s %s: %d with %q: %v", method, path, r.status, raw, err)
		}
	}
	return r
}

// want fails the test unless the answer has the status and, being an error,
// the form of RFC 7644 §3.12.
func (w wire) want(status int, method, path, body string, headers ...string) wireReply {
	w.t.Helper()
	r := w.do(method, path, body, headers...)
	if r.status != status {
		w.t.Fatalf("%s %s %v: got %d %s, want %d", method, path, headers, r.status, r.raw, status)
	}
	if status >= 400 && method != http.MethodHead {
		w.isError(r)
	}
	return r
}

// isError is rows 7644-3.12-R01, R02, R03 and R04.
func (w wire) isError(r wireReply) {
	w.t.Helper()
	schemas, _ := r.body["schemas"].([]any)
	if len(schemas) != 1 || schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" ||
		r.body["status"] != strconv.Itoa(r.status) || r.header.Get("Content-Type") != "application/scim+json" {
		w.t.Errorf("%d is no SCIM error: %v %s", r.status, r.header, r.raw)
	}
	if typ, ok := r.body["scimType"]; ok && !registered[typ] {
		w.t.Errorf("scimType %q is not registered", typ)
	}
	if _, ok := r.body["detail"].(string); !ok {
		w.t.Errorf("no detail in %s", r.raw)
	}
}

// create gives the path of a new user.
func (w wire) create(userName string) string {
	w.t.Helper()
	r := w.want(http.StatusCreated, "POST", "/Users", user(userName))
	return "/Users/" + r.body["id"].(string)
}

func optional(header string) []string {
	if header == "" {
		return nil
	}
	return []string{header}
}

// setQuirk changes a switch of the directory okta.
func setQuirk(t *testing.T, e *testenv.Env, name string, on bool) {
	t.Helper()
	err := e.Store.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		d, err := tx.Directory(e.Directory.Key)
		if err != nil {
			return err
		}
		d.Quirks = map[string]bool{name: on}
		return tx.SetDirectory(d)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func replaceTitle(title string) string {
	return operations(`{"op":"replace","path":"title","value":"` + title + `"}`)
}

func operations(list string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + list + `]}`
}
