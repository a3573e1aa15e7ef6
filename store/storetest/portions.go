package storetest

import (
	"fmt"
	"slices"
	"testing"

	"scimd/store"
)

// portions reads and writes so many at a time that one statement is not enough.
func portions(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Members": manyMembers, "Seats": seatsChangeHands, "Changes": manyChanges, "Aside": aside, "Facts": factsOfMany,
	})
}

// many is no power of two, and more than any database takes rows in a statement
// of this store.
const many = 299

func manyMembers(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, many)
	second := newOrg(n, "second")
	update(t, st, func(tx store.Tx) error { return tx.AddOrg(&second) })
	var here, there []store.Member
	for i, account := range who {
		m := newMember(n, account, "lite")
		if i%2 == 0 {
			m.Tier, m.State, m.Want, m.WaitingSince = "", "waiting", store.AnyTier, at(i)
		}
		if i%3 == 0 {
			m.Cause.Request = fmt.Sprint("request ", i)
		}
		if i%5 == 1 {
			m.State, m.Hold = "held", newHold()
		}
		here = append(here, m)
		m.Org = second.Key
		there = append(there, m)
	}
	put(t, st, append(slices.Clone(here), there[:2]...)...)
	view(t, st, func(r store.Reader) {
		expect(t, "MembersOfOrg", here)(r.MembersOfOrg(p, o, 0, 0))
		expect(t, "MembersOfOrg of the second", there[:2])(r.MembersOfOrg(p, second.Key, 0, 0))
		used := map[string]int{}
		for _, m := range here {
			if m.State != "waiting" {
				used[m.Tier]++
			}
		}
		expect(t, "SeatsUsed", used)(r.SeatsUsed(p, o))
		expect(t, "MembersByKey", []store.Member{here[1], here[7]})(r.MembersByKey(p, o, []int64{who[7], 999_999, who[1]}))
		expect(t, "MembersByKey of one", here[3:4])(r.MembersByKey(p, o, who[3:4]))
		expect(t, "MembersByKey of nobody", nil)(r.MembersByKey(p, o, nil))
	})
	refused(t, st, "RemoveFromOrg of one who is no member beside others", store.ErrNotFound, func(tx store.Tx) error {
		return tx.RemoveFromOrg(p, second.Key, who[1], who[2])
	})
	update(t, st, func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[1:]...) })
	update(t, st, func(tx store.Tx) error { return tx.RemoveFromOrg(p, o) })
	update(t, st, func(tx store.Tx) error { return tx.PutMembers() })
	view(t, st, func(r store.Reader) {
		expect(t, "MembersOfOrg after RemoveFromOrg", here[:1])(r.MembersOfOrg(p, o, 0, 0))
		expect(t, "SeatsUsed when one waits", nil)(r.SeatsUsed(p, o))
		expect(t, "MembersOfOrg of the second, as before", there[:2])(r.MembersOfOrg(p, second.Key, 0, 0))
	})
}

// Two who change tiers fill pools that are full, and none is over on the way
// (S-2).
func seatsChangeHands(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 2)
	first, second := newMember(n, who[0], "full"), newMember(n, who[1], "lite")
	put(t, st, first, second)
	update(t, st, func(tx store.Tx) error {
		if err := tx.SetPool(p, o, "full", 1); err != nil {
			return err
		}
		return tx.SetPool(p, o, "lite", 1)
	})
	first.Tier, second.Tier = "lite", "full"
	put(t, st, first, second)
	second.State = "waiting"
	put(t, st, first, second)
	view(t, st, func(r store.Reader) { expect(t, "SeatsUsed", map[string]int{"lite": 1})(r.SeatsUsed(p, o)) })
	first.Tier, second.State = "full", "active"
	if err := st.Update(t.Context(), inTx(func(tx store.Tx) error { return tx.PutMembers(first, second) })); err == nil {
		t.Error("PutMembers of two into a pool of one: got no error, want one")
	}
}

