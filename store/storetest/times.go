package storetest

import (
	"fmt"
	"testing"
	"time"

	"scimd/store"
)

// times asks history for what was (T-2, P-4).
func times(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"ChangeAt": changeAt, "MembersAt": membersAt, "RemovedSince": removedSince,
	})
}

// steps adds changes of one account, each at its second: a role, or "" for out.
func steps(t *testing.T, st store.Store, n tenant, org, account int64, moves ...store.Change) []store.Change {
	t.Helper()
	var before *store.Standing
	for i := range moves {
		moves[i].Parent, moves[i].Org, moves[i].Account, moves[i].Before = n.parent.Key, org, account, before
		before = moves[i].After
	}
	update(t, st, func(tx store.Tx) error {
		for _, c := range moves {
			if err := tx.AddChanges(c); err != nil {
				return err
			}
		}
		return nil
	})
	return moves
}

func in(second int, role string) store.Change {
	return store.Change{At: at(second), After: &store.Standing{Role: role, Tier: "full", State: "active"}, Cause: store.Cause{Kind: "scim"}, Why: "w", Decided: true}
}

func out(second int) store.Change {
	return store.Change{At: at(second), Cause: store.Cause{Kind: "scim"}, Why: "w", Decided: true}
}

func changeAt(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 2)
	// The clock went back between the third and the fourth; order is that of
	// the transactions.
	all := steps(t, st, n, o, who[1], in(10, "user"), in(20, "admin"), in(20, "owner"), in(15, "user"), out(30))
	view(t, st, func(r store.Reader) {
		wantErr(t, "ChangeAt before the first", store.ErrNotFound, errOf(r.ChangeAt(p, o, who[1], at(10).Add(-time.Microsecond))))
		for _, c := range []struct {
			at   time.Time
			want store.Change
		}{
			{at(10), all[0]}, {at(15).Add(-time.Microsecond), all[0]}, {at(15), all[3]}, {at(20), all[3]},
			{at(30).Add(-time.Microsecond), all[3]}, {at(30), all[4]}, {at(900), all[4]},
		} {
			expect(t, fmt.Sprint("ChangeAt ", c.at), c.want)(r.ChangeAt(p, o, who[1], c.at))
		}
		wantErr(t, "ChangeAt of nobody", store.ErrNotFound, errOf(r.ChangeAt(p, o, 999, at(900))))
	})
}

func membersAt(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 5)
	second := newOrg(n, "second")
	update(t, st, func(tx store.Tx) error { return tx.AddOrg(&second) })
	a := steps(t, st, n, o, who[1], in(10, "user"), in(20, "admin"), out(30), in(40, "user"))
	b := steps(t, st, n, o, who[2], in(20, "user"))
	steps(t, st, n, o, who[3], in(10, "user"), out(20))
	steps(t, st, n, second.Key, who[4], in(10, "user"))
	own := n.change // from the fourth second on
	view(t, st, func(r store.Reader) {
		for _, c := range []struct {
			what string
			at   time.Time
			want []store.Change
		}{
			{"before all", at(4).Add(-time.Microsecond), nil},
			{"at the first", at(4), []store.Change{own}},
			{"just before the second step", at(20).Add(-time.Microsecond), []store.Change{own, a[0], {
				Parent: p, Org: o, Account: who[3], At: at(10), After: a[0].After, Cause: a[0].Cause, Why: "w", Decided: true,
			}}},
			{"at the second step", at(20), []store.Change{own, a[1], b[0]}},
			{"when one is out", at(30), []store.Change{own, b[0]}},
			{"when they are back", at(40), []store.Change{own, a[3], b[0]}},
		} {
			expect(t, "MembersAt "+c.what, c.want)(r.MembersAt(p, o, c.at, 0, 10))
		}
		expect(t, "MembersAt, two", []store.Change{own, a[1]})(r.MembersAt(p, o, at(20), 0, 2))
		expect(t, "MembersAt after the second", []store.Change{b[0]})(r.MembersAt(p, o, at(20), who[1], 2))
	})
}

func removedSince(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 4)
	second := newOrg(n, "second")
	update(t, st, func(tx store.Tx) error { return tx.AddOrg(&second) })
	byHand := out(25)
	byHand.Decided = false
	steps(t, st, n, o, who[1], in(10, "user"), out(20), in(21, "user"), out(30))
	steps(t, st, n, o, who[2], in(10, "user"), byHand)
	steps(t, st, n, second.Key, who[3], in(10, "user"), out(25))
	view(t, st, func(r store.Reader) {
		for _, c := range []struct {
			since time.Time
			want  int
		}{{at(0), 2}, {at(20).Add(-time.Microsecond), 2}, {at(20), 1}, {at(30), 0}} {

			expect(t, fmt.Sprint("RemovedSince ", c.since), c.want)(r.RemovedSince(p, o, c.since))
		}
		expect(t, "History with who decided", []bool{true, false})(decided(r.History(p, o, who[2])))
	})
}

func decided(changes []store.Change, err error) (flags []bool, _ error) {
	for _, c := range changes {
		flags = append(flags, c.Decided)
	}
	return flags, err
}
