package provision

import (
	"cmp"
	"errors"
	"slices"

	"scimd/store"
)

// UserRef names a user of a directory.
type UserRef struct {
	DirectoryRef
	User string `json:"user" doc:"id or userName"`
}

// UserLink gives a directory user to an account (I-2).
type UserLink struct {
	UserRef
	Person string `json:"person" doc:"account id, userName or e-mail"`
}

// Merger makes one account of two (I-2): users, memberships and pins of From
// become Into's, which keeps what it has of its own.
type Merger struct {
	From string `json:"from" doc:"account id, userName or e-mail"`
	Into string `json:"into" doc:"likewise"`
}

// Relinking finds the people of a directory among those of another, as when
// the identity provider changes (P-8).
type Relinking struct {
	DirectoryRef
	From string `json:"from" doc:"the directory that knew them before"`
	By   string `json:"by" doc:"userName, email or externalId"`
}

func (w *work) user(ref UserRef) (store.Directory, store.Resource, error) {
	d, err := w.directory(ref.Directory)
	if err != nil {
		return d, store.Resource{}, err
	}
	u, err := findUser(w.tx, d, ref.User)
	return d, u, err
}

func (w *work) linkUser(in UserLink) error {
	d, u, err := w.user(in.UserRef)
	if err != nil {
		return err
	}
	a, err := findPerson(w.tx, w.parent.Key, in.Person)
	if err != nil || a.Key == u.Account {
		return err
	}
	free, err := w.absentFrom(d, a.Key)
	if err != nil {
		return err
	}
	if !free {
		return refuse(Taken, "person", "I-2", "%q has a user in directory %s already: two users of a directory are two people", in.Person, d.Name)
	}
	return w.setLink(d, u, a.Key)
}

