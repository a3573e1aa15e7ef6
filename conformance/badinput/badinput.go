// Package badinput owns the hostile and broken requests a SCIM server must
// refuse with a proper error, and the check that it stored nothing of them. It
// must not know which server it talks to, so it imports nothing of scimd.
package badinput

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// Reporter is the part of *testing.T the checks need.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// Check plays every case against the server at baseURL. The token opens one
// directory, otherToken another. It writes a few resources named after the
// present time, so give it directories that may be thrown away.
func Check(t Reporter, baseURL, token, otherToken string) {
	t.Helper()
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	own := client{base: strings.TrimSuffix(baseURL, "/"), token: token}
	other := client{base: own.base, token: otherToken}
	fixture, err := newFixture(own, other, run)
	if err != nil {
		t.Errorf("got no fixture (%v), want two directories that accept a user", err)
		return
	}
	before := snapshot(own, fixture)
	for _, c := range Cases(fixture) {
		for _, sentence := range checkCase(own, c) {
			t.Errorf("%s: %s\n  request: %s %s", clip(c.Name), sentence, c.Method, clip(c.Path))
		}
		if after := snapshot(own, fixture); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: got the user or group beside it changed, want it untouched\n  before: %s\n  after:  %s", clip(c.Name), asJSON(before), asJSON(after))
			before = after
		}
	}
	for _, sentence := range checkDirectories(own, other, fixture) {
		t.Errorf("another directory: %s", sentence)
	}
	for _, sentence := range checkTolerated(own, run) {
		t.Errorf("interop profile: %s", sentence)
	}
	if _, err := create(own, "/Users", user("after."+run, nil)); err != nil {
		t.Errorf("got %v for a normal request afterwards, want 201", err)
	}
}

// checkCase sends one case and judges the answer and what it left behind.
func checkCase(c client, bad Case) []string {
	reply, err := c.send(bad)
	if err != nil {
		return []string{fmt.Sprintf("got no answer (%v), want status %v", err, bad.Status)}
	}
	var sentences []string
	if reply.status/100 == 2 && bad.MayAccept {
		return nil
	}
	sentences = append(sentences, checkError(reply, bad.Status, bad.ScimType)...)
	if reply.status == http.StatusMethodNotAllowed && reply.header.Get("Allow") == "" {
		sentences = append(sentences, "got 405 without Allow, want the permitted methods")
	}
	if reply.status == http.StatusUnauthorized && reply.header.Get("WWW-Authenticate") == "" {
		sentences = append(sentences, "got 401 without WWW-Authenticate, want a challenge")
	}
	for _, path := range bad.Absent {
		if total, err := count(c, path); err != nil || total != 0 {
			sentences = append(sentences, fmt.Sprintf("got totalResults %v (error %v) for %s, want 0: nothing may be stored", total, err, path))
		}
	}
	return sentences
}

// leaks are pieces of text by which the inside of a server shows in an error.
var leaks = []string{
	"goroutine ", "panic", ".go:", "runtime error", "nil pointer", "interface conversion", "reflect.",
	"json: ", "jsontext", "strconv.", "map[string]", "sql:", "SQLITE", "SQLSTATE", "pq: ", "constraint failed",
	"SELECT ", "INSERT ", "UPDATE ", "DELETE FROM", "syntax error at or near", "http: ",
}

