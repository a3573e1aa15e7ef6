package sqlstore

import (
	"errors"

	"scimd/store"
)

const accountColumns = "key, parent, id, username, email, display, folded_username, folded_email, created"

func scanAccount(s scanner) (a store.Account, err error) {
	var created int64
	var id []byte
	if err := s.Scan(&a.Key, &a.Parent, &id, &a.UserName, &a.Email, &a.Display, &a.FoldedUserName, &a.FoldedEmail, &created); err != nil {
		return a, err
	}
	a.Created = fromMicros(created)
	a.ID, err = idString(id)
	return a, err
}

func (t *tx) Account(parent, key int64) (store.Account, error) {
	return one(t, scanAccount, "SELECT "+accountColumns+" FROM account WHERE parent = ? AND key = ?", parent, key)
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

func (t *tx) AddAccount(a *store.Account) error {
	id, err := newID(a.ID)
	if err != nil {
		return err
	}
	return t.insert(&a.Key, `INSERT INTO account(parent, id, username, email, display, folded_username, folded_email, created)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?)`, a.Parent, id, a.UserName, a.Email, a.Display, a.FoldedUserName, a.FoldedEmail, micros(a.Created))
}

func (t *tx) SetAccount(a store.Account) error {
	return t.execOne(`UPDATE account SET username = ?, email = ?, display = ?, folded_username = ?, folded_email = ?
		WHERE parent = ? AND key = ?`, a.UserName, a.Email, a.Display, a.FoldedUserName, a.FoldedEmail, a.Parent, a.Key)
}

func (t *tx) UsersOfAccount(parent, account int64) ([]store.Resource, error) {
	return many(t, scanBare, "SELECT "+bareColumns+` FROM resource r JOIN directory d ON d.key = r.directory
		WHERE d.parent = ? AND r.account = ? ORDER BY r.key`, parent, account)
}

func (t *tx) AccountsInDirectories(parent int64) ([]int64, error) {
	return many(t, scanKey, `SELECT DISTINCT r.account FROM resource r JOIN directory d ON d.key = r.directory
		WHERE d.parent = ? AND r.account IS NOT NULL ORDER BY r.account`, parent)
}
