// Package fault owns a proxy that makes a good SCIM server a bad one, a fault
// at a time, so that the suite can be tried: each fault names the row of the
// matrix whose case has to catch it. It must not know the server nor the cases.
package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// Fault is one way of being wrong.
type Fault struct {
	Name string // in a few words
	Row  string // whose case must fail
	// Ask spoils the request on its way to the server, Answer what comes back.
	// One of them is set.
	Ask    func(*Request)
	Answer func(*Answer)
}

// Request is a request that may be spoilt before the server sees it.
type Request struct {
	*http.Request
	Body []byte
}

// Answer is an answer that may be spoilt before the client sees it.
type Answer struct {
	Request Request
	Status  int
	Header  http.Header
	Body    []byte
}

// Proxy serves what the server at base answers, spoilt by the fault. The zero
// fault spoils nothing. Paths below base are kept.
func Proxy(base *url.URL, f Fault) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: base.Scheme, Host: base.Host})
			p.Out.Host = p.In.Host // locations name the proxy
			p.Out.Header.Del("Accept-Encoding")
			if f.Ask == nil {
				return
			}
			q := Request{p.Out, read(p.Out.Body)}
			f.Ask(&q)
			p.Out.Body, p.Out.ContentLength = io.NopCloser(bytes.NewReader(q.Body)), int64(len(q.Body))
		},
		ModifyResponse: func(r *http.Response) error {
			if f.Answer == nil {
				return nil
			}
			a := Answer{Request{r.Request, sent(r.Request)}, r.StatusCode, r.Header, read(r.Body)}
			f.Answer(&a)
			r.StatusCode, r.Body, r.ContentLength = a.Status, io.NopCloser(bytes.NewReader(a.Body)), int64(len(a.Body))
			r.Header.Set("Content-Length", strconv.Itoa(len(a.Body)))
			return nil
		},
		Transport: remember{},
	}
}

// read takes a whole body; one that breaks off is as good as what came of it.
func read(body io.ReadCloser) []byte {
	if body == nil {
		return nil
	}
	data, _ := io.ReadAll(body)
	return data
}

type sentKey struct{}

// remember keeps what was sent, for faults that repeat it in the answer.
type remember struct{}

func (remember) RoundTrip(r *http.Request) (*http.Response, error) {
	body := read(r.Body)
	r = r.Clone(context.WithValue(r.Context(), sentKey{}, body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

func sent(r *http.Request) []byte {
	body, _ := r.Context().Value(sentKey{}).([]byte)
	return body
}

// is tells whether the request has the method and its path ends so, where "*"
// stands for one segment.
func (q Request) is(method, suffix string) bool {
	if q.Method != method {
		return false
	}
	have, want := strings.Split(q.URL.Path, "/"), strings.Split(strings.TrimPrefix(suffix, "/"), "/")
	if len(have) <= len(want) {
		return false
	}
	for i, w := range want {
		if h := have[len(have)-len(want)+i]; w != "*" && w != h {
			return false
		}
	}
	return true
}

// query changes one parameter; nil leaves it out.
func (q *Request) query(name string, change func(string) *string) {
	values := q.URL.Query()
	if !values.Has(name) {
		return
	}
	changed := change(values.Get(name))
	if values.Del(name); changed != nil {
		values.Set(name, *changed)
	}
	q.URL.RawQuery = values.Encode()
}

// drop leaves a parameter out.
func drop(name string) func(*Request) {
	return func(q *Request) { q.query(name, func(string) *string { return nil }) }
}

// filter rewrites filters, in the query and in a search body.
func filter(old, new string) func(*Request) {
	return func(q *Request) {
		q.query("filter", func(s string) *string {
			s = strings.ReplaceAll(s, old, new)
			return &s
		})
		if strings.HasSuffix(q.URL.Path, "/.search") {
			q.edit(func(o object) {
				if s, ok := o["filter"].(string); ok {
					o["filter"] = strings.ReplaceAll(s, old, new)
				}
			})
		}
	}
}

type object = map[string]any

// edit changes a JSON object; anything else stays as it is.
func edit(body []byte, change func(object)) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var o object
	if d.Decode(&o) != nil || o == nil {
		return body
	}
	change(o)
	out, err := json.Marshal(o)
	if err != nil {
		return body
	}
	return out
}

func (q *Request) edit(change func(object)) { q.Body = edit(q.Body, change) }
func (a *Answer) edit(change func(object))  { a.Body = edit(a.Body, change) }

// sent is the request's body as an object, empty if it is none.
func (q Request) object() object {
	o := object{}
	edit(q.Body, func(sent object) { o = sent })
	return o
}

// each changes every resource of an answer: the one, or those of a list.
func (a *Answer) each(change func(object)) {
	a.edit(func(o object) {
		list, isList := o["Resources"].([]any)
		if !isList {
			if o["id"] != nil {
				change(o)
			}
			return
		}
		for _, e := range list {
			if e, ok := e.(object); ok {
				change(e)
			}
		}
	})
}

// list changes a list answer, not the ones of discovery.
func (a *Answer) list(change func(o object, resources []any)) {
	if a.Request.is("GET", "/Schemas") || a.Request.is("GET", "/ResourceTypes") {
		return
	}
	a.edit(func(o object) {
		if list, ok := o["Resources"].([]any); ok {
			change(o, list)
		}
	})
}

// failure changes an error answer.
func (a *Answer) failure(change func(object)) {
	if a.Status >= http.StatusBadRequest {
		a.edit(change)
	}
}

func within(o object, name string) object {
	inner, _ := o[name].(object)
	return inner
}
