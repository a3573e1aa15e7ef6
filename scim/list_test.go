package scim_test

import (
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"scimd/internal/naive"
)

// list is an answer to a query, or an error.
type list struct {
	Schemas      []string
	TotalResults *int
	StartIndex   *int
	ItemsPerPage *int
	NextCursor   *string
	Resources    []naive.Resource
	Status       string
	ScimType     string
	Detail       string
}

func (l list) ids() []string { return idsOf(l.Resources) }

func idsOf(resources []naive.Resource) []string {
	ids := []string{}
	for _, r := range resources {
		ids = append(ids, r["id"].(string))
	}
	return ids
}

func (c client) users(n int) (ids []string) {
	c.t.Helper()
	for i := range n {
		ids = append(ids, c.user(fmt.Sprintf("user%02d", i)))
	}
	return ids
}

func (c client) get(query string) list {
	c.t.Helper()
	return c.list(c.do("GET", query, ""))
}

func (c client) search(path, body string) list {
	c.t.Helper()
	return c.list(c.do("POST", path+"/.search", body))
}

func (c client) list(a answer) (page list) {
	c.t.Helper()
	if err := a.into(&page); err != nil {
		c.t.Fatalf("got %d %q: %v", a.status, a.raw, err)
	}
	return page
}

// names are what tells resources apart, in their order.
func (l list) names() string {
	var names []string
	for _, r := range l.Resources {
		name, ok := r["userName"]
		if !ok {
			name = r["displayName"]
		}
		names = append(names, fmt.Sprint(name))
	}
	return strings.Join(names, " ")
}

func (l list) want(t *testing.T, what, names string, total int) {
	t.Helper()
	if l.Status != "" || l.names() != names || l.TotalResults == nil || *l.TotalResults != total {
		t.Errorf("%s: got %q of %v, %s %s, want %q of %d", what, l.names(), deref(l.TotalResults), l.ScimType, l.Detail, names, total)
	}
}

func deref(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

func (l list) refused(t *testing.T, what, status, scimType string) {
	t.Helper()
	if l.Status != status || l.ScimType != scimType || l.Detail == "" {
		t.Errorf("%s: got status %q, scimType %q, detail %q, want %s %s with a detail", what, l.Status, l.ScimType, l.Detail, status, scimType)
	}
}

// pages follows nextCursor to the end.
func (c client) pages(get func(cursor string) list) iter.Seq[list] {
	const most = 200
	return func(yield func(list) bool) {
		next := ""
		for range most {
			page := get(next)
			if page.Status != "" {
				c.t.Fatalf("a page: got %s %s", page.ScimType, page.Detail)
			}
			if !yield(page) || page.NextCursor == nil {
				return
			}
			next = *page.NextCursor
		}
		c.t.Errorf("a walk did not end after %d pages", most)
	}
}

// ask sends a query in the URL or as a SearchRequest.
func (c client) ask(path string, query map[string]any, inURL bool) list {
	c.t.Helper()
	if !inURL {
		return c.search(path, asJSON(query))
	}
	params := url.Values{}
	for name, v := range query {
		switch v := v.(type) {
		case []string:
			if name != "schemas" {
				params.Set(name, strings.Join(v, ","))
			}
		case int:
			params.Set(name, strconv.Itoa(v))
		case string:
			params.Set(name, v)
		}
	}
	return c.get(path + "?" + params.Encode())
}
