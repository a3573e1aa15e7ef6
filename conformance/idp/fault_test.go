package idp_test

import (
	"bytes"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"scimd/conformance/idp"
	"scimd/internal/testenv"
)

// reply is what the real server answered; a fault bends it on its way back.
type reply struct {
	*httptest.ResponseRecorder
	request *http.Request
	sent    string // body of the request
}

func (r reply) is(method, pathPart string) bool {
	return r.request.Method == method && strings.Contains(r.request.URL.Path, pathPart)
}

func (r reply) replace(pattern, by string) {
	body := regexp.MustCompile(pattern).ReplaceAllString(r.Body.String(), by)
	r.Body.Reset()
	r.Body.WriteString(body)
}

func (r reply) become(status int, body string) {
	r.Code = status
	r.Body.Reset()
	r.Body.WriteString(body)
}

// between stands between a provider and a real scimd. Request may change what
// comes, or answer itself by returning true; bend changes what goes back.
func between(t *testing.T, env *testenv.Env, request func(http.ResponseWriter, *http.Request) bool, bend func(reply)) string {
	t.Helper()
	target, err := url.Parse(env.SCIM)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		if request != nil && request(w, r) {
			return
		}
		back := reply{httptest.NewRecorder(), r, string(sent)}
		forward.ServeHTTP(back, r)
		if bend != nil {
			bend(back)
		}
		back.Header().Del("Content-Length")
		for name, values := range back.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(back.Code)
		_, _ = w.Write(back.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Every check notices its fault.
func TestFaultsAreFound(t *testing.T) {
	for _, test := range []struct {
		name, provider, want string
		request              func(http.ResponseWriter, *http.Request) bool
		bend                 func(reply)
	}{
		{
			name: "numeric strings in paging", provider: "sailpoint", want: "want a list with integers",
			bend: func(r reply) { r.replace(`"totalResults":(\d+)`, `"totalResults":"$1"`) },
		},
		{
			name: "itemsPerPage as asked", provider: "sailpoint", want: "want them to agree",
			bend: func(r reply) { r.replace(`"itemsPerPage":\d+`, `"itemsPerPage":25`) },
		},
		{
			name: "resources on two pages", provider: "sailpoint", want: "want a stable order",
			request: func(_ http.ResponseWriter, r *http.Request) bool {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "startIndex=26", "startIndex=25", 1)
				return false
			},
			bend: func(r reply) { r.replace(`"startIndex":25`, `"startIndex":26`) },
		},
		{
			name: "list items without schemas", provider: "sailpoint", want: "want id and schemas on each resource",
			bend: func(r reply) {
				if r.is("GET", "/Users") {
					r.replace(`"schemas":\["urn:ietf:params:scim:schemas:[^]]*\],`, "")
				}
			},
		},
		{
			name: "no Resources in an empty list", provider: "okta", want: "want a ListResponse with Resources",
			bend: func(r reply) { r.replace(`,"Resources":\[\]|"Resources":\[\],`, "") },
		},
		{
			name: "userName lower-cased", provider: "okta", want: "with its case",
			bend: func(r reply) {
				if r.is("POST", "/Users") {
					r.become(r.Code, strings.ReplaceAll(r.Body.String(), "@Acme", "@acme"))
				}
			},
		},
		{
			name: "404 on a filter miss", provider: "okta", want: "want 200 and a list",
			bend: func(r reply) {
				if r.request.URL.Query().Has("filter") && strings.Contains(r.Body.String(), `"totalResults":0`) {
					r.become(http.StatusNotFound, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"none"}`)
				}
			},
		},
		{
			name: "a filter that is ignored", provider: "pingfederate", want: "want nobody else",
			request: func(_ http.ResponseWriter, r *http.Request) bool {
				r.URL.RawQuery = regexp.MustCompile(`filter=[^&]*`).ReplaceAllString(r.URL.RawQuery, "")
				return false
			},
		},
		{
			name: "empty 201", provider: "okta", want: "want the resource with an id to link to",
			bend: func(r reply) {
				if r.Code == http.StatusCreated {
					r.Body.Reset()
				}
			},
		},
		{
			name: "empty 200 on PATCH", provider: "entra", want: "want 200 with the resource",
			bend: func(r reply) {
				if r.is("PATCH", "/Users") {
					r.Body.Reset()
				}
			},
		},
		{
			name: "application/json in answers", provider: "google", want: `got Content-Type "application/json"`,
			bend: func(r reply) { r.Header().Set("Content-Type", "application/json") },
		},
		{
			name: "an error that is a page", provider: "rippling", want: "want an error with its schema",
			bend: func(r reply) {
				if r.Code == http.StatusConflict {
					r.become(r.Code, "<html>409</html>")
				}
			},
		},
		{
			name: "a numeric status in an error", provider: "rippling", want: "want an error with its schema",
			bend: func(r reply) { r.replace(`"status":"409"`, `"status":409`) },
		},
		{
			name: "the second POST succeeds", provider: "rippling", want: "once more: got 201",
			bend: func(r reply) {
				if r.Code == http.StatusConflict {
					r.become(http.StatusCreated, "{}")
				}
			},
		},
		{
			name: "inactive users are hidden", provider: "google", want: "lookup of the inactive",
			bend: func(r reply) {
				if r.request.URL.Query().Has("filter") && strings.Contains(r.Body.String(), `"active":false`) {
					r.become(http.StatusOK, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
				}
			},
		},
		{
			name: "reactivation shows late", provider: "okta", want: "in the answer, want true at once",
			bend: func(r reply) {
				if r.is("PATCH", "/Users") && strings.Contains(r.sent, "active") {
					r.replace(`"active":true`, `"active":false`)
				}
			},
		},
		{
			name: "booleans as strings", provider: "entra-flagged", want: "cannot unmarshal string",
			bend: func(r reply) { r.replace(`"active":(true|false)`, `"active":"$1"`) },
		},
		{
			name: "no memberships to be found", provider: "entra", want: "want yes before the removal",
			bend: func(r reply) {
				if strings.Contains(r.request.URL.RawQuery, "members+eq") {
					r.become(http.StatusOK, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
				}
			},
		},
		{
			name: "members lost", provider: "onelogin", want: "in the end group eng lacks",
			request: func(w http.ResponseWriter, r *http.Request) bool {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if !strings.Contains(r.URL.Path, "Groups") || !bytes.Contains(body, []byte(`"op":"add"`)) {
					return false
				}
				w.WriteHeader(http.StatusNoContent)
				return true
			},
		},
		{
			name: "200 on DELETE", provider: "generic", want: "want 204",
			bend: func(r reply) {
				if r.request.Method == "DELETE" {
					r.Code = http.StatusOK
				}
			},
		},
		{
			name: "a deleted user stays", provider: "generic", want: "should not be there",
			request: func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == "DELETE" && strings.Contains(r.URL.Path, "Users") {
					w.WriteHeader(http.StatusNoContent)
					return true
				}
				return false
			},
		},
		{
			name: "a deactivated user stays active", provider: "jumpcloud", want: "left and is active",
			request: func(_ http.ResponseWriter, r *http.Request) bool {
				body, _ := io.ReadAll(r.Body)
				body = bytes.ReplaceAll(body, []byte(`"active":false`), []byte(`"active": true`))
				r.Body = io.NopCloser(bytes.NewReader(body))
				return false
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env := testenv.Start(t)
			provider, _ := idp.Find(test.provider)
			cfg := config(between(t, env, test.request, test.bend), env.Token)
			cfg.Seed = 2 // in which a deleted person stays away
			report := run(t, provider, cfg)
			if !slices.ContainsFunc(report.Findings, func(s string) bool { return strings.Contains(s, test.want) }) {
				t.Errorf("got findings %q, want one holding %q", report.Findings, test.want)
			}
		})
	}
}

// A group that was there is read without its members by Entra (§4.7).
func TestMembersAreLeftOut(t *testing.T) {
	env := testenv.Start(t)
	provider, _ := idp.Find("entra")
	run(t, provider, config(env.SCIM, env.Token))
	shows := func(_ http.ResponseWriter, r *http.Request) bool {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "excludedAttributes=members&", "", 1)
		return false
	}
	report := run(t, provider, config(between(t, env, shows, nil), env.Token))
	if !slices.ContainsFunc(report.Findings, func(s string) bool { return strings.Contains(s, "want them left out") }) {
		t.Errorf("got findings %q, want the members to be noticed", report.Findings)
	}
}

// Each connection test refuses what the provider would refuse.
func TestConnectionTest(t *testing.T) {
	for provider, part := range map[string]string{
		"okta": "/Groups", "okta-aiw": "/Users", "entra": "/Groups", "entra-flagged": "/Users", "onelogin": "/Users",
		"google": "/Users", "pingfederate": "/Users", "rippling": "/ServiceProviderConfig", "sailpoint": "/ResourceTypes/Group",
		"generic": "/ServiceProviderConfig", "jumpcloud": "/Users/",
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			env := testenv.Start(t)
			refuses := func(r reply) {
				if strings.Contains(r.request.URL.Path, part) {
					r.Code = http.StatusNotImplemented
				}
			}
			p, _ := idp.Find(provider)
			if err := p.Connect(config(env.SCIM, env.Token)).Test(t.Context()); err != nil {
				t.Errorf("got error %v from a good server, want none", err)
			}
			if err := p.Connect(config(between(t, env, nil, refuses), env.Token)).Test(t.Context()); err == nil {
				t.Errorf("got no error although %s answers 501", part)
			}
			if report, err := p.Connect(config(env.SCIM, "no-token")).Run(t.Context()); err == nil || report.Requests == 0 {
				t.Errorf("got error %v after %d requests with a wrong token, want one", err, report.Requests)
			}
		})
	}
	env := testenv.Start(t)
	full := func(r reply) { r.replace(`"totalResults":0`, `"totalResults":1`) }
	p, _ := idp.Find("entra")
	if err := p.Connect(config(between(t, env, nil, full), env.Token)).Test(t.Context()); err == nil {
		t.Error("got no error although somebody answers to a random GUID")
	}
}

// Integer seconds are waited for, so the hour of backoff is not.
func TestThrottled(t *testing.T) {
	env := testenv.Start(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	busy := func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if seen[r.URL.String()] {
			return false
		}
		seen[r.URL.String()] = true
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	cfg := config(between(t, env, busy, nil), env.Token)
	cfg.Backoff = time.Hour
	okta, _ := idp.Find("okta")
	if report := run(t, okta, cfg); len(report.Findings) > 0 || report.Throttled < 30 {
		t.Errorf("got %d throttled and findings %q, want each address throttled once and no finding", report.Throttled, report.Findings)
	}
}

// A date or nothing in Retry-After is no number: the provider's own patience
// counts (§3.6).
func TestThrottledWithoutSeconds(t *testing.T) {
	for provider, attempts := range map[string]int{"okta": 10, "generic": 5} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		defer server.Close()
		p, _ := idp.Find(provider)
		report, err := p.Connect(idp.Config{URL: server.URL, Backoff: time.Microsecond}).Run(t.Context())
		if err == nil || report.Throttled != attempts {
			t.Errorf("%s: got error %v after %d attempts, want one after %d", provider, err, report.Throttled, attempts)
		}
	}
}

// A third of all writes is carried out and its answer lost, once: everybody
// looks or repeats, and nothing is there twice.
func TestLostAnswers(t *testing.T) {
	each(t, func(t *testing.T, provider idp.Provider) {
		env := testenv.Start(t)
		var mu sync.Mutex
		seen, lost := map[string]bool{}, 0
		lose := func(r reply) {
			mu.Lock()
			defer mu.Unlock()
			key := r.request.Method + r.request.URL.Path + r.sent
			h := fnv.New32()
			_, _ = h.Write([]byte(key))
			// JumpCloud's connection test forgives nothing, and only it deletes.
			test := provider.Name == "jumpcloud" && (r.request.Method == "DELETE" || strings.Contains(strings.ToLower(r.sent), "jumpcloud"))
			if r.request.Method != "GET" && h.Sum32()%3 == 0 && !seen[key] && !test {
				seen[key] = true
				lost++
				panic(http.ErrAbortHandler)
			}
		}
		report := run(t, provider, config(between(t, env, nil, lose), env.Token))
		if len(report.Findings) > 0 || lost < 10 {
			t.Errorf("got findings %q with %d answers lost, want none with 10 or more", report.Findings, lost)
		}
		env.MustVerify(t)
	})
}

// A server that answers no POST is given up after a few attempts.
func TestNoAnswers(t *testing.T) {
	env := testenv.Start(t)
	var posts atomic.Int32
	never := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != "POST" {
			return false
		}
		posts.Add(1)
		panic(http.ErrAbortHandler)
	}
	p, _ := idp.Find("generic")
	if _, err := p.Connect(config(between(t, env, never, nil), env.Token)).Run(t.Context()); err == nil || posts.Load() != 3 {
		t.Errorf("got error %v after %d attempts, want one after 3", err, posts.Load())
	}
}

// An answer that comes too late is lost as well.
func TestTimeout(t *testing.T) {
	t.Parallel()
	env := testenv.Start(t)
	var once sync.Once
	stall := func(r reply) {
		if r.is("POST", "/Users") {
			once.Do(func() { <-r.request.Context().Done() })
		}
	}
	cfg := config(between(t, env, nil, stall), env.Token)
	cfg.Client = &http.Client{Timeout: 5 * time.Second}
	p, _ := idp.Find("generic")
	if report := run(t, p, cfg); len(report.Findings) > 0 {
		t.Errorf("got findings %q, want the POST found to have been carried out", report.Findings)
	}
}
