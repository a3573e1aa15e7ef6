package scim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim"
)

// client speaks SCIM to a server with one token. Many goroutines may use it at
// once.
type client struct {
	t     testing.TB
	base  string
	token string // "": no credential
	over  *http.Transport
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any // with numbers as they are written; nil where there is none
}

// start runs a server and gives a client of its directory okta, which has all
// leniencies.
func start(t testing.TB, options ...func(*scim.Handler)) (*testenv.Env, client) {
	t.Helper()
	env := testenv.Start(t, options...)
	return env, newClient(t, env.SCIM, env.Token)
}

// startStrict gives a client of a directory strict, which has none.
func startStrict(t testing.TB, options ...func(*scim.Handler)) (*testenv.Env, client) {
	t.Helper()
	env := testenv.Start(t, options...)
	_, token := env.NewDirectory(t, "strict", "strict")
	return env, newClient(t, env.SCIM, token)
}

func newClient(t testing.TB, base, token string) client {
	over := &http.Transport{MaxIdleConnsPerHost: crowd}
	t.Cleanup(over.CloseIdleConnections)
	return client{t, base, token, over}
}

// as is the client with another token.
func (c client) as(token string) client {
	c.token = token
	return c
}

// exchange sends a body of any length, chunked unless that is known, and reads
// the answer without judging it. What goes wrong on the way is an error of the
// test and the status 0. Headers come as "Name: value"; an empty one is none.
func (c client) exchange(method, path string, body io.Reader, headers ...string) answer {
	c.t.Helper()
	q, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	if err != nil {
		c.t.Error(err)
		return answer{}
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	if q.Body != nil && q.Body != http.NoBody {
		q.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range headers {
		if h == "" {
			continue
		}
		name, value, _ := strings.Cut(h, ": ")
		if name == "Content-Type" || name == "Authorization" {
			q.Header.Del(name)
		}
		q.Header.Add(name, value)
	}
	resp, err := c.over.RoundTrip(q)
	if err != nil {
		c.t.Error(err)
		return answer{}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Errorf("%s %s: %v after %q", method, path, err, raw)
		return answer{}
	}
	return answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
}

// do sends one request. An answer that is an error must have the form of RFC
// 7644 §3.12.
func (c client) do(method, path, body string, headers ...string) answer {
	c.t.Helper()
	a := c.exchange(method, path, strings.NewReader(body), headers...)
	if a.raw != "" {
		if err := a.into(&a.body); err != nil {
			c.t.Errorf("%s %s: %d with %q: %v", method, path, a.status, a.raw, err)
		}
	}
	if a.status >= 400 && method != http.MethodHead {
		c.isError(a)
	}
	return a
}

// want ends the test unless the answer has the status.
func (c client) want(status int, method, path, body string, headers ...string) answer {
	c.t.Helper()
	a := c.do(method, path, body, headers...)
	if a.status != status {
		c.t.Fatalf("%s %s %v %s: got %d %s, want %d", method, path, headers, body, a.status, a.raw, status)
	}
	return a
}

// refused wants a SCIM error whose detail names something.
func (c client) refused(status int, scimType, names, method, path, body string) {
	c.t.Helper()
	a := c.do(method, path, body)
	if a.status != status || a.text("scimType") != scimType || !strings.Contains(a.text("detail"), names) {
		c.t.Errorf("%s %s %s: got %d %s, want %d %q naming %q", method, path, body, a.status, a.raw, status, scimType, names)
	}
}

// create gives the id of a new resource.
func (c client) create(path, body string) string {
	c.t.Helper()
	a := c.do("POST", path, body)
	if a.status != http.StatusCreated || a.text("id") == "" {
		c.t.Errorf("POST %s %s: got %d %s, want 201 with an id", path, body, a.status, a.raw)
	}
	return a.text("id")
}

// user gives the id of a new user.
func (c client) user(userName string, more ...string) string {
	c.t.Helper()
	return c.create("/Users", user(userName, more...))
}

// group gives the id of a new group.
func (c client) group(displayName string, more ...string) string {
	c.t.Helper()
	return c.create("/Groups", group(displayName, more...))
}

// registered are the scimTypes of RFC 7644 table 9 and RFC 9865 table 3.
var registered = map[any]bool{
	"invalidFilter": true, "tooMany": true, "uniqueness": true, "mutability": true, "invalidSyntax": true,
	"invalidPath": true, "noTarget": true, "invalidValue": true, "invalidVers": true, "sensitive": true,
	"invalidCursor": true, "expiredCursor": true, "invalidCount": true,
}

// isError is rows 7644-3.12-R01, R02, R03 and R04.
func (c client) isError(a answer) {
	c.t.Helper()
	schemas, _ := a.body["schemas"].([]any)
	if len(schemas) != 1 || schemas[0] != errorURN ||
		a.body["status"] != strconv.Itoa(a.status) || a.header.Get("Content-Type") != "application/scim+json" {
		c.t.Errorf("%d is no SCIM error: %v %s", a.status, a.header, a.raw)
	}
	if typ, ok := a.body["scimType"]; ok && !registered[typ] {
		c.t.Errorf("scimType %q is not registered", typ)
	}
	if _, ok := a.body["detail"].(string); !ok {
		c.t.Errorf("no detail in %s", a.raw)
	}
}

// into reads the body as v.
func (a answer) into(v any) error {
	d := json.NewDecoder(strings.NewReader(a.raw))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// id is what every resource has.
func (a answer) id() string { return a.body["id"].(string) }

// text is a member of the body, "" where it is no string.
func (a answer) text(name string) string {
	s, _ := a.body[name].(string)
	return s
}

// json is a member of the body as text, "" where it is absent.
func (a answer) json(name string) string {
	v, ok := a.body[name]
	if !ok {
		return ""
	}
	return asJSON(v)
}

func (a answer) meta(name string) any {
	meta, _ := a.body["meta"].(map[string]any)
	return meta[name]
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// setQuirk changes a switch of the directory okta.
func setQuirk(t *testing.T, e *testenv.Env, name string, on bool) {
	t.Helper()
	change := provision.DirectoryChange{Quirks: map[string]*bool{name: &on}}
	if _, err := e.ChangeDirectory(t.Context(), "okta", change, testenv.Admin); err != nil {
		t.Fatal(err)
	}
}
