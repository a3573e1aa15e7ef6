package storetest

import (
	"errors"
	"fmt"

	"scimd/store"
)

// stop is one way to call a method of a store.Tx; all that send statements of
// their own have one. Its name begins with the method's.
type stop struct {
	name string
	call func(store.Tx) error
}

// tour stops at every method, with what the populated database has.
func (p populated) tour() []stop {
	return append(append(p.reads(), p.writes()...), p.finds()...)
}

// forOneAndMore makes two stops of a call that takes accounts.
func (p populated) forOneAndMore(stops *[]stop) func(name string, call func(store.Tx, []int64) error) {
	one, more := []int64{p.people[7].Account}, []int64{p.people[7].Account, p.people[8].Account, p.people[11].Account}
	return func(name string, call func(store.Tx, []int64) error) {
		*stops = append(*stops,
			stop{name, func(tx store.Tx) error { return call(tx, one) }},
			stop{name + "/more", func(tx store.Tx) error { return call(tx, more) }})
	}
}

func (p populated) reads() []stop {
	n := p.big
	parent, org, dir, account, group := n.parent.Key, n.org.Key, n.dir.Key, p.people[7].Account, p.groups[0].Key
	keys := []int64{p.people[1].Key, p.people[2].Key, p.people[3].Key}
	groups := []int64{p.groups[1].Key, p.groups[2].Key}
	member := newMember(n, account, "full")
	member.Want, member.WaitingSince = "full", at(9)
	all := func(store.Reference) bool { return true }
	var stops []stop
	add := func(name string, call func(store.Tx) error) { stops = append(stops, stop{name, call}) }
	many := p.forOneAndMore(&stops)

	add("Parent", func(tx store.Tx) error { return errOf(tx.Parent(parent)) })
	add("FindParent", func(tx store.Tx) error { return errOf(tx.FindParent(n.parent.ID)) })
	add("Parents", func(tx store.Tx) error { return errOf(tx.Parents()) })
	add("Org", func(tx store.Tx) error { return errOf(tx.Org(parent, org)) })
	add("FindOrg", func(tx store.Tx) error { return errOf(tx.FindOrg(n.org.ID)) })
	add("Orgs", func(tx store.Tx) error { return errOf(tx.Orgs(parent)) })
	add("Mappings", func(tx store.Tx) error { return errOf(tx.Mappings(parent, org)) })
	add("MappingsOfGroup", func(tx store.Tx) error { return errOf(tx.MappingsOfGroup(parent, n.group.Key)) })
	add("Pools", func(tx store.Tx) error { return errOf(tx.Pools(parent, org)) })
	add("Directory", func(tx store.Tx) error { return errOf(tx.Directory(dir)) })
	add("FindDirectory", func(tx store.Tx) error { return errOf(tx.FindDirectory(n.dir.ID)) })
	add("Directories", func(tx store.Tx) error { return errOf(tx.Directories(parent)) })
	add("SigningSecrets", func(tx store.Tx) error { return errOf(tx.SigningSecrets(dir)) })
	add("SourceObject", func(tx store.Tx) error { return errOf(tx.SourceObject(dir, "person9")) })
	add("SourceMember", func(tx store.Tx) error { return errOf(tx.SourceMember(dir, "group9", "person9")) })
	add("SourceMembersOf", func(tx store.Tx) error { return errOf(tx.SourceMembersOf(dir, "person9")) })
	add("Deliveries", func(tx store.Tx) error { return errOf(tx.Deliveries(dir, 0, 100)) })
	add("DeliveryOf", func(tx store.Tx) error { return errOf(tx.DeliveryOf(dir, "person9")) })
	add("Token", func(tx store.Tx) error { return errOf(tx.Token(n.token.Hash)) })
	add("Tokens", func(tx store.Tx) error { return errOf(tx.Tokens(dir)) })
	add("HasAdminKey", func(tx store.Tx) error { return errOf(tx.HasAdminKey()) })
	add("ResourceTypes", func(tx store.Tx) error { return errOf(tx.ResourceTypes()) })
	add("Resource", func(tx store.Tx) error { return errOf(tx.Resource(dir, store.User, p.people[5].ID)) })
	add("ResourceByKey", func(tx store.Tx) error { return errOf(tx.ResourceByKey(dir, keys[0])) })
	for _, size := range []int{1, 256} {
		add(fmt.Sprintf("References/%d", size), func(tx store.Tx) error {
			var ids []string
			for _, u := range p.people[:size] {
				ids = append(ids, u.ID)
			}
			return errOf(tx.References(dir, ids))
		})
	}
	add("ResourcesByKey", func(tx store.Tx) error { return errOf(tx.ResourcesByKey(dir, keys)) })
	add("ResourcesBriefly", func(tx store.Tx) error { return errOf(tx.ResourcesBriefly(dir, keys)) })
	add("Members", func(tx store.Tx) error { return tx.Members(dir, group, all) })
	add("Groups", func(tx store.Tx) error { return errOf(tx.Groups(dir, keys[0], true)) })
	add("GroupsOf", func(tx store.Tx) error { return errOf(tx.GroupsOf(dir, keys, true)) })
	add("CountMembers", func(tx store.Tx) error { return errOf(tx.CountMembers(dir, group, 100)) })
	add("UsersBelow", func(tx store.Tx) error { return errOf(tx.UsersBelow(dir, groups)) })
	add("UsersIn", func(tx store.Tx) error { return errOf(tx.UsersIn(dir, group)) })
	many("AttachedUsersOf", func(tx store.Tx, accounts []int64) error { return errOf(tx.AttachedUsersOf(parent, accounts)) })
	many("AccountsByKey", func(tx store.Tx, accounts []int64) error { return errOf(tx.AccountsByKey(parent, accounts)) })
	many("MembersByKey", func(tx store.Tx, accounts []int64) error { return errOf(tx.MembersByKey(parent, org, accounts)) })
	add("UsersByAccount", func(tx store.Tx) error { return tx.UsersByAccount(dir, func(int64, bool) bool { return true }) })
	add("Account", func(tx store.Tx) error { return errOf(tx.Account(parent, account)) })
	add("Accounts", func(tx store.Tx) error { return errOf(tx.Accounts(parent, account, 100)) })
	add("IdleAccounts", func(tx store.Tx) error { return errOf(tx.IdleAccounts(parent, at(manyPeople/2), 100)) })
	add("MergedInto", func(tx store.Tx) error { return errOf(tx.MergedInto(parent, n.account.Key)) })
	add("AccountBySubject", func(tx store.Tx) error { return errOf(tx.AccountBySubject(parent, n.subject())) })
	add("FindAccount", func(tx store.Tx) error {
		_, err := tx.FindAccount(parent, n.account.ID)
		return errors.Join(err, errOf(tx.FindAccount(parent, "person9@example.com")))
	})
	add("AccountByUserName", func(tx store.Tx) error { return errOf(tx.AccountByUserName(parent, "person9")) })
	add("AccountsByEmail", func(tx store.Tx) error { return errOf(tx.AccountsByEmail(parent, "person9@example.com")) })
	add("UsersOfAccount", func(tx store.Tx) error { return errOf(tx.UsersOfAccount(parent, account)) })
	add("Member", func(tx store.Tx) error { return errOf(tx.Member(parent, org, account)) })
	add("MembersOfOrg", func(tx store.Tx) error { return errOf(tx.MembersOfOrg(parent, org, account, 100)) })
	add("MembersBriefly", func(tx store.Tx) error { return errOf(tx.MembersBriefly(parent, org, account, 1000)) })
	add("MembersOfAccount", func(tx store.Tx) error { return errOf(tx.MembersOfAccount(parent, account)) })
	add("HeldMembers", func(tx store.Tx) error { return errOf(tx.HeldMembers(parent, org, "", 0, 100)) })
	add("HeldMembers/guard", func(tx store.Tx) error { return errOf(tx.HeldMembers(parent, org, "removals", 0, 100)) })
	add("ActiveMembers", func(tx store.Tx) error { return errOf(tx.ActiveMembers(parent, org, []string{"user", "admin"}, 100)) })
	add("SeatsUsed", func(tx store.Tx) error { return errOf(tx.SeatsUsed(parent, org)) })
	add("SeatsWanted", func(tx store.Tx) error { return errOf(tx.SeatsWanted(parent, org)) })
	add("LineClasses", func(tx store.Tx) error { return errOf(tx.LineClasses(parent, org)) })
	class := store.LineClass{Want: "full", State: "waiting", Tier: "full"}
	add("Line", func(tx store.Tx) error { return errOf(tx.Line(parent, org, class, store.Place{}, 10)) })
	add("Line/behind a place", func(tx store.Tx) error {
		return errOf(tx.Line(parent, org, class, store.Place{Since: at(500), Account: account}, 10))
	})
	add("PlaceInLine", func(tx store.Tx) error { return errOf(tx.PlaceInLine(member)) })
	add("Pin", func(tx store.Tx) error { return errOf(tx.Pin(parent, org, n.account.Key)) })
	add("Pins", func(tx store.Tx) error { return errOf(tx.Pins(parent, org)) })
	many("MarksOf", func(tx store.Tx, accounts []int64) error {
		_, _, err := tx.MarksOf(parent, accounts)
		return err
	})
	many("PinsOf", func(tx store.Tx, accounts []int64) error { return errOf(tx.PinsOf(parent, accounts)) })
	add("ExpiredPins", func(tx store.Tx) error { return errOf(tx.ExpiredPins(parent, at(30), 100)) })
	add("Barred", func(tx store.Tx) error { return errOf(tx.Barred(parent, org, account)) })
	add("FindPlan", func(tx store.Tx) error { return errOf(tx.FindPlan(n.plan.ID)) })
	add("Plans", func(tx store.Tx) error { return errOf(tx.Plans(parent, 20)) })
	add("PlanRows", func(tx store.Tx) error { return errOf(tx.PlanRows(n.plan.Key, "", 10, 100)) })
	add("History/account in org", func(tx store.Tx) error { return errOf(tx.History(parent, org, account)) })
	add("History/account", func(tx store.Tx) error { return errOf(tx.History(parent, 0, account)) })
	add("History/org", func(tx store.Tx) error { return errOf(tx.History(parent, org, 0)) })
	add("ChangeAt", func(tx store.Tx) error { return errOf(tx.ChangeAt(parent, org, account, at(manyPeople))) })
	add("MembersAt", func(tx store.Tx) error { return errOf(tx.MembersAt(parent, org, at(manyPeople/2), account, 100)) })
	add("RemovedSince", func(tx store.Tx) error { return errOf(tx.RemovedSince(parent, org, at(manyPeople-10))) })
	add("Events", func(tx store.Tx) error { return errOf(tx.Events(parent, 1000, 100)) })
	add("LastEvent", func(tx store.Tx) error { return errOf(tx.LastEvent(parent)) })
	add("ChoreDone", func(tx store.Tx) error { return errOf(tx.ChoreDone("sync")) })
	add("Secret", func(tx store.Tx) error { return errOf(tx.Secret("cursor")) })
	return stops
}

