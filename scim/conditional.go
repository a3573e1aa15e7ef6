package scim

import (
	"net/http"
	"slices"
	"strings"

	"scimd/scim/scimerr"
	"scimd/store"
)

// entityTags is the value of If-Match or If-None-Match (RFC 9110 §13.1), the
// former also as version of a bulk operation (RFC 7644 §3.7). The zero value
// asks nothing.
type entityTags struct {
	any  bool     // "*"
	tags []string // opaque tags, with their quotes and without W/
}

// parseEntityTags reads "*" or a list of entity tags. No values give the zero
// value; ok is false for what is neither.
func parseEntityTags(values []string) (t entityTags, ok bool) {
	if len(values) == 0 {
		return t, true
	}
	rest := strings.Join(values, ",")
	if strings.Trim(rest, " \t") == "*" {
		return entityTags{any: true}, true
	}
	for {
		rest = strings.TrimLeft(rest, " \t,") // a list may have empty elements (RFC 9110 §5.6.1)
		if rest == "" {
			return t, len(t.tags) > 0
		}
		tag, after, ok := cutEntityTag(rest)
		if !ok {
			return entityTags{}, false
		}
		t.tags, rest = append(t.tags, tag), after
	}
}

// cutEntityTag takes one tag from the start of a list.
func cutEntityTag(s string) (tag, rest string, ok bool) {
	s = strings.TrimPrefix(s, "W/")
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	end := strings.IndexByte(s[1:], '"') + 2
	if end < 2 || strings.ContainsAny(s[:end], " \t") {
		return "", "", false
	}
	rest = strings.TrimLeft(s[end:], " \t")
	return s[:end], rest, rest == "" || rest[0] == ','
}

func (t entityTags) given() bool { return t.any || len(t.tags) > 0 }

// matches compares weakly: RFC 7644 §3.14 lets clients send weak tags in
// If-Match, which never match under the strong comparison of RFC 9110.
func (t entityTags) matches(row store.Resource) bool {
	return t.any || slices.Contains(t.tags, strings.TrimPrefix(etag(row), "W/"))
}

// conditions are what a request asks of the state of the one resource that it
// is about (RFC 7644 §3.14). The zero value asks nothing.
type conditions struct{ match, noneMatch entityTags }

// readConditions reads the headers. A write with a condition that cannot be
// read is refused, as it must not happen unconditionally; a read loses nothing.
func (q *request) readConditions() error {
	var ok, also bool
	q.conditions.match, ok = parseEntityTags(q.Header.Values("If-Match"))
	q.conditions.noneMatch, also = parseEntityTags(q.Header.Values("If-None-Match"))
	if (ok && also) || q.safe() {
		return nil
	}
	return scimerr.Status(http.StatusBadRequest, `If-Match and If-None-Match must be "*" or a list of entity tags`)
}

// check holds the conditions of a write to the row of its transaction. What
// fails is 412 (RFC 9110 §13.2).
func (c conditions) check(cur store.Resource) error {
	switch {
	case c.match.given() && !c.match.matches(cur):
		return scimerr.Status(http.StatusPreconditionFailed, "the resource has changed: its version is %s", etag(cur))
	case c.noneMatch.given() && c.noneMatch.matches(cur):
		return scimerr.Status(http.StatusPreconditionFailed, "the resource exists with version %s", etag(cur))
	}
	return nil
}

// unchanged tells whether the client of a GET has this version already.
func (c conditions) unchanged(row store.Resource) (bool, error) {
	if c.noneMatch.given() && c.noneMatch.matches(row) {
		return true, conditions{match: c.match}.check(row)
	}
	return false, c.check(row)
}
