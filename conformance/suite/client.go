package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Client is one of the callers that the target offers.
type Client struct {
	t     *T
	name  string
	token string
}

// Names of the clients, as reports show them.
const (
	clientFull      = "full"
	clientReadOnly  = "read-only"
	clientOther     = "other tenant"
	clientSubject   = "self-service"
	clientAnonymous = "anonymous"
	clientToken     = "token of the case"
)

// ReadOnly is the client that may only read.
func (t *T) ReadOnly() *Client { return t.client(clientReadOnly, t.session.target.ReadOnlyToken) }

// Other is a client of a second tenant.
func (t *T) Other() *Client { return t.client(clientOther, t.session.target.OtherToken) }

// Subject is a user who may reach what is theirs.
func (t *T) Subject() *Client { return t.client(clientSubject, t.session.target.SubjectToken) }

// Anonymous presents no credentials.
func (t *T) Anonymous() *Client { return &Client{t: t, name: clientAnonymous} }

// WithToken presents the token, whatever it is worth.
func (t *T) WithToken(token string) *Client { return &Client{t: t, name: clientToken, token: token} }

func (t *T) client(name, token string) *Client {
	if token == "" {
		t.NotJudged("the target has no %s client", name)
	}
	return &Client{t: t, name: name, token: token}
}

// Request is a request in full. Do sends it.
type Request struct {
	Method string
	Path   string // relative to the base URL, or an absolute URL
	Header H      // over the defaults: Accept and, with a body, Content-Type
	// Body is sent as it is if it is a string or []byte, chunked if it is a
	// func() io.Reader, otherwise as JSON. nil is no body.
	Body any
	As   *Client // nil is t.Full
}

// Response is an answer. Its Doc is the body, empty if that is no JSON.
type Response struct {
	Doc
	Status int
	Header http.Header
	Body   []byte
	// Request is "POST /Users", for messages.
	Request string
	// Invalid says why the body is no JSON document.
	Invalid error
}

// Get sends the pairs of name and value as the query.
func (c *Client) Get(path string, query ...string) *Response {
	return c.Do(Request{Method: http.MethodGet, Path: Query(path, query...)})
}

// Post sends the body as [Request] says.
func (c *Client) Post(path string, body any) *Response {
	return c.Do(Request{Method: http.MethodPost, Path: path, Body: body})
}

// Put sends the body as [Request] says.
func (c *Client) Put(path string, body any) *Response {
	return c.Do(Request{Method: http.MethodPut, Path: path, Body: body})
}

// Patch sends the body as [Request] says; PatchOp builds one.
func (c *Client) Patch(path string, body any) *Response {
	return c.Do(Request{Method: http.MethodPatch, Path: path, Body: body})
}

// Delete sends no body.
func (c *Client) Delete(path string) *Response {
	return c.Do(Request{Method: http.MethodDelete, Path: path})
}

// Do sends the request as this client.
func (c *Client) Do(r Request) *Response {
	r.As = c
	return c.t.Do(r)
}

// Get sends the pairs of name and value as the query.
func (t *T) Get(path string, query ...string) *Response { return t.Full.Get(path, query...) }

// Post sends the body as [Request] says.
func (t *T) Post(path string, body any) *Response { return t.Full.Post(path, body) }

// Put sends the body as [Request] says.
func (t *T) Put(path string, body any) *Response { return t.Full.Put(path, body) }

// Patch sends the body as [Request] says; PatchOp builds one.
func (t *T) Patch(path string, body any) *Response { return t.Full.Patch(path, body) }

// Delete sends no body.
func (t *T) Delete(path string) *Response { return t.Full.Delete(path) }

// Do sends the request, records it and what it created, and follows no
// redirect. A request without an answer fails the case. Credentials go to the
// server under test only: a case that follows the server's own URL elsewhere is
// not judged.
func (t *T) Do(r Request) *Response {
	if r.As == nil {
		r.As = t.Full
	}
	if r.As.token != "" && !t.session.owns(r.Path) {
		t.NotJudged("%s is not on the server under test, so no credentials go there", r.Path)
	}
	response, exchange, err := t.session.send(t.ctx, r)
	t.record(exchange)
	switch {
	case err != nil && errors.Is(t.ctx.Err(), context.Canceled):
		t.NotJudged("the run was stopped")
	case err != nil && t.ctx.Err() != nil:
		t.Fatalf("%s %s: got no answer before the time limit of the case", r.Method, clip(r.Path))
	case err != nil:
		t.Fatalf("%s %s: got no answer (%v), want one", r.Method, clip(r.Path), err)
	}
	t.remember(r, response)
	return response
}