func (p populated) writes() []stop {
	n := p.big
	parent, org, dir, account, group := n.parent.Key, n.org.Key, n.dir.Key, p.people[7].Account, p.groups[0].Key
	keys := []int64{p.people[1].Key, p.people[2].Key, p.people[3].Key}
	fresh := func(name string) tenant {
		next := n
		next.account = newAccount(n, name)
		return next
	}
	var stops []stop
	add := func(name string, call func(store.Tx) error) { stops = append(stops, stop{name, call}) }
	many := p.forOneAndMore(&stops)

	add("LockParent", func(tx store.Tx) error {
		_, err := tx.LockParent(p.small.parent.Key)
		return errors.Join(err, errOf(tx.LockParent(parent)))
	})
	add("AddParent", func(tx store.Tx) error { return tx.AddParent(&store.Parent{ID: newID(), Name: "next"}) })
	add("SetParent", func(tx store.Tx) error { return tx.SetParent(n.parent) })
	add("AddOrg", func(tx store.Tx) error { o := newOrg(n, "next"); return tx.AddOrg(&o) })
	add("SetOrg", func(tx store.Tx) error { return tx.SetOrg(n.org) })
	add("MoveOrg", func(tx store.Tx) error {
		o := newOrg(n, "next")
		return errors.Join(tx.AddOrg(&o), tx.MoveOrg(parent, o.Key, p.small.parent.Key))
	})
	add("AddMapping", func(tx store.Tx) error {
		m := n.mapping
		m.ID, m.Role = newID(), "viewer"
		return tx.AddMapping(&m)
	})
	add("RemoveMapping", func(tx store.Tx) error { return tx.RemoveMapping(parent, org, n.mapping.Key) })
	add("SetPool", func(tx store.Tx) error { return tx.SetPool(parent, org, "lite", 5) })
	add("AddDirectory", func(tx store.Tx) error { d := newDirectory(n, "next"); return tx.AddDirectory(&d) })
	add("SetDirectory", func(tx store.Tx) error { return tx.SetDirectory(n.dir) })
	add("SetSigningSecrets", func(tx store.Tx) error {
		return tx.SetSigningSecrets(dir, []store.SigningSecret{{Directory: dir, Secret: "s"}})
	})
	add("PutSourceObject", func(tx store.Tx) error { return tx.PutSourceObject(store.SourceObject{Directory: dir, ID: "person9"}) })
	add("PutSourceMember", func(tx store.Tx) error {
		return tx.PutSourceMember(store.SourceMember{Directory: dir, Group: "group9", User: "person9"})
	})
	add("AddDelivery", func(tx store.Tx) error { return tx.AddDelivery(&store.Delivery{Directory: dir, Event: "e"}) })
	add("DropDeliveries", func(tx store.Tx) error { return tx.DropDeliveries(dir, 10, at(20)) })
	add("AddToken", func(tx store.Tx) error { k := newToken(n, "next"); return tx.AddToken(&k) })
	add("RevokeToken", func(tx store.Tx) error { return tx.RevokeToken(n.token.ID, at(9)) })
	add("AddResourceType", func(tx store.Tx) error { return errOf(tx.AddResourceType("Widget")) })
	add("AddResource", func(tx store.Tx) error {
		u := newUser(n, "next")
		u.Values, u.Unique = []store.Value{{Attribute: "emails", Value: "next"}}, []store.UniqueValue{{Attribute: "urn:x:badge", Value: "next"}}
		return tx.AddResource(&u)
	})
	add("SetResource", func(tx store.Tx) error {
		u := p.people[3]
		u.Values, u.Unique = []store.Value{{Attribute: "emails", Value: "next"}}, []store.UniqueValue{{Attribute: "urn:x:badge", Value: "next"}}
		return tx.SetResource(u)
	})
	add("SetDocument", func(tx store.Tx) error { return tx.SetDocument(p.people[3]) })
	add("TouchResource", func(tx store.Tx) error { return tx.TouchResource(p.people[3]) })
	add("RemoveResource", func(tx store.Tx) error { return tx.RemoveResource(dir, keys[0]) })
	add("RemoveResource/group", func(tx store.Tx) error { return tx.RemoveResource(dir, p.groups[5].Key) })
	add("AddMembers", func(tx store.Tx) error { return errOf(tx.AddMembers(dir, p.groups[5].Key, keys)) })
	add("AddMembers/one", func(tx store.Tx) error { return errOf(tx.AddMembers(dir, p.groups[5].Key, keys[:1])) })
	add("RemoveMembers/one", func(tx store.Tx) error { return errOf(tx.RemoveMembers(dir, group, keys[:1])) })
	add("RemoveMembers", func(tx store.Tx) error { return errOf(tx.RemoveMembers(dir, group, keys)) })
	add("KeepMembers", func(tx store.Tx) error { return errOf(tx.KeepMembers(dir, group, keys)) })
	add("AddAccount", func(tx store.Tx) error { a := newAccount(n, "next"); return tx.AddAccount(&a) })
	add("SetAccount", func(tx store.Tx) error { return tx.SetAccount(n.account) })
	add("SetSubject", func(tx store.Tx) error { return tx.SetSubject(parent, "s", account) })
	add("LinkUser", func(tx store.Tx) error { return tx.LinkUser(dir, keys[0], account) })
	add("PutPin", func(tx store.Tx) error { return tx.PutPin(newPin(n, account)) })
	add("RemovePin", func(tx store.Tx) error { return tx.RemovePin(parent, org, n.account.Key) })
	add("Bar", func(tx store.Tx) error { return tx.Bar(parent, org, account, at(5)) })
	many("Unbar", func(tx store.Tx, accounts []int64) error { return tx.Unbar(parent, org, accounts...) })
	many("Unbar/everywhere", func(tx store.Tx, accounts []int64) error { return tx.Unbar(parent, 0, accounts...) })
	add("AddPlan", func(tx store.Tx) error { p := newPlan(n); return tx.AddPlan(&p) })
	add("SetPlan", func(tx store.Tx) error { return tx.SetPlan(n.plan) })
	add("AddPlanRows", func(tx store.Tx) error {
		r := n.row
		r.Seq = 1 << 20
		return tx.AddPlanRows([]store.PlanRow{r})
	})
	add("DropPlans", func(tx store.Tx) error { return tx.DropPlans(parent, at(500)) })
	add("Erase", func(tx store.Tx) error {
		next := fresh("named")
		c := n.change
		c.Why, c.Cause.Actor = "named came", "named"
		event := n.event
		event.Data = []byte(`{"actor":"named"}`)
		if err := errors.Join(tx.AddAccount(&next.account), tx.AddEvents(parent, []store.Event{event})); err != nil {
			return err
		}
		c.Account = next.account.Key
		m := newMember(n, next.account.Key, "full")
		m.Cause, m.Hold = store.Cause{Actor: "named", Detail: "named"}, store.Hold{Guard: "removals", Why: "named", Cause: store.Cause{Actor: "named", Detail: "named"}}
		c.Cause.Detail = "named"
		pin := newPin(n, next.account.Key)
		pin.By, pin.Why = "named", "named"
		return errors.Join(tx.AddChanges(c), tx.PutMembers(m), tx.PutPin(pin), tx.Erase(parent, next.account.Key, "gone"))
	})
	many("PutMembers", func(tx store.Tx, accounts []int64) error {
		var members []store.Member
		for _, a := range accounts {
			members = append(members, newMember(n, a, "full"))
		}
		return tx.PutMembers(members...)
	})
	add("AddToOrg", func(tx store.Tx) error {
		a := newAccount(n, "joins")
		if err := tx.AddAccount(&a); err != nil {
			return err
		}
		return tx.AddToOrg(newMember(n, a.Key, "full"))
	})
	many("RemoveFromOrg", func(tx store.Tx, accounts []int64) error { return tx.RemoveFromOrg(parent, org, accounts...) })
	add("AddChanges", func(tx store.Tx) error { return tx.AddChanges(n.change, n.change) })
	add("SetAside", func(tx store.Tx) error { return tx.SetAside(n.change) })
	many("Aside", func(tx store.Tx, accounts []int64) error { return errOf(tx.Aside(parent, org, accounts)) })
	add("AllAside", func(tx store.Tx) error { return errOf(tx.AllAside(parent, org, account, 100)) })
	add("DropAside", func(tx store.Tx) error { return tx.DropAside(parent) })
	add("AddEvents", func(tx store.Tx) error { return tx.AddEvents(parent, []store.Event{n.event}) })
	add("SetChoreDone", func(tx store.Tx) error { return tx.SetChoreDone("sync", at(9)) })
	add("AddSecret", func(tx store.Tx) error { return tx.AddSecret("cursor", []byte{1}) })
	return stops
}

