package scim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"scimd/provision"
	"scimd/scim/scimerr"
	"scimd/store"
)

// fail is the only place where an error becomes an answer (RFC 7644 §3.12).
func (q *request) fail(err error) {
	unread := errors.Is(err, context.Canceled) && q.Context().Err() != nil
	if q.status != 0 && !unread { // the answer has begun; it cannot be taken back
		q.h.Log.ErrorContext(q.Context(), "scim: after the answer began", "request", q.id, "error", err)
	}
	if q.unfinished {
		panic(http.ErrAbortHandler) // a client must not take it for whole
	}
	if q.status != 0 || unread {
		return
	}
	wire := wireError(err)
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnavailable) {
		q.w.Header().Set("Retry-After", "1")
	}
	if wire.Wire.Status == http.StatusInternalServerError || errors.Is(err, store.ErrUnavailable) {
		q.h.Log.ErrorContext(q.Context(), "scim: internal", "request", q.id, "error", err)
	}
	b, err := json.Marshal(wire.Wire)
	if err != nil {
		b = []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`)
	}
	q.write(wire.Wire.Status, b)
}

// wireError gives what the client may know of an error; of an unknown one,
// only that it happened.
func wireError(err error) *scimerr.Error {
	var (
		known   *scimerr.Error
		refused *provision.Error
		large   *http.MaxBytesError
		long    *store.TooLongError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &large):
		return scimerr.Status(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", large.Limit)
	case errors.As(err, &long):
		return scimerr.InvalidValue("%s", long)
	case errors.Is(err, store.ErrNotFound):
		return scimerr.Status(http.StatusNotFound, "no such resource")
	case errors.Is(err, store.ErrBusy):
		return scimerr.Status(http.StatusServiceUnavailable, "too many writes are waiting; try again")
	case errors.Is(err, store.ErrUnavailable):
		return scimerr.Status(http.StatusServiceUnavailable, "the database cannot be used now; try again")
	}
	return scimerr.Status(http.StatusInternalServerError, "internal error")
}

func refusal(e *provision.Error) *scimerr.Error {
	switch e.Reason {
	case provision.NotFound:
		return scimerr.Status(http.StatusNotFound, "%s", e.Text)
	case provision.Taken:
		return scimerr.Uniqueness("%s", e.Text)
	case provision.Invalid:
		return scimerr.InvalidValue("%s", e.Text)
	case provision.NotEligible, provision.WrongMode:
		return scimerr.Status(http.StatusForbidden, "%s", e.Text)
	case provision.SeatsInUse, provision.NeedsPlan, provision.Stale, provision.Unacknowledged, provision.Undecided:
		return scimerr.Status(http.StatusConflict, "%s", e.Text)
	case provision.Unauthorized:
		return scimerr.Status(http.StatusUnauthorized, "%s", e.Text)
	}
	return scimerr.Status(http.StatusInternalServerError, "internal error")
}
