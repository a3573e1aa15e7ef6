package sqlstore

import "scimd/store"

func scanReference(s scanner) (r store.Reference, err error) {
	var id []byte
	if err := s.Scan(&r.Key, &r.Type, &id, &r.Display, &r.Indirect); err != nil {
		return r, err
	}
	r.ID, err = idString(id)
	return r, err
}

func (t *tx) Members(directory, group int64, yield func(store.Reference) bool) error {
	return each(t, scanReference, yield, `SELECT r.key, r.type, r.id, r.display, 0
		FROM membership m JOIN resource r ON r.key = m.member
		WHERE m.directory = ? AND m.grp = ? ORDER BY m.member`, directory, group)
}

func (t *tx) Groups(directory, member int64, transitive bool) ([]store.Reference, error) {
	if !transitive {
		return many(t, scanReference, `SELECT r.key, r.type, r.id, r.display, 0
			FROM membership m JOIN resource r ON r.key = m.grp
			WHERE m.directory = ? AND m.member = ? ORDER BY r.key`, directory, member)
	}
	// UNION, not UNION ALL: a cycle ends where it began (M-3). CROSS JOIN holds
	// SQLite to the order written: left to itself it walks the directory.
	return many(t, scanReference, `WITH RECURSIVE above(grp) AS (
			SELECT grp FROM membership WHERE directory = ? AND member = ?
			UNION SELECT m.grp FROM above a CROSS JOIN membership m WHERE m.directory = ? AND m.member = a.grp)
		SELECT r.key, r.type, r.id, r.display,
			NOT EXISTS(SELECT 1 FROM membership d WHERE d.directory = ? AND d.grp = r.key AND d.member = ?)
		FROM above a CROSS JOIN resource r WHERE r.key = a.grp ORDER BY +r.key`,
		directory, member, directory, directory, member)
}

func (t *tx) UsersBelow(directory int64, groups []int64) ([]int64, error) {
	keys, err := toJSON(groups)
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	return many(t, scanKey, `WITH RECURSIVE below(grp) AS (
			SELECT value FROM `+t.dialect.Keys+`
			UNION SELECT m.member FROM below b CROSS JOIN membership m CROSS JOIN resource g
				WHERE m.directory = ? AND m.grp = b.grp AND g.key = m.member AND g.type = 2)
		SELECT DISTINCT u.account FROM below b CROSS JOIN membership m CROSS JOIN resource u
		WHERE m.directory = ? AND m.grp = b.grp AND u.key = m.member AND u.type = 1 AND u.account IS NOT NULL
		ORDER BY u.account`, keys, directory, directory)
}

func (t *tx) AddMembers(directory, group int64, members []int64) ([]int64, error) {
	keys, err := toJSON(members)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	return many(t, scanKey, `INSERT INTO membership(directory, grp, member)
		SELECT ?, ?, value FROM `+t.dialect.Keys+` WHERE true
		ON CONFLICT DO NOTHING RETURNING member`, directory, group, keys)
}

func (t *tx) RemoveMembers(directory, group int64, members []int64) ([]int64, error) {
	keys, err := toJSON(members)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	return many(t, scanKey, `DELETE FROM membership WHERE directory = ? AND grp = ?
		AND member IN (SELECT value FROM `+t.dialect.Keys+`) RETURNING member`, directory, group, keys)
}
