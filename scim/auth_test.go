package scim_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim"
	"scimd/store"
)

// Who is not let in, and what the challenge says (7644-2-R01, R02;
// 7644-2.2-R01; 6750-3.1-R01; 7644-7.4-R02).
func TestChallenge(t *testing.T) {
	e, w := start(t)
	other, foreign := e.NewDirectory(t, "entra", "strict")
	revoked := held(e, w, store.ScopeSCIM, "")
	tokens := mustTokens(t, e)
	if err := e.RevokeToken(t.Context(), tokens[len(tokens)-1].ID, testenv.Admin); err != nil {
		t.Fatal(err)
	}
	admin, err := e.CreateAdminKey(t.Context(), "test", "")
	if err != nil {
		t.Fatal(err)
	}
	const none, invalid = `Bearer realm="scim"`, `Bearer realm="scim", error="invalid_token"`
	anyone := w.as("")
	for _, tt := range []struct {
		path, header, challenge string
	}{
		{"/Users", "", none},
		{"/Users?access_token=" + url.QueryEscape(w.token), "", none},
		{"/Users", "Authorization: Basic YTpi", none},
		{"/Users", "Authorization: " + w.token, none},
		{"/Users", "Authorization: Bearer", invalid},
		{"/Users", "Authorization: Bearer garbage", invalid},
		{"/Users", "Authorization: Bearer " + w.token + "x", invalid},
		{"/Users", "Authorization: Bearer " + revoked.token, invalid},
		{"/Users", "Authorization: Bearer " + admin, invalid},
		{"/d/entra/Users", "Authorization: Bearer " + w.token, invalid},
		{"/d/okta/Users", "Authorization: Bearer " + foreign, invalid},
		{"/ServiceProviderConfig", "Authorization: Bearer garbage", invalid},
		{"/d/" + other.ID + "/Schemas", "", none},
	} {
		r := anyone.want(401, "GET", tt.path, "", tt.header)
		if got := r.header.Get("WWW-Authenticate"); got != tt.challenge {
			t.Errorf("%s with %q: %s, want %s", tt.path, tt.header, got, tt.challenge)
		}
	}
	anyone.want(401, "POST", "/Users", user("anonymous"))
	anyone.want(200, "GET", "/Users", "", "Authorization: bearer "+w.token)
	anyone.want(200, "GET", "/d/entra/Users", "", "Authorization: Bearer "+foreign)
}

func mustTokens(t *testing.T, e *testenv.Env) (out []store.Token) {
	t.Helper()
	err := e.View(t.Context(), func(_ context.Context, r store.Reader) (err error) {
		out, err = r.Tokens(e.Directory.Key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What a token is not for is 403 (7644-2-R03).
func TestReadScope(t *testing.T) {
	e, w := start(t)
	path := "/Users/" + w.user("ann")
	reader := held(e, w, store.ScopeSCIMRead, "")
	before := reader.want(200, "GET", path, "").raw
	for method, body := range map[string]string{"PUT": user("ann"), "PATCH": replace("title", `"x"`), "DELETE": ""} {
		r := reader.want(403, method, path, body)
		if got, want := r.header.Get("WWW-Authenticate"), `Bearer realm="scim", error="insufficient_scope", scope="scim"`; got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
	reader.want(403, "POST", "/Users", user("bob"))
	reader.want(204, "OPTIONS", path, "")
	if after := reader.want(200, "GET", path, "").raw; after != before {
		t.Errorf("a refused write changed %s to %s", before, after)
	}
}

// The life of a token is bounded and ends on its own (7644-7.4-R01). The clock
// of the test goes on a second with each look.
func TestTokenLifetime(t *testing.T) {
	e, w := start(t)
	_, secret, err := e.CreateToken(t.Context(), provision.TokenInput{Directory: "okta", Scope: store.ScopeSCIM, Lifetime: 3 * time.Second}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	w.token = secret
	w.want(200, "GET", "/Users", "") // after one second
	w.want(200, "GET", "/Users", "")
	w.want(401, "GET", "/Users", "")
	w.want(401, "GET", "/Users", "")

	e.TokenLifetime = time.Hour
	for _, tt := range []struct {
		in   provision.TokenInput
		want time.Duration
	}{
		{provision.TokenInput{}, time.Hour},
		{provision.TokenInput{Lifetime: time.Minute}, time.Minute},
	} {
		tt.in.Directory, tt.in.Scope = "okta", store.ScopeSCIM
		token, _, err := e.CreateToken(t.Context(), tt.in, testenv.Admin)
		if got := token.Expires.Sub(token.Created).Round(time.Minute); err != nil || got != tt.want {
			t.Errorf("%+v lives %v, %v; want %v", tt.in, got, err, tt.want)
		}
	}
}

// Guessing is put off, a valid token never (7644-7.7-R01).
func TestFailures(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	e, w := start(t)
	e.Handler.Failures = scim.NewFailures(2, func() time.Time { return now })
	guess := func(status int) answer {
		t.Helper()
		return w.want(status, "GET", "/Users", "", "Authorization: Bearer guess")
	}
	guess(401)
	guess(401)
	for range 3 {
		r := guess(http.StatusTooManyRequests)
		if s, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || s != 30 {
			t.Errorf("Retry-After %q, want 30", r.header.Get("Retry-After"))
		}
		w.want(200, "GET", "/Users", "")
	}
	now = now.Add(30 * time.Second)
	guess(401)
	guess(http.StatusTooManyRequests)
}
