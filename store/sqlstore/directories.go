package sqlstore

import (
	"database/sql"
	"encoding/json"

	"scimd/store"
)

const directoryColumns = "d.key, d.parent, d.id, d.name, d.profile, d.quirks, d.created, d.kind, d.source, d.link, d.link_at, d.link_event, d.detached"

// directoryRow may be that of none: all of it is NULL then.
type directoryRow struct {
	key, parent, created, said, detached                    sql.NullInt64
	id, name, profile, quirks, kind, source, state, eventID sql.NullString
}

func (r *directoryRow) dest() []any {
	return []any{&r.key, &r.parent, &r.id, &r.name, &r.profile, &r.quirks, &r.created,
		&r.kind, &r.source, &r.state, &r.said, &r.eventID, &r.detached}
}

func (r *directoryRow) directory() (d store.Directory, err error) {
	if !r.key.Valid {
		return d, nil
	}
	d = store.Directory{
		Key: r.key.Int64, Parent: r.parent.Int64, ID: r.id.String, Name: r.name.String, Profile: r.profile.String,
		Kind: store.DirectoryKind(r.kind.String), Created: fromMicros(r.created.Int64), Detached: fromOptional(r.detached),
	}
	d.Source.ID, d.Source.State = r.source.String, store.LinkState(r.state.String)
	d.Source.Said.At, d.Source.Said.Event = fromOptional(r.said), r.eventID.String
	if r.quirks.String != "null" { // which most have
		err = json.Unmarshal([]byte(r.quirks.String), &d.Quirks)
	}
	return d, err
}

func scanDirectory(s scanner) (store.Directory, error) {
	var row directoryRow
	if err := s.Scan(row.dest()...); err != nil {
		return store.Directory{}, err
	}
	return row.directory()
}

func (t *tx) Directory(key int64) (store.Directory, error) {
	return one(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory d WHERE d.key = ?", key)
}

func (t *tx) FindDirectory(idOrName string) (store.Directory, error) {
	return one(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory d WHERE d.id = ? OR d.name = ?", idOrName, idOrName)
}

func (t *tx) Directories(parent int64) ([]store.Directory, error) {
	return many(t, scanDirectory, "SELECT "+directoryColumns+" FROM directory d WHERE d.parent = ? ORDER BY d.key", parent)
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
	t.forgetCredentials()
	return t.execOne(`UPDATE directory SET name = ?, profile = ?, quirks = ?, link = ?, link_at = ?, link_event = ?, detached = ?
		WHERE key = ?`, d.Name, d.Profile, quirks, d.Source.State, optional(d.Source.Said.At), d.Source.Said.Event,
		optional(d.Detached), d.Key)
}
