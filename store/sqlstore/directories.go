package sqlstore

import (
	"database/sql"
	"encoding/json"

	"scimd/store"
)

const directoryColumns = "key, parent, id, name, profile, quirks, created, kind, source, link, link_at, link_event, detached"

func scanDirectory(s scanner) (d store.Directory, err error) {
	var created int64
	var quirks string
	var said, detached sql.NullInt64
	if err := s.Scan(&d.Key, &d.Parent, &d.ID, &d.Name, &d.Profile, &quirks, &created,
		&d.Kind, &d.Source.ID, &d.Source.State, &said, &d.Source.Said.Event, &detached); err != nil {
		return d, err
	}
	d.Created, d.Source.Said.At, d.Detached = fromMicros(created), fromOptional(said), fromOptional(detached)
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
	return t.insert(&d.Key, `INSERT INTO directory(parent, id, name, profile, quirks, created, kind, source, link, link_at, link_event, detached)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.Parent, d.ID, d.Name, d.Profile, quirks, micros(d.Created),
		d.Kind, d.Source.ID, d.Source.State, optional(d.Source.Said.At), d.Source.Said.Event, optional(d.Detached))
}

func (t *tx) SetDirectory(d store.Directory) error {
	quirks, err := toJSON(d.Quirks)
	if err != nil {
		return err
	}
	return t.execOne(`UPDATE directory SET name = ?, profile = ?, quirks = ?, link = ?, link_at = ?, link_event = ?, detached = ?
		WHERE key = ?`, d.Name, d.Profile, quirks, d.Source.State, optional(d.Source.Said.At), d.Source.Said.Event,
		optional(d.Detached), d.Key)
}
