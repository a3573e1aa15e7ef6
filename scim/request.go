package scim

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
	"scimd/store"
)

// request is one request with what the front door has learnt about it.
type request struct {
	*http.Request
	h         *Handler
	w         http.ResponseWriter
	id        string // of the request, for logs and causes
	base      string // URL that locations start with
	route     string
	params    url.Values
	malformed error // of the query string
	registry  *schema.Registry
	typ       *schema.ResourceType
	resource  string // id in the path
	token     store.Token
	directory store.Directory
	quirks    quirk.Set
	status    int   // 0 until the answer begins
	counts    []any // for the log, beside what every request tells
}

func (h *Handler) newRequest(w http.ResponseWriter, r *http.Request) *request {
	// URL.Query would drop a pair that does not decode: a filter that is lost
	// lists everyone.
	params, malformed := url.ParseQuery(r.URL.RawQuery)
	return &request{
		Request: r, h: h, w: w, id: h.NewID(), base: h.PublicURL(r) + h.BasePath, params: params, malformed: malformed,
	}
}

// cause names the request in history.
func (q *request) cause() store.Cause {
	return store.Cause{Kind: "scim", Actor: q.token.ID, Request: q.id,
		Detail: q.Method + " " + strings.Replace(q.route, "{id}", q.resource, 1)}
}

// body reads a JSON object of the size that one resource may have.
func (q *request) body() (*resource.Object, error) {
	return q.bodyWithin(cmp.Or(q.h.MaxBody, defaultMaxBody))
}

// bodyWithin reads a JSON object of any of the types that clients label it with.
func (q *request) bodyWithin(limit int64) (*resource.Object, error) {
	if ct := q.Header.Get("Content-Type"); ct != "" {
		mt, _, err := mime.ParseMediaType(ct)
		if err != nil || mt != "application/scim+json" && mt != "application/json" {
			return nil, scimerr.Status(http.StatusUnsupportedMediaType, "the body must be application/scim+json")
		}
	}
	data, err := io.ReadAll(http.MaxBytesReader(q.w, q.Body, limit))
	if err != nil {
		return nil, err
	}
	return resource.Parse(data)
}

// projection reads attributes and excludedAttributes (RFC 7644 §3.9).
func (q *request) projection() (*schema.Projection, error) {
	return schema.ParseProjection(q.typ, q.params["attributes"], q.params["excludedAttributes"])
}

// names tells whether a list of attribute names was given.
func (q *request) names(parameter string) bool { return len(q.params[parameter]) > 0 }

// number reads an integer parameter.
func (q *request) number(name string, otherwise int) (int, error) {
	s := q.params.Get(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, scimerr.InvalidValue("%s must be an integer", name)
	}
	return n, nil
}

func (q *request) storeType() store.ResourceType {
	if q.typ.Name == "User" {
		return store.User
	}
	return store.Group
}

// wantsMinimal is Prefer: return=minimal (RFC 7240 §4.2).
func (q *request) wantsMinimal() bool {
	return strings.Contains(strings.ToLower(strings.Join(q.Header.Values("Prefer"), ",")), "return=minimal")
}

// write sends a SCIM body. The answer to HEAD is that to GET without it.
func (q *request) write(status int, body []byte) {
	q.status = status
	if body != nil {
		q.w.Header().Set("Content-Type", "application/scim+json")
		q.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	q.w.WriteHeader(status)
	if q.Method != http.MethodHead {
		_, _ = q.w.Write(body) // the client is gone; nothing is left to do
	}
}
