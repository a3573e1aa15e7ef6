package scim_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// One directory's client sees nothing of another's, and names are unique within
// a directory only (7644-6.1-R01, 7644-6.2-R01).
func TestDirectoriesApart(t *testing.T) {
	e, a := start(t)
	_, secret := e.NewDirectory(t, "entra", "interop")
	b := a.as(secret)
	body := user("ann", `"externalId":"7"`)
	theirs := a.want(201, "POST", "/Users", body)
	own := b.want(201, "POST", "/Users", body)
	path := "/Users/" + theirs.id()
	b.want(404, "GET", path, "")
	b.want(404, "PUT", path, user("ann"))
	b.want(404, "PATCH", path, replace("title", `"x"`))
	b.want(404, "DELETE", path, "")
	b.want(404, "DELETE", path, "", "If-Match: *")
	for _, query := range []string{"/Users", "/Users?filter=userName+eq+%22ann%22", "/Users?filter=externalId+eq+%227%22"} {
		r := b.want(200, "GET", query, "")
		if got := r.body["Resources"].([]any); r.json("totalResults") != "1" || got[0].(map[string]any)["id"] != own.body["id"] {
			t.Errorf("%s shows %s", query, r.raw)
		}
	}
	if after := a.want(200, "GET", path, ""); after.header.Get("ETag") != theirs.header.Get("ETag") {
		t.Errorf("the other directory's user has changed: %s", after.raw)
	}
}

// Text that means something to a database, a shell or a page is text
// (7644-7.7-R01).
func TestTextIsText(t *testing.T) {
	_, w := start(t)
	for _, text := range []string{
		`' OR '1'='1`, `"; DROP TABLE resource; --`, `\`, `%_*?`, `<script>alert(1)</script>`, `$(rm -rf /)`, "`id`", `*)(uid=*`,
		"{{.}}", "${jndi:ldap://x}", "../../etc/passwd", "a\tb\nc", "\u2028\u2029", `{"$gt":""}`, "x';WAITFOR DELAY '0:0:5'--",
	} {
		q := asJSON(text)
		r := w.want(201, "POST", "/Users", anyUser(
			fmt.Sprintf(`"displayName":%s,"externalId":%s,"title":%s,"name":{"familyName":%s},"emails":[{"value":%s}]`, q, q, q, q, q)))
		o := w.want(200, "GET", "/Users/"+r.id(), "").body
		for name, got := range map[string]any{
			"displayName": o["displayName"], "externalId": o["externalId"], "title": o["title"],
			"familyName": o["name"].(map[string]any)["familyName"], "emails": o["emails"].([]any)[0].(map[string]any)["value"],
		} {
			if got != text {
				t.Errorf("%s: %q came back as %q", name, text, got)
			}
		}
		for _, attribute := range []string{"title", "externalId", "emails.value"} {
			if got := w.ids(attribute + " eq " + q); len(got) != 1 || got[0] != r.body["id"] {
				t.Errorf("%s eq %s finds %v", attribute, q, got)
			}
		}
	}
}

// A URI that a client sends is never followed (7643-9.3-R01), and a reference
// with another version in it is the reference that its value names
// (7643-2.4-R04).
func TestURIsAreData(t *testing.T) {
	var hits atomic.Int32
	canary := httptest.NewUnstartedServer(http.NotFoundHandler())
	canary.Config.ConnState = func(net.Conn, http.ConnState) { hits.Add(1) }
	canary.Start()
	defer canary.Close()
	_, w := start(t)
	r := w.want(201, "POST", "/Users", user("ann",
		`"profileUrl":"`+canary.URL+`/p"`, `"photos":[{"value":"`+canary.URL+`/photo","type":"photo"}]`))
	id := r.id()
	for _, ref := range []string{canary.URL + "/Users/" + id, strings.Replace(w.base, "/v2", "", 1) + "/Users/" + id, "/v1/Users/" + id, "Users/" + id} {
		g := w.want(201, "POST", "/Groups", group(ref, `"members":[{"value":"`+id+`","$ref":"`+ref+`"}]`))
		got := w.want(200, "GET", "/Groups/"+g.id(), "").body["members"].([]any)[0].(map[string]any)
		if got["$ref"] != w.base+"/Users/"+id || got["value"] != id {
			t.Errorf("a member sent as %s is %v", ref, got)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d connections were made to what a client named", n)
	}
}
