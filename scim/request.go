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
	h          *Handler
	w          http.ResponseWriter
	id         string // of the request, for logs and causes
	base       string // URL that locations start with
	route      string
	params     url.Values
	malformed  error // of the query string
	registry   *schema.Registry
	typ        *schema.ResourceType
	resource   string // id in the path
	reads      bool   // whatever the method
	token      store.Token
	directory  store.Directory
	quirks     quirk.Set
	conditions conditions
	status     int                         // 0 until the answer begins
	groupsOf   map[int64][]store.Reference // of the users of a page, by key; nil: none were read ahead
	unfinished bool                        // the answer has begun, and is not whole
	counts     []any                       // for the log, beside what every request tells
}

func (h *Handler) newRequest(w http.ResponseWriter, r *http.Request) *request {
	// URL.Query would drop a pair that does not decode: a filter that is lost
	// lists everyone.
	params, malformed := url.ParseQuery(r.URL.RawQuery)
	return &request{
		Request: r, h: h, w: w, id: h.NewID(), base: h.PublicURL(r) + h.BasePath, params: params, malformed: malformed,
	}
}

// safe tells whether the method changes nothing (RFC 9110 §9.2.1).
func (q *request) safe() bool { return q.Method == http.MethodGet || q.Method == http.MethodHead }

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

func (q *request) storeType() store.ResourceType { return q.h.number(q.typ.Name) }

// number gives what marks the rows of a resource type.
func (h *Handler) number(typ string) store.ResourceType {
	switch typ {
	case "User":
		return store.User
	case "Group":
		return store.Group
	}
	return h.Types[typ]
}

// typeOf finds the resource type of a row, or nil where the directory has it
// no longer.
func (q *request) typeOf(n store.ResourceType) *schema.ResourceType {
	for _, t := range q.registry.Types {
		if q.h.number(t.Name) == n {
			return t
		}
	}
	return nil
}

// prefers tells whether Prefer asks for return=minimal or
// return=representation (RFC 7240 §4.2).
func (q *request) prefers(what string) bool {
	return strings.Contains(strings.ToLower(strings.Join(q.Header.Values("Prefer"), ",")), "return="+what)
}

// withoutBody tells whether a successful PATCH is 204.
func (q *request) withoutBody() bool {
	if q.Method != http.MethodPatch || q.names("attributes") {
		return false
	}
	return q.prefers("minimal") || q.quirks.Has(quirk.PatchNoContent) && !q.prefers("representation")
}

// setCaching: what is read is personal data, and each token sees its own part
// of it. A client may keep it for itself and must ask again each time, which
// validators make cheap (RFC 7644 §3.14). Errors, writes and .search are kept
// by nobody. Accept and Accept-Encoding select nothing.
func (q *request) setCaching(status int) {
	h := q.w.Header()
	if !q.safe() || status >= http.StatusBadRequest {
		h.Set("Cache-Control", "no-store")
		return
	}
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Authorization")
}

// begin sends the header of an answer. The length of the body is negative if
// it is not known.
func (q *request) begin(status, length int) {
	q.status = status
	q.setCaching(status)
	q.w.Header().Set("Content-Type", "application/scim+json")
	if length >= 0 {
		q.w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	q.w.WriteHeader(status)
}

// write sends a SCIM body. The answer to HEAD is that to GET without it.
func (q *request) write(status int, body []byte) {
	if body == nil {
		q.status = status
		q.setCaching(status)
		q.w.WriteHeader(status)
		return
	}
	q.begin(status, len(body))
	if q.Method != http.MethodHead {
		_, _ = q.w.Write(body) // the client is gone; nothing is left to do
	}
}
