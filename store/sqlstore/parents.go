package sqlstore

import (
	"encoding/json"
	"slices"

	"scimd/store"
)

const parentColumns = "key, id, name, plan, settings, version, created"

func scanParent(s scanner) (p store.Parent, err error) {
	var created int64
	var settings string
	if err := s.Scan(&p.Key, &p.ID, &p.Name, &p.Plan, &settings, &p.Version, &created); err != nil {
		return p, err
	}
	p.Created = fromMicros(created)
	return p, json.Unmarshal([]byte(settings), &p.ParentSettings)
}

func (t *tx) Parent(key int64) (store.Parent, error) {
	return one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE key = ?", key)
}

// LockParent is store.Tx's. A batch that already holds a parent must not wait
// for another: two replicas that wait for each other's would never end.
func (t *tx) LockParent(key int64) (store.Parent, error) {
	if t.dialect.Lock == "" || t.batch == nil || slices.Contains(t.batch.locked, key) {
		return t.Parent(key)
	}
	lock := t.dialect.Lock
	if len(t.batch.locked) > 0 {
		lock = t.dialect.TryLock
	}
	p, err := one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE key = ? "+lock, key)
	if err == nil {
		t.batch.locked = append(t.batch.locked, key)
	}
	return p, err
}

func (t *tx) FindParent(idOrName string) (store.Parent, error) {
	return one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE id = ? OR name = ?", idOrName, idOrName)
}

func (t *tx) Parents() ([]store.Parent, error) {
	return many(t, scanParent, "SELECT "+parentColumns+" FROM parent ORDER BY key")
}

func (t *tx) AddParent(p *store.Parent) error {
	settings, err := toJSON(p.ParentSettings)
	if err != nil {
		return err
	}
	return t.insert(&p.Key, "INSERT INTO parent(id, name, plan, settings, version, created) VALUES(?, ?, ?, ?, ?, ?)",
		p.ID, p.Name, p.Plan, settings, p.Version, micros(p.Created))
}

func (t *tx) SetParent(p store.Parent) error {
	settings, err := toJSON(p.ParentSettings)
	if err != nil {
		return err
	}
	return t.execOne("UPDATE parent SET name = ?, plan = ?, settings = ?, version = ? WHERE key = ?",
		p.Name, p.Plan, settings, p.Version, p.Key)
}
