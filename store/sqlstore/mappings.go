package sqlstore

import (
	"database/sql"

	"scimd/store"
)

const mappingColumns = "key, parent, org, id, directory, grp, claim, role, tier, created"

func scanMapping(s scanner) (m store.Mapping, err error) {
	var created int64
	var directory, group sql.NullInt64
	err = s.Scan(&m.Key, &m.Parent, &m.Org, &m.ID, &directory, &group, &m.Claim, &m.Role, &m.Tier, &created)
	m.Directory, m.Group, m.Created = directory.Int64, group.Int64, fromMicros(created)
	return m, err
}

func (t *tx) Mappings(parent, org int64) ([]store.Mapping, error) {
	return many(t, scanMapping, "SELECT "+mappingColumns+" FROM mapping WHERE parent = ? AND org = ? ORDER BY key", parent, org)
}

func (t *tx) MappingsOfGroup(parent, group int64) ([]store.Mapping, error) {
	return many(t, scanMapping, "SELECT "+mappingColumns+" FROM mapping WHERE parent = ? AND grp = ? ORDER BY key", parent, group)
}

func (t *tx) AddMapping(m *store.Mapping) error {
	return t.insert(&m.Key, `INSERT INTO mapping(parent, org, id, directory, grp, claim, role, tier, created)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, m.Parent, m.Org, m.ID, optionalKey(m.Directory), optionalKey(m.Group), m.Claim,
		m.Role, m.Tier, micros(m.Created))
}

func (t *tx) RemoveMapping(parent, org, key int64) error {
	return t.execOne("DELETE FROM mapping WHERE parent = ? AND org = ? AND key = ?", parent, org, key)
}
