package sqlstore

import (
	"database/sql"
	"encoding/json"
	"errors"

	"scimd/store"
)

func scanAside(s scanner) (c store.Change, err error) {
	var before sql.NullString
	var cause string
	if err := s.Scan(&c.Parent, &c.Org, &c.Account, &before, &cause, &c.Why, &c.Decided); err != nil {
		return c, err
	}
	if c.Before, err = fromStandingJSON(before); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(cause), &c.Cause)
}

const asideColumns = "parent, org, account, before, cause, why, decided"

var putAside = upsert("aside", "parent, org, account", asideColumns)

func (t *tx) SetAside(c store.Change) error {
	before, err := standingJSON(c.Before)
	if err != nil {
		return err
	}
	cause, err := toJSON(c.Cause)
	if err != nil {
		return err
	}
	return t.exec(putAside,
		c.Parent, c.Org, c.Account, before, cause, c.Why, flag(c.Decided))
}

func (t *tx) Aside(parent, org, account int64) (store.Change, error) {
	return one(t, scanAside, "SELECT "+asideColumns+" FROM aside WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) AllAside(parent, org, account int64, limit int) ([]store.Change, error) {
	page, err := many(t, scanAside, "SELECT "+asideColumns+` FROM aside
		WHERE parent = ? AND (org > ? OR org = ? AND account > ?) ORDER BY org, account LIMIT ?`, parent, org, org, account, limit)
	for i := range page {
		m, missing := t.Member(parent, page[i].Org, page[i].Account)
		switch {
		case missing == nil:
			page[i].After = &store.Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want, Guard: m.Hold.Guard}
		case !errors.Is(missing, store.ErrNotFound):
			return nil, missing
		}
	}
	return page, err
}

func (t *tx) DropAside(parent int64) error {
	return t.exec("DELETE FROM aside WHERE parent = ?", parent)
}
