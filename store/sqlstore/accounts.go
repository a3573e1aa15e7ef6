package sqlstore

import (
	"cmp"
	"database/sql"
	"errors"
	"time"

	"scimd/store"
)

const accountColumns = "key, parent, id, username, email, display, folded_username, folded_email, created, merged"

func scanAccount(s scanner) (a store.Account, err error) {
	var created int64
	var id []byte
	var merged sql.NullInt64
	if err := s.Scan(&a.Key, &a.Parent, &id, &a.UserName, &a.Email, &a.Display, &a.FoldedUserName, &a.FoldedEmail,
		&created, &merged); err != nil {
		return a, err
	}
	a.Created, a.Into = fromMicros(created), merged.Int64
	a.ID, err = idString(id)
	return a, err
}

func (t *tx) Account(parent, key int64) (store.Account, error) {
	return one(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND key = ?", parent, key)
}

func (t *tx) AccountsByKey(parent int64, keys []int64) ([]store.Account, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if len(keys) == 1 {
		return many(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND key = ?", parent, keys[0])
	}
	key, id, created, into := integers.of("key"), ids.of("id"), integers.of("created"), integers.of("into_key")
	userName, email, display := texts.of("username"), texts.of("email"), texts.of("display")
	foldedUserName, foldedEmail := texts.of("folded_username"), texts.of("folded_email")
	n, err := t.gather([]*column{key, id, created, into, userName, email, display, foldedUserName, foldedEmail},
		"SELECT key, id, created, coalesce(merged, 0) AS into_key, username, email, display, folded_username, folded_email FROM account WHERE parent = ? AND "+
			t.dialect.In("key")+" ORDER BY key", parent, t.dialect.List(keys))
	if err != nil || n == 0 {
		return nil, err
	}
	out := make([]store.Account, n)
	for i := range out {
		out[i] = store.Account{
			Key: key.integer(), Parent: parent, ID: id.text(), UserName: userName.text(), Email: email.text(), Display: display.text(),
			FoldedUserName: foldedUserName.text(), FoldedEmail: foldedEmail.text(), Created: fromMicros(created.integer()), Into: into.integer(),
		}
	}
	return out, nil
}

func (t *tx) Accounts(parent, after int64, limit int) ([]store.Account, error) {
	return many(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND key > ? ORDER BY key LIMIT ?", parent, after, limit)
}

func (t *tx) AccountBySubject(parent int64, subject string) (store.Account, error) {
	return one(t, scanAccount, "SELECT "+accountColumns+` FROM account WHERE parent = ?
		AND key = (SELECT account FROM subject WHERE parent = ? AND subject = ?)`, parent, parent, subject)
}

var putSubject = upsert("subject", "parent, subject", "parent, subject, account")

func (t *tx) SetSubject(parent int64, subject string, account int64) error {
	return t.exec(putSubject, parent, subject, account)
}

func (t *tx) FindAccount(parent int64, idOrName string) (store.Account, error) {
	if id, ok := idBytes(idOrName); ok {
		a, err := one(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND id = ?", parent, id)
		if !errors.Is(err, store.ErrNotFound) {
			return a, err
		}
		// Some providers give people a UUID for a userName.
	}
	a, err := t.AccountByUserName(parent, idOrName)
	if !errors.Is(err, store.ErrNotFound) {
		return a, err
	}
	return one(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND folded_email = ? AND folded_email <> '' ORDER BY key", parent, idOrName)
}

func (t *tx) AccountByUserName(parent int64, folded string) (store.Account, error) {
	return one(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND folded_username = ? AND folded_username <> ''", parent, folded)
}

func (t *tx) AccountsByEmail(parent int64, folded string) ([]store.Account, error) {
	return many(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND folded_email = ? AND folded_email <> '' ORDER BY key", parent, folded)
}

func (t *tx) MergedInto(parent, account int64) ([]store.Account, error) {
	return many(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND merged = ? ORDER BY key", parent, account)
}

// IdleAccounts is store.Reader's. Who was erased has no folded name left, as
// has who was merged into another.
func (t *tx) IdleAccounts(parent int64, before time.Time, limit int) ([]int64, error) {
	return many(t, scanKey, `SELECT a.key FROM account a
		WHERE a.parent = ? AND (a.folded_username <> '' OR a.folded_email <> '')
			AND NOT EXISTS (SELECT 1 FROM directory d JOIN resource r ON r.directory = d.key WHERE d.parent = a.parent AND r.account = a.key)
			AND NOT EXISTS (SELECT 1 FROM member m WHERE m.parent = a.parent AND m.account = a.key)
			AND coalesce((SELECT max(h.at) FROM history h WHERE h.parent = a.parent AND h.account = a.key), a.created) < ?
		ORDER BY a.key LIMIT ?`, parent, micros(before), limit)
}

// accountFits is fits of what an account takes from its user.
func accountFits(a store.Account) error {
	return cmp.Or(short("userName", a.FoldedUserName), short("emails", a.FoldedEmail))
}

func (t *tx) AddAccount(a *store.Account) error {
	if err := accountFits(*a); err != nil {
		return err
	}
	id, err := newID(a.ID)
	if err != nil {
		return err
	}
	return t.insert(&a.Key, `INSERT INTO account(parent, id, username, email, display, folded_username, folded_email, created, merged)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.Parent, id, a.UserName, a.Email, a.Display, a.FoldedUserName, a.FoldedEmail, micros(a.Created),
		optionalKey(a.Into))
}

func (t *tx) SetAccount(a store.Account) error {
	if err := accountFits(a); err != nil {
		return err
	}
	return t.execOne(`UPDATE account SET username = ?, email = ?, display = ?, folded_username = ?, folded_email = ?, merged = ?
		WHERE parent = ? AND key = ?`, a.UserName, a.Email, a.Display, a.FoldedUserName, a.FoldedEmail, optionalKey(a.Into), a.Parent, a.Key)
}

func (t *tx) UsersOfAccount(parent, account int64) ([]store.Resource, error) {
	return many(t, scanBare, "SELECT "+bareColumns+` FROM resource r JOIN directory d ON d.key = r.directory
		WHERE d.parent = ? AND r.account = ? ORDER BY r.key`, parent, account)
}

func (t *tx) AttachedUsersOf(parent int64, accounts []int64) ([]store.LinkedUser, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	among, list := t.dialect.among("r.account", accounts)
	key, directory, account, active := integers.of("key"), integers.of("directory"), integers.of("account"), integers.of("active")
	n, err := t.gather([]*column{key, directory, account, active}, `SELECT r.key, r.directory, r.account, r.active
		FROM resource r JOIN directory d ON d.key = r.directory WHERE d.parent = ? AND d.detached IS NULL AND `+among+" ORDER BY r.key", parent, list)
	if err != nil || n == 0 {
		return nil, err
	}
	out := make([]store.LinkedUser, n)
	for i := range out {
		out[i] = store.LinkedUser{Key: key.integer(), Directory: directory.integer(), Account: account.integer(), Active: active.integer() != 0}
	}
	return out, nil
}

type person struct {
	account int64
	active  bool
}

func scanPerson(s scanner) (p person, err error) {
	err = s.Scan(&p.account, &p.active)
	return p, err
}

func (t *tx) UsersByAccount(directory int64, yield func(account int64, active bool) bool) error {
	return walk(t, scanPerson, func(p person) bool { return yield(p.account, p.active) },
		"SELECT account, active FROM resource WHERE directory = ? AND account IS NOT NULL ORDER BY account", directory)
}

func (t *tx) LinkUser(directory, user, account int64) error {
	return t.execOne("UPDATE resource SET account = ? WHERE directory = ? AND key = ? AND type = ?",
		optionalKey(account), directory, user, store.User)
}
