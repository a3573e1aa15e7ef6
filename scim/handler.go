// Package scim is the SCIM front door (RFC 7644): routes, authentication,
// discovery, projection and errors. It turns requests into calls of the use
// cases and must not know mapping, orgs or how rows are stored.
package scim

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"scimd/password"
	"scimd/provision"
	"scimd/scim/schema"
	"scimd/store"
)

// The limits that hold when a Handler names none.
const (
	defaultMaxBody       = 16 << 20
	defaultMaxResults    = 200
	defaultPage          = 100
	defaultCursorTimeout = time.Hour
)

// Handler serves the SCIM API under BasePath.
type Handler struct {
	Provision  *provision.Service
	Registry   func(directory string) *schema.Registry // by the directory's name; "" is what every directory has
	Types      map[string]store.ResourceType           // numbers of the types that a deployment defines, by name
	BasePath   string                                  // "/scim/v2"
	PublicURL  func(*http.Request) string              // scheme and host that clients see
	MaxBody    int64                                   // bytes of a request body; 0: 16 MiB
	MaxResults int                                     // resources on a page; 0: 200
	Bulk       BulkLimits
	Passwords  *password.Hasher // nil: passwords are dropped
	Failures   *Failures        // limits requests without a valid token; nil: no limit
	// DefaultPage is the resources on a page where the client does not say;
	// 0: 100, never more than MaxResults.
	DefaultPage int
	// MaxScan is the resources that one query may test where no index answers
	// it; 0: any number.
	MaxScan int
	// CursorKey seals cursors: 32 bytes, the same on all servers of a database.
	CursorKey     []byte
	CursorTimeout time.Duration // 0: an hour
	// SensitiveFilters are attributes that no filter in a URL may look at.
	SensitiveFilters []string
	Log              *slog.Logger
	NewID            func() string // request ids
}

func (h *Handler) maxResults() int { return cmp.Or(h.MaxResults, defaultMaxResults) }

func (h *Handler) defaultPage() int { return min(cmp.Or(h.DefaultPage, defaultPage), h.maxResults()) }

func (h *Handler) cursorTimeout() time.Duration {
	return cmp.Or(h.CursorTimeout, defaultCursorTimeout)
}

// endpoint answers one request. An error is written by fail, nowhere else.
type endpoint func(*request) error

// ServeHTTP answers with a SCIM body whatever happens: no path below BasePath
// falls through to another handler's text (RFC 7644 §3.12).
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now() //nolint:forbidigo // a duration for the log needs the monotonic clock; no answer holds it
	q := h.newRequest(w, r)
	w.Header().Set("X-Request-Id", q.id)
	defer func() { // also where the connection is cut off
		// Never the token, the filter or the body: they hold personal data.
		h.Log.InfoContext(r.Context(), "scim", append([]any{"request", q.id, "method", r.Method,
			"route", q.route, "status", q.status, "duration", time.Since(start),
			"directory", q.directory.ID}, q.counts...)...)
	}()
	defer func() { q.rescue(recover()) }()
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
