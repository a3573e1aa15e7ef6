package sqlstore

import (
	"encoding/json"

	"scimd/store"
)

const directoryColumns = "key, parent, id, name, profile, quirks, created"

func scanDirectory(s scanner) (d store.Directory, err error) {
	var created int64
	var quirks string
	if err := s.Scan(&d.Key, &d.Parent, &d.ID, &d.Name, &d.Profile, &quirks, &created); err != nil {
		return d, err
	}
	d.Created = fromMicros(created)
	return d, json.Unmarshal([]byte(quirks), &d.Quirks)
}

func (t *tx) Directory(key int64) (store.Directory, error) {
	return one(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory WHERE key = ?", key)
}

func (t *tx) FindDirectory(idOrName string) (store.Directory, error) {
	return one(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory WHERE id = ? OR name = ?", idOrName, idOrName)
}

func (t *tx) Directories(parent int64) ([]store.Directory, error) {
	return many(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory WHERE parent = ? ORDER BY key", parent)
}

func (t *tx) AddDirectory(d *store.Directory) error {
	quirks, err := toJSON(d.Quirks)
	if err != nil {
		return err
	}
	return t.insert(&d.Key, "INSERT INTO directory(parent, id, name, profile, quirks, created) VALUES(?, ?, ?, ?, ?, ?)",
		d.Parent, d.ID, d.Name, d.Profile, quirks, micros(d.Created))
}

func (t *tx) SetDirectory(d store.Directory) error {
	quirks, err := toJSON(d.Quirks)
	if err != nil {
		return err
	}
	return t.execOne("UPDATE directory SET name = ?, profile = ?, quirks = ? WHERE key = ?", d.Name, d.Profile, quirks, d.Key)
}
