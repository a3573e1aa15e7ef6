package scim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
)

// atOnce is how many requests are under way: it lets writes share a commit.
const atOnce = 64

// BenchmarkRequests calls the handler without a connection, beside two orgs
// whose people come from mapped groups. It is what a request costs of ours, and
// where to take a profile: -bench Requests/PATCH_user -cpuprofile cpu.out
func BenchmarkRequests(b *testing.B) {
	const people = 2000
	env := testenv.Start(b)
	crew := mappedGroup(b, env)
	ids := make([]string, people)
	for i := range ids {
		ids[i] = requested(b, env, "POST", "/Users", benchUser("seed", i)).id(b)
	}
	var turn atomic.Int64 // over all goroutines
	pick := func() (n int, id string) { n = int(turn.Add(1)); return n, ids[n%people] }
	for _, c := range []struct {
		name string
		run  func(b *testing.B) served
	}{
		{"GET", func(b *testing.B) served {
			_, id := pick()
			return requested(b, env, "GET", "/Users/"+id, "")
		}},
		{"lookup", func(b *testing.B) served {
			n, _ := pick()
			return requested(b, env, "GET", "/Users?filter="+url.QueryEscape(`userName eq "`+benchName("seed", n%people)+`"`), "")
		}},
		{"lookup by e-mail", func(b *testing.B) served {
			n, _ := pick()
			return requested(b, env, "GET", "/Users?filter="+url.QueryEscape(`emails[type eq "work" and value eq "`+benchName("seed", n%people)+`"]`), "")
		}},
		{"page", func(b *testing.B) served { return requested(b, env, "GET", "/Users?count=100", "") }},
		{"POST user", func(b *testing.B) served {
			n, _ := pick()
			return requested(b, env, "POST", "/Users", benchUser(b.Name(), n))
		}},
		{"PATCH user", func(b *testing.B) served {
			n, id := pick()
			return requested(b, env, "PATCH", "/Users/"+id, patchOp(fmt.Sprintf(`{"op":"replace","path":"title","value":"title %d"}`, n)))
		}},
		{"PATCH member", func(b *testing.B) served {
			n, id := pick()
			operation := `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`
			if n/people%2 == 1 {
				operation = `{"op":"remove","path":"members[value eq \"` + id + `\"]"}`
			}
			return requested(b, env, "PATCH", "/Groups/"+crew+"?excludedAttributes=members", patchOp(operation))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetParallelism(atOnce / 2)
			b.ReportAllocs()
			before := processorTime(b)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if got := c.run(b); got.Code >= http.StatusBadRequest {
						b.Errorf("got %d %s, want success", got.Code, got.Body)
						return
					}
				}
			})
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime is what the process has used so far: others on the machine do
// not count.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// mappedGroup sets up two orgs on scim whose only role comes with the group.
func mappedGroup(b *testing.B, env *testenv.Env) string {
	b.Helper()
	ctx, on, scim := b.Context(), true, "scim"
	crew := requested(b, env, "POST", "/Groups", group("crew")).id(b)
	for org, role := range map[string]string{"claude": "user", "console": "developer"} {
		in := provision.OrgInput{Parent: "acme", Name: "acme-" + org, Product: org, Plan: map[string]string{"claude": "enterprise", "console": "console"}[org]}
		if _, err := env.CreateOrg(ctx, in, testenv.Admin); err != nil {
			b.Fatal(err)
		}
		if _, err := env.AddMapping(ctx, provision.MappingInput{Org: in.Name, Group: "crew", Role: role}, testenv.Admin); err != nil {
			b.Fatal(err)
		}
		if _, err := env.ChangeOrg(ctx, in.Name, provision.OrgChange{Mode: &scim, GroupMappings: &on}, testenv.Admin); err != nil {
			b.Fatal(err)
		}
	}
	return crew
}

type served struct{ *httptest.ResponseRecorder }

func (s served) id(tb testing.TB) string {
	tb.Helper()
	var a answer
	a.raw = s.Body.String()
	if err := a.into(&a.body); err != nil || s.Code != http.StatusCreated {
		tb.Fatalf("got %d %s, want 201", s.Code, a.raw)
	}
	return a.id()
}

func requested(tb testing.TB, env *testenv.Env, method, path, body string) served {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, "http://localhost/scim/v2"+path, nil)
	if err != nil {
		tb.Error(err)
	}
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.Header.Set("Content-Type", "application/scim+json")
	}
	r.Header.Set("Authorization", "Bearer "+env.Token)
	w := httptest.NewRecorder()
	env.Handler.ServeHTTP(w, r)
	return served{w}
}

func benchName(run string, n int) string { return fmt.Sprintf("%s.%d@example.com", run, n) }

func benchUser(run string, n int) string {
	name := benchName(run, n)
	return user(name, `"active":true`, `"displayName":"Bench User"`, `"name":{"givenName":"Bench","familyName":"User"}`,
		`"emails":[{"value":"`+name+`","type":"work","primary":true}]`, `"title":"Engineer"`, `"externalId":"`+name+`"`)
}
