package scim_test

import (
	"slices"
	"strings"
	"testing"
)

// What each path allows; anything else is 405 with Allow, never 404
// (9110-15.5.6-R01, 7643-5-R06, 7644-3.12-R01).
func TestMethods(t *testing.T) {
	_, w := start(t)
	user := "/Users/" + w.user("ann")
	group := "/Groups/" + w.want(201, "POST", "/Groups", group("eng")).id()
	for path, allow := range map[string]string{
		"/ServiceProviderConfig": "GET, HEAD, OPTIONS",
		"/ResourceTypes":         "GET, HEAD, OPTIONS",
		"/ResourceTypes/User":    "GET, HEAD, OPTIONS",
		"/Schemas":               "GET, HEAD, OPTIONS",
		"/Schemas/" + userURN:    "GET, HEAD, OPTIONS",
		"/Users":                 "GET, HEAD, POST, OPTIONS",
		"/Groups":                "GET, HEAD, POST, OPTIONS",
		user:                     "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
		group:                    "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
		"/Users/unknown":         "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
		"/Me":                    "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
	} {
		if got := w.want(204, "OPTIONS", path, "").header.Get("Allow"); got != allow {
			t.Errorf("OPTIONS %s: Allow %q, want %q", path, got, allow)
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FROBNICATE"} {
			if slices.Contains(strings.Split(allow, ", "), method) || path == "/Me" && method == "POST" {
				continue
			}
			r := w.want(405, method, path, "")
			if got := r.header.Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow %q, want %q", method, path, got, allow)
			}
		}
	}
}

// HEAD is GET without its body, also where GET fails.
func TestHead(t *testing.T) {
	_, w := start(t)
	for _, path := range []string{"/Users/" + w.user("ann"), "/Users", "/Users?filter=x", "/Users/unknown", "/Schemas", "/ServiceProviderConfig", "/Nothing", "/Me"} {
		get, head := w.do("GET", path, ""), w.do("HEAD", path, "")
		if head.status != get.status || head.raw != "" {
			t.Errorf("HEAD %s: %d %q, GET: %d", path, head.status, head.raw, get.status)
		}
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Location", "Cache-Control", "Vary"} {
			if h, g := head.header.Get(name), get.header.Get(name); h != g {
				t.Errorf("HEAD %s: %s %q, GET: %q", path, name, h, g)
			}
		}
	}
	anyone := w.as("")
	anyone.want(401, "OPTIONS", "/Users", "")
	anyone.want(204, "OPTIONS", "/Schemas", "")
}

// Who may keep an answer: the client for itself if it asks again, nobody else
// (docs/divergences.md; RFC 7644 §3.14).
func TestCaching(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("ann")
	const own, none = "private, no-cache", "no-store"
	for _, tt := range []struct {
		method, path, body, header, want string
	}{
		{"GET", path, "", "", own},
		{"GET", path, "", "If-None-Match: *", own},
		{"GET", "/Users", "", "", own},
		{"GET", "/Schemas", "", "", own},
		{"GET", "/Users/unknown", "", "", none},
		{"GET", "/Users", "", "Authorization: Bearer wrong", none},
		{"POST", "/Users", user("bob"), "", none},
		{"PATCH", path, replace("title", `"x"`), "", none},
		{"PUT", path, user("ann"), "If-Match: W/\"77\"", none},
		{"DELETE", path, "", "", none},
	} {
		r := w.do(tt.method, tt.path, tt.body, tt.header)
		if got := r.header.Get("Cache-Control"); got != tt.want {
			t.Errorf("%s %s %s: %d with Cache-Control %q, want %q", tt.method, tt.path, tt.header, r.status, got, tt.want)
		}
		if got := r.header.Get("Vary"); (got == "Authorization") != (tt.want == own) {
			t.Errorf("%s %s %s: Vary %q", tt.method, tt.path, tt.header, got)
		}
	}
}

// Accept selects nothing: there is one representation (7644-3.8-R02, R03, R04;
// 9110-15.5.7-R01).
func TestAccept(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("ann")
	want := w.want(200, "GET", path, "")
	for _, accept := range []string{"application/scim+json", "application/json", "*/*", "application/*;q=0.1", "text/xml", "application/scim+json;q=0", ";;"} {
		r := w.want(200, "GET", path, "", "Accept: "+accept)
		if r.raw != want.raw || r.header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("Accept %s: %v %s", accept, r.header, r.raw)
		}
	}
}

// Bodies of another type are refused wherever a body is taken
// (9110-15.5.16-R01; 7644-3.8-R01, R05, R06).
func TestContentType(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("ann")
	for _, typ := range []string{"text/xml", "application/x-www-form-urlencoded", "application/json-patch+json", "nonsense;;;"} {
		w.want(415, "POST", "/Users", user("bob"), "Content-Type: "+typ)
		w.want(415, "PUT", path, user("bob"), "Content-Type: "+typ)
		w.want(415, "PATCH", path, replace("title", `"x"`), "Content-Type: "+typ)
	}
	for _, typ := range []string{"application/scim+json", "application/json", "Application/SCIM+JSON; charset=utf-8", ""} {
		w.want(200, "PATCH", path, replace("title", `"Ærø 東京 😀"`), "Content-Type: "+typ)
	}
	if got := w.want(200, "GET", path, "").body["title"]; got != "Ærø 東京 😀" {
		t.Errorf("title %q", got)
	}
}

// The shape of a successful PATCH (7644-3.5.2-R05, A-05).
func TestPatchAnswer(t *testing.T) {
	e, w := start(t)
	path := "/Users/" + w.user("ann")
	for _, tt := range []struct {
		quirk  bool
		query  string
		header string
		status int
	}{
		{false, "", "", 200},
		{false, "", "Prefer: return=minimal", 204},
		{false, "?attributes=title", "Prefer: return=minimal", 200},
		{true, "", "", 204},
		{true, "", "Prefer: return=representation", 200},
		{true, "?attributes=title", "", 200},
	} {
		setQuirk(t, e, "patch_no_content", tt.quirk)
		r := w.want(tt.status, "PATCH", path+tt.query, replace("title", `"x"`), tt.header)
		if r.header.Get("ETag") == "" || (tt.status == 204) != (r.raw == "") {
			t.Errorf("%+v: %v %q", tt, r.header, r.raw)
		}
	}
}

// A value that comes without its object is held to the same type as one within
// (7643-2.3.6-R01; single_as_array).
func TestBareValueIsChecked(t *testing.T) {
	_, w := start(t)
	for _, value := range []string{`"@@@"`, `["@@@"]`, `{"value":"@@@"}`, `[{"value":"@@@"}]`} {
		w.want(400, "POST", "/Users", user("ann", `"x509Certificates":`+value))
	}
}