func manyChanges(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, want, events := n.parent.Key, []store.Change{n.change}, []store.Event{n.event}
	for i := range many {
		c := n.change
		c.Why, c.At = fmt.Sprint("change ", i), at(i)
		if i%2 == 0 {
			c.Before, c.After = c.After, nil
		}
		if i%3 == 0 {
			c.Cause, c.Decided = store.Cause{Kind: "admin", Actor: "root"}, true
		}
		want = append(want, c)
		events = append(events, store.Event{Parent: p, Seq: int64(i + 2), ID: newID(), At: at(i), Type: "user", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddChanges(); err != nil {
			return err
		}
		if err := tx.AddChanges(want[1:]...); err != nil {
			return err
		}
		return tx.AddEvents(p, events[1:])
	})
	view(t, st, func(r store.Reader) {
		expect(t, "History", want)(r.History(p, n.org.Key, n.account.Key))
		expect(t, "Events", events)(r.Events(p, 0, many+10))
	})
}

// aside keeps changes of two orgs, some of which have members.
func aside(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, many)
	second := newOrg(n, "second")
	var members []store.Member
	var all []store.Change
	for i, account := range who {
		c := store.Change{Parent: p, Org: o, Account: account, Cause: store.Cause{Kind: "scim", Request: fmt.Sprint(i % 3)}, Why: fmt.Sprint("why ", i), Decided: i%2 == 0}
		if i%2 == 0 {
			c.Before = newMember(n, account, "full").Standing()
		}
		if i%3 == 0 {
			m := newMember(n, account, "lite")
			members, c.After = append(members, m), m.Standing()
		}
		all = append(all, c)
	}
	update(t, st, func(tx store.Tx) error { return tx.AddOrg(&second) })
	elsewhere := all[0]
	elsewhere.Org, elsewhere.After = second.Key, nil
	update(t, st, func(tx store.Tx) error {
		if err := tx.PutMembers(members...); err != nil {
			return err
		}
		first := all[0]
		first.Why = "replaced"
		if err := tx.SetAside(first); err != nil {
			return err
		}
		if err := tx.SetAside(append(slices.Clone(all), elsewhere)...); err != nil {
			return err
		}
		found := []store.Change{all[2], all[5]}
		found[0].After, found[1].After = nil, nil
		expect(t, "Aside", found)(tx.Aside(p, o, []int64{who[5], who[2], 999_999}))
		expect(t, "Aside of nobody", nil)(tx.Aside(p, o, nil))
		expect(t, "AllAside", append(slices.Clone(all), elsewhere))(tx.AllAside(p, 0, 0, many+10))
		expect(t, "AllAside behind one", []store.Change{all[many-1], elsewhere})(tx.AllAside(p, o, who[many-2], many))
		expect(t, "AllAside, two", all[:2])(tx.AllAside(p, 0, 0, 2))
		if err := tx.DropAside(p); err != nil {
			return err
		}
		expect(t, "AllAside after DropAside", nil)(tx.AllAside(p, 0, 0, many))
		return nil
	})
}

// factsOfMany looks for people with users in two directories and pins in two
// orgs.
func factsOfMany(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, who := n.parent.Key, crowd(t, st, n, 4)
	detached, org := newDirectory(n, "detached"), newOrg(n, "second")
	detached.Detached = at(1)
	update(t, st, func(tx store.Tx) error {
		// A directory is made attached.
		if err := tx.AddDirectory(&detached); err != nil {
			return err
		}
		if err := tx.SetDirectory(detached); err != nil {
			return err
		}
		return tx.AddOrg(&org)
	})
	bob, gone := newUser(n, "bob"), newUser(n, "gone")
	bob.Account, gone.Account, gone.Directory = who[2], who[2], detached.Key
	pin, elsewhere := newPin(n, who[3]), newPin(n, who[0])
	elsewhere.Org = org.Key
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddResource(&bob); err != nil {
			return err
		}
		if err := tx.AddResource(&gone); err != nil {
			return err
		}
		if err := tx.PutPin(pin); err != nil {
			return err
		}
		return tx.PutPin(elsewhere)
	})
	view(t, st, func(r store.Reader) {
		some := []int64{who[3], who[2], 999_999, who[0]}
		expect(t, "AttachedUsersOf", []store.LinkedUser{linked(n.user), linked(bob)})(r.AttachedUsersOf(p, some))
		expect(t, "AttachedUsersOf one", []store.LinkedUser{linked(bob)})(r.AttachedUsersOf(p, who[2:3]))
		expect(t, "AttachedUsersOf nobody", nil)(r.AttachedUsersOf(p, nil))
		expect(t, "PinsOf", []store.Pin{n.pin, elsewhere, pin})(r.PinsOf(p, some))
		expect(t, "PinsOf one", []store.Pin{n.pin, elsewhere})(r.PinsOf(p, who[:1]))
		expect(t, "PinsOf those who have none", nil)(r.PinsOf(p, who[1:3]))
		expect(t, "PinsOf nobody", nil)(r.PinsOf(p, nil))
		pins, barred, err := r.MarksOf(p, some)
		expect(t, "MarksOf, pins", []store.Pin{n.pin, elsewhere, pin})(pins, err)
		expect(t, "MarksOf, bars", who[:1])(barred, err)
		pins, barred, err = r.MarksOf(p, who[1:3])
		expect(t, "MarksOf those who have none, pins", nil)(pins, err)
		expect(t, "MarksOf those who have none, bars", nil)(barred, err)
		ann, err := r.Account(p, who[0])
		if err != nil {
			t.Fatal(err)
		}
		carl, err := r.Account(p, who[3])
		expect(t, "AccountsByKey", []store.Account{ann, carl})(r.AccountsByKey(p, []int64{who[3], 999_999, who[0]}))
		expect(t, "AccountsByKey of one", []store.Account{ann})(r.AccountsByKey(p, who[:1]))
		expect(t, "AccountsByKey of nobody", nil)(r.AccountsByKey(p, nil))
		if err != nil {
			t.Error(err)
		}
	})
	update(t, st, func(tx store.Tx) error {
		for _, account := range who {
			if err := tx.Bar(p, org.Key, account, at(9)); err != nil {
				return err
			}
		}
		if err := tx.Unbar(p, org.Key); err != nil {
			return err
		}
		return tx.Unbar(p, org.Key, who[1:]...)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Barred after Unbar of the others", true)(r.Barred(p, org.Key, who[0]))
		for _, account := range who[1:] {
			expect(t, "Barred after Unbar of many", false)(r.Barred(p, org.Key, account))
		}
	})
}
