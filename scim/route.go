package scim

import (
	"net/http"
	"path"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/scimerr"
)

// route finds the directory and then the endpoint. A credential is checked
// before anything is said about what exists.
func (h *Handler) route(q *request) error {
	q.route = "unknown"
	rest, err := h.below(q)
	if err != nil {
		return err
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

// below gives what of the path is below the base. Without a version the newest
// is meant, of which there is one; any other is refused as such (RFC 7644
// §3.13).
func (h *Handler) below(q *request) (string, error) {
	root, version := path.Split(h.BasePath)
	rest, ok := strings.CutPrefix(q.URL.Path+"/", root)
	if !ok {
		return "", q.nothingHere()
	}
	rest = "/" + strings.TrimSuffix(rest, "/")
	first, _, _ := strings.Cut(rest[1:], "/")
	switch {
	case first == version:
		return rest[1+len(version):], nil
	case isVersion(first):
		return "", scimerr.InvalidVersion("version %s is not served", first)
	}
	return rest, nil
}

func isVersion(segment string) bool {
	number, ok := strings.CutPrefix(segment, "v")
	return ok && number != "" && strings.Trim(number, "0123456789.") == ""
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
	if err := q.implemented(); err != nil {
		return err
	}
	method := q.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	run := methods[method]
	if run == nil {
		q.w.Header().Set("Allow", allow(methods))
		if method == http.MethodOptions {
			q.write(http.StatusNoContent, nil)
			return nil
		}
		return scimerr.Status(http.StatusMethodNotAllowed, "%s is not allowed here", q.Method)
	}
	if err := q.permitted(); err != nil {
		return err
	}
	if q.malformed != nil {
		return scimerr.InvalidValue("the query string is not percent-encoded correctly")
	}
	if q.typ != nil && q.resource != "" {
		if err := q.readConditions(); err != nil {
			return err
		}
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
	switch {
	case len(segments) == 0:
		q.route = "/"
		return map[string]endpoint{"GET": h.list}, false
	case len(segments) == 1 && segments[0] == ".search":
		return q.searchEndpoint(""), false
	case len(segments) > 2:
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
	case id == "" && is("Me"):
		return h.me(q), folded
	}
	for _, t := range q.registry.Types {
		if is(strings.TrimPrefix(t.Endpoint, "/")) {
			q.typ = t
			if id == ".search" {
				return q.searchEndpoint(t.Endpoint), folded
			}
			if id == "" {
				return map[string]endpoint{"GET": h.list, "POST": h.create}, folded
			}
			return map[string]endpoint{"GET": h.get, "PUT": h.replace, "PATCH": h.patch, "DELETE": h.remove}, folded
		}
	}
	return nil, false
}

// searchEndpoint is a POST that only reads.
func (q *request) searchEndpoint(below string) map[string]endpoint {
	q.route, q.reads = below+"/.search", true
	return map[string]endpoint{"POST": q.h.search}
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
	return strings.Join(append(names, "OPTIONS"), ", ")
}
