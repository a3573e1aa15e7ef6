package sqlstore

import (
	"database/sql"
	"time"

	"scimd/store"
)

const (
	changeColumns = "parent, org, account, at, before, after, cause, why, decided"
	addChange     = "INSERT INTO history(" + changeColumns + ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
	// addAlike is of many that differ in the account alone.
	addAlike = "INSERT INTO history(" + changeColumns + `)
		SELECT CAST(? AS bigint), CAST(? AS bigint), k.value, CAST(? AS bigint), ?, ?, ?, ?, CAST(? AS bigint) FROM `
)

// changeScan reads changes one after another.
type changeScan struct {
	before, after jsonValue[store.Standing]
	cause         jsonValue[store.Cause]
}

func (x *changeScan) scan(s scanner) (c store.Change, err error) {
	var at int64
	var before, after sql.NullString
	var cause string
	if err := s.Scan(&c.Parent, &c.Org, &c.Account, &at, &before, &after, &cause, &c.Why, &c.Decided); err != nil {
		return c, err
	}
	c.At = fromMicros(at)
	if c.Before, err = x.before.optional(before); err != nil {
		return c, err
	}
	if c.After, err = x.after.optional(after); err != nil {
		return c, err
	}
	c.Cause, err = x.cause.value(cause)
	return c, err
}

func (t *tx) History(parent, org, account int64) ([]store.Change, error) {
	where, args := "parent = ?", []any{parent}
	if org != 0 {
		where, args = where+" AND org = ?", append(args, org)
	}
	if account != 0 {
		where, args = where+" AND account = ?", append(args, account)
	}
	return many(t, new(changeScan).scan, "SELECT "+changeColumns+" FROM history WHERE "+where+" ORDER BY key", args...)
}

func (t *tx) ChangeAt(parent, org, account int64, at time.Time) (store.Change, error) {
	return one(t, new(changeScan).scan, "SELECT "+changeColumns+` FROM history
		WHERE parent = ? AND org = ? AND account = ? AND at <= ? ORDER BY key DESC LIMIT 1`, parent, org, account, micros(at))
}

// MembersAt is store.Reader's. A page stops reading where it ends, which
// grouping by account would not.
func (t *tx) MembersAt(parent, org int64, at time.Time, after int64, limit int) ([]store.Change, error) {
	return many(t, new(changeScan).scan, "SELECT "+changeColumns+` FROM history h
		WHERE parent = ? AND org = ? AND account > ? AND at <= ? AND after IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM history l WHERE l.parent = h.parent AND l.org = h.org AND l.account = h.account AND l.key > h.key AND l.at <= ?)
		ORDER BY account LIMIT ?`, parent, org, after, micros(at), micros(at), limit)
}

func (t *tx) RemovedSince(parent, org int64, since time.Time) (int, error) {
	n, err := one(t, scanKey, `SELECT count(*) FROM history
		WHERE parent = ? AND org = ? AND at > ? AND after IS NULL AND decided = 1`, parent, org, micros(since))
	return int(n), err
}

func (t *tx) AddChanges(changes ...store.Change) error {
	var rows []any
	var before, after jsonText[store.Standing]
	var by jsonText[store.Cause]
	for len(changes) > 0 {
		c := changes[0]
		was, err := before.optional(c.Before)
		if err != nil {
			return err
		}
		is, err := after.optional(c.After)
		if err != nil {
			return err
		}
		cause, err := by.text(c.Cause)
		if err != nil {
			return err
		}
		accounts := []int64{c.Account}
		for len(accounts) < len(changes) && alikeChanges(c, changes[len(accounts)]) {
			accounts = append(accounts, changes[len(accounts)].Account)
		}
		changes = changes[len(accounts):]
		if len(accounts) < maxRows { // the order would take more statements than rows do
			for _, account := range accounts {
				rows = append(rows, c.Parent, c.Org, account, micros(c.At), was, is, cause, c.Why, flag(c.Decided))
			}
			continue
		}
		if err := t.execRows(addChange, rows); err != nil {
			return err
		}
		rows = rows[:0]
		if err := t.exec(addAlike+t.dialect.Keys, c.Parent, c.Org, micros(c.At), was, is, cause, c.Why, flag(c.Decided), t.dialect.List(accounts)); err != nil {
			return err
		}
	}
	return t.execRows(addChange, rows)
}

// alikeChanges tells whether two changes differ in whom they are of alone.
func alikeChanges(a, b store.Change) bool {
	if !sameStanding(a.Before, b.Before) || !sameStanding(a.After, b.After) {
		return false
	}
	b.Account, b.Before, b.After = a.Account, a.Before, a.After
	return a == b
}

func sameStanding(a, b *store.Standing) bool {
	return a == b || a != nil && b != nil && *a == *b
}
