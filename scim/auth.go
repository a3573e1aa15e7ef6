package scim

import (
	"errors"
	"net/http"
	"strings"

	"scimd/provision"
	"scimd/scim/quirk"
	"scimd/scim/scimerr"
	"scimd/store"
)

// authenticate finds the directory by the bearer token (RFC 7644 §2). Only
// discovery (open) may be read without one; a wrong token is refused there
// too, so that a connection test finds its mistake.
func (q *request) authenticate(directory string, open bool) error {
	header := q.Header.Get("Authorization")
	if header == "" {
		if open && directory == "" {
			q.quirks = quirk.Interop
			return nil
		}
		q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`) // RFC 6750 §3.1: no error code
		return scimerr.Status(http.StatusUnauthorized, "a bearer token is needed")
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		return scimerr.Status(http.StatusUnauthorized, "a bearer token is needed")
	}
	token, d, err := q.h.Provision.Authenticate(q.Context(), strings.TrimSpace(secret), store.ScopeSCIM, store.ScopeSCIMRead)
	var refused *provision.Error
	if errors.As(err, &refused) || err == nil && directory != "" && directory != d.ID && directory != d.Name {
		q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim", error="invalid_token"`)
		return scimerr.Status(http.StatusUnauthorized, "the token is not valid here")
	}
	if err != nil {
		return err
	}
	q.token, q.directory = token, d
	q.quirks, err = quirk.Profile(d.Profile, d.Quirks)
	return err
}

// mayWrite refuses writes of a token for reading (RFC 6750 §3.1).
func (q *request) mayWrite(method string) error {
	if method == http.MethodGet || q.reads || q.token.Scope == store.ScopeSCIM {
		return nil
	}
	q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim", error="insufficient_scope", scope="scim"`)
	return scimerr.Status(http.StatusForbidden, "the token may only read")
}
