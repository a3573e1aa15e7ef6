package storetest

import (
	"errors"
	"slices"
	"testing"

	"scimd/store"
)

// domain holds what administrators decide and what guards stop.
func domain(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Subjects": subjects, "UsersByAccount": linkedUsers, "Held": heldMembers, "Access": membersWithAccess,
		"Pins": pins, "Bars": bars, "Plans": plans, "PlanRows": planRows, "MoveOrg": moveOrg,
	})
}

func subjects(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, bob := n.parent.Key, newAccount(n, "bob")
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddAccount(&bob), tx.SetSubject(p, "second", n.account.Key))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "AccountBySubject", n.account)(r.AccountBySubject(p, n.subject()))
		expect(t, "AccountBySubject of a second", n.account)(r.AccountBySubject(p, "second"))
		wantErr(t, "AccountBySubject of nobody", store.ErrNotFound, errOf(r.AccountBySubject(p, "third")))
	})
	update(t, st, func(tx store.Tx) error { return tx.SetSubject(p, "second", bob.Key) })
	view(t, st, func(r store.Reader) {
		expect(t, "AccountBySubject that moved", bob)(r.AccountBySubject(p, "second"))
		expect(t, "AccountBySubject that stayed", n.account)(r.AccountBySubject(p, n.subject()))
	})
}

func usersByAccount(r store.Reader, directory int64) (accounts []int64, err error) {
	err = r.UsersByAccount(directory, func(account int64, _ bool) bool { accounts = append(accounts, account); return true })
	return accounts, err
}

// linkedUsers links users in another order than that of their keys.
func linkedUsers(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d, who := n.dir.Key, crowd(t, st, n, 3)
	late, unlinked, off := newUser(n, "late"), newUser(n, "unlinked"), newUser(n, "off")
	late.Account, unlinked.Account, off.Account, off.Active = who[2], 0, who[1], false
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddResource(&late), tx.AddResource(&unlinked), tx.AddResource(&off))
	})
	view(t, st, func(r store.Reader) {
		active := map[int64]bool{}
		var order []int64
		err := r.UsersByAccount(d, func(account int64, on bool) bool {
			order, active[account] = append(order, account), on
			return true
		})
		expect(t, "UsersByAccount", who)(order, err)
		expect(t, "UsersByAccount's active", map[int64]bool{who[0]: true, who[1]: false, who[2]: true})(active, err)
		var first []int64
		err = r.UsersByAccount(d, func(account int64, _ bool) bool { first = append(first, account); return false })
		expect(t, "UsersByAccount until yield is false", who[:1])(first, err)
	})
	update(t, st, func(tx store.Tx) error { return tx.LinkUser(d, off.Key, who[0]) })
	linked := off
	linked.Account = who[0]
	view(t, st, func(r store.Reader) {
		expect(t, "a user after LinkUser", linked)(r.ResourceByKey(d, off.Key))
		expect(t, "UsersOfAccount after LinkUser", []store.Resource{bare(n.user), bare(linked)})(r.UsersOfAccount(n.parent.Key, who[0]))
		expect(t, "UsersOfAccount of the account that lost it", nil)(r.UsersOfAccount(n.parent.Key, who[1]))
	})
	refused(t, st, "LinkUser of a group", store.ErrNotFound, func(tx store.Tx) error { return tx.LinkUser(d, n.group.Key, who[0]) })
}

func newHold() store.Hold {
	return store.Hold{Guard: "mass_removal", Action: "remove", Basis: "gone", Why: "left eng", Since: at(7), Cause: store.Cause{Kind: "scim", Actor: "okta"}}
}

func heldMembers(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 4)
	var held []store.Member
	for _, account := range who[1:] {
		m := newMember(n, account, "full")
		m.State, m.Hold = "held", newHold()
		held = append(held, m)
	}
	put(t, st, held[2], held[0], held[1])
	view(t, st, func(r store.Reader) {
		expect(t, "Member that is held", held[0])(r.Member(p, o, who[1]))
		expect(t, "HeldMembers", held)(r.HeldMembers(p, o, "", 0, 10))
		expect(t, "HeldMembers, one after the first", held[1:2])(r.HeldMembers(p, o, "", who[1], 1))
		// Who is held still works, so the seat is in use (S-1).
		expect(t, "SeatsUsed with those who are held", map[string]int{"full": 4})(r.SeatsUsed(p, o))
	})
	held[0].State, held[0].Hold = "active", store.Hold{}
	put(t, st, held[0])
	update(t, st, func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[2]) })
	view(t, st, func(r store.Reader) {
		expect(t, "Member that was let go", held[0])(r.Member(p, o, who[1]))
		expect(t, "HeldMembers when one stays, one went and one is left", held[2:])(r.HeldMembers(p, o, "", 0, 10))
		expect(t, "SeatsUsed after one went", map[string]int{"full": 3})(r.SeatsUsed(p, o))
	})
}

