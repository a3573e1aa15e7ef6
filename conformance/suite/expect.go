package suite

import (
	"cmp"
	"fmt"
	"mime"
	"reflect"
	"slices"
	"strconv"
)

// Want ends the case unless the answer has one of the statuses. It returns the
// answer.
func (t *T) Want(r *Response, statuses ...int) *Response {
	if !slices.Contains(statuses, r.Status) {
		t.Fatalf("%s: got %s, want %s", r.Request, r.summary(), oneOf(statuses))
	}
	return r
}

// WantError checks the whole Error envelope (RFC 7644 section 3.12). Without
// scimTypes any or none will do. It reports whether all is well.
func (t *T) WantError(r *Response, status int, scimTypes ...string) bool {
	return t.WantErrorOf(r, []int{status}, scimTypes...)
}

// WantErrorOf is WantError where a row tolerates several statuses.
func (t *T) WantErrorOf(r *Response, statuses []int, scimTypes ...string) bool {
	faults := errorFaults(r, statuses, scimTypes)
	for _, fault := range faults {
		t.Errorf("%s: %s; the answer was %s", r.Request, fault, r.summary())
	}
	return len(faults) == 0
}

func errorFaults(r *Response, statuses []int, scimTypes []string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if !slices.Contains(statuses, r.Status) {
		fault("got status %d, want %s", r.Status, oneOf(statuses))
		if r.Status < 400 {
			return faults // an accepted request has no error to judge
		}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != MediaType {
		fault("got Content-Type %q, want %s", r.Header.Get("Content-Type"), MediaType)
	}
	if r.Invalid != nil {
		fault("got a body that is no JSON (%v), want an Error message", r.Invalid)
		return faults
	}
	if !equal(r.Value("schemas"), []string{ErrorMessage}) {
		fault("got schemas %s, want [%q]", asJSON(r.Value("schemas")), ErrorMessage)
	}
	if !equal(r.Value("status"), strconv.Itoa(r.Status)) {
		fault("got the member status %s, want the string %q", asJSON(r.Value("status")), strconv.Itoa(r.Status))
	}
	if _, text := r.Value("detail").(string); r.Value("detail") != nil && !text {
		fault("got detail %s, want a string", clip(asJSON(r.Value("detail"))))
	}
	if len(scimTypes) > 0 && !slices.Contains(scimTypes, r.String("scimType")) {
		fault("got scimType %s, want %s", asJSON(r.Value("scimType")), oneOf(scimTypes))
	}
	return faults
}

// Equal compares two values as JSON: numbers by value, objects without order.
// what names them in the message: "the Location header".
func (t *T) Equal(got, want any, what string) bool {
	if equal(got, want) {
		return true
	}
	t.Errorf("%s: got %s, want %s", what, clip(asJSON(got)), clip(asJSON(want)))
	return false
}

// Differ is the opposite of Equal.
func (t *T) Differ(got, other any, what string) bool {
	if !equal(got, other) {
		return true
	}
	t.Errorf("%s: got %s, want another value", what, clip(asJSON(got)))
	return false
}

// SameSet compares two lists without regard to their order.
func (t *T) SameSet(got, want []string, what string) bool {
	return t.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)), what)
}

// Assert records the sentence as a failure unless the condition holds.
func (t *T) Assert(holds bool, format string, args ...any) bool {
	if !holds {
		t.Errorf(format, args...)
	}
	return holds
}

// List gets a list and checks its envelope (RFC 7644 section 3.4.2), or ends
// the case.
func (t *T) List(path string, query ...string) *Response { return t.Full.List(path, query...) }

// List gets a list as this client and checks its envelope, or ends the case.
func (c *Client) List(path string, query ...string) *Response {
	return c.t.WantList(c.Get(path, query...))
}

// WantList ends the case unless the answer is 200 with the envelope of a list.
func (t *T) WantList(r *Response) *Response {
	t.Want(r, 200)
	if !slices.Contains(r.Strings("schemas"), ListMessage) || r.Total() < 0 {
		t.Fatalf("%s: got %s, want a ListResponse with an integer totalResults", r.Request, r.summary())
	}
	return r
}

// Search is List with a filter. It is not judged where the server advertises
// none: a row about filters has a gate of its own.
func (t *T) Search(path, filter string, query ...string) *Response {
	return t.Full.Search(path, filter, query...)
}

// Search is List with a filter, as this client.
func (c *Client) Search(path, filter string, query ...string) *Response {
	if !c.t.Config().Filter.Supported {
		c.t.NotJudged("it takes a filter, which the server does not support")
	}
	return c.List(path, append([]string{"filter", filter}, query...)...)
}

// longList is more than a case can walk within its limit.
const longList = 5000

// All walks every page of a list by index and returns the ids. Neighbours may
// come and go meanwhile. A very long list makes the case not judged.
func (t *T) All(path string, query ...string) []string {
	var ids []string
	for start := 1; ; {
		page := t.List(path, append([]string{"startIndex", strconv.Itoa(start)}, query...)...)
		if page.Total() > longList {
			t.NotJudged("it takes a walk through the %d resources of %s", page.Total(), path)
		}
		ids = append(ids, page.IDs()...)
		start += len(page.IDs())
		if len(page.IDs()) == 0 || start > page.Total() {
			return ids
		}
	}
}

// WantOnly checks a projection: the named attributes, what is always returned,
// and nothing else (RFC 7644 section 3.9). Only top-level names are compared.
func (t *T) WantOnly(d Doc, schema string, names ...string) {
	always := []string{"schemas", "id"}
	for _, definition := range t.Schema(schema).List("attributes") {
		if definition.String("returned") == "always" {
			always = append(always, definition.String("name"))
		}
	}
	for _, name := range append([]string{"schemas", "id"}, names...) {
		t.Assert(d.Has(name), "got no %s in the projection %s, want it", name, clip(asJSON(d)))
	}
	for _, name := range d.Names() {
		t.Assert(slices.Contains(names, name) || slices.Contains(always, name), "got %s in the projection %s, want it left out", name, clip(asJSON(d)))
	}
}

func equal(got, want any) bool { return reflect.DeepEqual(canonical(got), canonical(want)) }

func oneOf[V cmp.Ordered](values []V) string {
	if len(values) == 1 {
		return fmt.Sprint(values[0])
	}
	return fmt.Sprintf("one of %v", values)
}

func (r *Response) summary() string {
	if len(r.Body) == 0 {
		return fmt.Sprintf("%d without a body", r.Status)
	}
	return fmt.Sprintf("%d %s", r.Status, clip(string(r.Body)))
}
