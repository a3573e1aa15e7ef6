package scim

import (
	"net/http"

	"scimd/scim/quirk"
	"scimd/scim/scimerr"
	"scimd/store"
)

// me gives the methods of /Me, which is the user that holds the token (RFC
// 7644 §3.11). It answers itself rather than redirect; Location is the
// permanent URI.
func (h *Handler) me(q *request) map[string]endpoint {
	q.resource = q.token.Subject
	for _, t := range q.registry.Types {
		if t.Name == "User" {
			q.typ = t
		}
	}
	if q.resource == "" {
		return map[string]endpoint{"GET": nobody, "PUT": nobody, "PATCH": nobody, "DELETE": nobody}
	}
	return map[string]endpoint{"GET": h.get, "PUT": h.replace, "PATCH": h.patch, "DELETE": h.remove}
}

func nobody(*request) error {
	return scimerr.Status(http.StatusNotFound, "the token is nobody's: it has no subject")
}

// implemented refuses what /Me does not do for anyone, whatever the token may
// do: there is no creating oneself.
func (q *request) implemented() error {
	if q.route == "/Me" && (q.Method == http.MethodPost || q.quirks.Has(quirk.MeNotImplemented)) {
		return scimerr.Status(http.StatusNotImplemented, "%s of /Me is not supported", q.Method)
	}
	return nil
}

// visible narrows a query to what the token may see (RFC 7644 §2): with scope
// scim.self that is the subject alone. Every query of resources goes through
// here, so that no list, filter or total tells of others.
func (q *request) visible(where store.Expr) store.Expr {
	if q.token.Scope != store.ScopeSCIMSelf {
		return where
	}
	// Ids are unique over all types: no group has the subject's.
	own := store.Compare{Column: store.ByID, Op: store.Eq, Value: q.token.Subject}
	if where == nil {
		return own
	}
	return store.And{own, where}
}
