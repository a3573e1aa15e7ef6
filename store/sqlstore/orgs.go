package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"scimd/store"
)

const orgColumns = "key, parent, id, name, product, plan, mode, mappings, full_tier, guards, paused, tripped, created"

func scanOrg(s scanner) (o store.Org, err error) {
	var created int64
	var guards string
	var tripped sql.NullInt64
	if err := s.Scan(&o.Key, &o.Parent, &o.ID, &o.Name, &o.Product, &o.Plan, &o.Mode, &o.GroupMappings, &o.FullTier,
		&guards, &o.Paused, &tripped, &created); err != nil {
		return o, err
	}
	o.Created, o.Tripped = fromMicros(created), fromOptional(tripped)
	return o, json.Unmarshal([]byte(guards), &o.Guards)
}

func (t *tx) Org(parent, key int64) (store.Org, error) {
	return one(t, scanOrg, "SELECT "+orgColumns+" FROM org WHERE parent = ? AND key = ?", parent, key)
}

func (t *tx) FindOrg(idOrName string) (store.Org, error) {
	return one(t, scanOrg, "SELECT "+orgColumns+" FROM org WHERE id = ? OR name = ?", idOrName, idOrName)
}

func (t *tx) Orgs(parent int64) ([]store.Org, error) {
	return many(t, scanOrg, "SELECT "+orgColumns+" FROM org WHERE parent = ? ORDER BY key", parent)
}

func (t *tx) AddOrg(o *store.Org) error {
	guards, err := toJSON(o.Guards)
	if err != nil {
		return err
	}
	return t.insert(&o.Key, `INSERT INTO org(parent, id, name, product, plan, mode, mappings, full_tier, guards, paused, tripped, created)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.Parent, o.ID, o.Name, o.Product, o.Plan, o.Mode, flag(o.GroupMappings), o.FullTier, guards, flag(o.Paused), optional(o.Tripped), micros(o.Created))
}

func (t *tx) SetOrg(o store.Org) error {
	guards, err := toJSON(o.Guards)
	if err != nil {
		return err
	}
	return t.execOne(`UPDATE org SET name = ?, plan = ?, mode = ?, mappings = ?, full_tier = ?, guards = ?, paused = ?, tripped = ?
		WHERE parent = ? AND key = ?`, o.Name, o.Plan, o.Mode, flag(o.GroupMappings), o.FullTier, guards, flag(o.Paused), optional(o.Tripped), o.Parent, o.Key)
}

// MoveOrg is store.Tx's. Rows that stayed behind would belong to nobody, and no
// foreign key says so.
func (t *tx) MoveOrg(from, org, to int64) error {
	left, err := one(t, scanKey, `SELECT (SELECT count(*) FROM member WHERE parent = ? AND org = ?)
		+ (SELECT count(*) FROM mapping WHERE parent = ? AND org = ?)
		+ (SELECT count(*) FROM pin WHERE parent = ? AND org = ?)`, from, org, from, org, from, org)
	if err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("org %d has %d members, mappings and pins", org, left)
	}
	if err := t.execOne("UPDATE org SET parent = ? WHERE parent = ? AND key = ?", to, from, org); err != nil {
		return err
	}
	return t.exec("UPDATE seat SET parent = ? WHERE parent = ? AND org = ?", to, from, org)
}

type tierCount struct {
	tier string
	n    int
}

func scanTierCount(s scanner) (c tierCount, err error) {
	err = s.Scan(&c.tier, &c.n)
	return c, err
}

func (t *tx) tierCounts(query string, args ...any) (map[string]int, error) {
	rows, err := many(t, scanTierCount, query, args...)
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.tier] = r.n
	}
	return out, err
}

func (t *tx) Pools(parent, org int64) (map[string]int, error) {
	return t.tierCounts("SELECT tier, owned FROM seat WHERE parent = ? AND org = ? AND owned IS NOT NULL", parent, org)
}

func (t *tx) SeatsUsed(parent, org int64) (map[string]int, error) {
	return t.tierCounts("SELECT tier, used FROM seat WHERE parent = ? AND org = ? AND used > 0", parent, org)
}

func (t *tx) SeatsWanted(parent, org int64) (map[string]int, error) {
	return t.tierCounts("SELECT want, count(*) FROM member WHERE parent = ? AND org = ? AND want <> '' AND state <> 'held' GROUP BY want", parent, org)
}

func (t *tx) SetPool(parent, org int64, tier string, seats int) error {
	owned := sql.NullInt64{Int64: int64(seats), Valid: seats >= 0}
	return t.exec(`INSERT INTO seat(parent, org, tier, owned, used) VALUES(?, ?, ?, ?, 0)
		ON CONFLICT(parent, org, tier) DO UPDATE SET owned = excluded.owned`, parent, org, tier, owned)
}

// takeSeats moves the number of seats in use.
func (t *tx) takeSeats(parent, org int64, tier string, n int) error {
	return t.exec(`INSERT INTO seat(parent, org, tier, owned, used) VALUES(?, ?, ?, NULL, ?)
		ON CONFLICT(parent, org, tier) DO UPDATE SET used = seat.used + ?`, parent, org, tier, max(n, 0), n)
}
