package storetest

import (
	"testing"

	"scimd/store"
)

func isolation(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"ReadOne": foreignOne, "ReadMany": foreignMany, "Writes": foreignWrites, "SameNames": sameNames,
	})
}

// twoTenants gives a tenant and a stranger, each with one record of every noun.
func twoTenants(t *testing.T, st store.Store) (mine, theirs tenant) {
	t.Helper()
	return addTenant(t, st, "acme"), addTenant(t, st, "beta")
}

// foreignOne reads each single record of theirs under the keys of mine.
func foreignOne(t *testing.T, st store.Store) {
	mine, theirs := twoTenants(t, st)
	p, d := mine.parent.Key, mine.dir.Key
	view(t, st, func(r store.Reader) {
		for what, err := range map[string]error{
			"Org":                       errOf(r.Org(p, theirs.org.Key)),
			"Resource of a user":        errOf(r.Resource(d, store.User, theirs.user.ID)),
			"Resource of a group":       errOf(r.Resource(d, store.Group, theirs.group.ID)),
			"ResourceByKey":             errOf(r.ResourceByKey(d, theirs.user.Key)),
			"Account":                   errOf(r.Account(p, theirs.account.Key)),
			"FindAccount by id":         errOf(r.FindAccount(p, theirs.account.ID)),
			"FindAccount by userName":   errOf(r.FindAccount(p, theirs.account.FoldedUserName)),
			"FindAccount by e-mail":     errOf(r.FindAccount(p, theirs.account.FoldedEmail)),
			"AccountByUserName":         errOf(r.AccountByUserName(p, theirs.account.FoldedUserName)),
			"Member of their org":       errOf(r.Member(p, theirs.org.Key, theirs.account.Key)),
			"Member with their account": errOf(r.Member(p, mine.org.Key, theirs.account.Key)),
		} {
			wantErr(t, what+" of another tenant", store.ErrNotFound, err)
		}
	})
}

// foreignMany lists each noun of theirs under the keys of mine.
func foreignMany(t *testing.T, st store.Store) {
	mine, theirs := twoTenants(t, st)
	p, d, o := mine.parent.Key, mine.dir.Key, theirs.org.Key
	view(t, st, func(r store.Reader) {
		expect(t, "Orgs", []store.Org{mine.org})(r.Orgs(p))
		expect(t, "Directories", []store.Directory{mine.dir})(r.Directories(p))
		expect(t, "Tokens", []store.Token{mine.token})(r.Tokens(d))
		expect(t, "Mappings", nil)(r.Mappings(p, o))
		expect(t, "MappingsOfGroup", nil)(r.MappingsOfGroup(p, theirs.group.Key))
		expect(t, "Pools", nil)(r.Pools(p, o))
		expect(t, "SeatsUsed", nil)(r.SeatsUsed(p, o))
		expect(t, "ResourcesByID", nil)(r.ResourcesByID(d, []string{theirs.user.ID, theirs.group.ID}))
		expect(t, "Members", nil)(members(r, d, theirs.group.Key))
		expect(t, "Groups", nil)(r.Groups(d, theirs.user.Key, false))
		expect(t, "Groups, transitive", nil)(r.Groups(d, theirs.user.Key, true))
		expect(t, "UsersBelow", nil)(r.UsersBelow(d, []int64{theirs.group.Key}))
		expect(t, "AccountsByEmail", nil)(r.AccountsByEmail(p, theirs.account.FoldedEmail))
		expect(t, "UsersOfAccount", nil)(r.UsersOfAccount(p, theirs.account.Key))
		expect(t, "AccountsInDirectories", []int64{mine.account.Key})(r.AccountsInDirectories(p))
		expect(t, "MembersOfOrg", nil)(r.MembersOfOrg(p, o, 0, 0))
		expect(t, "MembersOfAccount", nil)(r.MembersOfAccount(p, theirs.account.Key))
		expect(t, "LineHeads", nil)(r.LineHeads(p, o))
		expect(t, "History of their org", nil)(r.History(p, o, 0))
		expect(t, "History of their account", nil)(r.History(p, 0, theirs.account.Key))
		expect(t, "Events", []store.Event{mine.event})(r.Events(p, 0, 10))
		expect(t, "LastEvent", int64(1))(r.LastEvent(p))
		foreignFind(t, r, mine, theirs)
	})
}