// finds are queries of every kind: filters by each column and value, orders by
// each column, pages by offset and behind a position.
func (p populated) finds() []stop {
	dir, user := p.big.dir.Key, p.people[1500]
	of := func(where store.Expr) store.Query {
		return store.Query{Directory: dir, Type: store.User, Where: where, Limit: 100}
	}
	work := "work"
	filters := []struct {
		name  string
		where store.Expr
	}{
		{"id eq", store.Compare{Column: store.ByID, Op: store.Eq, Value: user.ID}},
		{"name eq", store.Compare{Column: store.ByName, Op: store.Eq, Value: user.Name}},
		{"name sw", store.Compare{Column: store.ByName, Op: store.Sw, Value: "person15"}},
		{"name gt", store.Compare{Column: store.ByName, Op: store.Gt, Value: "person29"}},
		{"name co", store.Compare{Column: store.ByName, Op: store.Co, Value: "500"}},
		{"name ew", store.Compare{Column: store.ByName, Op: store.Ew, Value: "500"}},
		{"externalId eq", store.Compare{Column: store.ByExternalID, Op: store.Eq, Value: user.ExternalID}},
		{"externalId sw", store.Compare{Column: store.ByExternalID, Op: store.Sw, Value: "x-person15"}},
		{"externalId pr", store.Compare{Column: store.ByExternalID, Op: store.Pr}},
		{"active eq", store.Compare{Column: store.ByActive, Op: store.Eq, Value: false}},
		{"created gt", store.Compare{Column: store.ByCreated, Op: store.Gt, Value: at(manyPeople - 10)}},
		{"modified gt", store.Compare{Column: store.ByModified, Op: store.Gt, Value: at(manyPeople - 10)}},
		{"value eq", store.HasValue{Attribute: "emails", Op: store.Eq, Value: user.Name + "@example.com"}},
		{"value eq of a type", store.HasValue{Attribute: "emails", Op: store.Eq, Value: user.Name + "@example.com", Type: &work}},
		{"value sw", store.HasValue{Attribute: "emails", Op: store.Sw, Value: "person15"}},
		{"value co", store.HasValue{Attribute: "emails", Op: store.Co, Value: "500"}},
		{"in a group", store.InGroup{ID: p.groups[2].ID}},
		{"name eq and active", store.And{
			store.Compare{Column: store.ByName, Op: store.Eq, Value: user.Name}, store.Compare{Column: store.ByActive, Op: store.Eq, Value: true},
		}},
		{"name eq or email eq", store.Or{
			store.Compare{Column: store.ByName, Op: store.Eq, Value: user.Name}, store.HasValue{Attribute: "emails", Op: store.Eq, Value: user.Name},
		}},
		{"name eq or externalId eq", store.Or{
			store.Compare{Column: store.ByName, Op: store.Eq, Value: user.Name}, store.Compare{Column: store.ByExternalID, Op: store.Eq, Value: user.Name},
		}},
		{"not name eq", store.Not{Expr: store.Compare{Column: store.ByName, Op: store.Eq, Value: user.Name}}},
	}
	var stops []stop
	find := func(name string, q store.Query) {
		stops = append(stops, stop{"Find/" + name, func(tx store.Tx) error { return errOf(tx.Find(q)) }})
	}
	for _, f := range filters {
		q := of(f.where)
		find(f.name, q)
		q.Limit = 0
		find(f.name+", total", q)
	}
	for name, q := range map[string]store.Query{
		"name eq, any type":  {Where: filters[1].where},
		"email eq, any type": {Where: filters[12].where},
		"group name eq":      {Type: store.Group, Where: store.Compare{Column: store.ByName, Op: store.Eq, Value: "group5"}},
		"member eq":          {Type: store.Group, Where: store.HasMember{ID: user.ID}},
		"member eq user":     {Type: store.Group, Where: store.HasMember{ID: user.ID, Type: store.User}},
		"member pr":          {Type: store.Group, Where: store.HasMember{}},
		"any type":           {},
		"some types":         {Where: store.Or{store.OfType{Type: store.User}, store.OfType{Type: store.Group}}},
	} {
		q.Directory, q.Limit = dir, 100
		find(name, q)
	}
	position := map[store.Column]any{
		store.ByKey: nil, store.ByID: user.ID, store.ByName: user.Name, store.ByExternalID: user.ExternalID,
		store.ByActive: true, store.ByCreated: at(1500), store.ByModified: at(1500),
	}
	for c, name := range map[store.Column]string{
		store.ByKey: "key", store.ByID: "id", store.ByName: "name", store.ByExternalID: "externalId",
		store.ByActive: "active", store.ByCreated: "created", store.ByModified: "modified",
	} {
		for _, desc := range []bool{false, true} {
			q := of(nil)
			q.Order, q.Desc, q.WithoutDocument = c, desc, true
			by := "by " + name
			if desc {
				by += " desc"
			}
			find(by, q)
			q.After = &store.Position{Value: position[c], Key: user.Key}
			find(by+", behind a position", q)
			q.After, q.Offset, q.Type = nil, 2000, 0
			find(by+", any type, deep", q)
		}
	}
	q := of(nil)
	stops = append(stops, stop{"Keys", func(tx store.Tx) error { return errOf(tx.Keys(q)) }})
	q.Order = store.ByModified
	return append(stops, stop{"Keys/by modified", func(tx store.Tx) error { return errOf(tx.Keys(q)) }})
}
