package storetest

import (
	"errors"
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
			"AccountBySubject":          errOf(r.AccountBySubject(p, theirs.subject())),
			"Pin of their org":          errOf(r.Pin(p, theirs.org.Key, theirs.account.Key)),
			"ChangeAt of their org":     errOf(r.ChangeAt(p, theirs.org.Key, theirs.account.Key, at(900))),
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
		expect(t, "References", nil)(r.References(d, []string{theirs.user.ID, theirs.group.ID}))
		expect(t, "Members", nil)(members(r, d, theirs.group.Key))
		expect(t, "Groups", nil)(r.Groups(d, theirs.user.Key, false))
		expect(t, "Groups, transitive", nil)(r.Groups(d, theirs.user.Key, true))
		expect(t, "References of one", nil)(r.References(d, []string{theirs.user.ID}))
		expect(t, "UsersBelow", nil)(r.UsersBelow(d, []int64{theirs.group.Key, theirs.user.Key}))
		expect(t, "AccountsByEmail", nil)(r.AccountsByEmail(p, theirs.account.FoldedEmail))
		expect(t, "UsersOfAccount", nil)(r.UsersOfAccount(p, theirs.account.Key))
		expect(t, "MembersOfOrg", nil)(r.MembersOfOrg(p, o, 0, 0))
		expect(t, "MembersOfAccount", nil)(r.MembersOfAccount(p, theirs.account.Key))
		expect(t, "MembersByKey", nil)(r.MembersByKey(p, o, []int64{theirs.account.Key}))
		expect(t, "AccountsByKey", []store.Account{mine.account})(r.AccountsByKey(p, []int64{mine.account.Key, theirs.account.Key}))
		expect(t, "AttachedUsersOf", []store.LinkedUser{linked(mine.user)})(r.AttachedUsersOf(p, []int64{mine.account.Key, theirs.account.Key}))
		expect(t, "PinsOf", []store.Pin{mine.pin})(r.PinsOf(p, []int64{mine.account.Key, theirs.account.Key}))
		pins, barred, err := r.MarksOf(p, []int64{theirs.account.Key})
		expect(t, "MarksOf, pins", nil)(pins, err)
		expect(t, "MarksOf, bars", nil)(barred, err)
		expect(t, "LineClasses", nil)(r.LineClasses(p, o))
		expect(t, "Line", nil)(r.Line(p, o, theirs.member.Class(), store.Place{}, 10))
		foreignDomain(t, r, mine, theirs)
		expect(t, "History of their org", nil)(r.History(p, o, 0))
		expect(t, "History of their account", nil)(r.History(p, 0, theirs.account.Key))
		expect(t, "Events", []store.Event{mine.event})(r.Events(p, 0, 10))
		expect(t, "LastEvent", int64(1))(r.LastEvent(p))
		foreignFind(t, r, mine, theirs)
	})
}

func foreignDomain(t *testing.T, r store.Reader, mine, theirs tenant) {
	p, o := mine.parent.Key, theirs.org.Key
	expect(t, "Accounts", []store.Account{mine.account})(r.Accounts(p, 0, 10))
	expect(t, "HeldMembers", nil)(r.HeldMembers(p, o, "", 0, 10))
	expect(t, "ActiveMembers", nil)(r.ActiveMembers(p, o, []string{"user"}, 10))
	expect(t, "Pins", nil)(r.Pins(p, o))
	expect(t, "ExpiredPins", []store.Pin{mine.pin})(r.ExpiredPins(p, at(900), 10))
	expect(t, "Barred", false)(r.Barred(p, o, theirs.account.Key))
	expect(t, "Plans", []store.Plan{mine.plan})(r.Plans(p, 10))
	expect(t, "PlanRows", []store.PlanRow{mine.row})(r.PlanRows(mine.plan.Key, "", 0, 10))
	expect(t, "MembersAt", nil)(r.MembersAt(p, o, at(900), 0, 10))
	expect(t, "RemovedSince", 0)(r.RemovedSince(p, o, at(-900)))
	users, err := usersByAccount(r, mine.dir.Key)
	expect(t, "UsersByAccount", []int64{mine.account.Key})(users, err)
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
	plan := theirs.plan
	plan.Parent = p
	for what, fn := range map[string]func(store.Tx) error{
		"SetOrg":         func(tx store.Tx) error { return tx.SetOrg(org) },
		"RemoveMapping":  func(tx store.Tx) error { return tx.RemoveMapping(p, mine.org.Key, theirs.mapping.Key) },
		"SetAccount":     func(tx store.Tx) error { return tx.SetAccount(account) },
		"SetResource":    func(tx store.Tx) error { return tx.SetResource(user) },
		"SetDocument":    func(tx store.Tx) error { return tx.SetDocument(user) },
		"TouchResource":  func(tx store.Tx) error { return tx.TouchResource(user) },
		"RemoveResource": func(tx store.Tx) error { return tx.RemoveResource(d, user.Key) },
		"RemovePin":      func(tx store.Tx) error { return tx.RemovePin(p, theirs.org.Key, account.Key) },
		"SetPlan":        func(tx store.Tx) error { return tx.SetPlan(plan) },
		"LinkUser":       func(tx store.Tx) error { return tx.LinkUser(d, user.Key, mine.account.Key) },
		"MoveOrg":        func(tx store.Tx) error { return tx.MoveOrg(p, theirs.org.Key, p) },
		"Erase":          func(tx store.Tx) error { return tx.Erase(p, account.Key, "nobody") },
		"RemoveFromOrg":  func(tx store.Tx) error { return tx.RemoveFromOrg(p, theirs.org.Key, account.Key) },
	} {
		refused(t, st, what+" of another tenant", store.ErrNotFound, fn)
	}
	update(t, st, func(tx store.Tx) error {
		got, err := tx.RemoveMembers(d, theirs.group.Key, []int64{theirs.user.Key})
		expect(t, "RemoveMembers of another tenant", nil)(got, err)
		return errors.Join(err, tx.DropPlans(p, at(900)), tx.Unbar(p, 0, account.Key))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "their members", []int64{theirs.user.Key})(members(r, theirs.dir.Key, theirs.group.Key))
		expect(t, "their plans", []store.Plan{theirs.plan})(r.Plans(theirs.parent.Key, 10))
		expect(t, "their bar", true)(r.Barred(theirs.parent.Key, theirs.org.Key, account.Key))
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