// foreignFind asks conditions that only theirs fulfil.
func foreignFind(t *testing.T, r store.Reader, mine, theirs tenant) {
	find := func(what string, typ store.ResourceType, where store.Expr, want ...store.Resource) {
		t.Helper()
		expect(t, "Find "+what, store.Page{Resources: want, Total: len(want)})(
			r.Find(store.Query{Directory: mine.dir.Key, Type: typ, Limit: 10, Where: where}))
	}
	find("all users", store.User, nil, mine.user)
	find("an Or that always holds", store.User, store.Or{store.And{}, store.And{}}, mine.user)
	find("by their id", store.User, store.Compare{Column: store.ByID, Op: store.Eq, Value: theirs.user.ID})
	find("by their name", store.User, store.Compare{Column: store.ByName, Op: store.Eq, Value: theirs.user.Name})
	find("by their member", store.Group, store.HasMember{ID: theirs.user.ID})
	find("by their group", store.User, store.InGroup{ID: theirs.group.ID})
	find("not in their group", store.User, store.Not{Expr: store.InGroup{ID: theirs.group.ID}}, mine.user)
}

// foreignWrites changes each record of theirs under the keys of mine.
func foreignWrites(t *testing.T, st store.Store) {
	mine, theirs := twoTenants(t, st)
	p, d := mine.parent.Key, mine.dir.Key
	org, account, user := theirs.org, theirs.account, theirs.user
	org.Parent, account.Parent, user.Directory = p, p, d
	for what, fn := range map[string]func(store.Tx) error{
		"SetOrg":         func(tx store.Tx) error { return tx.SetOrg(org) },
		"RemoveMapping":  func(tx store.Tx) error { return tx.RemoveMapping(p, mine.org.Key, theirs.mapping.Key) },
		"SetAccount":     func(tx store.Tx) error { return tx.SetAccount(account) },
		"SetResource":    func(tx store.Tx) error { return tx.SetResource(user) },
		"RemoveResource": func(tx store.Tx) error { return tx.RemoveResource(d, user.Key) },
		"RemoveMember":   func(tx store.Tx) error { return tx.RemoveMember(p, theirs.org.Key, account.Key) },
	} {
		refused(t, st, what+" of another tenant", store.ErrNotFound, fn)
	}
	update(t, st, func(tx store.Tx) error {
		got, err := tx.RemoveMembers(d, theirs.group.Key, []int64{theirs.user.Key})
		expect(t, "RemoveMembers of another tenant", nil)(got, err)
		return err
	})
	view(t, st, func(r store.Reader) {
		expect(t, "their members", []int64{theirs.user.Key})(members(r, theirs.dir.Key, theirs.group.Key))
		expect(t, "their user", theirs.user)(r.ResourceByKey(theirs.dir.Key, theirs.user.Key))
	})
}

// sameNames: what is unique in one tenant is free in another.
func sameNames(t *testing.T, st store.Store) {
	mine, theirs := twoTenants(t, st)
	account, user := newAccount(mine, theirs.account.FoldedUserName), newUser(mine, theirs.user.Name)
	account.ID, user.ID = theirs.account.ID, theirs.user.ID
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddAccount(&account); err != nil {
			return err
		}
		return tx.AddResource(&user)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "AccountByUserName of mine", account)(r.AccountByUserName(account.Parent, account.FoldedUserName))
		expect(t, "Resource of theirs", theirs.user)(r.Resource(theirs.dir.Key, store.User, theirs.user.ID))
	})
}
