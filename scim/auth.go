package scim

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"scimd/provision"
	"scimd/scim/quirk"
	"scimd/scim/scimerr"
	"scimd/store"
)

// authenticate finds the directory by the bearer token (RFC 7644 §2), which is
// taken from the Authorization header only: the query string ends in logs
// (§7.4). Discovery (open) may be read without a token; a wrong one is refused
// there too, so that a connection test finds its mistake.
func (q *request) authenticate(directory string, open bool) error {
	header := q.Header.Get("Authorization")
	if header == "" && open && directory == "" {
		q.quirks = quirk.Interop
		return nil
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return q.unauthorized("", "a bearer token is needed") // RFC 6750 §3.1: no error code
	}
	token, d, err := q.h.Provision.Authenticate(q.Context(), strings.TrimSpace(secret),
		store.ScopeSCIM, store.ScopeSCIMRead, store.ScopeSCIMSelf)
	var refused *provision.Error
	if errors.As(err, &refused) || err == nil && directory != "" && directory != d.ID && directory != d.Name {
		return q.unauthorized(`, error="invalid_token"`, "the token is not valid here")
	}
	if err != nil {
		return err
	}
	q.token, q.directory = token, d
	q.quirks, err = quirk.Profile(d.Profile, d.Quirks)
	return err
}

// unauthorized challenges the client, or puts it off when its address has
// failed too often. A valid token never comes here, whoever shares its address.
func (q *request) unauthorized(code, text string) error {
	if wait := q.h.Failures.note(q.RemoteAddr); wait > 0 {
		q.w.Header().Set("Retry-After", strconv.Itoa(wait))
		return scimerr.Status(http.StatusTooManyRequests, "too many requests without a valid token; try again in %d seconds", wait)
	}
	q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`+code)
	return scimerr.Status(http.StatusUnauthorized, "%s", text)
}

// permitted holds the request to the scope of the token (RFC 7644 §2, RFC 6750
// §3.1). A search reads, though it is a POST.
func (q *request) permitted() error {
	reads := q.safe() || q.reads
	switch q.token.Scope {
	case store.ScopeSCIM, store.ScopeAdmin:
		return nil
	case store.ScopeSCIMRead:
		if reads {
			return nil
		}
		return q.insufficient("scim", "the token may only read")
	case store.ScopeSCIMSelf:
		switch {
		case !reads && q.Method != http.MethodPut && q.Method != http.MethodPatch:
			return q.insufficient("scim", "the token may only read and change its own resource")
		case q.typ != nil && q.resource != "" && (q.typ.Name != "User" || q.resource != q.token.Subject):
			return scimerr.Status(http.StatusNotFound, "no such resource")
		}
	}
	return nil // discovery without a token
}

func (q *request) insufficient(scope, text string) error {
	q.w.Header().Set("WWW-Authenticate", `Bearer realm="scim", error="insufficient_scope", scope="`+scope+`"`)
	return scimerr.Status(http.StatusForbidden, "%s", text)
}
