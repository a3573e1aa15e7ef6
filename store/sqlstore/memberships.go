package sqlstore

import (
	"database/sql"
	"math"
	"slices"

	"scimd/store"
)

// referenceScan reads references one after another into the same place.
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

// membersPage is how many members are read at once.
const membersPage = 1000

func (t *tx) Members(directory, group int64, yield func(store.Reference) bool) error {
	var after int64
	for more := true; more; {
		page, err := t.gatherReferences("SELECT r.key, r.type, r.id, r.display FROM membership m"+t.dialect.Briefly("r", "r.directory = m.directory AND r.key = m.member")+`
			WHERE m.directory = ? AND m.grp = ? AND m.member > ? ORDER BY m.member LIMIT ?`, directory, group, after, membersPage)
		if err != nil {
			return err
		}
		more = len(page) == membersPage
		for _, r := range page {
			if !yield(r) {
				return nil
			}
			after = r.Key
		}
	}
	return nil
}

func (t *tx) CountMembers(directory, group int64, limit int) (int, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	n, err := one(t, scanKey, `SELECT count(*) FROM (
		SELECT m.member FROM membership m WHERE m.directory = ? AND m.grp = ? LIMIT ?) AS found`, directory, group, limit)
	return int(n), err
}

// UsersBelow is store.Reader's. Most of what a change names is people, below
// whom there is nothing to look for.
func (t *tx) UsersBelow(directory int64, resources []int64) ([]int64, error) {
	if len(resources) == 0 {
		return nil, nil
	}
	key, typ, account := integers.of("key"), integers.of("type"), integers.of("account")
	n, err := t.gather([]*column{key, typ, account}, "SELECT u.key, u.type, coalesce(u.account, 0) AS account FROM "+t.dialect.Keys+
		t.dialect.Briefly("u", "u.directory = ? AND u.key = k.value"), t.dialect.List(resources), directory)
	if err != nil {
		return nil, err
	}
	var users, groups []int64
	for range n {
		switch k, a := key.integer(), account.integer(); {
		case store.ResourceType(typ.integer()) == store.Group:
			groups = append(groups, k)
		case a != 0:
			users = append(users, a)
		}
	}
	if len(groups) > 0 {
		below, err := t.usersBelow(directory, groups)
		if err != nil {
			return nil, err
		}
		users = append(users, below...)
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

func (t *tx) usersBelow(directory int64, groups []int64) ([]int64, error) {
	return t.gatherKeys(`WITH RECURSIVE below(resource) AS (
			SELECT k.value FROM `+t.dialect.Keys+`
			UNION SELECT m.member FROM below b`+t.dialect.Lookup("membership", "m", "m.directory = ? AND m.grp = b.resource")+`)
		SELECT DISTINCT u.account AS key FROM below b`+t.dialect.Briefly("u", "u.directory = ? AND u.key = b.resource")+`
		WHERE u.type = 1 AND u.account IS NOT NULL ORDER BY u.account`, t.dialect.List(groups), directory, directory)
}

func (t *tx) UsersIn(directory, group int64) ([]int64, error) {
	return t.gatherKeys("SELECT u.account AS key FROM membership m"+t.dialect.Briefly("u", "u.directory = m.directory AND u.key = m.member")+`
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
