package sqlstore

import (
	"database/sql"
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

// PinsOfAccount takes the keys from an index, as MembersOfAccount does.
func (t *tx) PinsOfAccount(parent, account int64) ([]store.Pin, error) {
	orgs, err := many(t, scanKey, "SELECT org FROM pin WHERE parent = ? AND account = ?", parent, account)
	if err != nil || len(orgs) == 0 {
		return nil, err
	}
	return many(t, scanPin, "SELECT "+pinColumns+" FROM pin WHERE parent = ? AND "+t.dialect.In("org")+" AND account = ? ORDER BY org",
		parent, t.dialect.List(orgs), account)
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

func (t *tx) Unbar(parent, org, account int64) error {
	if org == 0 {
		return t.exec("DELETE FROM bar WHERE parent = ? AND account = ?", parent, account)
	}
	return t.exec("DELETE FROM bar WHERE parent = ? AND account = ? AND org = ?", parent, account, org)
}