func checkError(r reply, status []int, scimTypes []string) []string {
	var sentences []string
	fail := func(format string, args ...any) {
		sentences = append(sentences, fmt.Sprintf(format, args...)+"; the answer was "+strconv.Itoa(r.status)+" "+clip(string(r.body)))
	}
	if !slices.Contains(status, r.status) {
		fail("got status %d, want one of %v", r.status, status)
		if r.status/100 == 2 {
			return sentences // an accepted request has no error body to judge
		}
	}
	if media, _, _ := mime.ParseMediaType(r.header.Get("Content-Type")); media != "application/scim+json" {
		fail("got Content-Type %q, want application/scim+json", r.header.Get("Content-Type"))
	}
	var body struct {
		Schemas  []string `json:"schemas"`
		Status   any      `json:"status"`
		ScimType string   `json:"scimType"`
		Detail   string   `json:"detail"`
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		fail("got a body that is no SCIM error (%v), want one", err)
		return sentences
	}
	if !slices.Contains(body.Schemas, errorSchema) {
		fail("got schemas %v, want %s", body.Schemas, errorSchema)
	}
	if body.Status != strconv.Itoa(r.status) {
		fail("got status member %#v, want the string %q", body.Status, strconv.Itoa(r.status))
	}
	if strings.TrimSpace(body.Detail) == "" {
		fail("got no detail, want a sentence for the administrator")
	}
	if len(scimTypes) > 0 && !slices.Contains(scimTypes, body.ScimType) {
		fail("got scimType %q, want one of %q", body.ScimType, scimTypes)
	}
	for _, leak := range leaks {
		if strings.Contains(body.Detail, leak) {
			fail("got %q in the detail, want no text from inside the server", leak)
		}
	}
	return sentences
}

// checkDirectories tells whether one directory can reach or link the people of
// another. Refusing the foreign member and skipping it are both right.
func checkDirectories(own, other client, f Fixture) []string {
	var sentences []string
	path := "/Users/" + f.ForeignUser
	if r, err := other.get(path); err != nil || r.status != http.StatusOK {
		sentences = append(sentences, fmt.Sprintf("got %d (%v) for the owner of %s, want 200", r.status, err, path))
	}
	if r, err := other.get("/Users/" + f.User); err != nil || r.status != http.StatusNotFound {
		sentences = append(sentences, fmt.Sprintf("got %d (%v) for a foreign id with the other token, want 404", r.status, err))
	}
	_, _ = own.send(Case{Method: "PATCH", Path: "/Groups/" + f.Group, ContentType: scimJSON,
		Body: patch(`{"op":"add","path":"members","value":[{"value":"` + f.ForeignUser + `"},{"value":"` + f.User + `"}]}`)})
	_, _ = own.send(Case{Method: "POST", Path: "/Groups", ContentType: scimJSON,
		Body: body(`{"schemas":["` + groupSchema + `"],"displayName":"linked ` + f.Run + `","members":[{"value":"` + f.ForeignUser + `"}]}`)})
	if total, err := count(own, filter("/Groups", `members.value eq "`+f.ForeignUser+`"`)); err != nil || total != 0 {
		sentences = append(sentences, fmt.Sprintf("got %d groups (error %v) holding the foreign user, want 0", total, err))
	}
	if r, err := own.get("/Groups/" + f.Group); err != nil || strings.Contains(string(r.body), f.ForeignUser) {
		sentences = append(sentences, fmt.Sprintf("got the foreign id in the group (error %v), want it refused or skipped: %s", err, clip(string(r.body))))
	}
	if r, err := other.get(path); err != nil || strings.Contains(string(r.body), f.Group) {
		sentences = append(sentences, fmt.Sprintf("got a foreign group on the other user (error %v), want none: %s", err, clip(string(r.body))))
	}
	return sentences
}

// checkTolerated covers the broken shapes that real clients send and the
// interop profile therefore accepts, to keep the refusals from spreading.
func checkTolerated(c client, run string) []string {
	cases := []struct{ name, member, want string }{
		{"a boolean as string", `"active":"False"`, `"active":false`},
		{"an unknown attribute", `"favouriteColour":"red"`, ""},
		{"one e-mail as object", `"emails":{"value":"tolerated@example.com","type":"work"}`, "tolerated@example.com"},
	}
	var sentences []string
	for i, tc := range cases {
		resource, err := create(c, "/Users", user(fmt.Sprintf("tolerated%d.%s", i, run), []byte(tc.member)))
		text, _ := json.Marshal(resource)
		if err != nil || !strings.Contains(string(text), tc.want) || strings.Contains(string(text), "favouriteColour") {
			sentences = append(sentences, fmt.Sprintf("%s: got %s (error %v), want it stored as %q", tc.name, text, err, tc.want))
		}
	}
	return sentences
}

