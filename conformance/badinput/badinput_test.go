package badinput_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"scimd/conformance/badinput"
)

type recorder struct{ sentences []string }

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.sentences = append(r.sentences, fmt.Sprintf(format, args...))
}

// A server that accepts everything must fail the check in every way there is.
func TestCarelessServerIsReported(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusBadRequest)
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"id":"1","totalResults":1,"detail":"sql: no rows"}`)
	}))
	defer server.Close()
	var got recorder
	badinput.Check(&got, server.URL, "a", "b")
	all := strings.Join(got.sentences, "\n")
	for _, want := range []string{
		"truncated JSON: got status 201, want one of [400]", "want one of [413]", "want application/scim+json", "want 0: nothing may be stored",
		`PATCH remove without path: got scimType "", want one of ["noTarget"]`, "got \"sql:\" in the detail",
		"for a foreign id with the other token, want 404", "a boolean as string",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("got no sentence holding %q, want the careless server reported for it", want)
		}
	}
}

func TestServerWithoutFixtureIsReported(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	var got recorder
	badinput.Check(&got, server.URL, "a", "b")
	if len(got.sentences) != 1 || !strings.Contains(got.sentences[0], "want two directories") {
		t.Errorf("got %q, want one sentence about the fixture", got.sentences)
	}
}

func TestCasesAreWellFormed(t *testing.T) {
	for _, c := range badinput.Cases(badinput.Fixture{Run: "r", User: "u", Group: "g", ForeignUser: "f"}) {
		if c.Name == "" || c.Method == "" || !strings.HasPrefix(c.Path, "/") || len(c.Status) == 0 {
			t.Errorf("got case %+v, want a name, a method, a path and a status", c)
		}
		for _, status := range c.Status {
			if status < 400 || status >= 500 {
				t.Errorf("%s: got status %d, want a client error: bad input is never the server's fault", c.Name, status)
			}
		}
	}
}