// unlinkUser makes a person of its own of a directory user: the one of its
// userName, as for a new user (I-1), so that it takes back what a link by hand
// has done.
func (w *work) unlinkUser(ref UserRef) error {
	d, u, err := w.user(ref)
	if err != nil {
		return err
	}
	old, err := w.tx.Account(w.parent.Key, u.Account)
	if err != nil {
		return err
	}
	a := store.Account{
		Parent: w.parent.Key, ID: w.s.NewID(), UserName: u.Name, Display: u.Display, Created: w.now,
		FoldedUserName: u.Name, Email: old.Email, FoldedEmail: old.FoldedEmail,
	}
	named, err := w.tx.AccountByUserName(w.parent.Key, u.Name)
	if err == nil {
		free, err := w.absentFrom(d, named.Key)
		if err != nil || free {
			return errors.Join(err, w.setLink(d, u, named.Key))
		}
		a.FoldedUserName = "" // stays with the one who has it
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := w.tx.AddAccount(&a); err != nil {
		return err
	}
	return w.setLink(d, u, a.Key)
}

// setLink moves a user to an account and decides both people again.
func (w *work) setLink(d store.Directory, u store.Resource, to int64) error {
	if err := w.tx.LinkUser(d.Key, u.Key, to); err != nil {
		return err
	}
	for _, account := range []int64{u.Account, to} {
		delete(w.people, account)
		w.touch(account)
	}
	from, err := w.accountName(u.Account)
	if err != nil {
		return err
	}
	into, err := w.accountName(to)
	if err != nil {
		return err
	}
	return w.event("account.linked", struct {
		Directory Named       `json:"directory"`
		User      string      `json:"user"`
		From      AccountName `json:"from"`
		To        AccountName `json:"to"`
		Cause     store.Cause `json:"cause"`
	}{Named{d.ID, d.Name}, u.ID, from, into, w.cause})
}

func (w *work) merge(in Merger) error {
	from, err := findPerson(w.tx, w.parent.Key, in.From)
	if err != nil {
		return err
	}
	into, err := findPerson(w.tx, w.parent.Key, in.Into)
	if err != nil {
		return err
	}
	own, err := w.tx.UsersOfAccount(w.parent.Key, into.Key)
	if err != nil {
		return err
	}
	return w.mergeAccounts(from, into, len(own) == 0)
}

// mergeAccounts lets the account that stays follow the name of the directory
// user that it is given, if follow is set (I-2).
func (w *work) mergeAccounts(from, into store.Account, follow bool) error {
	if from.Key == into.Key || from.Into != 0 || into.Into != 0 {
		return refuse(Invalid, "from", "I-2", "%q and %q are one account already", from.UserName, into.UserName)
	}
	users, err := w.tx.UsersOfAccount(w.parent.Key, from.Key)
	if err != nil {
		return err
	}
	for _, u := range users {
		d, err := w.tx.Directory(u.Directory)
		if err != nil {
			return err
		}
		free, err := w.absentFrom(d, into.Key)
		if err != nil {
			return err
		}
		if !free {
			return refuse(Taken, "into", "I-2", "both have a user in directory %s: two users of a directory are two people", d.Name)
		}
		if err := w.setLink(d, u, into.Key); err != nil {
			return err
		}
	}
	if err := w.mergeMembers(from.Key, into.Key); err != nil {
		return err
	}
	if err := w.mergePins(from.Key, into.Key); err != nil {
		return err
	}
	if err := w.mergeBars(from.Key, into.Key); err != nil {
		return err
	}
	w.touch(from.Key, into.Key)
	name := AccountName{from.ID, from.UserName, from.Email}
	userName, email := from.FoldedUserName, from.FoldedEmail
	from.Into, from.FoldedUserName, from.FoldedEmail = into.Key, "", ""
	if err := w.tx.SetAccount(from); err != nil {
		return err
	}
	if follow && len(users) > 0 {
		into.FoldedUserName, into.FoldedEmail = cmp.Or(userName, into.FoldedUserName), cmp.Or(email, into.FoldedEmail)
		into.UserName, into.Email = cmp.Or(from.UserName, into.UserName), cmp.Or(from.Email, into.Email)
		if err := w.tx.SetAccount(into); err != nil {
			return err
		}
	}
	return w.event("account.merged", struct {
		From  AccountName `json:"from"`
		Into  AccountName `json:"into"`
		Cause store.Cause `json:"cause"`
	}{name, AccountName{into.ID, into.UserName, into.Email}, w.cause})
}

func (w *work) mergeMembers(from, into int64) error {
	members, err := w.tx.MembersOfAccount(w.parent.Key, from)
	if err != nil {
		return err
	}
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	for _, row := range members {
		i := slices.IndexFunc(orgs, func(o *org) bool { return o.Key == row.Org })
		gone, err := w.member(row.Org, from)
		if err != nil {
			return err
		}
		if err := w.put(orgs[i], from, gone, nil, "merged into another account (I-2)"); err != nil {
			return err
		}
		m, err := w.member(row.Org, into)
		if err != nil {
			return err
		}
		if m.member != nil {
			continue
		}
		if err := w.put(orgs[i], into, m, &row, "another account was merged into this one (I-2)"); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) mergePins(from, into int64) error {
	pins, err := w.tx.PinsOf(w.parent.Key, []int64{from})
	if err != nil {
		return err
	}
	for _, p := range pins {
		if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
			return err
		}
		_, err := w.tx.Pin(p.Parent, p.Org, into)
		if !errors.Is(err, store.ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		p.Account = into
		if err := w.tx.PutPin(p); err != nil {
			return err
		}
	}
	delete(w.people, into)
	return nil
}

// mergeBars: who was taken out is not brought back under the other name (P-8).
func (w *work) mergeBars(from, into int64) error {
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	for _, o := range orgs {
		barred, err := w.tx.Barred(w.parent.Key, o.Key, from)
		if err != nil {
			return err
		}
		m, err := w.member(o.Key, into)
		if err != nil {
			return err
		}
		if !barred || m.member != nil {
			continue
		}
		if err := w.tx.Bar(w.parent.Key, o.Key, into, w.now); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) relink(in Relinking) error {
	d, err := w.directory(in.Directory)
	if err != nil {
		return err
	}
	old, err := w.directory(in.From)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"userName", "email", "externalId"}, in.By) || d.Key == old.Key {
		return refuse(Invalid, "by", "P-8", "relink by userName, email or externalId, from another directory")
	}
	known, err := w.peopleBy(old, in.By)
	if err != nil {
		return err
	}
	linked, doubtful := 0, 0
	err = w.eachUser(d, func(u store.Resource) error {
		value, err := w.valueOf(u, in.By)
		if err != nil || value == "" {
			return err
		}
		accounts := known[value]
		if slices.Contains(accounts, u.Account) || len(accounts) == 0 {
			return nil
		}
		free, err := w.absentFrom(d, accounts[0])
		if err != nil {
			return err
		}
		if len(accounts) > 1 || !free {
			doubtful++
			return nil
		}
		linked++
		return w.mergeKeys(u.Account, accounts[0])
	})
	if err != nil {
		return err
	}
	return w.event("directory.relinked", struct {
		Directory Named       `json:"directory"`
		From      Named       `json:"from"`
		By        string      `json:"by"`
		Linked    int         `json:"linked"`
		Doubtful  int         `json:"doubtful"`
		Cause     store.Cause `json:"cause"`
	}{Named{d.ID, d.Name}, Named{old.ID, old.Name}, in.By, linked, doubtful, w.cause})
}

// mergeKeys merges the account that a push has just made into the one known for
// long, which is called from now on as the new identity provider calls it.
func (w *work) mergeKeys(from, into int64) error {
	a, err := w.tx.Account(w.parent.Key, from)
	if err != nil {
		return err
	}
	b, err := w.tx.Account(w.parent.Key, into)
	if err != nil {
		return err
	}
	return w.mergeAccounts(a, b, true)
}

// peopleBy gives the accounts of a directory's users by a value of theirs.
func (w *work) peopleBy(d store.Directory, by string) (map[string][]int64, error) {
	out := map[string][]int64{}
	err := w.eachUser(d, func(u store.Resource) error {
		value, err := w.valueOf(u, by)
		if value != "" {
			out[value] = append(out[value], u.Account)
		}
		return err
	})
	return out, err
}

func (w *work) valueOf(u store.Resource, by string) (string, error) {
	switch by {
	case "externalId":
		return u.ExternalID, nil
	case "userName":
		return u.Name, nil
	}
	a, err := w.tx.Account(w.parent.Key, u.Account)
	return a.FoldedEmail, err
}

// eachUser reads all users first: what visit does may change them.
func (w *work) eachUser(d store.Directory, visit func(store.Resource) error) error {
	keys, err := w.tx.Keys(store.Query{Directory: d.Key, Type: store.User})
	if err != nil {
		return err
	}
	for _, key := range keys {
		u, err := w.tx.ResourceByKey(d.Key, key)
		if err != nil {
			return err
		}
		if err := visit(u); err != nil {
			return err
		}
	}
	return nil
}
