package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSmoke runs every scenario on a real server: correctness alone.
func TestSmoke(t *testing.T) {
	s, err := started()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	file := filepath.Join(t.TempDir(), "performance.md")
	err = run(t.Context(), []string{
		"-smoke", "-scimd", s.scimd, "-users", "200", "-growth", "100,200", "-sync-users", "100", "-sync-orgs", "3",
		"-connections", "4", "-duration", "20ms", "-docs", file, "-note", "A test.",
	}, &out)
	if err != nil {
		t.Fatalf("got %v\n%s", err, out.String())
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"GET user by id", "PATCH one member of 200", "PUT 100 members, all different", "onboarding by Entra", "DELETE user", "verify",
		"sync of 120 people x 3 orgs", "start to first answer", "200 users", "A test.", "(performance/sqlite-users.svg)",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("got a page without %q:\n%s", want, page)
		}
	}
	for _, name := range []string{"sqlite-users.svg", "sqlite-members.svg"} {
		plot, err := os.ReadFile(filepath.Join(filepath.Dir(file), "performance", name))
		if err != nil || !strings.Contains(string(plot), "</svg>") {
			t.Errorf("got plot %s with %v, want an SVG", name, err)
		}
	}
}

// started has what all tests share: a folder with the binaries, and with seeds.
var started = sync.OnceValues(func() (s *session, err error) {
	s = &session{config: config{seed: 1}, out: os.Stderr, seeded: map[seedKey]seeded{}}
	if s.folder, err = os.MkdirTemp("", "bench-test"); err != nil {
		return s, err
	}
	if s.scimd, err = build(context.Background(), s.folder, "cmd/scimd"); err != nil {
		return s, err
	}
	s.loader, err = build(context.Background(), s.folder, "bench/seed")
	return s, err
})

func TestMain(m *testing.M) {
	if os.Getenv(ceilingVariable) != "" {
		_ = listenCeiling(context.Background(), os.Stdout) // until it is killed
		return
	}
	status := m.Run()
	if s, _ := started(); s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
	os.Exit(status)
}

// fault changes what a request comes to; false forwards it as it is.
type fault func(w http.ResponseWriter, r *http.Request) bool

// pretend acknowledges every so many requests of a kind and does nothing.
func pretend(every int64, method, below string, status int) fault {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.HasPrefix(r.URL.Path, "/scim/v2/"+below) || n.Add(1)%every != 0 {
			return false
		}
		w.WriteHeader(status)
		if status == http.StatusCreated {
			_, _ = fmt.Fprint(w, `{"id":"019b76da-a802-738c-8e32-528bbc6b0984"}`)
		}
		return true
	}
}

// TestFaultsAreFound puts a proxy that lies between the driver and the server:
// a scenario that a fault concerns must fail.
func TestFaultsAreFound(t *testing.T) {
	s, err := started()
	if err != nil {
		t.Fatal(err)
	}
	top := httptest.NewServer(ceiling())
	defer top.Close()
	s.ceiling, s.connections, s.duration = top.URL, 4, 40*time.Millisecond
	for _, test := range []struct {
		name, scenario string
		fault          fault
		want           string
	}{
		{"nothing", "pages", func(http.ResponseWriter, *http.Request) bool { return false }, ""},
		{"a created user is lost", "post", pretend(3, "POST", "Users", 201), "want the"},
		{"a change of a user is lost", "patch", pretend(3, "PATCH", "Users", 204), "want an answer holding"},
		{"one of many changes at once is lost", "shared", pretend(3, "PATCH", "Users", 204), "that were added at once"},
		{"a change of a member is lost", "members", pretend(3, "PATCH", "Groups", 204), "want"},
		{"a thousand members are not added", "thousand", pretend(1, "PATCH", "Groups", 204), "members, want"},
		{"a group is not replaced", "put", pretend(1, "PUT", "Groups", 204), "of the last request"},
		{"a deleted user is there still", "delete", pretend(3, "DELETE", "Users", 204), "want the"},
		{"a cursor begins again", "pages", func(_ http.ResponseWriter, r *http.Request) bool {
			q := r.URL.Query()
			if q.Get("cursor") != "" {
				q.Set("cursor", "")
			}
			r.URL.RawQuery = q.Encode()
			return false
		}, "twice"},
		{"a page is missing", "pages", func(_ http.ResponseWriter, r *http.Request) bool {
			q := r.URL.Query()
			if q.Get("startIndex") != "" {
				q.Set("count", "50")
			}
			r.URL.RawQuery = q.Encode()
			return false
		}, "itemsPerPage"},
		{"one who is wanted in is not", "onboarding", pretend(3, "PATCH", "Groups", 204), "want an answer holding"},
		{"a read fails", "reads", pretend(3, "GET", "Users/", 404), "want status"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.with(t.Context(), sqlite, 200, 2, func(w *world) error {
				target, err := url.Parse(w.server.url)
				if err != nil {
					return err
				}
				forward := httputil.NewSingleHostReverseProxy(target)
				var on atomic.Bool
				proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if !on.Load() || !test.fault(rw, r) {
						forward.ServeHTTP(rw, r)
					}
				}))
				defer proxy.Close()
				behind := newWorld(w.Manifest, sqlite, proxy.URL, w.ceiling, w.scim)
				if err := behind.learn(); err != nil {
					t.Fatal(err)
				}
				on.Store(true)
				for _, sc := range scenarios {
					if sc.name == test.scenario {
						return sc.run(behind, t.Context())
					}
				}
				t.Fatalf("there is no scenario %s", test.scenario)
				return nil
			})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	b := budget{ratio: 0.1, factor: 1.5, p99: time.Second}
	for _, test := range []struct {
		r    row
		want string
	}{
		{row{budget: budget{}}, ""},
		{row{budget: b, ratio: 0.1, factor: 1.5, figures: figures{p99: time.Second}}, "met"},
		{row{budget: b, ratio: 0.09, factor: 1.5}, "missed"},
		{row{budget: b, ratio: 0.2, factor: 1.6}, "missed"},
		{row{budget: b, ratio: 0.2, figures: figures{p99: time.Second + 1}}, "missed"},
		{row{budget: budget{bytes: 10}, bytes: 11}, "missed"},
		{row{budget: budget{p50: 10}, figures: figures{p50: 10, p99: 20}}, "met"},
	} {
		if got := test.r.verdict(); got != test.want {
			t.Errorf("got %q for %+v, want %q", got, test.r, test.want)
		}
	}
}

func TestSizesOfGrowth(t *testing.T) {
	for _, test := range []struct {
		text string
		want string
	}{
		{"", "[10000 100000]"}, {"1000, 200", "[200 1000]"}, {"0", "[]"}, {"5", "error"}, {"many", "error"},
	} {
		got, err := parseSizes(test.text, 200_000)
		text := fmt.Sprint(got)
		if err != nil {
			text = "error"
		}
		if text != test.want {
			t.Errorf("got %s for %q, want %s", text, test.text, test.want)
		}
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
