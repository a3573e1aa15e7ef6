package provision

import (
	"errors"

	"scimd/store"
)

// link finds the account that a new directory user is (I-1): the one of the
// same userName, else the only one of the same primary e-mail, else a new one.
// An account that has a user in this directory already is somebody else: two
// users of one directory are two people, whatever mailbox they share.
func (w *work) link(d store.Directory, in UserInput) (int64, error) {
	named, err := w.tx.AccountByUserName(w.parent.Key, Fold(in.UserName))
	if err == nil {
		user, err := w.userIn(d, named.Key)
		if user.Key == 0 || err != nil {
			return named.Key, errors.Join(err, w.rename(named.Key, in))
		}
		if user.Name == Fold(in.UserName) { // before anything is written
			return 0, userNameTaken(store.ErrExists, in.UserName)
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	nameTaken := err == nil
	mailed, err := w.byEmail(d, in.Email)
	if err != nil {
		return 0, err
	}
	if len(mailed) == 1 {
		return mailed[0], w.rename(mailed[0], in)
	}
	a := store.Account{
		Parent: w.parent.Key, ID: w.s.NewID(), UserName: in.UserName, Email: in.Email, Display: in.Display,
		FoldedEmail: Fold(in.Email), Created: w.now,
	}
	if !nameTaken {
		a.FoldedUserName = Fold(in.UserName)
	}
	if err := w.tx.AddAccount(&a); err != nil {
		return 0, err
	}
	w.fresh[a.Key] = struct{}{}
	if len(mailed) > 1 {
		return a.Key, w.event("account.ambiguous", struct {
			Account    AccountName `json:"account"`
			Candidates int         `json:"candidates"`
		}{AccountName{a.ID, a.UserName, a.Email}, len(mailed)})
	}
	return a.Key, nil
}

// byEmail lists the accounts of the e-mail that have no user in the directory.
func (w *work) byEmail(d store.Directory, email string) ([]int64, error) {
	if email == "" {
		return nil, nil
	}
	found, err := w.tx.AccountsByEmail(w.parent.Key, Fold(email))
	if err != nil {
		return nil, err
	}
	var keys []int64
	for _, a := range found {
		free, err := w.absentFrom(d, a.Key)
		if err != nil {
			return nil, err
		}
		if free {
			keys = append(keys, a.Key)
		}
	}
	return keys, nil
}

func (w *work) absentFrom(d store.Directory, account int64) (bool, error) {
	user, err := w.userIn(d, account)
	return user.Key == 0, err
}

// userIn is the user that an account has in a directory, or zero.
func (w *work) userIn(d store.Directory, account int64) (store.Resource, error) {
	users, err := w.tx.UsersOfAccount(w.parent.Key, account)
	for _, u := range users {
		if u.Directory == d.Key {
			return u, err
		}
	}
	return store.Resource{}, err
}

// rename lets an account follow the userName, e-mail and name of its directory
// user (I-2). A userName that is another account's stays with that one.
func (w *work) rename(account int64, in UserInput) error {
	a, err := w.tx.Account(w.parent.Key, account)
	if err != nil {
		return err
	}
	next := a
	next.Email, next.FoldedEmail, next.Display = in.Email, Fold(in.Email), in.Display
	if folded := Fold(in.UserName); folded != a.FoldedUserName {
		_, err := w.tx.AccountByUserName(w.parent.Key, folded)
		switch {
		case errors.Is(err, store.ErrNotFound):
			next.FoldedUserName, next.UserName = folded, in.UserName
		case err != nil:
			return err
		}
	} else {
		next.UserName = in.UserName
	}
	if next == a {
		return nil
	}
	w.touch(account) // C-4
	return w.tx.SetAccount(next)
}
