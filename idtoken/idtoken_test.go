package idtoken

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func asError(err error, e **Error) bool { return errors.As(err, e) }

// again tries until a second is over: go-oidc may let a caller join a fetch
// that has ended, and then the answer is the one before.
func again(try func() error) error {
	over := time.After(time.Second)
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-over:
			return err
		default:
		}
	}
}

func TestGood(t *testing.T) {
	tls := newIDP(t, httptest.NewTLSServer)
	for _, tt := range []struct {
		name   string
		other  map[string]any
		groups string // the claim
		want   Claims
	}{
		{name: "little", want: Claims{UserName: "jane@example.com"}},
		{name: "all", other: map[string]any{"email": "j@x", "email_verified": true, "name": "Jane Doe", "groups": []string{"a", "b"}},
			want: Claims{UserName: "jane@example.com", Email: "j@x", Name: "Jane Doe", Groups: []string{"a", "b"}}},
		{name: "Entra 1.0", other: map[string]any{"preferred_username": nil, "upn": "jane@corp", "email": "j@x"},
			want: Claims{UserName: "jane@corp", Email: "j@x"}},
		{name: "e-mail names", other: map[string]any{"preferred_username": nil, "email": "j@x"},
			want: Claims{UserName: "j@x", Email: "j@x"}},
		{name: "e-mail not verified", other: map[string]any{"preferred_username": nil, "email": "j@x", "email_verified": false},
			want: Claims{UserName: "248289761001"}},
		{name: "e-mail not verified, says a string", other: map[string]any{"email": "j@x", "email_verified": "false"},
			want: Claims{UserName: "jane@example.com"}},
		{name: "name in parts", other: map[string]any{"given_name": "Jane", "family_name": "Doe"},
			want: Claims{UserName: "jane@example.com", Name: "Jane Doe"}},
		{name: "names that are none", other: map[string]any{"preferred_username": "a\x00b", "upn": 5, "name": []string{"x"}, "email": nil},
			want: Claims{UserName: "248289761001"}},
		{name: "one group", other: map[string]any{"groups": "a"},
			want: Claims{UserName: "jane@example.com", Groups: []string{"a"}}},
		{name: "no groups", other: map[string]any{"groups": []string{}},
			want: Claims{UserName: "jane@example.com", Groups: []string{}}},
		{name: "groups elsewhere named", other: map[string]any{"groups": []string{"x"}, "https://x/roles": []string{"a"}}, groups: "https://x/roles",
			want: Claims{UserName: "jane@example.com", Groups: []string{"a"}}},
		{name: "groups and an overage of others", other: map[string]any{"groups": "a", "hasgroups": true},
			want: Claims{UserName: "jane@example.com", Groups: []string{"a"}}},
		{name: "several audiences", other: map[string]any{"aud": []string{"x", audience}, "azp": audience},
			want: Claims{UserName: "jane@example.com"}},
		{name: "clocks apart", other: map[string]any{
			"iat": tls.clock.now().Add(leeway).Unix(), "nbf": tls.clock.now().Add(leeway).Unix(), "exp": float64(tls.clock.now().Add(-leeway).Unix()) + .5},
			want: Claims{UserName: "jane@example.com"}},
		{name: "no not-before", other: map[string]any{"nbf": nil}, want: Claims{UserName: "jane@example.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer := tls.issuer()
			issuer.GroupsClaim = tt.groups
			tt.want.Subject = "248289761001"
			got, err := tls.verifier().Verify(t.Context(), issuer, tls.token(t, tt.other), nonce)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	plain := newIDP(t, httptest.NewServer)
	if _, err := plain.verifier().Verify(t.Context(), plain.issuer(), plain.token(t, map[string]any{"nonce": nil}), ""); err != nil {
		t.Errorf("http on loopback, no nonce: %v", err)
	}
}

// One thing is wrong each time.
func TestRefused(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	now := p.clock.now().Unix()
	for _, tt := range []struct {
		name  string
		other map[string]any
		want  string
	}{
		{"issuer", map[string]any{"iss": p.URL + "/"}, "another issuer"},
		{"no issuer", map[string]any{"iss": nil}, "another issuer"},
		{"no subject", map[string]any{"sub": nil}, "no subject"},
		{"empty subject", map[string]any{"sub": ""}, "no subject"},
		{"subject of no store", map[string]any{"sub": "a\x00"}, "no subject"},
		{"audience", map[string]any{"aud": "Scimd"}, "another audience"},
		{"no audience", map[string]any{"aud": nil}, "another audience"},
		{"audiences", map[string]any{"aud": []string{"x", "y"}, "azp": audience}, "another audience"},
		{"audiences without azp", map[string]any{"aud": []string{"x", audience}}, "several audiences"},
		{"azp", map[string]any{"azp": "x"}, "another party"},
		{"azp of several", map[string]any{"aud": []string{"x", audience}, "azp": "x"}, "another party"},
		{"expired", map[string]any{"exp": now - 60}, "expired"},
		{"no expiry", map[string]any{"exp": nil}, "no time of expiry"},
		{"not yet", map[string]any{"nbf": now + 61}, "not valid yet"},
		{"future", map[string]any{"iat": now + 61}, "future"},
		{"no issue", map[string]any{"iat": nil}, "no time of issue"},
		{"time as text", map[string]any{"exp": fmt.Sprint(now + 300)}, "malformed"},
		{"nonce", map[string]any{"nonce": nonce + "x"}, "not the nonce"},
		{"no nonce", map[string]any{"nonce": nil}, "not the nonce"},
		{"logout", map[string]any{"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": struct{}{}}}, "no ID token"},
		{"groups of objects", map[string]any{"groups": []any{map[string]any{"id": "a"}}}, "groups that are not strings"},
		{"groups as number", map[string]any{"groups": 5}, "groups that are not strings"},
		{"group of no store", map[string]any{"groups": []string{"a\x00"}}, "groups that are not strings"},
		{"claim names", map[string]any{"_claim_names": "x"}, "malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := p.token(t, tt.other)
			got, err := p.verifier().Verify(t.Context(), p.issuer(), raw, nonce)
			wantKind(t, err, Refused, raw, tt.want)
			if diff := cmp.Diff(Claims{}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("nonce that nobody gave", func(t *testing.T) {
		_, err := p.verifier().Verify(t.Context(), p.issuer(), p.token(t, nil), "")
		wantKind(t, err, Refused, "", "none was given")
	})
}

// Tokens that are not the provider's, or no ID tokens by their form.
func TestForm(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	good := p.token(t, nil)
	parts := strings.Split(good, ".")
	body, err := json.Marshal(p.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	own := jose.SigningKey{Algorithm: jose.ES256, Key: p.keys[0]}
	public, err := json.Marshal(p.keys[0].Public())
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	pss := foreign(t, "first")
	pss.Algorithm = jose.PS256
	for _, tt := range []struct{ name, raw, want string }{
		{"empty", "", "compact"},
		{"words", "not a token", "compact"},
		{"two parts", parts[0] + "." + parts[1], "compact"},
		{"five parts", good + ".x.y", "compact"},
		{"no signature", parts[0] + "." + parts[1] + ".", "compact"},
		{"a line end", good + "\n", "compact"},
		{"JSON serialization", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, "compact"},
		{"long", good + strings.Repeat("A", maxToken), "longer than"},
		{"none", encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + "." + parts[2], "public-key algorithm"},
		{"no algorithm", encode([]byte(`{}`)) + "." + parts[1] + "." + parts[2], "public-key algorithm"},
		{"header", encode([]byte(`{"alg`)) + "." + parts[1] + "." + parts[2], "malformed"},
		{"HS256 by the public key", sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: public}, "JWT", body), "public-key algorithm"},
		{"algorithm not announced", sign(t, pss, "JWT", body), "algorithm of its provider"},
		{"access token", sign(t, own, "at+jwt", body), "another type"},
		{"logout token", sign(t, own, "logout+jwt", body), "another type"},
		{"another's key", sign(t, foreign(t, "first"), "JWT", body), "a key of its provider"},
		{"another's key without a name", sign(t, foreign(t, ""), "JWT", body), "a key of its provider"},
		{"the key is brought along", compactOf(t, foreign(t, ""), &jose.SignerOptions{EmbedJWK: true}, body), "a key of its provider"},
		{"changed payload", parts[0] + "." + encode([]byte(strings.Replace(string(body), "jane", "john", 1))) + "." + parts[2], "a key of its provider"},
		{"no JSON", sign(t, own, "JWT", []byte("x")), "malformed"},
		{"no object", sign(t, own, "JWT", []byte("[]")), "malformed"},
		{"null", sign(t, own, "JWT", []byte("null")), "another issuer"},
		{"a name twice", sign(t, own, "JWT", []byte(strings.Replace(string(body), "{", `{"sub":"x",`, 1))), "malformed"},
		{"names in capitals", sign(t, own, "JWT", []byte(strings.Replace(string(body), `"iss"`, `"ISS"`, 1))), "another issuer"},
		{"endless", sign(t, own, "JWT", []byte(strings.Replace(string(body), `"exp":`, `"exp":1e999,"x":`, 1))), "malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := p.verifier().Verify(t.Context(), p.issuer(), tt.raw, nonce)
			wantKind(t, err, Refused, tt.raw, tt.want)
		})
	}
	fresh := newIDP(t, httptest.NewTLSServer)
	if _, err := fresh.verifier().Verify(t.Context(), fresh.issuer(), "a.b.c", ""); err == nil || fresh.asks(discovery) != 0 {
		t.Errorf("%v, the provider was asked %d times for what is no token", err, fresh.asks(discovery))
	}
}

// Who is in too many groups is not in none.
func TestOverage(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	sources := map[string]any{"src1": map[string]any{"endpoint": "https://graph.windows.net/x/getMemberObjects"}}
	for _, tt := range []struct {
		name, claim string
		other       map[string]any
	}{
		{"distributed", "", map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": sources}},
		{"hasgroups", "", map[string]any{"hasgroups": true}},
		{"hasgroups as text", "", map[string]any{"hasgroups": "true", "groups": nil}},
		{"under another name", "roles", map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": sources}},
		{"of another name", "roles", map[string]any{"_claim_names": map[string]any{"roles": "src1"}, "_claim_sources": sources}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer := p.issuer()
			issuer.GroupsClaim = tt.claim
			got, err := p.verifier().Verify(t.Context(), issuer, p.token(t, tt.other), nonce)
			wantKind(t, err, GroupsElsewhere, "", "too many")
			if got.Subject != "248289761001" || got.UserName != "jane@example.com" || got.Groups != nil {
				t.Errorf("claims %+v", got)
			}
		})
	}
}

func TestMisconfigured(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	for _, url := range []string{
		"", "idp", "https:", "https://", "https:idp", "http://idp.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "file:///etc",
		"https://idp?x", "https://idp#", "https://u:p@idp", "https://idp/\x7f", "http://localhost.example.com", "http://127.0.0.1.example.com",
	} {
		_, err := p.verifier().Verify(t.Context(), Issuer{URL: url, Audience: audience}, p.token(t, nil), nonce)
		wantKind(t, err, Misconfigured, "", "https URL")
	}
	_, err := p.verifier().Verify(t.Context(), Issuer{URL: p.URL}, p.token(t, nil), nonce)
	wantKind(t, err, Misconfigured, "", "audience")
	_, err = p.verifier().Verify(t.Context(), Issuer{URL: p.URL + "/", Audience: audience}, p.token(t, nil), nonce)
	wantKind(t, err, Misconfigured, "", "another issuer URL")
}

// What is wrong with the provider says nothing about the token.
func TestUnavailable(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret", code) }
	}
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(s)) }
	}
	to := func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
	}
	plain := newIDP(t, httptest.NewServer)
	for _, tt := range []struct {
		name, path string
		answer     http.HandlerFunc
	}{
		{"discovery fails", discovery, status(http.StatusInternalServerError)},
		{"no discovery", discovery, status(http.StatusNotFound)},
		{"discovery of words", discovery, text("<html>")},
		{"discovery without end", discovery, text(strings.Repeat(" ", maxBytes+1) + "{}")},
		{"discovery leaves https", discovery, to(plain.URL + discovery)},
		{"discovery goes in circles", discovery, to(discovery)},
		{"discovery leaves the web", discovery, to("file:///etc/passwd")},
		{"keys fail", keysPath, status(http.StatusBadGateway)},
		{"keys of words", keysPath, text("<html>" + strings.Repeat("secret", 1000))},
		{"keys that are none", keysPath, text(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`)},
		{"keys without end", keysPath, text(`{"keys":[],"x":"` + strings.Repeat("x", maxBytes) + `"}`)},
		{"keys leave https", keysPath, to(plain.URL + keysPath)},
		{"connection breaks", keysPath, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newIDP(t, httptest.NewTLSServer)
			p.replace(tt.path, tt.answer)
			v, raw := p.verifier(), p.token(t, nil)
			for range 3 {
				_, err := v.Verify(t.Context(), p.issuer(), raw, nonce)
				wantKind(t, err, Unavailable, raw, "does not answer")
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the text is the provider's: %v", err)
				}
				if cause := errors.Unwrap(err); cause == nil || len(cause.Error()) > 500 {
					t.Errorf("cause %v", cause)
				}
			}
			if n := p.asks(tt.path); n > 1+maxHops {
				t.Errorf("asked %d times within the pause", n)
			}
			p.replace(tt.path, nil)
			p.clock.pass(pause)
			if err := again(func() error {
				_, err := v.Verify(t.Context(), p.issuer(), raw, nonce)
				return err
			}); err != nil {
				t.Errorf("the provider is back: %v", err)
			}
		})
	}
	if n := plain.asks(discovery) + plain.asks(keysPath); n != 0 {
		t.Errorf("asked without TLS %d times", n)
	}
	t.Run("keys elsewhere", func(t *testing.T) {
		p := newIDP(t, httptest.NewTLSServer)
		p.replace(discovery, func(w http.ResponseWriter, _ *http.Request) {
			m := p.metadata()
			m["jwks_uri"] = plain.URL + keysPath
			_ = json.NewEncoder(w).Encode(m)
		})
		_, err := p.verifier().Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		wantKind(t, err, Unavailable, "", "does not answer")
	})
	t.Run("good keys with a bad status", func(t *testing.T) {
		p := newIDP(t, httptest.NewTLSServer)
		p.replace(keysPath, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			p.replace(keysPath, nil)
			p.ServeHTTP(w, r)
		})
		_, err := p.verifier().Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		wantKind(t, err, Unavailable, "", "does not answer")
	})
	t.Run("nobody there", func(t *testing.T) {
		p := newIDP(t, httptest.NewTLSServer)
		p.Close()
		_, err := p.verifier().Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		wantKind(t, err, Unavailable, "", "does not answer")
	})
	t.Run("certificate", func(t *testing.T) {
		p := newIDP(t, httptest.NewTLSServer)
		_, err := New(nil, p.clock.now).Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		wantKind(t, err, Unavailable, "", "does not answer")
	})
}

// A caller gives up with its request, and those who wait with it do not.
func TestSlow(t *testing.T) {
	for _, path := range []string{discovery, keysPath} {
		t.Run(path, func(t *testing.T) {
			p := newIDP(t, httptest.NewTLSServer)
			release := make(chan struct{})
			p.replace(path, func(w http.ResponseWriter, r *http.Request) {
				<-release
				p.replace(path, nil)
				p.ServeHTTP(w, r)
			})
			v, raw := p.verifier(), p.token(t, nil)
			short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			_, err := v.Verify(short, p.issuer(), raw, nonce)
			wantKind(t, err, Unavailable, "", "does not answer")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cause %v", errors.Unwrap(err))
			}
			patient := make(chan error)
			go func() {
				_, err := v.Verify(t.Context(), p.issuer(), raw, nonce)
				patient <- err
			}()
			close(release)
			if err := <-patient; err != nil {
				t.Errorf("who waited on: %v", err)
			}
		})
	}
	t.Run("timeout", func(t *testing.T) {
		p := newIDP(t, httptest.NewTLSServer)
		p.replace(discovery, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		client := p.Client()
		client.Timeout = 30 * time.Millisecond
		start := time.Now()
		_, err := New(client, p.clock.now).Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		wantKind(t, err, Unavailable, "", "does not answer")
		if took := time.Since(start); took >= timeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestRotation(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	v := p.verifier()
	verify := func() error {
		t.Helper()
		_, err := v.Verify(t.Context(), p.issuer(), p.token(t, nil), nonce)
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	old := p.keys[0]
	p.rotate(t, "second")
	wantKind(t, verify(), Refused, "", "a key of its provider") // within the pause
	p.clock.pass(pause)
	if err := again(verify); err != nil {
		t.Errorf("the new key: %v", err)
	}
	body, err := json.Marshal(p.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	// go-oidc answers with new keys before it takes the old ones out.
	var refused error
	if again(func() error {
		if _, refused = v.Verify(t.Context(), p.issuer(), sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: old}, "JWT", body), nonce); refused == nil {
			return errors.New("the old key passes")
		}
		return nil
	}) != nil {
		t.Error("the old key passes still")
	}
	wantKind(t, refused, Refused, "", "a key of its provider")

	// A provider that is down does no harm to who is signed with a known key.
	p.replace(keysPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	p.clock.pass(pause)
	if err := verify(); err != nil {
		t.Errorf("known key, provider down: %v", err)
	}
	p.replace(keysPath, nil)

	// A key that was withdrawn does not pass for ever, although nobody brings
	// one that is not known.
	withdrawn := p.keys[0]
	p.rotate(t, "third")
	p.clock.pass(fresh)
	body, err = json.Marshal(p.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), p.issuer(), sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: withdrawn}, "JWT", body), nonce)
	wantKind(t, err, Refused, "", "a key of its provider")
}

// Forged tokens do not make us ask the provider more often than the pause says.
func TestRefetchBound(t *testing.T) {
	p := newIDP(t, httptest.NewTLSServer)
	v := p.verifier()
	body, err := json.Marshal(p.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for i := range 20 {
			raw := sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.keys[0].Key, KeyID: fmt.Sprint("forged", i)}}, "JWT", body)
			_, err := v.Verify(t.Context(), p.issuer(), raw, nonce)
			wantKind(t, err, Refused, raw, "a key of its provider")
		}
		if n := p.asks(keysPath); n != round+1 {
			t.Errorf("round %d: asked for keys %d times", round, n)
		}
		p.clock.pass(pause)
	}
	if n := p.asks(discovery); n != 1 {
		t.Errorf("discovered %d times", n)
	}
}

// Many callers and two providers: each is asked once for all, and nobody gets
// the other's claims.
func TestConcurrent(t *testing.T) {
	idps := []*idp{newIDP(t, httptest.NewServer), newIDP(t, httptest.NewServer)}
	v := New(nil, idps[0].clock.now)
	var wg sync.WaitGroup
	for i := range 64 {
		p := idps[i%2]
		sub := fmt.Sprint("person", i)
		raw := p.token(t, map[string]any{"sub": sub})
		wg.Go(func() {
			if c, err := v.Verify(t.Context(), p.issuer(), raw, nonce); err != nil || c.Subject != sub {
				t.Errorf("%s: %q, %v", sub, c.Subject, err)
			}
		})
		wg.Go(func() {
			_, err := v.Verify(t.Context(), idps[(i+1)%2].issuer(), raw, nonce)
			wantKind(t, err, Refused, raw, "a key of its provider")
		})
	}
	wg.Wait()
	for _, p := range idps {
		if d, k := p.asks(discovery), p.asks(keysPath); d != 1 || k != 1 {
			t.Errorf("discovered %d times, asked for keys %d times", d, k)
		}
	}
}
