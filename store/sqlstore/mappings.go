package sqlstore

import "scimd/store"

const mappingColumns = "key, parent, org, id, directory, grp, role, tier, created"

func scanMapping(s scanner) (m store.Mapping, err error) {
	var created int64
	err = s.Scan(&m.Key, &m.Parent, &m.Org, &m.ID, &m.Directory, &m.Group, &m.Role, &m.Tier, &created)
	m.Created = fromMicros(created)
	return m, err
}

func (t *tx) Mappings(parent, org int64) ([]store.Mapping, error) {
	return many(t, scanMapping, "SELECT "+mappingColumns+" FROM mapping WHERE parent = ? AND org = ? ORDER BY key", parent, org)
}

func (t *tx) MappingsOfGroup(parent, group int64) ([]store.Mapping, error) {
	return many(t, scanMapping, "SELECT "+mappingColumns+" FROM mapping WHERE parent = ? AND grp = ? ORDER BY key", parent, group)
}

func (t *tx) AddMapping(m *store.Mapping) error {
	return t.insert(&m.Key, `INSERT INTO mapping(parent, org, id, directory, grp, role, tier, created)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?)`, m.Parent, m.Org, m.ID, m.Directory, m.Group, m.Role, m.Tier, micros(m.Created))
}

func (t *tx) RemoveMapping(parent, org, key int64) error {
	return t.execOne("DELETE FROM mapping WHERE parent = ? AND org = ? AND key = ?", parent, org, key)
}