func membersWithAccess(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 6)
	with := func(i int, role, state string) store.Member {
		m := newMember(n, who[i], "full")
		m.Role, m.State = role, state
		return m
	}
	user, owner, waits, held, admin, guest := with(0, "user", "active"), with(1, "owner", "active"), with(2, "admin", "waiting"),
		with(3, "admin", "held"), with(4, "admin", "active"), with(5, "guest", "active")
	put(t, st, guest, admin, held, waits, owner, user)
	view(t, st, func(r store.Reader) {
		roles := []string{"owner", "admin", "owner"}
		expect(t, "ActiveMembers", []store.Member{owner, admin})(r.ActiveMembers(p, o, roles, 10))
		expect(t, "ActiveMembers, one", []store.Member{owner})(r.ActiveMembers(p, o, roles, 1))
		expect(t, "ActiveMembers of one role", []store.Member{guest})(r.ActiveMembers(p, o, []string{"guest"}, 2))
		expect(t, "ActiveMembers of no role", nil)(r.ActiveMembers(p, o, nil, 2))
		if !slices.Equal(roles, []string{"owner", "admin", "owner"}) {
			t.Errorf("ActiveMembers: got the caller's roles as %v, want them as they were", roles)
		}
	})
}

func pins(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 3)
	second := newOrg(n, "second")
	soon, never, elsewhere := newPin(n, who[2]), newPin(n, who[1]), newPin(n, who[1])
	soon.Expires, never.Expires = at(10), store.Pin{}.Expires
	never.Tier, never.Against = "", ""
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddOrg(&second); err != nil {
			return err
		}
		elsewhere.Org, elsewhere.Expires = second.Key, at(20)
		return errors.Join(tx.PutPin(soon), tx.PutPin(never), tx.PutPin(elsewhere))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Pin", never)(r.Pin(p, o, who[1]))
		expect(t, "Pins", []store.Pin{n.pin, never, soon})(r.Pins(p, o))
		expect(t, "ExpiredPins just before the first", nil)(r.ExpiredPins(p, at(10).Add(-1000), 10))
		expect(t, "ExpiredPins at the first", []store.Pin{soon})(r.ExpiredPins(p, at(10), 10))
		expect(t, "ExpiredPins of every org", []store.Pin{soon, elsewhere, n.pin})(r.ExpiredPins(p, at(900), 10))
		expect(t, "ExpiredPins, two", []store.Pin{soon, elsewhere})(r.ExpiredPins(p, at(900), 2))
		wantErr(t, "Pin that is none", store.ErrNotFound, errOf(r.Pin(p, second.Key, who[0])))
	})
	soon.Role, soon.By, soon.Expires = "owner", "boss", at(30)
	update(t, st, func(tx store.Tx) error { return errors.Join(tx.PutPin(soon), tx.RemovePin(p, o, who[1])) })
	view(t, st, func(r store.Reader) {
		expect(t, "Pins after a replacement and a removal", []store.Pin{n.pin, soon})(r.Pins(p, o))
		expect(t, "the same pin of another org", elsewhere)(r.Pin(p, second.Key, who[1]))
	})
	refused(t, st, "RemovePin twice", store.ErrNotFound, func(tx store.Tx) error { return tx.RemovePin(p, o, who[1]) })
}

func bars(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, a, second, bob := n.parent.Key, n.account.Key, newOrg(n, "second"), newAccount(n, "bob")
	update(t, st, func(tx store.Tx) error {
		if err := errors.Join(tx.AddOrg(&second), tx.AddAccount(&bob)); err != nil {
			return err
		}
		return errors.Join(tx.Bar(p, n.org.Key, a, at(8)), tx.Bar(p, second.Key, a, at(9)), tx.Bar(p, second.Key, bob.Key, at(9)))
	})
	want := func(what string, first, other, bobs bool) {
		t.Helper()
		view(t, st, func(r store.Reader) {
			expect(t, "Barred from the first org "+what, first)(r.Barred(p, n.org.Key, a))
			expect(t, "Barred from the second org "+what, other)(r.Barred(p, second.Key, a))
			expect(t, "Barred, another person, "+what, bobs)(r.Barred(p, second.Key, bob.Key))
		})
	}
	want("after Bar", true, true, true)
	update(t, st, func(tx store.Tx) error { return tx.Unbar(p, n.org.Key, a) })
	want("after Unbar from the first", false, true, true)
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.Unbar(p, n.org.Key, a), tx.Bar(p, n.org.Key, a, at(10)))
	})
	update(t, st, func(tx store.Tx) error { return tx.Unbar(p, 0, a) })
	want("after Unbar from all", false, false, true)
}

