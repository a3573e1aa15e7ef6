package idtoken

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	discovery = "/.well-known/openid-configuration"
	keysPath  = "/keys"
	audience  = "scimd"
	nonce     = "n-0S6_WzA2Mj"
)

// clock is one that a test sets forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// idp is a provider that answers by HTTP and signs tokens.
type idp struct {
	*httptest.Server
	clock *clock

	mu       sync.Mutex
	keys     []jose.JSONWebKey           // private; the last one signs
	replaced map[string]http.HandlerFunc // by path
	asked    map[string]int              // by path
}

func newIDP(t testing.TB, start func(http.Handler) *httptest.Server) *idp {
	t.Helper()
	p := &idp{
		clock:    &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		replaced: map[string]http.HandlerFunc{},
		asked:    map[string]int{},
	}
	p.rotate(t, "first")
	p.Server = start(p)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	replaced := p.replaced[r.URL.Path]
	var set jose.JSONWebKeySet
	for _, k := range p.keys {
		set.Keys = append(set.Keys, k.Public())
	}
	p.mu.Unlock()
	var body any
	switch {
	case replaced != nil:
		replaced(w, r)
		return
	case r.URL.Path == discovery:
		body = p.metadata()
	case r.URL.Path == keysPath:
		body = set
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (p *idp) metadata() map[string]any {
	return map[string]any{
		"issuer": p.URL, "jwks_uri": p.URL + keysPath,
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256", "ES256"},
	}
}

// replace answers a path by another handler, nil: again by its own.
func (p *idp) replace(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replaced[path] = h
}

func (p *idp) asks(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// rotate signs with a new key from now on and publishes no other.
func (p *idp) rotate(t testing.TB, kid string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []jose.JSONWebKey{{Key: key, KeyID: kid, Algorithm: "ES256", Use: "sig"}}
}

func (p *idp) issuer() Issuer { return Issuer{URL: p.URL, Audience: audience} }

func (p *idp) verifier() *Verifier { return New(p.Client(), p.clock.now) }

// claims are those of a good token with some set to others; nil drops one.
func (p *idp) claims(other map[string]any) map[string]any {
	now := p.clock.now().Unix()
	c := map[string]any{
		"iss": p.URL, "sub": "248289761001", "aud": audience, "nonce": nonce,
		"iat": now, "nbf": now, "exp": now + 300,
		"preferred_username": "jane@example.com",
	}
	maps.Copy(c, other)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func (p *idp) token(t testing.TB, other map[string]any) string {
	t.Helper()
	body, err := json.Marshal(p.claims(other))
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	key := p.keys[len(p.keys)-1]
	p.mu.Unlock()
	return sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: key}, "JWT", body)
}

func sign(t testing.TB, key jose.SigningKey, typ string, body []byte) string {
	t.Helper()
	return compactOf(t, key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)), body)
}

func compactOf(t testing.TB, key jose.SigningKey, options *jose.SignerOptions, body []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// foreign is a key that the provider does not have.
func foreign(t testing.TB, kid string) jose.SigningKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: crypto.PrivateKey(key), KeyID: kid}}
}

// wantKind also holds the text to being one for clients.
func wantKind(t *testing.T, err error, kind Kind, raw, part string) {
	t.Helper()
	var e *Error
	switch {
	case !asError(err, &e):
		t.Errorf("error %v, want an *Error", err)
	case e.Kind != kind || !strings.Contains(e.Text, part):
		t.Errorf("kind %d, %q (%v), want %d with %q", e.Kind, e.Text, e.cause, kind, part)
	case strings.ContainsAny(e.Text, "{}\n") || strings.Contains(e.Text, "oidc") || raw != "" && strings.Contains(e.Text, raw):
		t.Errorf("the text shows internals: %q", e.Text)
	}
}
