package idp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"scimd/conformance/idp"
	"scimd/internal/testenv"
)

// record plays a provider and gives a line for each request of its own:
// method, address, body, and the headers in brackets.
func record(t *testing.T, provider idp.Provider, cfg func(url, token string) idp.Config) []string {
	t.Helper()
	env := testenv.Start(t)
	var mu sync.Mutex
	var lines []string
	note := func(_ http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		defer mu.Unlock()
		if agent := r.Header.Get("User-Agent"); agent != "scimd-conformance" {
			lines = append(lines, fmt.Sprintf("%s %s %s [%s|%s|%s]", r.Method, r.RequestURI, body, agent, r.Header.Get("Accept"), r.Header.Get("Content-Type")))
		}
		return false
	}
	if report := run(t, provider, cfg(between(t, env, note, nil), env.Token)); len(report.Findings) > 0 {
		t.Errorf("got findings %q, want none", report.Findings)
	}
	return lines
}

func count(lines []string, pattern string) int {
	expression, n := regexp.MustCompile(pattern), 0
	for _, line := range lines {
		if expression.MatchString(line) {
			n++
		}
	}
	return n
}

// Each provider sends what is peculiar to it, and nothing it never sends
// (behaviour.md §§3-11).
func TestDialects(t *testing.T) {
	const userLookup = `^GET /Users\?filter=userName`
	dialects := map[string]struct{ sends, never []string }{
		"okta": {
			sends: []string{
				`^GET /Users\?filter=userName%20eq%20%22[^&]*%40Acme.example%22&startIndex=1&count=100 `,
				`^GET /Users\?startIndex=1&count=2 `,
				`^POST /Users .*"groups":\[\].*"password":`,
				`^PATCH /Users/.*\{"op":"replace","value":\{"active":false\}\}`,
				`^PATCH /Groups/.*\{"op":"replace","value":\{"displayName":"eng","id":"`,
				`^PATCH /Groups/.*"remove","path":"members\[value eq `,
				`^DELETE /Groups/`,
				`\[Okta SCIM Client 1.0.0\|application/scim\+json\|application/scim\+json; charset=utf-8\]$`,
			},
			never: []string{`^DELETE /Users`, `^PUT `, `ServiceProviderConfig`, `"type":"User"`},
		},
		"okta-aiw": {
			sends: []string{`^PUT /Users/.*"meta":`, `^PUT /Users/.*"active":false`, `^PUT /Groups/.*"members":\[\{"display":"`},
			never: []string{`^PATCH `, `^DELETE /Users`, `^PUT /Groups/.*"externalId"`},
		},
		"entra": {
			sends: []string{
				`^GET /Users\?filter=userName\+eq\+%22[^ ]*@Acme.example%22 `, `^GET /Users\?filter=externalId\+eq`,
				`^GET /Groups\?excludedAttributes=members&filter=displayName`,
				`^GET /Groups\?filter=id\+eq\+%22[^ ]*%22\+and\+members\+eq\+%22[^ ]*%22&attributes=id `,
				`^POST /Groups .*ADSCIM/2.0/Group`,
				`"op":"Replace","path":"active","value":"False"`,
				`"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"`,
				`"op":"Remove","path":"members","value":\[\{"\$ref":null,"value":"`,
				`"op":"Add","path":"members","value":\[\{"\$ref":null,"value":"[^"]*"\},\{`,
				`^DELETE /Users/`, `^DELETE /Groups/`, ` \[\|`,
			},
			never: []string{`^PUT `, `"op":"(add|replace|remove)"`, `^GET /Groups/[^?]* `, `^POST /Groups .*"members"`},
		},
		"entra-flagged": {
			sends: []string{
				`[?&]aadOptscim062020 `, `"op":"replace","value":\{[^}]*"name.familyName":`, `"op":"replace","path":"active","value":false`,
				`"op":"remove","path":"members\[value eq `,
			},
			never: []string{`"value":"(True|False)"`, `"op":"Remove"`},
		},
		"onelogin": {
			sends: []string{
				userLookup + `\+eq\+[^ ]*& `, `^PUT /Users/[^ ]*\? `, `^PATCH /Groups/[^ ]*\? `, `^GET /Groups\? `,
				`"active":"false".*"emails":\{`, `urn:scim:schemas:core:2.0`, `"id":null`, `^DELETE /Users/`, ` \[\|`,
			},
			never: []string{`^PATCH /Users`, `^DELETE /Groups`, `"value":\[\{[^]]*\},\{`},
		},
		"jumpcloud": {
			sends: []string{
				`^DELETE /Users/`, `^PUT /Users/.*"emails":null`, `^PUT /Users/.*"schemas":\["urn:ietf:params:scim:schemas:extension`,
				`"op":"remove","path":"members","value":\[`, `tel:\+1-555`,
			},
			never: []string{`^PATCH /Users`, `members\[value eq`},
		},
		"google": {
			sends: []string{
				`^GET /Users  \[Google-Auto-Provisioning\|application/json\|`, userLookup + `%20eq[^ ]*&startIndex=1 `,
				`^POST /Users .*"schemas":\["urn:scim:schemas:core:1.0",`, `^PUT /Users/`,
			},
			never: []string{`Groups`, `^PATCH`, `"title"`},
		},
		"pingfederate": {
			sends: []string{`^GET /Groups\?startIndex=1&count=100 `, userLookup, `^PUT /Users/`, `^PATCH /Groups/`, `application/json\|application/json\]$`},
			never: []string{`^PATCH /Users`, `^GET /Groups\?filter`},
		},
		"rippling": {
			sends: []string{`^GET /ServiceProviderConfig`, `^GET /Users\?filter=externalId`, `^PATCH /Users/.*"path":"active","value":false`, `^DELETE /Users/`},
			never: []string{`^PUT `, `filter=userName`, `"title"`},
		},
		"sailpoint": {
			sends: []string{
				`^GET /ResourceTypes/Group `, `^GET /Schemas `, `^GET /Users\?filter=meta.lastModified%20gt%20%22[^ ]*&startIndex=1&count=25 `, `^GET /Users\?startIndex=26&count=25 `,
				`\{"op":"add","value":\{"active":false\}\}`, `^PATCH /Users/.*"path":"urn:[^"]*:department"`,
			},
			never: []string{`filter=(userName|displayName|externalId)`, `^PUT `},
		},
		"generic": {
			sends: []string{`^GET /ServiceProviderConfig`, userLookup, `"path":"urn:[^"]*:manager","value":\{"value":"`, `"op":"remove","path":"urn:[^"]*:manager"`},
			never: []string{`"op":"[A-Z]`, `"value":"(True|False)"`, `^PUT `, `"groups":`},
		},
	}
	each(t, func(t *testing.T, provider idp.Provider) {
		long := func(url, token string) idp.Config {
			cfg := config(url, token)
			cfg.Churn = 200 // until the rarest has happened
			return cfg
		}
		lines, dialect := record(t, provider, long), dialects[provider.Name]
		for _, pattern := range dialect.sends {
			if count(lines, pattern) == 0 {
				t.Errorf("got no request like %s in %d", pattern, len(lines))
			}
		}
		for _, pattern := range dialect.never {
			if n := count(lines, pattern); n > 0 {
				t.Errorf("got %d requests like %s, want none", n, pattern)
			}
		}
		if len(dialect.sends) == 0 {
			t.Error("nothing is expected of the provider")
		}
	})
}

// A large group comes in bursts, each after the name, and an empty one as an
// empty replacement (§3.4).
func TestOktaBursts(t *testing.T) {
	provider, _ := idp.Find("okta")
	lines := record(t, provider, func(url, token string) idp.Config {
		return idp.Config{URL: url, Token: token, Users: 300, Groups: 1, Seed: 1}
	})
	if adds, names := count(lines, `^PATCH /Groups/.*"op":"add"`), count(lines, `^PATCH /Groups/.*"id":`); adds < 2 || names != adds {
		t.Errorf("got %d bursts and %d names, want at least two and a name before each", adds, names)
	}
	for _, line := range lines {
		if n := strings.Count(line, `"display":`); n > 100 {
			t.Errorf("got %d members in one request, want at most 100", n)
		}
	}
	lines = record(t, provider, func(url, token string) idp.Config {
		return idp.Config{URL: url, Token: token, Users: 0, Groups: 1, Seed: 1}
	})
	if count(lines, `"op":"replace","path":"members","value":\[\]`) != 1 {
		t.Errorf("got %q, want one empty push", lines)
	}
}
