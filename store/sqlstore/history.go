package sqlstore

import (
	"database/sql"
	"encoding/json"

	"scimd/store"
)

func scanChange(s scanner) (c store.Change, err error) {
	var at int64
	var before, after sql.NullString
	var cause string
	if err := s.Scan(&c.Parent, &c.Org, &c.Account, &at, &before, &after, &cause, &c.Why); err != nil {
		return c, err
	}
	c.At = fromMicros(at)
	if c.Before, err = fromStandingJSON(before); err != nil {
		return c, err
	}
	if c.After, err = fromStandingJSON(after); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(cause), &c.Cause)
}

func (t *tx) History(parent, org, account int64) ([]store.Change, error) {
	return many(t, scanChange, `SELECT parent, org, account, at, before, after, cause, why FROM history
		WHERE parent = ? AND (? = 0 OR org = ?) AND (? = 0 OR account = ?) ORDER BY key`,
		parent, org, org, account, account)
}

func (t *tx) AddChange(c store.Change) error {
	before, err := standingJSON(c.Before)
	if err != nil {
		return err
	}
	after, err := standingJSON(c.After)
	if err != nil {
		return err
	}
	cause, err := toJSON(c.Cause)
	if err != nil {
		return err
	}
	return t.exec("INSERT INTO history(parent, org, account, at, before, after, cause, why) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		c.Parent, c.Org, c.Account, micros(c.At), before, after, cause, c.Why)
}
