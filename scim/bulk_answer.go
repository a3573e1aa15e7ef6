package scim

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimd/scim/resource"
	"scimd/scim/schema"
)

// bulkAnswer takes the answer to one operation in place of a connection.
type bulkAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newBulkAnswer() *bulkAnswer { return &bulkAnswer{header: http.Header{}} }

// Header, WriteHeader and Write are those of a http.ResponseWriter.
func (w *bulkAnswer) Header() http.Header                { return w.header }
func (w *bulkAnswer) WriteHeader(status int)             { w.status = status }
func (w *bulkAnswer) Write(data []byte) (n int, _ error) { return w.body.Write(data) }

func (w *bulkAnswer) ok() bool { return w.status/100 == 2 }

// id is that of the resource that was written.
func (w *bulkAnswer) id() string {
	location := w.header.Get("Location")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// describe writes version, status and, of a failure, the error.
func (w *bulkAnswer) describe(o *resource.Object) {
	if version := w.header.Get("ETag"); w.ok() && version != "" {
		o.Set("version", version)
	}
	o.Set("status", strconv.Itoa(w.status))
	if w.ok() {
		return
	}
	if body, err := resource.Parse(w.body.Bytes()); err == nil {
		o.Set("response", body)
	}
}

// single carries out one operation as the request that it stands for: with the
// credential of the bulk request and through the same endpoint. As the answer
// to a success is not shown, what is dear to read is left out of it.
func (q *request) single(ctx context.Context, method string, path []string, version string, data *resource.Object) *bulkAnswer {
	r := q.WithContext(ctx)
	r.Method = method
	r.URL = &url.URL{Path: q.h.BasePath + "/" + strings.Join(path, "/"), RawQuery: "excludedAttributes=groups,members"}
	r.Header = http.Header{"Content-Type": {"application/scim+json"}}
	if version != "" {
		r.Header.Set("If-Match", version)
	}
	var body []byte
	if data != nil {
		body = data.AppendJSON(nil)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	w := newBulkAnswer()
	inner := q.inner(w, r)
	defer func() { inner.rescue(recover()) }() // the outcome of the others must not be lost
	if err := q.h.dispatch(inner, path); err != nil {
		inner.fail(err)
	}
	return w
}

// bulkRefusal is the answer to an operation that makes no request.
func (q *request) bulkRefusal(err error) *bulkAnswer {
	w := newBulkAnswer()
	q.inner(w, q.Request).fail(err)
	return w
}

func (q *request) inner(w http.ResponseWriter, r *http.Request) *request {
	inner := q.h.newRequest(w, r)
	inner.id, inner.base, inner.registry = q.id, q.base, q.registry
	inner.token, inner.directory, inner.quirks = q.token, q.directory, q.quirks
	return inner
}

// typeAt finds the resource type of an endpoint, however it is spelled.
func (q *request) typeAt(endpoint string) *schema.ResourceType {
	for _, t := range q.registry.Types {
		if strings.EqualFold("/"+endpoint, t.Endpoint) {
			return t
		}
	}
	return nil
}

func (q *request) bulkLocation(path []string) string {
	endpoint := "/" + path[0]
	if t := q.typeAt(path[0]); t != nil {
		endpoint = t.Endpoint
	}
	relative := url.URL{Path: strings.Join(append([]string{endpoint}, path[1:]...), "/")}
	return q.base + relative.EscapedPath()
}
