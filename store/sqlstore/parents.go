package sqlstore

import (
	"encoding/json"
	"errors"
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

// errHeld says that another server holds a parent.
var errHeld = errors.New("another server holds the parent")

// LockParent is store.Tx's. A batch that already holds a parent must not wait
// for another: two replicas that wait for each other's would never end. What it
// holds nobody else changes, so it is read once.
func (t *tx) LockParent(key int64) (store.Parent, error) {
	if t.batch == nil {
		return t.Parent(key)
	}
	known, held := t.batch.held[key]
	if known != nil {
		return cloned(*known), nil
	}
	p, err := t.lockParent(key, held)
	if err == nil {
		kept := cloned(p)
		t.batch.held[key] = &kept
	}
	return p, err
}

func (t *tx) lockParent(key int64, held bool) (store.Parent, error) {
	lock := t.dialect.Lock
	if lock == "" || held {
		return t.Parent(key)
	}
	further := len(t.batch.held) > 0
	if further {
		lock = t.dialect.TryLock
	}
	p, err := one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE key = ? "+lock, key)
	if further && errors.Is(err, store.ErrNotFound) {
		if _, err = t.Parent(key); err == nil {
			err = errHeld
		}
	}
	return p, err
}

func cloned(p store.Parent) store.Parent {
	p.Domains = slices.Clone(p.Domains)
	return p
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
	err = t.execOne("UPDATE parent SET name = ?, plan = ?, settings = ?, version = ? WHERE key = ?",
		p.Name, p.Plan, settings, p.Version, p.Key)
	if t.batch != nil && t.batch.held[p.Key] != nil {
		t.batch.held[p.Key] = nil
	}
	return err
}
