package scim

import (
	"net/http"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/scimerr"
)

// route finds the directory and then the endpoint. A credential is checked
// before anything is said about what exists.
func (h *Handler) route(q *request) error {
	q.route = "unknown"
	rest, ok := strings.CutPrefix(q.URL.Path, h.BasePath)
	if !ok || rest != "" && rest[0] != '/' {
		return h.foreign(q)
	}
	segments := strings.FieldsFunc(rest, func(c rune) bool { return c == '/' })
	loose := rest != "" && rest != "/"+strings.Join(segments, "/")
	directory := ""
	if len(segments) >= 2 && segments[0] == "d" {
		directory, segments = segments[1], segments[2:]
		q.base += "/d/" + directory
	}
	open := len(segments) > 0 && isDiscovery(segments[0])
	if err := q.authenticate(directory, open); err != nil {
		return err
	}
	if loose && !open && !q.quirks.Has(quirk.LooseURLs) {
		return q.nothingHere()
	}
	return h.dispatch(q, segments)
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
	return q.nothingHere()
}

func (q *request) nothingHere() error {
	return scimerr.Status(http.StatusNotFound, "there is no endpoint %s", q.URL.Path)
}

// dispatch runs the endpoint that the segments of the path name.
func (h *Handler) dispatch(q *request, segments []string) error {
	q.registry = h.Registry(q.directory.Name)
	methods, folded := h.endpoints(q, segments)
	if methods == nil || folded && !isDiscovery(segments[0]) && !q.quirks.Has(quirk.LooseURLs) {
		return q.nothingHere()
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

// isDiscovery tells whether an endpoint may be read without a credential
// (RFC 7644 §4).
func isDiscovery(segment string) bool {
	return strings.EqualFold(segment, "ServiceProviderConfig") || strings.EqualFold(segment, "ResourceTypes") ||
		strings.EqualFold(segment, "Schemas")
}

// endpoints gives the methods of a path, or nil, and whether its spelling
// needed the quirk of lower-case endpoints. It notes the resource type and the
// id that the path names.
func (h *Handler) endpoints(q *request, segments []string) (methods map[string]endpoint, folded bool) {
	if len(segments) == 0 || len(segments) > 2 {
		return nil, false
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
		return map[string]endpoint{"GET": h.serviceProviderConfig}, folded
	case is("ResourceTypes"):
		return map[string]endpoint{"GET": h.resourceTypes}, folded
	case is("Schemas"):
		return map[string]endpoint{"GET": h.schemas}, folded
	case id == "" && is("Bulk"):
		return map[string]endpoint{"POST": h.bulk}, folded
	}
	for _, t := range q.registry.Types {
		if is(strings.TrimPrefix(t.Endpoint, "/")) {
			q.typ = t
			if id == "" {
				return map[string]endpoint{"GET": h.list, "POST": h.create}, folded
			}
			return map[string]endpoint{"GET": h.get, "PUT": h.replace, "PATCH": h.patch, "DELETE": h.remove}, folded
		}
	}
	return nil, false
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