// Fixture is what stands beside the bad requests and must not change.
type Fixture struct {
	Run         string // makes names unique
	User, Group string // ids in the directory under attack
	ForeignUser string // an id in the other directory
}

func newFixture(own, other client, run string) (Fixture, error) {
	f := Fixture{Run: run}
	for _, wanted := range []struct {
		c    client
		path string
		data []byte
		id   *string
	}{
		{own, "/Users", user("bystander."+run, nil), &f.User},
		{other, "/Users", user("foreign."+run, nil), &f.ForeignUser},
	} {
		resource, err := create(wanted.c, wanted.path, wanted.data)
		if err != nil {
			return f, err
		}
		*wanted.id, _ = resource["id"].(string)
	}
	group, err := create(own, "/Groups", fmt.Appendf(nil, `{"schemas":[%q],"displayName":%q,"members":[{"value":%q}]}`, groupSchema, "bystanders "+run, f.User))
	f.Group, _ = group["id"].(string)
	return f, err
}

func snapshot(c client, f Fixture) []any {
	var resources []any
	for _, path := range []string{"/Users/" + f.User, "/Groups/" + f.Group} {
		var resource any
		r, err := c.get(path)
		if err != nil || json.Unmarshal(r.body, &resource) != nil {
			resource = fmt.Sprintf("%s: status %d, error %v", path, r.status, err)
		}
		resources = append(resources, resource)
	}
	return resources
}

type client struct{ base, token string }

type reply struct {
	status int
	header http.Header
	body   []byte
}

// transport is our own so that a body cut short by a 413 spoils no connection
// of the caller.
var transport = &http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send retries when the connection breaks: a server may answer 413 and close
// while we still write, and the answer is then sometimes lost on the way.
func (c client) send(bad Case) (r reply, err error) {
	for range 3 {
		if r, err = c.sendOnce(bad); err == nil {
			return r, nil
		}
	}
	return r, err
}

func (c client) sendOnce(bad Case) (reply, error) {
	var payload io.Reader
	if bad.Body != nil {
		payload = bad.Body()
	}
	req, err := http.NewRequestWithContext(context.Background(), bad.Method, c.base+bad.Path, payload)
	if err != nil {
		return reply{}, err
	}
	if bad.Length > 0 {
		req.ContentLength = bad.Length
	}
	if bad.ContentType != "" {
		req.Header.Set("Content-Type", bad.ContentType)
	}
	req.Header.Set("Accept", "application/scim+json")
	switch bad.Authorization {
	case "":
		req.Header.Set("Authorization", "Bearer "+c.token)
	case noAuthorization:
	default:
		req.Header.Set("Authorization", bad.Authorization)
	}
	resp, err := transport.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return reply{resp.StatusCode, resp.Header, data}, err
}

func (c client) get(path string) (reply, error) { return c.send(Case{Method: "GET", Path: path}) }

func create(c client, path string, data []byte) (map[string]any, error) {
	r, err := c.send(Case{Method: "POST", Path: path, ContentType: scimJSON, Body: body(string(data))})
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusCreated {
		return nil, fmt.Errorf("POST %s: got %d %s, want 201", path, r.status, clip(string(r.body)))
	}
	var resource map[string]any
	err = json.Unmarshal(r.body, &resource)
	return resource, err
}

func count(c client, path string) (int, error) {
	r, err := c.get(path)
	if err != nil {
		return 0, err
	}
	var list struct {
		TotalResults *int `json:"totalResults"`
	}
	if err := json.Unmarshal(r.body, &list); err != nil {
		return 0, err
	}
	if list.TotalResults == nil {
		return 0, fmt.Errorf("no totalResults in %d %s", r.status, clip(string(r.body)))
	}
	return *list.TotalResults, nil
}

// user is a valid user with one more member spliced in.
func user(name string, member []byte) []byte {
	data := fmt.Appendf(nil, `{"schemas":[%q],"userName":%q`, userSchema, name)
	if len(member) > 0 {
		data = append(append(data, ','), member...)
	}
	return append(data, '}')
}

func filter(path, expression string) string { return path + "?filter=" + url.QueryEscape(expression) }

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func clip(text string) string {
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}
