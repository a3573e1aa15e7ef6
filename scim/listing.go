package scim

import (
	"net/url"
	"slices"
	"time"

	"scimd/scim/filter"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
	"scimd/store"
)

// listing is a query resolved against the types that it asks for.
type listing struct {
	*request
	search     *search
	selections []*selection
	column     store.Column // sorts as the query wants, if inStore
	inStore    bool         // the store can answer alone
}

// selection is the share of one resource type in a query.
type selection struct {
	*request
	projection *schema.Projection
	program    *filter.Program // nil: all
	sort       *filter.Sort    // nil: no value
	where      store.Expr
	exact      bool // where is all of program
}

// found is a page.
type found struct {
	rows  []store.Resource
	total int
	more  bool // there is a page behind this one
	last  place
}

// listing resolves names: those of one type have to be known; of several, a
// type that does not know a name has no value there (7644-3.4.2.1-R03).
func (q *request) listing(s *search) (*listing, error) {
	types := q.registry.Types
	if q.typ != nil {
		types = []*schema.ResourceType{q.typ}
	}
	l := &listing{request: q, search: s}
	for _, t := range types {
		sel, err := q.of(t).selection(s, len(types) > 1)
		if err != nil {
			return nil, err
		}
		l.selections = append(l.selections, sel)
	}
	if s.SortBy != "" && !slices.ContainsFunc(l.selections, func(sel *selection) bool { return sel.sort != nil }) {
		return nil, scimerr.InvalidValue("sortBy: no attribute %q is known", s.SortBy)
	}
	l.dropEmpty()
	l.column, l.inStore = l.sortColumn()
	for _, sel := range l.selections {
		l.inStore = l.inStore && sel.exact
	}
	return l, nil
}

// dropEmpty leaves out the types of which nothing can match, so that a query
// for one type costs as much at the root as at its endpoint.
func (l *listing) dropEmpty() {
	some := slices.DeleteFunc(slices.Clone(l.selections), func(sel *selection) bool { return filter.IsNever(sel.where) })
	if len(some) == 0 {
		some = l.selections[:1]
	}
	l.selections = some
}

func (q *request) selection(s *search, among bool) (*selection, error) {
	sel := &selection{request: q, exact: true}
	var err error
	if sel.projection, err = schema.ParseProjection(q.typ, s.Attributes, s.Excluded); err != nil {
		return nil, err
	}
	if s.Filter != nil {
		if sel.program, err = q.program(s, among); err != nil {
			return nil, err
		}
		sel.where, sel.exact = sel.program.Query()
	}
	sel.where = q.visible(sel.where)
	if s.inURL {
		if err := sel.sensitive(); err != nil {
			return nil, err
		}
	}
	if s.SortBy == "" {
		return sel, nil
	}
	if _, unknown := q.typ.Resolve(s.SortBy); unknown != nil && among {
		return sel, nil
	}
	sel.sort, err = filter.CompileSort(q.typ, s.SortBy)
	return sel, err
}

// program compiles the filter. Some clients encode it twice in the URL: it is
// decoded once more only if it does not parse as it is.
func (q *request) program(s *search, among bool) (*filter.Program, error) {
	compile := filter.Compile
	if among {
		compile = filter.CompileAmong
	}
	e, err := filter.Parse(*s.Filter, filter.DefaultLimits, q.quirks)
	if err == nil {
		return compile(q.typ, e, q.quirks)
	}
	again, bad := url.QueryUnescape(*s.Filter)
	if !s.inURL || bad != nil || again == *s.Filter {
		return nil, err
	}
	e, second := filter.Parse(again, filter.DefaultLimits, q.quirks)
	if second != nil {
		return nil, err
	}
	return compile(q.typ, e, q.quirks)
}

// sensitive refuses a filter that would leave in logs what must not be in a
// URL (7644-7.5.2-R01).
func (sel *selection) sensitive() error {
	for _, name := range sel.h.SensitiveFilters {
		ref, err := sel.typ.Resolve(name)
		if err == nil && sel.program != nil && sel.program.Reads(ref) {
			return scimerr.Sensitive("a filter on %s must not stand in a URL: POST it to .search", name)
		}
	}
	return nil
}

// sortColumn gives the column that sorts the resources of all types.
func (l *listing) sortColumn() (store.Column, bool) {
	if l.search.SortBy == "" {
		return store.ByKey, true
	}
	first, ok := l.selections[0].sort.Column()
	for _, sel := range l.selections[1:] {
		c, same := sel.sort.Column()
		ok = ok && same && c == first
	}
	return first, ok
}

// read gives the page behind a place, or that of startIndex.
func (l *listing) read(r store.Reader, after *place) (found, error) {
	if l.inStore {
		return l.find(r, after)
	}
	return l.scan(r, after)
}

// query is what the store has to look at.
func (l *listing) query() store.Query {
	ask := store.Query{Directory: l.directory.Key, Order: l.column, Desc: l.search.Descending}
	if len(l.selections) == 1 {
		ask.Type, ask.Where = l.selections[0].storeType(), l.selections[0].where
		return ask
	}
	either := store.Or{}
	for _, sel := range l.selections {
		one := store.And{store.OfType{Type: sel.storeType()}}
		if sel.where != nil {
			one = append(one, sel.where)
		}
		either = append(either, one)
	}
	ask.Where = either
	return ask
}

// find lets the store answer. A walk asks for one more than it shows: that
// one tells whether there is another page.
func (l *listing) find(r store.Reader, after *place) (found, error) {
	ask := l.query()
	ask.Limit = l.search.count
	walk := l.search.cursor != nil
	if !walk {
		ask.Offset = l.search.start - 1
	} else if ask.Limit > 0 {
		ask.Limit++
	}
	if after != nil {
		var err error
		if ask.After, err = position(l.column, *after); err != nil {
			return found{}, err
		}
	}
	page, err := r.Find(ask)
	f := found{rows: page.Resources, total: page.Total}
	if walk && len(f.rows) > l.search.count {
		f.rows, f.more = f.rows[:l.search.count], true
		f.last = placeOf(l.column, f.rows[len(f.rows)-1])
	}
	return f, err
}

// placeOf and position translate between a place and what the store calls it.
func placeOf(c store.Column, row store.Resource) place {
	text := ""
	switch c {
	case store.ByID:
		text = row.ID
	case store.ByName:
		text = row.Name
	case store.ByExternalID:
		text = row.ExternalID
	case store.ByCreated:
		text = row.Created.Format(time.RFC3339Nano)
	case store.ByModified:
		text = row.Modified.Format(time.RFC3339Nano)
	case store.ByKey, store.ByActive:
	}
	return place{[]byte(text), row.Key}
}

func position(c store.Column, at place) (*store.Position, error) {
	p := &store.Position{Key: at.Key, Value: string(at.Rank)}
	if c != store.ByCreated && c != store.ByModified {
		return p, nil
	}
	t, err := time.Parse(time.RFC3339Nano, string(at.Rank))
	p.Value = t
	return p, err
}
