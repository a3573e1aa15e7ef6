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
	// UNION, not UNION ALL: a cycle ends where it began (M-3).
	return many(t, scanReference, `WITH RECURSIVE above(grp) AS (
			SELECT grp FROM membership WHERE directory = ? AND member = ?
			UNION SELECT m.grp FROM membership m JOIN above a ON m.member = a.grp WHERE m.directory = ?)
		SELECT r.key, r.type, r.id, r.display,
			NOT EXISTS(SELECT 1 FROM membership d WHERE d.directory = ? AND d.grp = r.key AND d.member = ?)
		FROM above a JOIN resource r ON r.key = a.grp ORDER BY r.key`,
		directory, member, directory, directory, member)
}

func (t *tx) UsersBelow(directory int64, groups []int64) ([]int64, error) {
	keys, err := toJSON(groups)
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	return many(t, scanKey, `WITH RECURSIVE below(grp) AS (
			SELECT value FROM `+t.dialect.Keys+`
			UNION SELECT m.member FROM membership m JOIN below b ON m.grp = b.grp
				JOIN resource g ON g.key = m.member AND g.type = 2 WHERE m.directory = ?)
		SELECT DISTINCT u.account FROM below b
			JOIN membership m ON m.directory = ? AND m.grp = b.grp
			JOIN resource u ON u.key = m.member AND u.type = 1 AND u.account IS NOT NULL
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
