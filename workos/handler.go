// Package workos is the front door for WorkOS Directory Sync: it verifies a
// webhook, orders what it says among what was said before and carries it out
// through the use cases of SCIM. It must not know package scim, orgs or how
// rows are stored.
//
// One delivery is one transaction (provision.Push): what the event changes in
// the directory, what follows for people, the stamp that orders later events
// and the record of the delivery are on disk together before WorkOS reads 200.
// A crash before that leaves nothing, and WorkOS delivers again; a crash after
// it makes the repetition a duplicate. Only the record of a refused delivery is
// a transaction of its own, since the refusal undid the first; lost with a
// crash, it is written by the repetition.
//
// The order in which events arrive does not matter. Each object and each
// membership keeps the stamp of its last word and a deletion keeps its time,
// so that what is there follows from the set of events heard:
//   - an object is there if its latest snapshot is later than its latest deletion;
//   - a person is in a group if the latest word on the pair says so, is later
//     than both deletions, and both are there.
package workos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"scimd/provision"
)

// maxBody bounds a delivery: one user with all raw attributes is a few KiB.
const maxBody = 1 << 20

// Handler takes deliveries at BasePath/{directory}.
type Handler struct {
	Provision *provision.Service
	BasePath  string // "/workos"
	Log       *slog.Logger
	NewID     func() string // request ids
}

// problem is the body of an error (RFC 9457).
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

func (p *problem) Error() string { return p.Detail }

func refuse(status int, format string, args ...any) *problem {
	return &problem{status, http.StatusText(status), fmt.Sprintf(format, args...)}
}

// ServeHTTP answers 200 to what is settled, whether it changed anything or
// not; 4xx to what is no delivery; and 503 to what WorkOS shall deliver again.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := h.NewID()
	w.Header().Set("X-Request-Id", request)
	defer func() {
		if p := recover(); p != nil {
			h.fail(w, r, request, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	result, err := h.receive(w, r, request)
	if err != nil {
		h.fail(w, r, request, err)
		return
	}
	// Never the body: it holds personal data.
	h.Log.InfoContext(r.Context(), "workos", "request", request, "event", result.Event, "type", result.Type, "outcome", result.Outcome)
	if result.retry {
		h.fail(w, r, request, refuse(http.StatusServiceUnavailable, "%s", result.Reason))
		return
	}
	write(w, http.StatusOK, "application/json", result)
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request, request string) (result, error) {
	name, err := url.PathUnescape(strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), h.BasePath), "/"))
	if err != nil || name == "" || strings.Contains(name, "/") {
		return result{}, refuse(http.StatusNotFound, "deliveries are taken at %s/{directory}", h.BasePath)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return result{}, refuse(http.StatusMethodNotAllowed, "a delivery is a POST")
	}
	d, secrets, err := h.Provision.SigningSecrets(r.Context(), name)
	if err != nil {
		return result{}, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return result{}, unread(err)
	}
	if err := verify(r.Header.Values(signatureHeader), body, secrets, h.Provision.Now()); err != nil {
		return result{}, err
	}
	return h.take(r.Context(), d, body, request)
}

func unread(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return refuse(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", large.Limit)
	}
	return refuse(http.StatusBadRequest, "the body could not be read")
}

// fail writes an error. What is nobody's refusal goes to the log, and WorkOS
// is asked to come again.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, request string, err error) {
	var known *problem
	var refused *provision.Error
	switch {
	case errors.As(err, &known):
	case errors.As(err, &refused):
		known = refuse(http.StatusNotFound, "%s", refused.Text)
	default:
		h.Log.ErrorContext(r.Context(), "workos: internal", "request", request, "error", err)
		known = refuse(http.StatusServiceUnavailable, "the delivery could not be stored; deliver it again")
	}
	if known.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	write(w, known.Status, "application/problem+json", known)
}

func write(w http.ResponseWriter, status int, typ string, body any) {
	w.Header().Set("Content-Type", typ)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone away
}
