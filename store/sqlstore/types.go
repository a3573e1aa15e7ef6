package sqlstore

import (
	"errors"

	"scimd/store"
)

func (t *tx) ResourceTypes() (map[string]store.ResourceType, error) {
	type named struct {
		number store.ResourceType
		name   string
	}
	rows, err := many(t, func(s scanner) (r named, err error) {
		err = s.Scan(&r.number, &r.name)
		return r, err
	}, "SELECT key, name FROM resource_type")
	out := make(map[string]store.ResourceType, len(rows))
	for _, r := range rows {
		out[r.name] = r.number
	}
	return out, err
}

func (t *tx) AddResourceType(name string) (store.ResourceType, error) {
	key, err := one(t, scanKey, "SELECT key FROM resource_type WHERE name = ?", name)
	if errors.Is(err, store.ErrNotFound) {
		err = t.insert(&key, "INSERT INTO resource_type(name) VALUES(?)", name)
	}
	return store.ResourceType(key), err
}
