package scim

import (
	"cmp"
	"slices"
	"strings"

	"scimd/scim/resource"
	"scimd/scim/scimerr"
	"scimd/store"
)

// portion is how many documents are in memory at a time.
const portion = 256

// hit is a match: all that a sort has to remember of it.
type hit struct {
	rank string
	key  int64
}

// compare orders hits as the query wants. Equal values stand in the order of
// creation in both directions.
func (l *listing) compare(a, b hit) int {
	byRank := strings.Compare(a.rank, b.rank)
	if l.search.Descending {
		byRank = -byRank
	}
	return cmp.Or(byRank, cmp.Compare(a.key, b.key))
}

// scan tests and ranks in memory what the store cannot.
func (l *listing) scan(r store.Reader, after *place) (found, error) {
	hits, err := l.hits(r)
	if err != nil {
		return found{}, err
	}
	slices.SortFunc(hits, l.compare)
	start := min(l.search.start-1, len(hits))
	if after != nil {
		var stands bool
		at := hit{string(after.Rank), after.Key}
		if start, stands = slices.BinarySearchFunc(hits, at, l.compare); stands {
			start++
		}
	}
	end := start + min(l.search.count, len(hits)-start)
	keys := make([]int64, 0, end-start)
	for _, h := range hits[start:end] {
		keys = append(keys, h.key)
	}
	f := found{total: len(hits)}
	if end > start && end < len(hits) {
		f.more, f.last = true, place{[]byte(hits[end-1].rank), hits[end-1].key}
	}
	f.rows, err = r.ResourcesByKey(l.directory.Key, keys)
	return f, err
}

// hits gives every match of every type.
func (l *listing) hits(r store.Reader) ([]hit, error) {
	var all []hit
	looked := 0
	for _, sel := range l.selections {
		keys, err := r.Keys(store.Query{Directory: l.directory.Key, Type: sel.storeType(), Where: sel.where})
		if err != nil {
			return nil, err
		}
		if looked += len(keys); l.h.MaxScan > 0 && looked > l.h.MaxScan {
			return nil, scimerr.TooMany("no index answers the query and it would have to look at more than %d resources: narrow the filter", l.h.MaxScan)
		}
		if all, err = sel.appendHits(all, r, keys, l.search.SortBy != ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (sel *selection) appendHits(all []hit, r store.Reader, keys []int64, ranked bool) ([]hit, error) {
	if sel.exact && sel.sort == nil {
		for _, key := range keys {
			h := hit{key: key}
			if ranked {
				h.rank = sel.sort.Rank(nil)
			}
			all = append(all, h)
		}
		return all, nil
	}
	for some := range slices.Chunk(keys, portion) {
		rows, err := r.ResourcesByKey(sel.directory.Key, some)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			doc, err := resource.Parse(row.Document)
			if err != nil {
				return nil, unreadable(row, err)
			}
			o, err := sel.compose(r, row, doc, sel.reads)
			if err != nil {
				return nil, err
			}
			if !sel.exact && !sel.program.Match(o) {
				continue
			}
			h := hit{key: row.Key}
			if ranked {
				h.rank = sel.sort.Rank(o)
			}
			all = append(all, h)
		}
	}
	return all, nil
}

// reads tells whether the test or the rank looks at an attribute.
func (sel *selection) reads(name string) bool {
	ref, err := sel.typ.Resolve(name)
	return err == nil && (sel.sort.Reads(ref) || sel.program.Reads(ref))
}
