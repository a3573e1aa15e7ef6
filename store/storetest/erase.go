package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"scimd/store"
)

// erasures look for what is left of a person (I-3).
func erasures(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Account": eraseAccount, "Texts": eraseTexts, "Events": eraseEvents, "ShortName": eraseShortName, "WholeNames": eraseWholeNames, "Idle": idleAccounts, "Merged": mergedAccounts, "Quoted": eraseQuoted,
	})
}

func eraseAccount(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	p, a := n.parent.Key, n.account
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.SetSubject(p, "second", a.Key), tx.Erase(p, a.Key, "person-1"))
	})
	want := a
	want.UserName, want.Display, want.Email, want.FoldedUserName, want.FoldedEmail = "person-1", "person-1", "", "", ""
	view(t, st, func(r store.Reader) {
		expect(t, "Account after Erase", want)(r.Account(p, a.Key))
		for _, subject := range []string{n.subject(), "second"} {
			wantErr(t, "AccountBySubject after Erase", store.ErrNotFound, errOf(r.AccountBySubject(p, subject)))
		}
		wantErr(t, "FindAccount by the old e-mail", store.ErrNotFound, errOf(r.FindAccount(p, a.FoldedEmail)))
		expect(t, "the account of another tenant", other.account)(r.AccountBySubject(other.parent.Key, other.subject()))
	})
	refused(t, st, "Erase of nobody", store.ErrNotFound, func(tx store.Tx) error { return tx.Erase(p, 999, "x") })
}

// eraseTexts erases somebody whose userName is a word of ours.
func eraseTexts(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 2)
	bob := n.account
	bob.Key, bob.ID, bob.UserName, bob.FoldedUserName, bob.Email, bob.FoldedEmail = 0, newID(), "Admin", "admin", "Admin@x.org", "admin@x.org"
	cause := store.Cause{Kind: "admin", Actor: "Admin@x.org", Request: "r", Detail: `"Admin" & admin@x.org`}
	erased := store.Cause{Kind: "admin", Actor: "person-1", Request: "r", Detail: `"person-1" & person-1`}
	c := store.Change{
		Parent: p, Org: o, Account: who[1], At: at(9), After: &store.Standing{Role: "admin", State: "active"},
		Cause: cause, Why: "Admin (admin@x.org) asked",
	}
	m, pin := newMember(n, who[1], "full"), newPin(n, who[1])
	m.Role, m.State, m.Cause, m.Hold = "admin", "held", cause, newHold()
	m.Hold.Why, m.Hold.Cause = "asked by Admin", cause
	pin.Role, pin.By, pin.Why = "admin", "Admin", "for Admin@x.org"
	foreign := c
	foreign.Parent, foreign.Org, foreign.Account = other.parent.Key, other.org.Key, other.account.Key
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddAccount(&bob), tx.AddChanges(c), tx.AddChanges(foreign), tx.PutMembers(m), tx.PutPin(pin))
	})
	update(t, st, func(tx store.Tx) error { return tx.Erase(p, bob.Key, "person-1") })
	c.Cause, c.Why = erased, "person-1 (person-1) asked"
	m.Cause, m.Hold.Why, m.Hold.Cause = erased, "asked by person-1", erased
	pin.By, pin.Why = "person-1", "for person-1"
	view(t, st, func(r store.Reader) {
		expect(t, "History after Erase", []store.Change{n.change, c})(r.History(p, o, 0))
		expect(t, "Member after Erase", m)(r.Member(p, o, who[1]))
		expect(t, "Pins after Erase", []store.Pin{n.pin, pin})(r.Pins(p, o))
		expect(t, "History of another tenant", []store.Change{other.change, foreign})(r.History(other.parent.Key, other.org.Key, 0))
	})
}

func eraseEvents(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	p, bob := n.parent.Key, newAccount(n, "role")
	bob.Email, bob.FoldedEmail = "Role@x.org", "role@x.org"
	update(t, st, func(tx store.Tx) error { return tx.AddAccount(&bob) })
	data := []struct{ before, after string }{
		{
			fmt.Sprintf(`{"org":{"id":"o"},"account":{"id":%q,"userName":"earlier","email":"earlier@x.org"},"after":{"role":"role"},"n":1.50}`, bob.ID),
			fmt.Sprintf(`{"org":{"id":"o"},"account":{"id":%q,"userName":"person-1"},"after":{"role":"role"},"n":1.50}`, bob.ID),
		},
		{
			`{"account":{"id":"x","userName":"xavier","email":"x@x.org"},"cause":{"kind":"role","actor":"role@x.org"},"list":["role",{"why":"Role@x.org left"}]}`,
			`{"account":{"id":"x","userName":"xavier","email":"x@x.org"},"cause":{"kind":"role","actor":"person-1"},"list":["person-1",{"why":"person-1 left"}]}`,
		},
		{`{"n":2}`, `{"n":2}`},
		{`"role"`, `"person-1"`},
	}
	var given []store.Event
	want := []store.Event{n.event}
	for i, d := range data {
		e := store.Event{Parent: p, Seq: int64(i + 2), ID: newID(), At: at(i), Type: "user", Data: []byte(d.before)}
		given = append(given, e)
		e.Data = []byte(d.after)
		want = append(want, e)
	}
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddEvents(p, given), tx.AddEvents(other.parent.Key, given[1:2]))
	})
	update(t, st, func(tx store.Tx) error { return tx.Erase(p, bob.Key, "person-1") })
	view(t, st, func(r store.Reader) {
		expect(t, "Events after Erase", want)(r.Events(p, 0, 10))
		expect(t, "LastEvent after Erase", int64(len(want)))(r.LastEvent(p))
		got, err := r.Events(other.parent.Key, 1, 10)
		expect(t, "the data of another tenant's event", []string{data[1].before})(dataOf(got), err)
	})
}

