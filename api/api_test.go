package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"scimd/provision"
)

func TestDescribesItself(t *testing.T) {
	h := (&API{NewID: func() string { return "r1" }}).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", BasePath+"/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v", w.Code, err)
	}
	for _, want := range []string{"/parents/{parent}/verify", "/orgs/{org}/members/{person}/explanation", "/events", "/tokens/{token}", "/declarations", "/parents/{parent}/declaration"} {
		if doc.Paths[want] == nil {
			t.Errorf("%s is not described", want)
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
	p := a.problem(t.Context(), errors.New("disk full at /var/lib"))
	if p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, "disk") {
		t.Errorf("an internal error says %+v", p)
	}
}
