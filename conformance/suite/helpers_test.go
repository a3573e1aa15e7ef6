package suite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// server is just enough of a SCIM server to judge the suite by.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	n       int
	stored  map[string]M
	deleted []string // "path by token", in order
	config  M
	answers map[string]http.HandlerFunc // over the rest, by "METHOD /path"
}

const base = "/scim/v2"

func newServer(t *testing.T) *server {
	s := &server{
		stored: map[string]M{}, answers: map[string]http.HandlerFunc{},
		config: M{"filter": M{"supported": true}, "patch": M{"supported": false}},
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) target() Target { return Target{URL: s.URL + base + "/", Token: "full-secret"} }

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, base)
	if answer, ok := s.answers[r.Method+" "+path]; ok {
		answer(w, r)
		return
	}
	_, exists := s.stored[path]
	switch {
	case path == "/ServiceProviderConfig":
		reply(w, 200, s.config)
	case r.Method == "POST" && path == "/Bulk":
		location := s.store("/Users", M{})
		reply(w, 200, M{"Operations": []M{{"method": "POST", "status": "201", "location": location}}})
	case r.Method == "POST" && strings.Count(path, "/") == 1:
		var body M
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			reply(w, 400, M{"schemas": []string{ErrorMessage}, "status": "400"})
			return
		}
		w.Header().Set("Location", s.store(path, body))
		reply(w, 201, body)
	case r.Method == "GET" && strings.Count(path, "/") == 1:
		reply(w, 200, M{"schemas": []string{ListMessage}, "totalResults": len(s.stored), "Resources": []M{}})
	case r.Method == "DELETE" && exists:
		delete(s.stored, path)
		s.deleted = append(s.deleted, path+" by "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		w.WriteHeader(204)
	case exists:
		reply(w, 200, s.stored[path])
	default:
		reply(w, 404, M{"schemas": []string{ErrorMessage}, "status": "404"})
	}
}

func (s *server) store(endpoint string, body M) (location string) {
	s.n++
	body["id"] = fmt.Sprint(s.n)
	path := fmt.Sprintf("%s/%d", endpoint, s.n)
	s.stored[path] = body
	return s.URL + base + path
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", MediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// judge runs one case against the target.
func judge(t *testing.T, target Target, c Case) Result {
	t.Helper()
	c.ID = "case"
	r, err := run(t.Context(), target, Options{}, []Case{c})
	if err != nil {
		t.Fatal(err)
	}
	return r.Results[0]
}

func wantOutcome(t *testing.T, got Result, want Outcome, message string) {
	t.Helper()
	if got.Outcome != want || !strings.Contains(strings.Join(got.Messages, "\n"), message) {
		t.Errorf("got %s %q, want %s with %q", got.Outcome, got.Messages, want, message)
	}
}
