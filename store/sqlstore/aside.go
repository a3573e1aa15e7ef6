package sqlstore

import (
	"database/sql"
	"strings"

	"scimd/store"
)

// aside reads what of a change is set aside.
func (x *changeScan) aside(s scanner) (c store.Change, err error) {
	var before sql.NullString
	var cause string
	if err := s.Scan(&c.Parent, &c.Org, &c.Account, &before, &cause, &c.Why, &c.Decided); err != nil {
		return c, err
	}
	if c.Before, err = x.before.optional(before); err != nil {
		return c, err
	}
	c.Cause, err = x.cause.value(cause)
	return c, err
}

const asideColumns = "parent, org, account, before, cause, why, decided"

var putAside = upsert("aside", "parent, org, account", asideColumns)

func (t *tx) SetAside(changes ...store.Change) error {
	args := make([]any, 0, len(changes)*strings.Count(putAside, "?"))
	var before jsonText[store.Standing]
	var by jsonText[store.Cause]
	for _, c := range changes {
		was, err := before.optional(c.Before)
		if err != nil {
			return err
		}
		cause, err := by.text(c.Cause)
		if err != nil {
			return err
		}
		args = append(args, c.Parent, c.Org, c.Account, was, cause, c.Why, flag(c.Decided))
	}
	return t.execRows(putAside, args)
}

func (t *tx) Aside(parent, org int64, accounts []int64) ([]store.Change, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	return many(t, new(changeScan).aside, "SELECT "+of("r", asideColumns)+" FROM "+t.dialect.Keys+
		t.dialect.Lookup("aside", "r", "r.parent = ? AND r.org = ? AND r.account = k.value")+" ORDER BY r.account", t.dialect.List(accounts), parent, org)
}

func (t *tx) AllAside(parent, org, account int64, limit int) ([]store.Change, error) {
	// What is left of the org, and then the others: in one statement, SQLite
	// would walk from where the org begins.
	page, err := many(t, new(changeScan).aside, "SELECT "+asideColumns+` FROM aside
		WHERE parent = ? AND org = ? AND account > ? ORDER BY account LIMIT ?`, parent, org, account, limit)
	if err == nil && len(page) < limit {
		var more []store.Change
		more, err = many(t, new(changeScan).aside, "SELECT "+asideColumns+` FROM aside
			WHERE parent = ? AND org > ? ORDER BY org, account LIMIT ?`, parent, org, limit-len(page))
		page = append(page, more...)
	}
	if err != nil {
		return nil, err
	}
	for rest := page; len(rest) > 0; {
		org := rest[0].Org
		var accounts []int64
		for len(accounts) < len(rest) && rest[len(accounts)].Org == org {
			accounts = append(accounts, rest[len(accounts)].Account)
		}
		members, err := t.MembersByKey(parent, org, accounts)
		if err != nil {
			return nil, err
		}
		for i, account := range accounts {
			if len(members) > 0 && members[0].Account == account {
				rest[i].After = members[0].Standing()
				members = members[1:]
			}
		}
		rest = rest[len(accounts):]
	}
	return page, nil
}

func (t *tx) DropAside(parent int64) error {
	return t.exec("DELETE FROM aside WHERE parent = ?", parent)
}
