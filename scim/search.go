package scim

import (
	"slices"
	"strconv"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// search is what a query asks for, in a URL or in a body (RFC 7644 §3.4.2 and
// §3.4.3, RFC 9865 §2). What is exported stays the same from page to page.
type search struct {
	Attributes, Excluded []string
	Filter               *string // nil: none
	SortBy               string
	Descending           bool
	start                int
	count                int
	cursor               *string // nil: paged by index; "": the first page
	inURL                bool
}

// parameter gives a parameter as text; ok is false if it is not there.
type parameter func(name string) (text string, ok bool, err error)

// searchInURL reads the query string.
func (q *request) searchInURL() (*search, error) {
	s := &search{inURL: true, Attributes: q.params["attributes"], Excluded: q.params["excludedAttributes"]}
	return s, s.read(q.h, func(name string) (string, bool, error) { return q.params.Get(name), q.params.Has(name), nil })
}

// searchInBody reads a SearchRequest.
func (q *request) searchInBody() (*search, error) {
	o, err := q.body()
	if err != nil {
		return nil, err
	}
	if !isSearch(o) && !q.quirks.Has(quirk.SearchSchemas) {
		return nil, scimerr.InvalidSyntax("schemas must contain %s", searchURN)
	}
	s := &search{}
	if s.Attributes, err = q.nameList(o, "attributes"); err != nil {
		return nil, err
	}
	if s.Excluded, err = q.nameList(o, "excludedAttributes"); err != nil {
		return nil, err
	}
	return s, s.read(q.h, member(o))
}

func isSearch(o *resource.Object) bool {
	v, _ := o.Lookup("schemas")
	list, _ := v.(resource.Array)
	return slices.ContainsFunc(list, func(e resource.Value) bool {
		urn, ok := e.(string)
		return ok && resource.EqualName(urn, searchURN)
	})
}

// nameList reads an array of attribute names.
func (q *request) nameList(o *resource.Object, name string) ([]string, error) {
	v, _ := o.Lookup(name)
	if joined, ok := v.(string); ok && q.quirks.Has(quirk.JoinedNames) {
		v = resource.Array{joined}
	}
	list, ok := v.(resource.Array)
	if !ok && v != nil {
		return nil, scimerr.InvalidValue("%s must be an array of strings", name)
	}
	var names []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, scimerr.InvalidValue("%s must be an array of strings", name)
		}
		names = append(names, s)
	}
	return names, nil
}

// member reads the members of a body that hold one value: strings, and
// integers where the name asks for one.
func member(o *resource.Object) parameter {
	return func(name string) (string, bool, error) {
		v, _ := o.Lookup(name)
		number := name == "startIndex" || name == "count"
		switch v := v.(type) {
		case nil:
			return "", false, nil
		case string:
			if !number {
				return v, true, nil
			}
		case resource.Number:
			if number {
				return string(v), true, nil
			}
		}
		if number {
			return "", false, scimerr.InvalidValue("%s must be an integer", name)
		}
		return "", false, scimerr.InvalidValue("%s must be a string", name)
	}
}

// read fills in what holds one value.
func (s *search) read(h *Handler, get parameter) error {
	given := map[string]*string{}
	for _, name := range []string{"filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"} {
		text, ok, err := get(name)
		if err != nil {
			return err
		}
		if ok {
			given[name] = &text
		}
	}
	s.Filter, s.cursor = given["filter"], given["cursor"]
	if err := s.order(given["sortBy"], given["sortOrder"]); err != nil {
		return err
	}
	return s.page(h, given["startIndex"], given["count"])
}

// order reads sortBy and sortOrder, which means nothing alone.
func (s *search) order(sortBy, sortOrder *string) error {
	if sortBy != nil {
		s.SortBy = *sortBy
	}
	switch {
	case sortOrder == nil, *sortOrder == "", resource.EqualName(*sortOrder, "ascending"):
	case resource.EqualName(*sortOrder, "descending"):
		s.Descending = s.SortBy != ""
	default:
		return scimerr.InvalidValue("sortOrder must be ascending or descending")
	}
	return nil
}

// page reads startIndex and count (RFC 7644 §3.4.2.4, A-22).
func (s *search) page(h *Handler, startIndex, count *string) (err error) {
	if s.cursor != nil && startIndex != nil {
		return scimerr.InvalidValue("cursor and startIndex exclude each other")
	}
	if s.start, err = integer("startIndex", startIndex, 1); err != nil {
		return err
	}
	if s.count, err = integer("count", count, h.defaultPage()); err != nil {
		if s.cursor != nil { // RFC 9865 §2.1
			return scimerr.InvalidCount("%s", err)
		}
		return err
	}
	s.start, s.count = max(s.start, 1), min(max(s.count, 0), h.maxResults())
	return nil
}

func integer(name string, text *string, otherwise int) (int, error) {
	if text == nil || *text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(*text)
	if err != nil {
		return 0, scimerr.InvalidValue("%s must be an integer", name)
	}
	return n, nil
}