// Base is the base URL without a slash at its end.
func (t *T) Base() string { return t.session.base }

// absolute is the URL of a path relative to the base URL.
func (s *session) absolute(path string) string {
	switch {
	case strings.HasPrefix(path, "http://"), strings.HasPrefix(path, "https://"):
		return path
	case path == "", path[0] == '/', path[0] == '?':
		return s.base + path
	}
	return s.base + "/" + path
}

// owns tells whether a path or URL leads to the server under test.
func (s *session) owns(path string) bool {
	base, err := url.Parse(s.base)
	if err != nil {
		return false
	}
	u, err := url.Parse(s.absolute(path))
	return err != nil || u.Scheme == base.Scheme && u.Host == base.Host
}

const (
	readLimit = 16 << 20
	// Above this size a server may refuse a body while it is being written, and
	// the answer is then sometimes lost; nothing is created by such a request.
	largeBody = 64 << 10
)

func (s *session) send(ctx context.Context, r Request) (*Response, Exchange, error) {
	payload, err := newPayload(r.Body)
	if err != nil {
		return nil, Exchange{Method: r.Method, URL: r.Path}, err
	}
	response, exchange, err := s.sendOnce(ctx, r, payload)
	for range 2 {
		if err == nil || ctx.Err() != nil || !payload.large() {
			break
		}
		response, exchange, err = s.sendOnce(ctx, r, payload)
	}
	return response, exchange, err
}

func (s *session) sendOnce(ctx context.Context, r Request, body payload) (*Response, Exchange, error) {
	exchange := Exchange{Client: r.As.name, Method: r.Method, URL: s.redact(s.absolute(r.Path)), RequestBody: s.redact(body.text())}
	req, err := http.NewRequestWithContext(ctx, r.Method, s.absolute(r.Path), body.reader())
	if err != nil {
		return nil, exchange, err
	}
	req.Header.Set("Accept", MediaType)
	req.Header.Set("User-Agent", "scim-conformance-suite")
	if !body.none() {
		req.Header.Set("Content-Type", MediaType)
	}
	if r.As.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.As.token)
	}
	for name, value := range r.Header {
		if req.Header.Del(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	exchange.RequestHeader = redactHeader(req.Header)
	start := time.Now()
	answer, err := s.http.Do(req)
	if err != nil {
		// The error of the client repeats the URL, which the message has already.
		if inner := new(url.Error); errors.As(err, &inner) {
			err = inner.Err
		}
		exchange.Error = err.Error()
		return nil, exchange, err
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(answer.Body, readLimit))
	exchange.Elapsed = time.Since(start)
	exchange.Status, exchange.ResponseHeader, exchange.ResponseBody = answer.StatusCode, answer.Header, s.redact(cut(string(data)))
	if err != nil {
		exchange.Error = err.Error()
		return nil, exchange, fmt.Errorf("the body broke off: %w", err)
	}
	response := &Response{Status: answer.StatusCode, Header: answer.Header, Body: data, Request: r.Method + " " + clip(r.Path)}
	response.Doc, response.Invalid = parse(data)
	return response, exchange, nil
}

// payload is a body that can be sent again.
type payload struct {
	data   []byte
	stream func() io.Reader
}

func newPayload(body any) (payload, error) {
	switch body := body.(type) {
	case nil:
		return payload{}, nil
	case string:
		return payload{data: []byte(body)}, nil
	case []byte:
		return payload{data: slices.Clone(body)}, nil
	case func() io.Reader:
		return payload{stream: body}, nil
	}
	data, err := json.Marshal(body)
	return payload{data: data}, err
}

func (p payload) none() bool  { return p.data == nil && p.stream == nil }
func (p payload) large() bool { return p.stream != nil || len(p.data) > largeBody }

func (p payload) reader() io.Reader {
	switch {
	case p.stream != nil:
		return p.stream()
	case p.data == nil:
		return nil
	}
	return bytes.NewReader(p.data)
}

func (p payload) text() string {
	if p.stream != nil {
		return "(streamed)"
	}
	return cut(string(p.data))
}
