package scim_test

import (
	"sync/atomic"
	"testing"
)

// The tag is on every answer about one resource, in its meta and in lists, and
// moves with the state only (7644-3.14-R01, R02, R03; 7644-3.3-R08).
func TestETag(t *testing.T) {
	_, w := start(t)
	first := w.want(201, "POST", "/Users", user("ann"))
	path := "/Users/" + first.id()
	tag := first.header.Get("ETag")
	same := func(r answer, want string) {
		t.Helper()
		if got := r.header.Get("ETag"); got != want {
			t.Errorf("ETag %s, want %s", got, want)
		}
		if r.body == nil {
			return
		}
		if got := r.body["meta"].(map[string]any)["version"]; got != want {
			t.Errorf("meta.version %v, want %s", got, want)
		}
	}
	same(first, tag)
	same(w.want(200, "GET", path, ""), tag)
	same(w.want(200, "HEAD", path, ""), tag)
	same(w.want(200, "PATCH", path, patchOp(`{"op":"remove","path":"title"}`)), tag) // changes nothing
	listed := w.want(200, "GET", "/Users", "").body["Resources"].([]any)[0].(map[string]any)
	if got := listed["meta"].(map[string]any)["version"]; got != tag {
		t.Errorf("the list has version %v, want %s", got, tag)
	}
	changed := w.want(200, "PATCH", path, replace("title", `"b"`))
	if changed.header.Get("ETag") == tag {
		t.Errorf("a change left the tag at %s", tag)
	}
	tag = changed.header.Get("ETag")
	same(w.want(204, "PATCH", path, replace("title", `"b"`), "Prefer: return=minimal"), tag)
	put := w.want(200, "PUT", path, user("ann"))
	if put.header.Get("ETag") == tag {
		t.Errorf("PUT left the tag at %s", tag)
	}
	if w.want(200, "GET", "/ServiceProviderConfig", "").body["etag"].(map[string]any)["supported"] != true {
		t.Error("etag.supported is not true")
	}
}

// Reads with If-None-Match and If-Match (7644-3.14-R04).
func TestConditionalReads(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("ann")
	for _, tt := range []struct {
		header string
		status int
	}{
		{`If-None-Match: W/"1"`, 304},
		{`If-None-Match: "1"`, 304},
		{`If-None-Match: "x", W/"1"`, 304},
		{`If-None-Match: "a,b" ,, "1"`, 304},
		{`If-None-Match: *`, 304},
		{`If-None-Match: W/"2"`, 200},
		{`If-None-Match: "W/1"`, 200},
		{`If-None-Match: 1`, 200}, // malformed: a read loses nothing
		{`If-Match: W/"1"`, 200},
		{`If-Match: W/"2"`, 412},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := w.want(tt.status, method, path, "", tt.header)
			if tt.status == 304 && (r.raw != "" || r.header.Get("ETag") != `W/"1"` || r.header.Get("Content-Location") != w.base+path) {
				t.Errorf("%s with %s: %v %q", method, tt.header, r.header, r.raw)
			}
		}
	}
	w.want(404, "GET", "/Users/nobody", "", "If-None-Match: *")
}

// Writes with If-Match and If-None-Match (7644-3.14-R05, R06, R08; ).
func TestConditionalWrites(t *testing.T) {
	_, w := start(t)
	for _, path := range []string{"/Users/" + w.user("ann"), "/Groups/" + w.group("eng")} {
		put := user("ann")
		if path[1] == 'G' {
			put = group("eng")
		}
		change := patchOp(`{"op":"replace","path":"externalId","value":"x"}`)
		before := w.want(200, "GET", path, "").raw
		for header, status := range map[string]int{
			`If-Match: W/"7"`: 412, `If-Match: "7", "8"`: 412, `If-None-Match: *`: 412, `If-None-Match: W/"1"`: 412,
			`If-Match: 1`: 400, `If-Match: `: 400, `If-Match: "1" "2"`: 400, `If-Match: "1`: 400, `If-Match: w/"1"`: 400,
			`If-Match: *, "1"`: 400, `If-None-Match: 1`: 400,
		} {
			w.want(status, "PUT", path, put, header)
			w.want(status, "PATCH", path, change, header)
			w.want(status, "DELETE", path, "", header)
		}
		if after := w.want(200, "GET", path, "").raw; after != before {
			t.Errorf("a refused write changed %s to %s", before, after)
		}
		w.want(200, "PATCH", path, change, `If-Match: "9", W/"1"`)
		w.want(200, "PUT", path, put, `If-Match: *`, `If-None-Match: "1"`)
		w.want(200, "PUT", path, put)
		w.want(412, "DELETE", path, "", `If-Match: W/"1"`)
		w.want(204, "DELETE", path, "", `If-Match: W/"3"`)
		w.want(404, "PUT", path, put, `If-Match: *`)
		w.want(404, "PATCH", path, change, `If-Match: *`)
		w.want(404, "DELETE", path, "", `If-Match: *`)
	}
}

// The check and the write are one step (7644-3.14-R07).
func TestIfMatchOneWins(t *testing.T) {
	_, w := start(t)
	path := "/Users/" + w.user("ann")
	var won, lost atomic.Int32
	together(20, func(i int) {
		switch w.do("PATCH", path, replace("title", asJSON(string(rune('a'+i)))), `If-Match: W/"1"`).status {
		case 200:
			won.Add(1)
		case 412:
			lost.Add(1)
		}
	})
	if won.Load() != 1 || lost.Load() != 19 {
		t.Errorf("%d won and %d lost, want 1 and 19", won.Load(), lost.Load())
	}
	if got := w.want(200, "GET", path, "").header.Get("ETag"); got != `W/"2"` {
		t.Errorf("ETag %s after one change", got)
	}
}
