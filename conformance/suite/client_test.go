package suite

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRequests(t *testing.T) {
	s := newServer(t)
	var got *http.Request
	var body string
	echo := func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		reply(w, 200, M{})
	}
	s.answers["PUT /Things"] = echo
	for _, tc := range []struct {
		name                       string
		request                    Request
		contentType, accept, wants string
	}{
		{"an object", Request{Body: M{"a": 1}}, MediaType, MediaType, `{"a":1}`},
		{"raw text", Request{Body: `{"a":`}, MediaType, MediaType, `{"a":`},
		{"an empty body", Request{Body: ""}, MediaType, MediaType, ""},
		{"bytes", Request{Body: []byte("x"), Header: H{"content-type": "text/xml"}}, "text/xml", MediaType, "x"},
		{"no body", Request{}, "", MediaType, ""},
		{"no Accept", Request{Header: H{"Accept": ""}}, "", "", ""},
		{"a stream", Request{Body: func() io.Reader { return strings.NewReader("streamed") }}, MediaType, MediaType, "streamed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.request.Method, tc.request.Path = "PUT", "/Things"
			wantOutcome(t, judge(t, s.target(), Case{Run: func(t *T) { t.Do(tc.request) }}), Passed, "")
			if got.Header.Get("Content-Type") != tc.contentType || got.Header.Get("Accept") != tc.accept || body != tc.wants {
				t.Errorf("got Content-Type %q, Accept %q, body %q", got.Header.Get("Content-Type"), got.Header.Get("Accept"), body)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	s := newSession(Target{URL: "https://host/scim/v2/"})
	for path, want := range map[string]string{
		"/Users": "https://host/scim/v2/Users", "Users": "https://host/scim/v2/Users", "": "https://host/scim/v2",
		"?filter=x": "https://host/scim/v2?filter=x", "https://host/scim/v9/Users": "https://host/scim/v9/Users",
	} {
		if got := s.absolute(path); got != want || !s.owns(path) {
			t.Errorf("%q: got %s, want %s, on the server", path, got, want)
		}
	}
	if s.owns("http://host/scim/v2") || s.owns("https://host:8443/scim/v2") {
		t.Error("got another origin taken for the server, want it told apart")
	}
	if got, want := Query("/Users?a=b", "cursor", ""), "/Users?a=b&cursor="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Query("/Users", "filter", `a eq "b c"`, "count", "3"), "/Users?count=3&filter=a%20eq%20%22b%20c%22"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	s := newServer(t)
	s.answers["GET /Me"] = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusPermanentRedirect)
	}
	wantOutcome(t, judge(t, s.target(), Case{Run: func(t *T) { t.Want(t.Get("/Me"), 308) }}), Passed, "")
}

func TestExchangesHoldNoCredentials(t *testing.T) {
	s := newServer(t)
	target := s.target()
	target.OtherToken = "other-secret"
	got := judge(t, target, Case{Run: func(t *T) {
		t.Other().Get("/Users", "access_token", "full-secret")
		t.Post("/Users", t.User(M{"title": "other-secret"}))
		t.WithToken("issued-secret").Get("/Users")
		t.Anonymous().Get("/Users")
	}})
	if len(got.Exchanges) != 4 {
		t.Fatalf("got %d exchanges, want 4", len(got.Exchanges))
	}
	if all := fmt.Sprint(got.Exchanges); strings.Contains(all, "-secret") || strings.Count(all, redacted) != 6 {
		t.Errorf("got %s, want every token redacted", all)
	}
	if e := got.Exchanges[0]; e.Client != clientOther || e.Method != "GET" || e.Status != 200 || e.RequestHeader.Get("Accept") == "" || e.ResponseBody == "" {
		t.Errorf("got %+v, want the whole exchange", e)
	}
}

func TestManyExchangesKeepBothEnds(t *testing.T) {
	s := newServer(t)
	got := judge(t, s.target(), Case{Run: func(t *T) {
		for i := range keptExchanges + 7 {
			t.Get(fmt.Sprintf("/Users?n=%d", i))
		}
	}})
	first, last := got.Exchanges[0].URL, got.Exchanges[keptExchanges-1].URL
	if got.Omitted != 7 || !strings.HasSuffix(first, "n=0") || !strings.HasSuffix(last, "n=106") {
		t.Errorf("got %s … %s, %d omitted, want both ends and 7 omitted", first, last, got.Omitted)
	}
}
