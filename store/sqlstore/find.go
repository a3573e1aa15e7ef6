package sqlstore

import (
	"fmt"

	"scimd/store"
)

// Find is store.Reader's. Page keys come from an index and documents are
// joined late, so that an offset does not read what it skips.
func (t *tx) Find(q store.Query) (store.Page, error) {
	var page store.Page
	var err error
	if q.Limit > 0 {
		if page.Resources, err = t.page(q); err != nil {
			return page, err
		}
		if n := len(page.Resources); q.After == nil && (n > 0 && n < q.Limit || n == 0 && q.Offset == 0) {
			page.Total = q.Offset + n // the last page tells the total
			return page, nil
		}
	}
	page.Total, err = t.total(q)
	return page, err
}

func (t *tx) page(q store.Query) ([]store.Resource, error) {
	w, err := t.compileWhere(q)
	if err != nil {
		return nil, err
	}
	if err := w.after(q); err != nil {
		return nil, err
	}
	columns, scan := resourceColumns, scanResource
	if q.WithoutDocument {
		columns, scan = bareColumns, scanBare
	}
	order := orderBy(q)
	if isLookup(q) {
		return many(t, scan, fmt.Sprintf("SELECT %s FROM resource r WHERE %s ORDER BY %s LIMIT ?", columns, w.sql.String(), order), append(w.args, q.Limit)...)
	}
	keys := fmt.Sprintf("SELECT r.key FROM resource r WHERE %s ORDER BY %s LIMIT ? OFFSET ?", w.sql.String(), order)
	args := append([]any{q.Directory}, append(w.args, q.Limit, q.Offset)...)
	return many(t, scan, "SELECT "+columns+" FROM resource r WHERE "+t.dialect.Known("r.directory")+" = ? AND "+
		t.dialect.Few("r.key", keys)+" ORDER BY "+order, args...)
}

// isLookup tells whether a query is for few resources that an index finds: no
// document is read for nothing.
func isLookup(q store.Query) bool {
	if q.Offset > 0 {
		return false
	}
	switch e := q.Where.(type) {
	case store.Compare:
		return e.Op == store.Eq && (e.Column == store.ByID || e.Column == store.ByName || e.Column == store.ByExternalID)
	case store.HasValue:
		return e.Op == store.Eq
	}
	return false
}

func (t *tx) total(q store.Query) (int, error) {
	if q.Where == nil && q.Type == 0 {
		n, err := one(t, scanKey, "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM counter WHERE directory = ?", q.Directory)
		return int(n), err
	}
	if q.Where == nil {
		n, err := many(t, scanKey, "SELECT n FROM counter WHERE directory = ? AND type = ?", q.Directory, q.Type)
		if err != nil || len(n) == 0 {
			return 0, err
		}
		return int(n[0]), nil
	}
	w, err := t.compileWhere(q)
	if err != nil {
		return 0, err
	}
	n, err := one(t, scanKey, "SELECT count(*) FROM resource r WHERE "+w.sql.String(), w.args...)
	return int(n), err
}

// Keys is store.Reader's.
func (t *tx) Keys(q store.Query) ([]int64, error) {
	w, err := t.compileWhere(q)
	if err != nil {
		return nil, err
	}
	return many(t, scanKey, "SELECT r.key FROM resource r WHERE "+w.sql.String()+" ORDER BY "+orderBy(q), w.args...)
}

// ResourcesByKey is store.Reader's.
func (t *tx) ResourcesByKey(directory int64, keys []int64) ([]store.Resource, error) {
	return t.byKey(scanResource, resourceColumns, directory, keys)
}

// ResourcesBriefly is store.Reader's.
func (t *tx) ResourcesBriefly(directory int64, keys []int64) ([]store.Resource, error) {
	return t.byKey(scanBare, bareColumns, directory, keys)
}

func (t *tx) byKey(scan func(scanner) (store.Resource, error), columns string, directory int64, keys []int64) ([]store.Resource, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	found := make(map[int64]store.Resource, len(keys))
	err := each(t, scan, func(r store.Resource) bool { found[r.Key] = r; return true },
		"SELECT "+columns+" FROM resource r WHERE "+t.dialect.Known("r.directory")+" = ? AND "+t.dialect.In("r.key"), directory, t.dialect.List(keys))
	if err != nil {
		return nil, err
	}
	out := make([]store.Resource, 0, len(found))
	for _, key := range keys {
		if r, ok := found[key]; ok {
			out = append(out, r)
		}
	}
	return out, nil
}
