package scim_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// held gives a client whose token has the scope and is held by a user.
func held(e *testenv.Env, w client, scope store.TokenScope, subject string) client {
	w.t.Helper()
	_, secret, err := e.CreateToken(w.t.Context(), provision.TokenInput{Directory: "okta", Scope: scope, Subject: subject}, testenv.Admin)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.as(secret)
}

// /Me is the subject of the token (7644-3.11-R03, R04).
func TestMe(t *testing.T) {
	e, w := start(t)
	path := "/Users/" + w.user("ann")
	me := held(e, w, store.ScopeSCIM, "ANN")
	for _, r := range []answer{
		me.want(200, "GET", "/Me", ""),
		me.want(200, "PATCH", "/Me", replace("title", `"x"`)),
		me.want(200, "PUT", "/Me", user("ann")),
		me.want(200, "HEAD", "/Me", ""),
		me.want(304, "GET", "/Me", "", "If-None-Match: *"),
	} {
		if l, cl := r.header.Get("Location"), r.header.Get("Content-Location"); l != w.base+path || cl != l {
			t.Errorf("Location %s and Content-Location %s, want %s", l, cl, w.base+path)
		}
		if r.body != nil && r.body["meta"].(map[string]any)["location"] != w.base+path {
			t.Errorf("meta.location is not %s: %s", w.base+path, r.raw)
		}
	}
	me.want(412, "DELETE", "/Me", "", `If-Match: "1"`)
	me.want(400, "PATCH", "/Me", "{}")
	me.want(501, "POST", "/Me", user("bob"))
	held(e, w, store.ScopeSCIMRead, "ann").want(403, "PATCH", "/Me", replace("title", `"y"`))

	anyone := w.as("")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		anyone.want(401, method, "/Me", "")
		w.want(404, method, "/Me", "")
	}
	anyone.want(401, "POST", "/Me", "")
	w.want(501, "POST", "/Me", user("bob"))

	me.want(204, "DELETE", "/Me", "")
	me.want(401, "GET", "/Me", "")
	me.want(401, "GET", "/Users", "")
	w.want(404, "GET", path, "")
}

// Without the feature /Me is 501 (7644-3.11-R01, 7644-3.12-R06).
func TestMeNotImplemented(t *testing.T) {
	e, w := start(t)
	w.user("ann")
	setQuirk(t, e, "me_not_implemented", true)
	for _, client := range []client{w, held(e, w, store.ScopeSCIM, "ann"), held(e, w, store.ScopeSCIMSelf, "ann"), held(e, w, store.ScopeSCIMRead, "")} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			client.want(501, method, "/Me", "")
		}
	}
}

// A token of scope scim.self reaches its own resource and discovery, nothing
// else (7644-2-R04).
func TestSelfScope(t *testing.T) {
	e, w := start(t)
	own, other := "/Users/"+w.user("ann"), "/Users/"+w.user("bob")
	eng := w.create("/Groups", groupOf("eng", strings.TrimPrefix(own, "/Users/")))
	self := held(e, w, store.ScopeSCIMSelf, strings.TrimPrefix(own, "/Users/"))

	self.want(200, "GET", own, "")
	self.want(200, "PATCH", own, replace("title", `"x"`))
	self.want(200, "PUT", own, user("ann"))
	self.want(200, "GET", "/Me", "")
	self.want(200, "GET", "/Schemas", "")
	self.want(200, "GET", "/ResourceTypes/User", "")
	self.want(204, "OPTIONS", own, "")
	for _, path := range []string{other, "/Users/unknown", "/Groups/" + eng, "/Groups/" + strings.TrimPrefix(own, "/Users/")} {
		self.want(404, "GET", path, "")
		self.want(404, "PUT", path, user("bob"))
		self.want(404, "PATCH", path, replace("title", `"x"`))
		self.want(403, "DELETE", path, "")
	}
	self.want(403, "DELETE", own, "")
	self.want(403, "DELETE", "/Me", "")
	self.want(403, "POST", "/Users", user("carl"))
	self.want(403, "POST", "/Groups", group("ops"))

	total := func(c client, query string) string {
		t.Helper()
		r := c.want(200, "GET", query, "")
		for _, o := range r.body["Resources"].([]any) {
			if c.token == self.token && o.(map[string]any)["id"] != strings.TrimPrefix(own, "/Users/") {
				t.Errorf("%s shows %v", query, o)
			}
		}
		return r.json("totalResults")
	}
	for query, want := range map[string]string{
		"/Users": "1", "/Users?count=0": "1", "/Groups": "0", "/Groups?count=0": "0",
		"/Users?filter=" + url.QueryEscape(`userName eq "bob"`):                        "0",
		"/Users?filter=" + url.QueryEscape(`userName eq "ann" or userName eq "bob"`):   "1",
		"/Users?filter=" + url.QueryEscape(`not (userName eq "ann")`):                  "0",
		"/Users?filter=" + url.QueryEscape(`title pr or not (title pr)`):               "1", // tested in memory
		"/Groups?filter=" + url.QueryEscape(`displayName eq "eng" and displayName pr`): "0",
	} {
		if got := total(self, query); got != want {
			t.Errorf("%s: totalResults %v, want %v", query, got, want)
		}
	}
	if got := total(w, "/Users"); got != "2" {
		t.Errorf("the directory's own token sees %v users, want 2", got)
	}
	w.want(204, "DELETE", own, "")
	self.want(401, "GET", own, "")
	self.want(401, "GET", "/Schemas", "")
}

// A subject must be a user of the directory, and scim.self needs one.
func TestSubjects(t *testing.T) {
	e, w := start(t)
	w.user("ann")
	if _, secret := e.NewDirectory(t, "entra", "strict"); secret == "" {
		t.Fatal("no second directory")
	}
	group := w.group("eng")
	for _, in := range []provision.TokenInput{
		{Directory: "okta", Scope: store.ScopeSCIMSelf},
		{Directory: "okta", Scope: store.ScopeSCIMSelf, Subject: "nobody"},
		{Directory: "okta", Scope: store.ScopeSCIMSelf, Subject: group},
		{Directory: "entra", Scope: store.ScopeSCIMSelf, Subject: "ann"},
		{Directory: "okta", Scope: store.ScopeAdmin},
		{Directory: "okta", Scope: store.ScopeSCIM, Lifetime: -1},
	} {
		if _, _, err := e.CreateToken(context.Background(), in, testenv.Admin); err == nil {
			t.Errorf("%+v was accepted", in)
		}
	}
}
