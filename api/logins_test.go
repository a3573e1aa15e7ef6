package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// provider is an OpenID provider that answers by HTTP and signs tokens.
type provider struct {
	*httptest.Server
	env    *env
	signer jose.Signer
}

func (e *env) provider() *provider {
	e.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	e.must(key, err)
	jwk := jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: "ES256", Use: "sig"}
	p := &provider{env: e}
	p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jwk}, (&jose.SignerOptions{}).WithType("JWT"))
	e.must(p.signer, err)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body any
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			body = object{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}}
		case "/keys":
			body = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}}
		default:
			http.NotFound(w, r)
			return
		}
		if err := json.NewEncoder(w).Encode(body); err != nil {
			e.t.Error(err)
		}
	}))
	e.t.Cleanup(p.Close)
	return p
}

func (p *provider) token(other object) string {
	p.env.t.Helper()
	now := p.env.clock.Now().Unix()
	claims := object{
		"iss": p.URL, "sub": "248289761001", "aud": "the-app", "nonce": "n1",
		"iat": now, "exp": now + 300, "preferred_username": "ann@acme.example", "name": "Ann",
	}
	maps.Copy(claims, other)
	raw, err := json.Marshal(claims)
	p.env.must(raw, err)
	jws, err := p.signer.Sign(raw)
	p.env.must(jws, err)
	compact, err := jws.CompactSerialize()
	p.env.must(compact, err)
	return compact
}

// jit lets groups of claims in to acme-claude.
func (e *env) jit() {
	e.t.Helper()
	e.ask("PATCH", "/orgs/acme-claude", `{"mode":"jit","groupMappings":true}`, 200)
	e.ask("POST", "/orgs/acme-claude/mappings", `{"claim":"admins","role":"owner"}`, 201)
	e.ask("POST", "/orgs/acme-claude/mappings", `{"claim":"eng","role":"user"}`, 201)
}

func TestLogin(t *testing.T) {
	e := start(t)
	e.jit()
	e.ask("POST", "/orgs", `{"parent":"acme","name":"acme-team","product":"claude","plan":"team"}`, 201)
	const to = "/orgs/acme-claude/logins"

	none := e.ask("POST", to, `{"userName":"ann@acme.example","groups":["sales"]}`, 200)
	e.want(none, "allowed", false)
	e.want(none, "reason", "no_group")
	e.want(none, "account", nil)

	in := e.ask("POST", to, `{"userName":"ann@acme.example","groups":["Eng"]}`, 200)
	e.want(in, "allowed", true)
	e.want(in, "role", "user")
	e.want(in, "tier", "premium")
	e.want(in, "state", "active")
	e.want(in, "changed", true)
	e.want(in, "before", nil)
	again := e.ask("POST", to, `{"userName":"ann@acme.example","groups":["eng","admins"]}`, 200)
	e.want(again, "role", "owner")
	e.want(again, "before", object{"role": "user", "tier": "premium", "state": "active"})
	e.want(again, "account", in["account"])
	e.want(e.ask("POST", to, `{"userName":"ann@acme.example","groups":["eng","admins"]}`, 200), "changed", false)

	all := items(e.ask("POST", "/logins", `{"parent":"acme","userName":"ann@acme.example","groups":["admins"]}`, 200))
	if len(all) != 2 {
		t.Fatalf("%d orgs", len(all))
	}
	e.want(all[0].(object), "allowed", true)
	e.want(all[1].(object), "reason", "not_a_member")

	// S-3: no seat is a refusal, and a place in line.
	e.ask("PATCH", "/orgs/acme-claude", `{"seats":{"premium":1,"standard":0}}`, 200)
	full := e.ask("POST", to, `{"userName":"bob@acme.example","groups":["eng"]}`, 200)
	e.want(full, "reason", "no_seat")
	e.want(full, "place", 1)

	e.ask("POST", to, `{"groups":["eng"]}`, 422)
	e.want(e.ask("POST", to, `{"userName":"bob@acme.example","nonce":"n1"}`, 422), "field", "nonce")
	e.ask("POST", "/orgs/nobody/logins", `{"userName":"bob@acme.example"}`, 404)
	e.ask("POST", to, `{"userName":"bob@acme.example","role":"owner"}`, 422)
	e.ask("POST", "/logins", `{"userName":"bob@acme.example"}`, 422)
}

