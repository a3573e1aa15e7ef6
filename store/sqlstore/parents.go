package sqlstore

import "scimd/store"

const parentColumns = "key, id, name, plan, created"

func scanParent(s scanner) (p store.Parent, err error) {
	var created int64
	err = s.Scan(&p.Key, &p.ID, &p.Name, &p.Plan, &created)
	p.Created = fromMicros(created)
	return p, err
}

func (t *tx) Parent(key int64) (store.Parent, error) {
	return one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE key = ?", key)
}

func (t *tx) FindParent(idOrName string) (store.Parent, error) {
	return one(t, scanParent, "SELECT "+parentColumns+" FROM parent WHERE id = ? OR name = ?", idOrName, idOrName)
}

func (t *tx) Parents() ([]store.Parent, error) {
	return many(t, scanParent, "SELECT "+parentColumns+" FROM parent ORDER BY key")
}

func (t *tx) AddParent(p *store.Parent) error {
	return t.insert(&p.Key, "INSERT INTO parent(id, name, plan, created) VALUES(?, ?, ?, ?)",
		p.ID, p.Name, p.Plan, micros(p.Created))
}

func (t *tx) SetParent(p store.Parent) error {
	return t.execOne("UPDATE parent SET name = ?, plan = ? WHERE key = ?", p.Name, p.Plan, p.Key)
}
