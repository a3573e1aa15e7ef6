package sqlstore

import (
	"cmp"
	"database/sql"
	"maps"
	"math"
	"slices"

	"scimd/store"
)

func scanReference(s scanner) (r store.Reference, err error) {
	var id []byte
	if err := s.Scan(&r.Key, &r.Type, &id, &r.Display, &r.Indirect); err != nil {
		return r, err
	}
	r.ID, err = idString(id)
	return r, err
}

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

func (t *tx) Groups(directory, member int64, transitive bool) ([]store.Reference, error) {
	// CROSS JOIN holds SQLite to the order written, which is the one asked for.
	direct, err := many(t, scanReference, `SELECT r.key, r.type, r.id, r.display, 0
		FROM membership m CROSS JOIN resource r
		WHERE m.directory = ? AND m.member = ? AND r.directory = m.directory AND r.key = m.grp ORDER BY m.grp`, directory, member)
	if err != nil || !transitive || len(direct) == 0 {
		return direct, err
	}
	return t.above(directory, direct)
}

// above adds the groups that contain the groups, level by level: most people
// are in no nested group, and a recursive query costs them five times as much.
// A group that was met before ends a cycle (M-3).
func (t *tx) above(directory int64, groups []store.Reference) ([]store.Reference, error) {
	met := make(map[int64]bool, len(groups))
	var level []int64
	for _, g := range groups {
		met[g.Key] = true
		level = append(level, g.Key)
	}
	direct := len(groups)
	for len(level) > 0 {
		found, err := many(t, scanReference, `SELECT r.key, r.type, r.id, r.display, 1
			FROM `+t.dialect.Keys+` CROSS JOIN membership m CROSS JOIN resource r
			WHERE m.directory = ? AND m.member = k.value AND r.directory = m.directory AND r.key = m.grp`, t.dialect.List(level), directory)
		if err != nil {
			return nil, err
		}
		level = nil
		for _, g := range found {
			if !met[g.Key] {
				met[g.Key] = true
				groups, level = append(groups, g), append(level, g.Key)
			}
		}
	}
	if len(groups) > direct {
		slices.SortFunc(groups, func(a, b store.Reference) int { return cmp.Compare(a.Key, b.Key) })
	}
	return groups, nil
}

// edge is a membership with its group.
type edge struct {
	member int64
	group  store.Reference
}

func scanEdge(s scanner) (e edge, err error) {
	var id []byte
	if err := s.Scan(&e.member, &e.group.Key, &e.group.Type, &id, &e.group.Display); err != nil {
		return e, err
	}
	e.group.ID, err = idString(id)
	return e, err
}

// edges gives the groups that contain members directly, by member.
func (t *tx) edges(directory int64, members []int64) (map[int64][]store.Reference, error) {
	out := map[int64][]store.Reference{}
	if len(members) == 0 {
		return out, nil
	}
	return out, each(t, scanEdge, func(e edge) bool { out[e.member] = append(out[e.member], e.group); return true },
		`SELECT m.member, r.key, r.type, r.id, r.display
		FROM `+t.dialect.Keys+t.dialect.Lookup("membership", "m", "m.directory = ? AND m.member = k.value")+
			t.dialect.Lookup("resource", "r", "r.directory = m.directory AND r.key = m.grp")+`
		ORDER BY m.member, m.grp`, t.dialect.List(members), directory)
}

func (t *tx) GroupsOf(directory int64, members []int64, transitive bool) (map[int64][]store.Reference, error) {
	direct, err := t.edges(directory, members)
	if err != nil || !transitive {
		return direct, err
	}
	above := map[int64][]store.Reference{} // by group; all that any member is in
	for level := direct; len(level) > 0; {
		var next []int64
		for _, groups := range level {
			for _, g := range groups {
				if _, met := above[g.Key]; !met {
					above[g.Key] = nil
					next = append(next, g.Key)
				}
			}
		}
		if level, err = t.edges(directory, next); err != nil {
			return nil, err
		}
		maps.Copy(above, level)
	}
	for member, groups := range direct {
		direct[member] = withAbove(groups, above)
	}
	return direct, nil
}

// withAbove adds the groups that contain the groups, as above says. A group
// that was met before ends a cycle (M-3).
func withAbove(groups []store.Reference, above map[int64][]store.Reference) []store.Reference {
	met := make(map[int64]bool, len(groups))
	for _, g := range groups {
		met[g.Key] = true
	}
	direct := len(groups)
	for i := 0; i < len(groups); i++ {
		for _, g := range above[groups[i].Key] {
			if !met[g.Key] {
				met[g.Key], g.Indirect = true, true
				groups = append(groups, g)
			}
		}
	}
	if len(groups) > direct {
		slices.SortFunc(groups, func(a, b store.Reference) int { return cmp.Compare(a.Key, b.Key) })
	}
	return groups
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
	if len(members) == 0 {
		return nil, nil
	}
	return many(t, scanKey, `INSERT INTO membership(directory, grp, member)
		SELECT CAST(? AS bigint), CAST(? AS bigint), k.value FROM `+t.dialect.Keys+` WHERE true
		ON CONFLICT DO NOTHING RETURNING member`, directory, group, t.dialect.List(members))
}

func (t *tx) RemoveMembers(directory, group int64, members []int64) ([]int64, error) {
	if len(members) == 0 {
		return nil, nil
	}
	return many(t, scanKey, `DELETE FROM membership WHERE directory = ? AND grp = ?
		AND `+t.dialect.In("member")+` RETURNING member`, directory, group, t.dialect.List(members))
}

func (t *tx) KeepMembers(directory, group int64, members []int64) ([]int64, error) {
	return many(t, scanKey, `DELETE FROM membership WHERE directory = ? AND grp = ?
		AND member NOT IN (SELECT k.value FROM `+t.dialect.Keys+`) RETURNING member`, directory, group, t.dialect.List(members))
}
