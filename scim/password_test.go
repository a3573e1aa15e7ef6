package scim_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"scimd/password"
	"scimd/provision"
	"scimd/store"
)

func withPassword(name, secret string) string {
	return user(name, `"password":`+secret)
}

// Passwords that are kept are kept as hashes, and what sets and clears them is
// what sets and clears any attribute (7643-9.2-R01, 7644-5-R04, 7644-3.5.1-R09,
//
func TestPasswordsHashed(t *testing.T) {
	e, w := start(t)
	e.Passwords = password.New(2)
	e.Handler.Passwords = e.Passwords
	if w.want(200, "GET", "/ServiceProviderConfig", "").body["changePassword"].(map[string]any)["supported"] != true {
		t.Error("changePassword.supported is not true")
	}
	path := "/Users/" + w.want(201, "POST", "/Users", withPassword("ann", `"caf\u00e9 canary"`)).id()
	matches := func(clear string, want bool) {
		t.Helper()
		got, err := e.CheckPassword(t.Context(), "okta", "ann", clear)
		if err != nil || got != want {
			t.Errorf("%q matches: %t, %v, want %t", clear, got, err, want)
		}
	}
	matches("caf\u00e9 canary", true)
	matches("cafe\u0301\u00a0canary", true) // decomposed, and another blank
	matches("Caf\u00e9 canary", false)
	matches("", false)

	w.want(200, "PUT", path, user("ann")) // without one it stays
	matches("caf\u00e9 canary", true)
	w.want(200, "PATCH", path, replace("title", `"x"`))
	matches("caf\u00e9 canary", true)
	for i, write := range []func(string) (string, string){
		func(s string) (string, string) { return "PUT", withPassword("ann", s) },
		func(s string) (string, string) {
			return "PATCH", patchOp(`{"op":"replace","path":"password","value":` + s + `}`)
		},
		func(s string) (string, string) {
			return "PATCH", patchOp(`{"op":"add","value":{"password":` + s + `}}`)
		},
		func(s string) (string, string) {
			return "PATCH", patchOp(`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:Password","value":` + s + `}`)
		},
	} {
		method, body := write(fmt.Sprintf(`"canary %d"`, i))
		w.want(200, method, path, body)
		matches(fmt.Sprintf("canary %d", i), true)
		for _, bad := range []string{`""`, `"a\u0007b"`, `5`, `{}`} {
			method, body := write(bad)
			if r := w.want(400, method, path, body); r.body["scimType"] != "invalidValue" {
				t.Errorf("%s: %s", bad, r.raw)
			}
		}
		matches(fmt.Sprintf("canary %d", i), true)
		method, body = write("null")
		w.want(200, method, path, body)
		matches(fmt.Sprintf("canary %d", i), false)
	}
	w.want(200, "PUT", path, withPassword("ann", `"canary"`))
	w.want(200, "PATCH", path, patchOp(`{"op":"remove","path":"password"}`))
	matches("canary", false)
	w.want(400, "POST", "/Users", withPassword("bob", `""`))

	w.want(200, "PUT", path, withPassword("ann", `"canary"`))
	document := stored(t, e.Store, e.Directory, path)
	if strings.Contains(document, "canary") || !strings.Contains(document, "$argon2id$v=19$") {
		t.Errorf("stored: %s", document)
	}
}

// A password is in no answer and can be asked for by no query
// (7643-4.1.1-R09, R10; 7643-7-R08; 7644-3.9-R05).
func TestPasswordNeverShown(t *testing.T) {
	e, w := start(t)
	e.Passwords = password.New(2)
	e.Handler.Passwords = e.Passwords
	r := w.want(201, "POST", "/Users?attributes=userName,password", withPassword("ann", `"canary"`))
	path := "/Users/" + r.id()
	for _, got := range []answer{
		r,
		w.want(200, "GET", path, ""),
		w.want(200, "GET", path+"?attributes=password", ""),
		w.want(200, "GET", "/Users?attributes=password,userName", ""),
		w.want(200, "PUT", path, withPassword("ann", `"canary"`)),
		w.want(200, "PATCH", path+"?attributes=password", patchOp(`{"op":"replace","path":"password","value":"canary"}`)),
		w.want(409, "POST", "/Users", withPassword("ann", `"canary"`)),
		w.want(400, "POST", "/Users", withPassword("", `"canary"`)),
		w.want(400, "PATCH", path, patchOp(`{"op":"replace","path":"password","value":"canary\u0007"}`)),
	} {
		if strings.Contains(got.raw, "canary") || strings.Contains(got.raw, "argon2") {
			t.Errorf("a password is shown: %s", got.raw)
		}
	}
	for _, filter := range []string{`password eq "canary"`, `password pr`, `password sw "c"`, `not (password pr)`, `password sw "$argon2id$"`, `urn:ietf:params:scim:schemas:core:2.0:User:password pr`} {
		w.want(400, "GET", "/Users?filter="+url.QueryEscape(filter), "")
	}
}

// By default nothing is kept: an IdP sends placeholders, and a policy on them
// would break provisioning.
func TestPasswordsDropped(t *testing.T) {
	e, w := start(t)
	if w.want(200, "GET", "/ServiceProviderConfig", "").body["changePassword"].(map[string]any)["supported"] != false {
		t.Error("changePassword.supported is not false")
	}
	hash := `"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"`
	r := w.want(201, "POST", "/Users", withPassword("ann", `"canary"`))
	path, tag := "/Users/"+r.id(), r.header.Get("ETag")
	for _, s := range []string{`"canary"`, hash, `""`, `"\u0007"`} {
		w.want(200, "PUT", path, withPassword("ann", s))
		r = w.want(200, "PATCH", path, patchOp(`{"op":"replace","path":"password","value":`+s+`}`))
		if got := r.header.Get("ETag"); got != tag {
			t.Errorf("a dropped password moved the version from %s to %s", tag, got)
		}
		if document := stored(t, e.Store, e.Directory, path); strings.Contains(document, "password") {
			t.Errorf("stored: %s", document)
		}
	}
	_, err := e.CheckPassword(t.Context(), "okta", "ann", "canary")
	var refused *provision.Error
	if !errors.As(err, &refused) || refused.Reason != provision.WrongMode {
		t.Errorf("a check without passwords: %v", err)
	}
}

// stored gives the document of a user as the database has it.
func stored(t *testing.T, s store.Store, d store.Directory, path string) (document string) {
	t.Helper()
	err := s.View(t.Context(), func(_ context.Context, r store.Reader) error {
		row, err := r.Resource(d.Key, store.User, strings.TrimPrefix(path, "/Users/"))
		document = string(row.Document)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return document
}
