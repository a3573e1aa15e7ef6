package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake keeps users by name and groups as sets; forget loses every nth write
// after having acknowledged it.
type fake struct {
	mu     sync.Mutex
	forget int
	writes int
	users  map[string]string
	groups map[string]map[string]bool
}

var (
	values   = regexp.MustCompile(`"value":"([^"]+)"`)
	quoted   = regexp.MustCompile(`eq \\?"([^"\\]+)`)
	nameOf   = regexp.MustCompile(`"(?:userName|displayName)":"([^"]+)"`)
	replaced = regexp.MustCompile(`"path":"title","value":"([^"]+)"`)
)

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	body, id := string(data), r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	isGroup := strings.HasPrefix(r.URL.Path, "/scim/Groups")
	switch {
	case r.Method == "POST" && isGroup:
		id = fmt.Sprintf("g%d", len(f.groups))
		f.groups[id] = map[string]bool{}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
	case r.Method == "POST":
		name := nameOf.FindStringSubmatch(body)[1]
		if f.keep() || !strings.HasPrefix(name, "posted") {
			f.users[name] = "u-" + name
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":"u-%s"}`, name)
	case r.Method == "PATCH" && isGroup:
		if strings.Contains(body, `"remove"`) {
			delete(f.groups[id], quoted.FindStringSubmatch(body)[1])
		} else {
			found := values.FindAllStringSubmatch(body, -1)
			if f.forget > 0 && len(found) > 1 {
				found = found[1:] // which no later write makes up for
			}
			for _, m := range found {
				f.groups[id][m[1]] = true
			}
		}
		w.WriteHeader(http.StatusNoContent)
	case r.Method == "PATCH":
		_, _ = fmt.Fprintf(w, `{"title":%q}`, replaced.FindStringSubmatch(body)[1])
	case isGroup:
		members := []map[string]string{}
		for m := range f.groups[id] {
			members = append(members, map[string]string{"value": m})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"members": members})
	case r.URL.Query().Get("filter") != "":
		_, _ = fmt.Fprintf(w, `{"totalResults":1,"Resources":[{"id":%q}]}`, f.users[quoted.FindStringSubmatch(r.URL.Query().Get("filter"))[1]])
	case id == "Users":
		_, _ = fmt.Fprintf(w, `{"totalResults":%d}`, len(f.users))
	default:
		_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
	}
}

func (f *fake) keep() bool {
	f.writes++
	return f.forget == 0 || f.writes%f.forget != 0
}

func bench(t *testing.T, server *fake) (string, error) {
	t.Helper()
	server.users, server.groups = map[string]string{}, map[string]map[string]bool{}
	scim, top := httptest.NewServer(server), httptest.NewServer(ceiling())
	defer scim.Close()
	defer top.Close()
	var out strings.Builder
	err := run(t.Context(), []string{
		"-url", scim.URL + "/scim/", "-ceiling", top.URL, "-token", "t", "-duration", "50ms", "-connections", "4", "-users", "20", "-sizes", "10,1500",
	}, &out)
	return out.String(), err
}

func TestTableAgainstGoodServer(t *testing.T) {
	out, err := bench(t, &fake{})
	if err != nil {
		t.Fatalf("got %v\n%s", err, out)
	}
	for _, want := range []string{"seeded 1504 users", "ceiling", "GET by id", "lookup by userName", "PATCH user", "80 % reads", "POST user", "PATCH one member of 10 ", "PATCH one member of 1500", "1.000"} {
		if !strings.Contains(out, want) {
			t.Errorf("got table without %q:\n%s", want, out)
		}
	}
}

func TestLostWritesAreReported(t *testing.T) {
	out, err := bench(t, &fake{forget: 3})
	if err == nil || !strings.Contains(err.Error(), "more users, want the") || !strings.Contains(err.Error(), "members at the end, want") {
		t.Errorf("got %v, want lost users and lost members reported\n%s", err, out)
	}
}

func TestWrongAnswersAreReported(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	cfg := config{connections: 2, duration: 10 * time.Millisecond}
	d := directory{ids: []string{"a"}}
	r, err := hammer(t.Context(), "GET", server.URL, cfg, d.getByID)
	if err != nil || r.done != 0 || r.fault == nil || !strings.Contains(r.fault.Error(), "got 404") {
		t.Errorf("got %+v and %v, want every answer counted as wrong", r, err)
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 100 {
		sorted = append(sorted, time.Duration(i+1))
	}
	if got := []time.Duration{percentile(sorted, 50), percentile(sorted, 99), percentile(nil, 99)}; got[0] != 51 || got[1] != 100 || got[2] != 0 {
		t.Errorf("got %v, want 51, 100 and 0", got)
	}
}

func TestCeilingAnswersOneKilobyte(t *testing.T) {
	recorder := httptest.NewRecorder()
	ceiling().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := recorder.Body.Len(); got != 1024 || !json.Valid(recorder.Body.Bytes()) {
		t.Errorf("got %d bytes, want 1024 of JSON", got)
	}
}
