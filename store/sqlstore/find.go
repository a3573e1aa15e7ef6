package sqlstore

import (
	"fmt"

	"scimd/store"
)

// orders are the sort keys; the key makes each of them total.
var orders = map[store.Column]string{
	store.ByKey: "r.key", store.ByID: "r.id", store.ByName: "r.name", store.ByExternalID: "r.external_id",
	store.ByActive: "r.active", store.ByCreated: "r.created", store.ByModified: "r.modified",
}

// Find is store.Reader's. Page keys come from an index and documents are
// joined late, so that an offset does not read what it skips.
func (t *tx) Find(q store.Query) (store.Page, error) {
	where, args, err := compileWhere(q)
	if err != nil {
		return store.Page{}, err
	}
	order := orders[q.Order]
	if q.Desc {
		order += " DESC"
	}
	if q.Order != store.ByKey {
		order += ", r.key"
	}
	if q.Keep != nil {
		return t.findKept(q, where, order, args)
	}
	columns, scan := resourceColumns, scanResource
	if q.WithoutDocument {
		columns, scan = bareColumns, scanBare
	}
	var page store.Page
	if q.Limit > 0 {
		page.Resources, err = many(t, scan, fmt.Sprintf(
			"SELECT %s FROM resource r WHERE r.key IN (SELECT r.key FROM resource r WHERE %s ORDER BY %s LIMIT ? OFFSET ?) ORDER BY %s",
			columns, where, order, order), append(args[:len(args):len(args)], q.Limit, q.Offset)...)
		if err != nil {
			return page, err
		}
		if n := len(page.Resources); n > 0 && n < q.Limit || n == 0 && q.Offset == 0 {
			page.Total = q.Offset + n // the last page tells the total
			return page, nil
		}
	}
	page.Total, err = t.total(q, where, args)
	return page, err
}

func (t *tx) total(q store.Query, where string, args []any) (int, error) {
	if q.Where == nil {
		n, err := many(t, scanKey, "SELECT n FROM counter WHERE directory = ? AND type = ?", q.Directory, q.Type)
		if err != nil || len(n) == 0 {
			return 0, err
		}
		return int(n[0]), nil
	}
	n, err := one(t, scanKey, "SELECT count(*) FROM resource r WHERE "+where, args...)
	return int(n), err
}

// findKept tests every narrowed row in memory.
func (t *tx) findKept(q store.Query, where, order string, args []any) (store.Page, error) {
	var page store.Page
	var tested []store.Resource
	// The rows are read first: Keep may read through the same connection.
	err := each(t, scanResource, func(r store.Resource) bool { tested = append(tested, r); return true },
		"SELECT "+resourceColumns+" FROM resource r WHERE "+where+" ORDER BY "+order, args...)
	for _, r := range tested {
		if !q.Keep(r) {
			continue
		}
		if page.Total >= q.Offset && len(page.Resources) < q.Limit {
			page.Resources = append(page.Resources, r)
		}
		page.Total++
	}
	return page, err
}
