package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"scimd/idtoken"
	"scimd/provision"
)

func TestDescribesItself(t *testing.T) {
	h := (&API{NewID: func() string { return "r1" }}).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", BasePath+"/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v", w.Code, err)
	}
	for _, want := range []string{"/parents/{parent}/verify", "/orgs/{org}/members/{person}/explanation", "/events", "/tokens/{token}", "/parents/{parent}/plans", "/plans/{plan}/rows", "/orgs/{org}/access", "/logins", "/declarations", "/parents/{parent}/declaration"} {
		if doc.Paths[want] == nil {
			t.Errorf("%s is not described", want)
		}
	}
	for path, operations := range doc.Paths {
		for method, operation := range operations {
			described := false
			for _, p := range operation.Parameters {
				described = described || p.Name == ActorHeader
			}
			if described != (method != "get") {
				t.Errorf("%s %s: %s is described: %t", method, path, ActorHeader, described)
			}
		}
	}
}

func TestUnrouted(t *testing.T) {
	h := (&API{NewID: func() string { return "r1" }}).Handler()
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nothing", http.StatusNotFound, ""},
		{"PUT", "/parents", http.StatusMethodNotAllowed, "GET, HEAD, POST"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tt.method, BasePath+tt.path, nil))
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s %s: %v: %s", tt.method, tt.path, err, w.Body)
		}
		if w.Code != tt.status || p.Status != tt.status || w.Header().Get("Allow") != tt.allow ||
			w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %v %s", tt.method, tt.path, w.Code, w.Header(), w.Body)
		}
	}
}

func TestProblem(t *testing.T) {
	a := &API{Log: slog.New(slog.DiscardHandler)}
	for r := provision.NotFound; r <= provision.Undecided; r++ {
		p := a.problem(t.Context(), &provision.Error{Reason: r, Field: "mode", Rule: "C-2", Text: "no"})
		if p.Status < 400 || p.Status >= 500 || p.Field != "mode" || p.Rule != "C-2" || p.Detail != "no" {
			t.Errorf("reason %d: %+v", r, p)
		}
	}
	for kind := idtoken.Refused; kind <= idtoken.Misconfigured; kind++ {
		p := a.problem(t.Context(), &idtoken.Error{Kind: kind, Text: "no"})
		if p.Status != 422 && (p.Status != 503 || p.GetHeaders().Get("Retry-After") == "") || !strings.HasPrefix(p.Detail, "no") {
			t.Errorf("kind %d: %+v", kind, p)
		}
	}
	p := a.problem(t.Context(), errors.New("disk full at /var/lib"))
	if p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, "disk") {
		t.Errorf("an internal error says %+v", p)
	}
}

// Half of a list does not look like a whole one.
func TestBrokenOff(t *testing.T) {
	for name, tt := range map[string]struct {
		rows   int
		status int
	}{"before the first row": {0, 500}, "within what is kept back": {1, 500}, "later": {10000, 0}} {
		t.Run(name, func(t *testing.T) {
			a := &API{Log: slog.New(slog.DiscardHandler), NewID: func() string { return "r1" }}
			mux := http.NewServeMux()
			a.huma = humago.New(mux, huma.DefaultConfig("test", "1"))
			sheet(a, "/rows", "list rows", []string{"row"}, func(s string) []string { return []string{s} },
				func(_ context.Context, _ *struct{}, row func(string) error) error {
					for range tt.rows {
						if err := row("a row"); err != nil {
							return err
						}
					}
					return errors.New("disk full")
				})
			server := httptest.NewServer(mux)
			defer server.Close()
			for _, accept := range []string{"text/csv", "application/json"} {
				r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/rows", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Accept", accept)
				w, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_, err = io.ReadAll(w.Body)
				w.Body.Close()
				if cut := err != nil; cut != (tt.status == 0) || !cut && w.StatusCode != tt.status {
					t.Errorf("%s: %s, %v", accept, w.Status, err)
				}
			}
		})
	}
}
