package sqlstore

import (
	"fmt"
	"time"

	"scimd/store"
)

// columns are what resources are compared and sorted by.
var columns = map[store.Column]string{
	store.ByKey: "r.key", store.ByID: "r.id", store.ByName: "r.name", store.ByExternalID: "r.external_id",
	store.ByActive: "r.active", store.ByCreated: "r.created", store.ByModified: "r.modified",
}

// orderBy sorts by the column and then, in either direction, by creation.
func orderBy(q store.Query) string {
	direction := ""
	if q.Desc {
		direction = " DESC"
	}
	column := columns[q.Order] + direction
	switch q.Order {
	case store.ByKey:
		return column
	case store.ByExternalID: // "" is none, and comes last
		return "r.external_id = ''" + direction + ", " + column + ", r.key"
	case store.ByID, store.ByName, store.ByActive, store.ByCreated, store.ByModified:
	}
	return column + ", r.key"
}

// after keeps what stands behind q.After. The comparison of the column comes
// first and alone, so that an index on it is entered at the position.
func (w *where) after(q store.Query) error {
	if q.After == nil {
		return nil
	}
	sign := " > "
	if q.Desc {
		sign = " < "
	}
	if q.Order == store.ByKey {
		w.add(" AND r.key"+sign+"?", q.After.Key)
		return nil
	}
	value, err := columnValue(q.Order, q.After.Value)
	if err != nil {
		return err
	}
	column, key := columns[q.Order], q.After.Key
	switch {
	case q.Order == store.ByExternalID && value == "":
		w.add(" AND (r.external_id = '' AND r.key > ?", key)
		if q.Desc {
			w.add(" OR r.external_id <> ''")
		}
		w.add(")")
		return nil
	case q.Order == store.ByExternalID && q.Desc:
		w.add(" AND r.external_id <> ''")
	case q.Order == store.ByExternalID:
		w.add(" AND (r.external_id = '' OR r.external_id >= ? AND (r.external_id > ? OR r.key > ?))", value, value, key)
		return nil
	}
	w.add(" AND "+column+sign[:2]+"= ? AND ("+column+sign+"? OR r.key > ?)", value, value, key)
	return nil
}

// columnValue gives a value of the contract as its column holds it.
func columnValue(c store.Column, v any) (any, error) {
	switch v := v.(type) {
	case string:
		if c == store.ByID {
			return newID(v)
		}
		return v, nil
	case bool:
		return flag(v), nil
	case time.Time:
		return micros(v), nil
	}
	return nil, fmt.Errorf("column %d cannot hold a %T", c, v)
}