// An ID token says who it is; nothing else is believed beside it.
func TestLoginByIDToken(t *testing.T) {
	e := start(t)
	e.jit()
	e.ask("PATCH", "/orgs/acme-claude", `{"guards":{"lastAdministrator":"off"}}`, 200)
	p := e.provider()
	const to = "/orgs/acme-claude/logins"
	body := func(token string, other object) string {
		in := object{"idToken": token, "nonce": "n1"}
		maps.Copy(in, other)
		raw, err := json.Marshal(in)
		e.must(raw, err)
		return string(raw)
	}
	e.want(e.ask("POST", to, body(p.token(nil), nil), 409), "field", "idToken") // no issuer yet

	e.ask("PATCH", "/parents/acme", fmt.Sprintf(`{"login":{"issuer":%q,"audience":"the-app"}}`, p.URL), 200)
	in := e.ask("POST", to, body(p.token(object{"groups": []string{"eng"}}), nil), 200)
	e.want(in, "allowed", true)
	e.want(in, "role", "user")
	e.want(in, "userName", "ann@acme.example")
	// The subject stays who it was, whatever name the provider gives.
	renamed := e.ask("POST", to, body(p.token(object{"groups": []string{"admins"}, "preferred_username": "ann.lee@acme.example"}), nil), 200)
	e.want(renamed, "account", in["account"])
	e.want(renamed, "role", "owner")
	e.ask("POST", to, body(p.token(object{"groups": []string{"eng"}}), object{"assigned": true}), 200)

	for name, tt := range map[string]struct {
		body  string
		field string
	}{
		"another nonce":           {body(p.token(nil), object{"nonce": "n2"}), "idToken"},
		"no nonce":                {body(p.token(nil), object{"nonce": ""}), "idToken"},
		"another audience":        {body(p.token(object{"aud": "other"}), nil), "idToken"},
		"expired":                 {body(p.token(object{"exp": 1}), nil), "idToken"},
		"no token":                {body("x.y.z", nil), "idToken"},
		"claims beside it":        {body(p.token(nil), object{"userName": "olga@acme.example"}), "idToken"},
		"groups beside it":        {body(p.token(object{"groups": []string{"eng"}}), object{"groups": []string{"admins"}}), "groups"},
		"groups beside no groups": {body(p.token(nil), object{"groups": []string{"admins"}}), "groups"},
	} {
		t.Run(name, func(t *testing.T) { e.want(e.ask("POST", to, tt.body, 422), "field", tt.field) })
	}

	// The same subject of another issuer is somebody else.
	other := e.provider()
	e.ask("PATCH", "/parents/acme", fmt.Sprintf(`{"login":{"issuer":%q,"audience":"the-app"}}`, other.URL), 200)
	bob := e.ask("POST", to, body(other.token(object{"groups": []string{"eng"}, "preferred_username": "bob@acme.example"}), nil), 200)
	e.want(bob, "userName", "bob@acme.example")
	e.ask("PATCH", "/parents/acme", fmt.Sprintf(`{"login":{"issuer":%q,"audience":"the-app"}}`, p.URL), 200)

	// Too many groups for the token: they are not none.
	overage := p.token(object{"_claim_names": object{"groups": "src1"}, "_claim_sources": object{"src1": object{"endpoint": "https://graph.example"}}})
	e.want(e.ask("POST", to, body(overage, nil), 422), "field", "groups")
	e.want(e.ask("POST", "/logins", body(overage, object{"parent": "acme"}), 422), "field", "groups")
	if n := len(items(e.ask("GET", "/orgs/acme-claude/members", "", 200))); n != 2 {
		t.Fatalf("%d members", n)
	}
	e.want(e.ask("POST", to, body(overage, object{"groups": []string{"admins"}}), 200), "role", "owner")
	e.want(e.ask("POST", to, body(overage, object{"groups": []string{}}), 200), "reason", "no_group")

	// Where no group in claims counts, they may be missing.
	e.ask("PATCH", "/orgs/acme-claude", `{"groupMappings":false}`, 200)
	e.want(e.ask("POST", to, body(overage, nil), 200), "allowed", true)

	// Misconfigured, then unavailable: not the token's fault.
	e.ask("PATCH", "/parents/acme", `{"login":{"issuer":"http://login.example","audience":"the-app"}}`, 200)
	e.want(e.ask("POST", to, body(p.token(nil), nil), 422), "field", "login")
	e.ask("PATCH", "/parents/acme", fmt.Sprintf(`{"login":{"issuer":%q,"audience":"the-app"}}`, p.URL+"/gone"), 200)
	status, header, raw := e.raw("POST", to, body(p.token(object{"iss": p.URL + "/gone"}), nil))
	if status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", status, header, raw)
	}
}