func plans(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, empty, late := n.parent.Key, newPlan(n), newPlan(n)
	empty.Digest, empty.Steps, empty.Summary, late.Expires = nil, nil, nil, at(700)
	update(t, st, func(tx store.Tx) error { return errors.Join(tx.AddPlan(&empty), tx.AddPlan(&late)) })
	changed := late
	changed.State, changed.Version, changed.Digest, changed.Summary = store.PlanApplied, 4, []byte{9}, []byte(`{"rows":2}`)
	changed.Approved, changed.ApprovedBy, changed.Applied, changed.AppliedBy = at(11), "second", at(12), "first"
	update(t, st, func(tx store.Tx) error { return tx.SetPlan(changed) })
	view(t, st, func(r store.Reader) {
		expect(t, "FindPlan", n.plan)(r.FindPlan(n.plan.ID))
		expect(t, "FindPlan after SetPlan", changed)(r.FindPlan(late.ID))
		expect(t, "Plans", []store.Plan{changed, empty, n.plan})(r.Plans(p, 10))
		expect(t, "Plans, two", []store.Plan{changed, empty})(r.Plans(p, 2))
		wantErr(t, "FindPlan that is none", store.ErrNotFound, errOf(r.FindPlan(newID())))
	})
	refused(t, st, "SetPlan that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.SetPlan(store.Plan{Parent: p, Key: 999})
	})
	update(t, st, func(tx store.Tx) error { return tx.DropPlans(p, at(600)) })
	view(t, st, func(r store.Reader) {
		expect(t, "Plans when none had expired before", 3)(count(r.Plans(p, 10)))
	})
	update(t, st, func(tx store.Tx) error { return tx.DropPlans(p, at(700)) })
	view(t, st, func(r store.Reader) {
		expect(t, "Plans after DropPlans", []store.Plan{changed})(r.Plans(p, 10))
		expect(t, "PlanRows after DropPlans", nil)(r.PlanRows(n.plan.Key, "", 0, 10))
	})
}

func count[T any](list []T, err error) (int, error) { return len(list), err }

func planRows(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	second, other := newOrg(n, "second"), newPlan(n)
	update(t, st, func(tx store.Tx) error { return errors.Join(tx.AddOrg(&second), tx.AddPlan(&other)) })
	all := []store.PlanRow{n.row}
	for i := range 4 {
		r := store.PlanRow{Plan: n.plan.Key, Seq: int64(i + 2), Org: n.org.Name, Account: newID(), Before: n.row.After, Why: "leaves"}
		if i%2 == 1 {
			r.Org, r.After = second.Name, &store.Standing{Role: "user", State: "waiting", Want: store.AnyTier}
		}
		all = append(all, r)
	}
	elsewhere := n.row
	elsewhere.Plan = other.Key
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddPlanRows(all[1:]), tx.AddPlanRows([]store.PlanRow{elsewhere}))
	})
	k := n.plan.Key
	view(t, st, func(r store.Reader) {
		expect(t, "PlanRows", all)(r.PlanRows(k, "", 0, 10))
		expect(t, "PlanRows, two after the first", all[1:3])(r.PlanRows(k, "", 1, 2))
		expect(t, "PlanRows of an org", []store.PlanRow{all[2], all[4]})(r.PlanRows(k, second.Name, 0, 10))
		expect(t, "PlanRows of an org, one after the third", []store.PlanRow{all[4]})(r.PlanRows(k, second.Name, 3, 1))
		expect(t, "PlanRows after the last", nil)(r.PlanRows(k, "", 5, 10))
	})
}

func moveOrg(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	from, to, o, empty := n.parent.Key, other.parent.Key, n.org, newOrg(n, "empty")
	empty.Guards = store.Guards{Count: 1}
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddOrg(&empty); err != nil {
			return err
		}
		return tx.SetPool(from, empty.Key, "full", 5)
	})
	if err := st.Update(t.Context(), inTx(func(tx store.Tx) error { return tx.MoveOrg(from, o.Key, to) })); err == nil {
		t.Error("MoveOrg with members, mappings and pins: got no error, want one")
	}
	update(t, st, func(tx store.Tx) error { return tx.MoveOrg(from, empty.Key, to) })
	empty.Parent = to
	view(t, st, func(r store.Reader) {
		expect(t, "Orgs of the old parent", []store.Org{o})(r.Orgs(from))
		expect(t, "Orgs of the new parent", []store.Org{other.org, empty})(r.Orgs(to))
		expect(t, "Pools under the old parent", nil)(r.Pools(from, empty.Key))
		expect(t, "Pools under the new parent", map[string]int{"full": 5})(r.Pools(to, empty.Key))
	})
	refused(t, st, "MoveOrg from a parent that has it no more", store.ErrNotFound, func(tx store.Tx) error { return tx.MoveOrg(from, empty.Key, to) })
}