func dataOf(events []store.Event) (out []string) {
	for _, e := range events {
		out = append(out, string(e.Data))
	}
	return out
}

// eraseShortName leaves texts as they are: two letters are in every word.
func eraseShortName(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, al := n.parent.Key, newAccount(n, "en")
	al.Email, al.FoldedEmail = "", ""
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddAccount(&al), tx.AddEvents(p, []store.Event{{ID: newID(), Data: []byte(`{"why":"left eng"}`)}}))
	})
	update(t, st, func(tx store.Tx) error { return tx.Erase(p, al.Key, "person-1") })
	view(t, st, func(r store.Reader) {
		expect(t, "History after Erase of a short name", []store.Change{n.change})(r.History(p, n.org.Key, 0))
		got, err := r.Events(p, 1, 10)
		expect(t, "Events after Erase of a short name", []string{`{"why":"left eng"}`})(dataOf(got), err)
	})
}

// eraseWholeNames leaves those alone whose names hold the one that goes.
func eraseWholeNames(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, al := n.parent.Key, newAccount(n, "ann")
	al.FoldedUserName, al.Email, al.FoldedEmail = "ann", "", ""
	data := func(name string) []byte {
		return []byte(`{"account":{"id":"other","userName":"joann"},"by":["joann@acme.example","ann.smith","joe.ann","` + name + `"],"why":"` + name + ` said so, and ` + name + `."}`)
	}
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.AddAccount(&al), tx.AddEvents(p, []store.Event{{ID: newID(), Data: data("ann")}}))
	})
	update(t, st, func(tx store.Tx) error { return tx.Erase(p, al.Key, "person-1") })
	view(t, st, func(r store.Reader) {
		got, err := r.Events(p, 1, 10)
		expect(t, "Events after Erase of a name that is part of others", []string{string(data("person-1"))})(dataOf(got), err)
	})
}

// eraseQuoted erases names that JSON writes in another way than they are.
func eraseQuoted(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p := n.parent.Key
	names := []string{`{"a":`, `x<y>&z`, `日本語`, `back\slash`}
	for i, name := range names {
		a, pseudonym := newAccount(n, name), fmt.Sprint(`"p`, i, `"`)
		a.Email, a.FoldedEmail = "", ""
		c := n.change
		c.Cause.Detail, c.Why = "by "+name, name
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `<`, `\u003c`).Replace(name)
		update(t, st, func(tx store.Tx) error {
			return errors.Join(tx.AddAccount(&a), tx.AddChanges(c),
				tx.AddEvents(p, []store.Event{{ID: newID(), Data: []byte(`{"a":"by ` + quoted + `"}`)}}))
		})
		update(t, st, func(tx store.Tx) error { return tx.Erase(p, a.Key, pseudonym) })
		view(t, st, func(r store.Reader) {
			changes, err := r.History(p, n.org.Key, 0)
			c.Cause.Detail, c.Why = "by "+pseudonym, pseudonym
			expect(t, "the last change after Erase of "+name, c)(changes[len(changes)-1], err)
			got, err := r.Events(p, 1, 10)
			slices.Reverse(got)
			expect(t, "the last event after Erase of "+name, fmt.Sprintf(`{"a":"by \"p%d\""}`, i))(dataOf(got)[0], err)
		})
	}
}

// idleAccounts lists who is in no directory and no org, and for how long.
func idleAccounts(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme") // its account is in a directory and an org
	p := n.parent.Key
	never, gone, erased := newAccount(n, "never"), newAccount(n, "gone"), newAccount(n, "erased")
	change := n.change
	update(t, st, func(tx store.Tx) error {
		if err := errors.Join(tx.AddAccount(&never), tx.AddAccount(&gone), tx.AddAccount(&erased)); err != nil {
			return err
		}
		change.Account, change.At = gone.Key, at(20)
		return errors.Join(tx.AddChanges(change), tx.Erase(p, erased.Key, "erased-1"))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "IdleAccounts when nobody was so for long", nil)(r.IdleAccounts(p, at(2), 10))
		expect(t, "IdleAccounts since before the change", []int64{never.Key})(r.IdleAccounts(p, at(20), 10))
		expect(t, "IdleAccounts", []int64{never.Key, gone.Key})(r.IdleAccounts(p, at(21), 10))
		expect(t, "IdleAccounts, one", []int64{never.Key})(r.IdleAccounts(p, at(21), 1))
	})
}

// mergedAccounts lists who went into an account, of its own parent alone.
func mergedAccounts(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	p, one, two := n.parent.Key, newAccount(n, "one"), newAccount(n, "two")
	update(t, st, func(tx store.Tx) error {
		if err := errors.Join(tx.AddAccount(&one), tx.AddAccount(&two)); err != nil {
			return err
		}
		one.Into, two.Into = n.account.Key, n.account.Key
		return errors.Join(tx.SetAccount(one), tx.SetAccount(two))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "MergedInto", []store.Account{one, two})(r.MergedInto(p, n.account.Key))
		expect(t, "MergedInto of one into whom nobody went", nil)(r.MergedInto(p, one.Key))
		expect(t, "MergedInto of another tenant", nil)(r.MergedInto(other.parent.Key, n.account.Key))
	})
}
