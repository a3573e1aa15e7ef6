package sqlstore

import (
	"bytes"
	"cmp"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strconv"

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

func (t *tx) Groups(directory, member int64, transitive bool) ([]store.Reference, error) {
	// CROSS JOIN holds SQLite to the order written, which is the one asked for.
	direct, err := many(t, newReferenceScan().scan, `SELECT r.key, r.type, r.id, r.display
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
		found, err := many(t, newReferenceScan().scan, `SELECT r.key, r.type, r.id, r.display
			FROM `+t.dialect.Keys+` CROSS JOIN membership m CROSS JOIN resource r
			WHERE m.directory = ? AND m.member = k.value AND r.directory = m.directory AND r.key = m.grp`, t.dialect.List(level), directory)
		if err != nil {
			return nil, err
		}
		level = nil
		for _, g := range found {
			if !met[g.Key] {
				met[g.Key], g.Indirect = true, true
				groups, level = append(groups, g), append(level, g.Key)
			}
		}
	}
	if len(groups) > direct {
		slices.SortFunc(groups, func(a, b store.Reference) int { return cmp.Compare(a.Key, b.Key) })
	}
	return groups, nil
}

// containers are groups that contain a member directly.
type containers struct {
	member int64
	groups []int64
}

func scanContainers(s scanner) (c containers, err error) {
	var list sql.RawBytes // NULL: there are none
	if err := s.Scan(&c.member, &list); err != nil || list == nil {
		return c, err
	}
	for key := range bytes.SplitSeq(list, []byte{','}) {
		group, err := strconv.ParseInt(string(key), 10, 64)
		if err != nil {
			return c, err
		}
		c.groups = append(c.groups, group)
	}
	return c, nil
}

// containers gives the groups that contain members directly, by member, as a
// query tells them.
func (t *tx) containers(query string, args ...any) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := each(t, scanContainers, func(c containers) bool {
		if len(c.groups) > 0 {
			out[c.member] = append(out[c.member], c.groups...)
		}
		return true
	}, query, args...)
	for _, groups := range out {
		slices.Sort(groups)
	}
	return out, err
}

// ofUsers takes a row for each user, most of whom are in several groups.
func (t *tx) ofUsers(directory int64, users []int64) (map[int64][]int64, error) {
	return t.containers("SELECT k.value, (SELECT "+t.dialect.Joined("m.grp")+
		" FROM membership m WHERE m.directory = ? AND m.member = k.value) FROM "+t.dialect.Keys, directory, t.dialect.List(users))
}

// ofGroups takes no row for a group that is in none, as most are.
func (t *tx) ofGroups(directory int64, groups []int64) (map[int64][]int64, error) {
	return t.containers("SELECT m.member, m.grp FROM "+t.dialect.Keys+
		t.dialect.Lookup("membership", "m", "m.directory = ? AND m.member = k.value"), t.dialect.List(groups), directory)
}

func (t *tx) GroupsOf(directory int64, members []int64, transitive bool) (map[int64][]store.Reference, error) {
	if len(members) == 0 {
		return nil, nil
	}
	direct, err := t.ofUsers(directory, members)
	if err != nil {
		return nil, err
	}
	above := map[int64][]int64{} // by group; all that any member is in
	for level := direct; len(level) > 0; {
		var next []int64
		for _, groups := range level {
			for _, g := range groups {
				if _, met := above[g]; !met {
					above[g] = nil
					next = append(next, g)
				}
			}
		}
		if level = nil; transitive && len(next) > 0 {
			if level, err = t.ofGroups(directory, next); err != nil {
				return nil, err
			}
			maps.Copy(above, level)
		}
	}
	groups, err := t.references(directory, slices.Collect(maps.Keys(above)))
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]store.Reference, len(direct))
	for member, in := range direct {
		out[member] = withAbove(in, above, groups)
	}
	return out, nil
}

// references gives resources as their members and groups name them, by key.
func (t *tx) references(directory int64, keys []int64) (map[int64]store.Reference, error) {
	out := make(map[int64]store.Reference, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	return out, each(t, newReferenceScan().scan, func(r store.Reference) bool { out[r.Key] = r; return true },
		"SELECT r.key, r.type, r.id, r.display FROM "+t.dialect.Keys+
			t.dialect.Lookup("resource", "r", "r.directory = ? AND r.key = k.value"), t.dialect.List(keys), directory)
}

// withAbove gives the groups and those that contain them, as above says. A
// group that was met before ends a cycle (M-3).
func withAbove(direct []int64, above map[int64][]int64, groups map[int64]store.Reference) []store.Reference {
	out := make([]store.Reference, 0, len(direct))
	for _, g := range direct {
		out = append(out, groups[g])
	}
	for i := 0; i < len(out); i++ {
		for _, g := range above[out[i].Key] {
			if !slices.ContainsFunc(out, func(r store.Reference) bool { return r.Key == g }) {
				r := groups[g]
				r.Indirect = true
				out = append(out, r)
			}
		}
	}
	if len(out) > len(direct) {
		slices.SortFunc(out, func(a, b store.Reference) int { return cmp.Compare(a.Key, b.Key) })
	}
	return out
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
