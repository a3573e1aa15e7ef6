// Package scim is the SCIM front door (RFC 7644): routes, authentication,
// discovery, projection and errors. It turns requests into calls of the use
// cases and must not know mapping, orgs or how rows are stored.
package scim

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"scimd/provision"
	"scimd/scim/schema"
)

// The limits that hold when a Handler names none.
const (
	defaultMaxBody    = 16 << 20
	defaultMaxResults = 200
	defaultCount      = 100
)

// Handler serves the SCIM API under BasePath.
type Handler struct {
	Provision  *provision.Service
	Registry   func(directory string) *schema.Registry // by the directory's name; "" is what every directory has
	BasePath   string                                  // "/scim/v2"
	PublicURL  func(*http.Request) string              // scheme and host that clients see
	MaxBody    int64                                   // bytes of a request body; 0: 16 MiB
	MaxResults int                                     // resources on a page; 0: 200
	Bulk       BulkLimits
	Log        *slog.Logger
	NewID      func() string // request ids
}

// endpoint answers one request. An error is written by fail, nowhere else.
type endpoint func(*request) error

// ServeHTTP answers with a SCIM body whatever happens: no path below BasePath
// falls through to another handler's text (RFC 7644 §3.12).
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now() //nolint:forbidigo // a duration for the log needs the monotonic clock; no answer holds it
	q := h.newRequest(w, r)
	w.Header().Set("X-Request-Id", q.id)
	defer func() {
		q.rescue(recover())
		// Never the token, the filter or the body: they hold personal data.
		h.Log.InfoContext(r.Context(), "scim", append([]any{"request", q.id, "method", r.Method,
			"route", q.route, "status", q.status, "duration", time.Since(start),
			"directory", q.directory.ID}, q.counts...)...)
	}()
	if err := h.route(q); err != nil {
		q.fail(err)
	}
}

// rescue answers a request whose endpoint panicked, if it did.
func (q *request) rescue(p any) {
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	q.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}
