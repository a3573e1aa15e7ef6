package idtoken

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzVerify: whatever the application passes on, the answer is the person of
// the one good token or an *Error.
func FuzzVerify(f *testing.F) {
	p := newIDP(f, httptest.NewServer)
	v := p.verifier()
	good := p.token(f, nil)
	parts := strings.Split(good, ".")
	for _, raw := range []string{
		good, "", "..", "a.b.c", parts[0] + "." + parts[1] + ".", parts[0] + ".e30." + parts[2],
		"eyJhbGciOiJub25lIn0.e30.AA", "eyJhbGciOiJFUzI1NiJ9." + parts[1] + "." + parts[2], good + "=", `{"payload":""}`,
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := v.Verify(t.Context(), p.issuer(), raw, nonce)
		var e *Error
		switch {
		case err == nil && c.Subject != "248289761001":
			t.Errorf("%q is %+v", raw, c)
		case err != nil && (!asError(err, &e) || e.Kind != Refused):
			t.Errorf("%q: %v", raw, err)
		}
	})
}

// FuzzRead: the same of what a provider may sign.
func FuzzRead(f *testing.F) {
	p := newIDP(f, httptest.NewServer)
	issuer, now := p.issuer(), p.clock.now()
	issuer.URL = "https://idp" // the port would make a corpus of one run
	for _, other := range []map[string]any{
		{}, {"aud": []string{"x", audience}, "azp": audience}, {"groups": []string{"a", ""}}, {"groups": "a"}, {"groups": nil, "hasgroups": true},
		{"_claim_names": map[string]any{"groups": "src1"}}, {"email": "j@x", "email_verified": "false"}, {"exp": 1e300}, {"events": struct{}{}},
	} {
		other["iss"] = issuer.URL
		body, err := json.Marshal(p.claims(other))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := read(body, issuer, nonce, now)
		var e *Error
		switch {
		case err == nil && (c.Subject == "" || c.UserName == ""):
			t.Errorf("%q is nobody: %+v", body, c)
		case err != nil && (!asError(err, &e) || e.Kind != Refused && e.Kind != GroupsElsewhere):
			t.Errorf("%q: %v", body, err)
		}
	})
}
