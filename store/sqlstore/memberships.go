package sqlstore

import (
	"database/sql"
	"math"

	"scimd/store"
)

// referenceScan reads members one after another into the same place: a group may
// have a million.
type referenceScan struct {
	r    store.Reference
	id   sql.RawBytes
	dest []any
}

func newReferenceScan() *referenceScan {
	m := &referenceScan{}
	m.dest = []any{&m.r.Key, &m.r.Type, &m.id, &m.r.Display}
	return m
}

func (m *referenceScan) scan(s scanner) (store.Reference, error) {
	err := s.Scan(m.dest...)
	if err == nil {
		m.r.ID, err = idString(m.id)
	}
	return m.r, err
}

func (t *tx) Members(directory, group int64, yield func(store.Reference) bool) error {
	return walk(t, newReferenceScan().scan, yield, `SELECT r.key, r.type, r.id, r.display
		FROM membership m JOIN resource r ON r.directory = m.directory AND r.key = m.member
		WHERE m.directory = ? AND m.grp = ? ORDER BY m.member`, directory, group)
}

func (t *tx) CountMembers(directory, group int64, limit int) (int, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	n, err := one(t, scanKey, `SELECT count(*) FROM (
		SELECT m.member FROM membership m WHERE m.directory = ? AND m.grp = ? LIMIT ?) AS found`, directory, group, limit)
	return int(n), err
}

func (t *tx) UsersBelow(directory int64, groups []int64) ([]int64, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	return many(t, scanKey, `WITH RECURSIVE below(grp) AS (
			SELECT k.value FROM `+t.dialect.Keys+`
			UNION SELECT m.member FROM below b`+t.dialect.Lookup("membership", "m", "m.directory = ? AND m.grp = b.grp")+
		t.dialect.Lookup("resource", "g", "g.directory = m.directory AND g.key = m.member")+`
				WHERE g.type = 2)
		SELECT DISTINCT u.account FROM below b`+t.dialect.Lookup("membership", "m", "m.directory = ? AND m.grp = b.grp")+
		t.dialect.Lookup("resource", "u", "u.directory = m.directory AND u.key = m.member")+`
		WHERE u.type = 1 AND u.account IS NOT NULL ORDER BY u.account`, t.dialect.List(groups), directory, directory)
}

func (t *tx) UsersIn(directory, group int64) ([]int64, error) {
	return many(t, scanKey, `SELECT u.account FROM membership m`+
		t.dialect.Lookup("resource", "u", "u.directory = m.directory AND u.key = m.member")+`
		WHERE m.directory = ? AND m.grp = ? AND u.type = 1 AND u.account IS NOT NULL ORDER BY u.account`, directory, group)
}

func (t *tx) AddMembers(directory, group int64, members []int64) ([]int64, error) {
	switch len(members) {
	case 0:
		return nil, nil
	case 1:
		n, err := t.affected("INSERT INTO membership(directory, grp, member) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", directory, group, members[0])
		return members[:n], err
	}
	return many(t, scanKey, `INSERT INTO membership(directory, grp, member)
		SELECT CAST(? AS bigint), CAST(? AS bigint), k.value FROM `+t.dialect.Keys+` WHERE true
		ON CONFLICT DO NOTHING RETURNING member`, directory, group, t.dialect.List(members))
}

func (t *tx) RemoveMembers(directory, group int64, members []int64) ([]int64, error) {
	switch len(members) {
	case 0:
		return nil, nil
	case 1:
		n, err := t.affected("DELETE FROM membership WHERE directory = ? AND grp = ? AND member = ?", directory, group, members[0])
		return members[:n], err
	}
	return many(t, scanKey, `DELETE FROM membership WHERE directory = ? AND grp = ?
		AND `+t.dialect.In("member")+` RETURNING member`, directory, group, t.dialect.List(members))
}

func (t *tx) KeepMembers(directory, group int64, members []int64) ([]int64, error) {
	return many(t, scanKey, `DELETE FROM membership WHERE directory = ? AND grp = ?
		AND member NOT IN (SELECT k.value FROM `+t.dialect.Keys+`) RETURNING member`, directory, group, t.dialect.List(members))
}
