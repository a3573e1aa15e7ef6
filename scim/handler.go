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
	"strings"
	"time"

	"scimd/provision"
	"scimd/scim/quirk"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
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
	Registry   *schema.Registry
	BasePath   string                     // "/scim/v2"
	PublicURL  func(*http.Request) string // scheme and host that clients see
	MaxBody    int64                      // bytes of a request body; 0: 16 MiB
	MaxResults int                        // resources on a page; 0: 200
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
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			q.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
		// Never the token, the filter or the body: they hold personal data.
		h.Log.InfoContext(r.Context(), "scim", "request", q.id, "method", r.Method,
			"route", q.route, "status", q.status, "duration", time.Since(start),
			"directory", q.directory.ID)
	}()
	if err := h.route(q); err != nil {
		q.fail(err)
	}
}

// route finds the endpoint. A credential is checked before anything is said
// about what exists.
func (h *Handler) route(q *request) error {
	rest, ok := strings.CutPrefix(q.URL.Path, h.BasePath)
	if !ok || rest != "" && rest[0] != '/' {
		q.route = "unknown"
		return h.foreign(q)
	}
	segments := strings.FieldsFunc(rest, func(c rune) bool { return c == '/' })
	loose := rest != "" && rest != "/"+strings.Join(segments, "/")
	directory := ""
	if len(segments) >= 2 && segments[0] == "d" {
		directory, segments = segments[1], segments[2:]
		q.base += "/d/" + directory
	}
	methods, open, folded := h.endpoints(q, segments)
	if err := q.authenticate(directory, open); err != nil {
		return err
	}
	if (loose || folded) && !open && !q.quirks.Has(quirk.LooseURLs) || methods == nil {
		return scimerr.Status(http.StatusNotFound, "there is no endpoint %s", q.URL.Path)
	}
	method := q.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	run := methods[method]
	if run == nil {
		q.w.Header().Set("Allow", allow(methods))
		return scimerr.Status(http.StatusMethodNotAllowed, "%s is not allowed here", q.Method)
	}
	if err := q.mayWrite(method); err != nil {
		return err
	}
	if q.malformed != nil {
		return scimerr.InvalidValue("the query string is not percent-encoded correctly")
	}
	return run(q)
}

// foreign answers a path outside BasePath: another version of the protocol
// is refused as such (RFC 7644 §3.13).
func (h *Handler) foreign(q *request) error {
	root := h.BasePath[:strings.LastIndexByte(h.BasePath, '/')+1]
	if rest, ok := strings.CutPrefix(q.URL.Path, root+"v"); ok {
		version, _, _ := strings.Cut(rest, "/")
		if version != "" && strings.Trim(version, "0123456789.") == "" {
			return scimerr.InvalidVersion("version v%s is not served", version)
		}
	}
	return scimerr.Status(http.StatusNotFound, "there is no endpoint %s", q.URL.Path)
}

// endpoints gives the methods of a path, whether discovery leaves it open,
// and whether its spelling needed the quirk of lower-case endpoints.
func (h *Handler) endpoints(q *request, segments []string) (methods map[string]endpoint, open, folded bool) {
	q.route = "unknown"
	if len(segments) == 0 || len(segments) > 2 {
		return nil, false, false
	}
	name, id := segments[0], ""
	if len(segments) == 2 {
		id, q.resource = segments[1], segments[1]
	}
	is := func(want string) bool {
		if !strings.EqualFold(name, want) {
			return false
		}
		folded = name != want
		q.route = "/" + want
		if id != "" {
			q.route += "/{id}"
		}
		return true
	}
	switch {
	case is("ServiceProviderConfig") && id == "":
		return map[string]endpoint{"GET": h.serviceProviderConfig}, true, folded
	case is("ResourceTypes"):
		return map[string]endpoint{"GET": h.resourceTypes}, true, folded
	case is("Schemas"):
		return map[string]endpoint{"GET": h.schemas}, true, folded
	}
	for _, t := range h.Registry.Types {
		if is(strings.TrimPrefix(t.Endpoint, "/")) {
			q.typ = t
			return h.resourceEndpoints(t, id), false, folded
		}
	}
	return nil, false, false
}

func (h *Handler) resourceEndpoints(t *schema.ResourceType, id string) map[string]endpoint {
	switch {
	case id == "" && t.Name == "User":
		return map[string]endpoint{"GET": h.list, "POST": h.createUser}
	case id == "":
		return map[string]endpoint{"GET": h.list, "POST": h.createGroup}
	case t.Name == "User":
		return map[string]endpoint{"GET": h.get, "PUT": h.replaceUser, "PATCH": h.patchUser, "DELETE": h.deleteUser}
	default:
		return map[string]endpoint{"GET": h.get, "PUT": h.replaceGroup, "PATCH": h.patchGroup, "DELETE": h.deleteGroup}
	}
}

func allow(methods map[string]endpoint) string {
	var names []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if methods[m] == nil {
			continue
		}
		names = append(names, m)
		if m == "GET" {
			names = append(names, "HEAD")
		}
	}
	return strings.Join(names, ", ")
}
