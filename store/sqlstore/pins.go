package sqlstore

import (
	"database/sql"
	"slices"
	"time"

	"scimd/store"
)

const pinColumns = "parent, org, account, role, tier, against, set_by, why, at, expires"

func scanPin(s scanner) (p store.Pin, err error) {
	var at int64
	var expires sql.NullInt64
	err = s.Scan(&p.Parent, &p.Org, &p.Account, &p.Role, &p.Tier, &p.Against, &p.By, &p.Why, &at, &expires)
	p.At, p.Expires = fromMicros(at), fromOptional(expires)
	return p, err
}

func (t *tx) Pin(parent, org, account int64) (store.Pin, error) {
	return one(t, scanPin, "SELECT "+pinColumns+" FROM pin WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) Pins(parent, org int64) ([]store.Pin, error) {
	return many(t, scanPin, "SELECT "+pinColumns+" FROM pin WHERE parent = ? AND org = ? ORDER BY account", parent, org)
}

// PinsOf takes the keys from an index, as MembersOfAccount does: few people
// have one.
func (t *tx) PinsOf(parent int64, accounts []int64) ([]store.Pin, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	among, keys := t.dialect.among("account", accounts)
	orgs, err := many(t, scanKey, "SELECT org FROM pin WHERE parent = ? AND "+among, parent, keys)
	if err != nil {
		return nil, err
	}
	return t.pinsIn(parent, orgs, accounts)
}

// mark is a pin or a bar.
type mark struct {
	account, org int64
	bars         bool
}

func scanMark(s scanner) (m mark, err error) {
	err = s.Scan(&m.account, &m.org, &m.bars)
	return m, err
}

func (t *tx) MarksOf(parent int64, accounts []int64) ([]store.Pin, []int64, error) {
	if len(accounts) == 0 {
		return nil, nil, nil
	}
	var pinned, barred []int64
	among, keys := t.dialect.among("account", accounts)
	err := each(t, scanMark, func(m mark) bool {
		if m.bars {
			barred = append(barred, m.account)
		} else {
			pinned = append(pinned, m.org)
		}
		return true
	}, "SELECT account, org, 0 FROM pin WHERE parent = ? AND "+among+" UNION ALL SELECT account, org, 1 FROM bar WHERE parent = ? AND "+among,
		parent, keys, parent, keys)
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(barred)
	pins, err := t.pinsIn(parent, pinned, accounts)
	return pins, slices.Compact(barred), err
}

// pinsIn reads the pins of accounts in orgs, of which each has one.
func (t *tx) pinsIn(parent int64, orgs, accounts []int64) ([]store.Pin, error) {
	if len(orgs) == 0 {
		return nil, nil
	}
	among, keys := t.dialect.among("account", accounts)
	slices.Sort(orgs)
	orgs = slices.Compact(orgs)
	return many(t, scanPin, "SELECT "+pinColumns+" FROM pin WHERE parent = ? AND "+t.dialect.In("org")+" AND "+among+" ORDER BY account, org",
		parent, t.dialect.List(orgs), keys)
}

func (t *tx) ExpiredPins(parent int64, at time.Time, limit int) ([]store.Pin, error) {
	return many(t, scanPin, "SELECT "+pinColumns+` FROM pin
		WHERE parent = ? AND expires <= ? ORDER BY expires, org, account LIMIT ?`, parent, micros(at), limit)
}

var putPin = upsert("pin", "parent, org, account", pinColumns)

func (t *tx) PutPin(p store.Pin) error {
	return t.exec(putPin,
		p.Parent, p.Org, p.Account, p.Role, p.Tier, p.Against, p.By, p.Why, micros(p.At), optional(p.Expires))
}

func (t *tx) RemovePin(parent, org, account int64) error {
	return t.execOne("DELETE FROM pin WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) Barred(parent, org, account int64) (bool, error) {
	n, err := one(t, scanKey, "SELECT count(*) FROM bar WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
	return n > 0, err
}

func (t *tx) Bar(parent, org, account int64, at time.Time) error {
	return t.exec("INSERT INTO bar(parent, org, account, at) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING", parent, org, account, micros(at))
}

func (t *tx) Unbar(parent, org int64, accounts ...int64) error {
	if len(accounts) == 0 {
		return nil
	}
	among, keys := t.dialect.among("account", accounts)
	if org == 0 {
		return t.exec("DELETE FROM bar WHERE parent = ? AND "+among, parent, keys)
	}
	return t.exec("DELETE FROM bar WHERE parent = ? AND "+among+" AND org = ?", parent, keys, org)
}
