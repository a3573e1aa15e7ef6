package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"

	"scimd/store"
)

// rehearsals are transactions that nobody else may notice (P-1).
func rehearsals(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"LeavesNothing": leavesNothing, "OwnWrites": rehearsedWrites, "Log": rehearsedLog, "Keys": rehearsedKeys,
		"WithinWalk": rehearsedWithinWalk, "Snapshot": rehearsedSnapshot, "Writers": writersGoOn, "Error": rehearsedError, "Panic": rehearsedPanic,
		"Cancelled": rehearsalCancelled, "OneAtATime": oneAtATime,
	})
}

func rehearse(t *testing.T, st store.Store, parent int64, fn func(tx store.Tx) error) {
	t.Helper()
	if err := st.Rehearse(t.Context(), []int64{parent}, inTx(fn)); err != nil {
		t.Fatalf("Rehearse: got error %v, want none", err)
	}
}

// dump reads all that there is of tenants.
func dump(t *testing.T, st store.Store, tenants ...tenant) map[string]any {
	t.Helper()
	out := map[string]any{}
	view(t, st, func(r store.Reader) {
		keep := func(what string) func(any, error) {
			return func(got any, err error) {
				if err != nil {
					got = err.Error()
				}
				out[what] = got
			}
		}
		keep("parents")(r.Parents())
		keep("types")(r.ResourceTypes())
		keep("secret")(r.Secret("rehearsed"))
		keep("admin key")(r.HasAdminKey())
		for _, n := range tenants {
			name := n.parent.Name + " "
			dumpDirectory(r, n, func(what string) func(any, error) { return keep(name + what) })
			dumpOrgs(r, n, func(what string) func(any, error) { return keep(name + what) })
		}
	})
	return out
}

func dumpDirectory(r store.Reader, n tenant, keep func(string) func(any, error)) {
	d := n.dir.Key
	keep("directories")(r.Directories(n.parent.Key))
	keep("tokens")(r.Tokens(d))
	keep("resources")(r.Find(store.Query{Directory: d, Limit: 1000}))
	for _, typ := range []store.ResourceType{store.User, store.Group} {
		page, err := r.Find(store.Query{Directory: d, Type: typ})
		keep("number of type "+string(rune('0'+typ)))(page.Total, err)
	}
	keep("tagged")(r.Find(store.Query{Directory: d, Limit: 1000, Where: store.HasValue{Attribute: "tags", Op: store.Eq, Value: "red"}}))
	keep("members")(members(r, d, n.group.Key))
	keep("groups")(r.Groups(d, n.user.Key, true))
	keep("persons")(usersByAccount(r, d))
	keep("signing secrets")(r.SigningSecrets(d))
	keep("source object")(r.SourceObject(d, "u1"))
	keep("source members")(r.SourceMembersOf(d, "u1"))
	keep("deliveries")(r.Deliveries(d, 0, 1000))
}

func dumpOrgs(r store.Reader, n tenant, keep func(string) func(any, error)) {
	p := n.parent.Key
	keep("orgs")(r.Orgs(p))
	keep("accounts")(r.Accounts(p, 0, 1000))
	keep("subject")(r.AccountBySubject(p, n.subject()))
	keep("new subject")(r.AccountBySubject(p, "rehearsed"))
	keep("users of account")(r.UsersOfAccount(p, n.account.Key))
	keep("mappings")(r.Mappings(p, n.org.Key))
	keep("pools")(r.Pools(p, n.org.Key))
	keep("seats")(r.SeatsUsed(p, n.org.Key))
	keep("org's members")(r.MembersOfOrg(p, n.org.Key, 0, 0))
	keep("line classes")(r.LineClasses(p, n.org.Key))
	keep("pins")(r.Pins(p, n.org.Key))
	keep("expired pins")(r.ExpiredPins(p, at(9000), 1000))
	keep("bar")(r.Barred(p, n.org.Key, n.account.Key))
	keep("plans")(r.Plans(p, 1000))
	keep("plan rows")(r.PlanRows(n.plan.Key, "", 0, 1000))
	keep("history")(r.History(p, n.org.Key, 0))
	keep("events")(r.Events(p, 0, 1000))
	keep("last event")(r.LastEvent(p))
}

// everything writes with every method of a Tx, so that no table is missed.
func everything(tx store.Tx, n, other tenant) error {
	p, d := n.parent.Key, n.dir.Key
	m, err := makeTenant(tx, "rehearsed")
	if err != nil {
		return err
	}
	parent, org, dir, account, user := n.parent, n.org, n.dir, n.account, n.user
	parent.Name, org.Name, dir.Name, account.UserName, user.Display = "a", "b", "c", "d", "e"
	user.Values = []store.Value{{Attribute: "tags", Value: "red"}}
	user.Unique = []store.UniqueValue{{Attribute: "x", Value: "y"}}
	empty, gone, plan := newOrg(n, "empty"), newGroup(n, "gone"), n.plan
	plan.State = store.PlanApplied
	_, errType := tx.AddResourceType("Rehearsed")
	_, errOut := tx.RemoveMembers(d, n.group.Key, []int64{n.user.Key})
	_, errIn := tx.AddMembers(d, n.group.Key, []int64{n.group.Key})
	if err := errors.Join(errType, errOut, errIn, tx.AddOrg(&empty), tx.AddResource(&gone)); err != nil {
		return err
	}
	if err := errors.Join(
		tx.SetParent(parent), tx.SetOrg(org), tx.SetDirectory(dir), tx.SetAccount(account), tx.SetResource(user),
		tx.RemoveMapping(p, n.org.Key, n.mapping.Key), tx.SetPool(p, n.org.Key, "full", 99), tx.SetPool(p, empty.Key, "full", 1),
		tx.MoveOrg(p, empty.Key, other.parent.Key), tx.RemoveResource(d, gone.Key), tx.LinkUser(d, user.Key, m.account.Key),
		tx.SetSigningSecrets(d, []store.SigningSecret{{Directory: d, Secret: "s"}}),
		tx.PutSourceObject(store.SourceObject{Directory: d, ID: "u1"}), tx.PutSourceMember(store.SourceMember{Directory: d, User: "u1"}),
		tx.AddDelivery(&store.Delivery{Directory: d}), tx.DropDeliveries(d, 0, at(0)),
		tx.AddToken(&store.Token{ID: newID(), Scope: store.ScopeAdmin, Hash: sha256.Sum256([]byte("r"))}), tx.RevokeToken(n.token.ID, at(9)),
		tx.SetSubject(p, "rehearsed", n.account.Key)); err != nil {
		return err
	}
	return errors.Join(
		tx.RemovePin(p, n.org.Key, n.account.Key), tx.Unbar(p, 0, n.account.Key), tx.SetPlan(plan),
		tx.AddPlanRows([]store.PlanRow{{Plan: plan.Key, Seq: 2}}), tx.DropPlans(p, at(9000)),
		tx.Erase(p, n.account.Key, "person-1"), tx.RemoveFromOrg(p, n.org.Key, n.account.Key), tx.AddSecret("rehearsed", []byte("s")))
}

// leavesNothing rehearses twice: the second starts where the first did.
func leavesNothing(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	want := dump(t, st, n, other)
	for range 2 {
		rehearse(t, st, n.parent.Key, func(tx store.Tx) error { return everything(tx, n, other) })
		expect(t, "all there is after a rehearsal", want)(dump(t, st, n, other), nil)
	}
	// What was rehearsed can be done.
	update(t, st, func(tx store.Tx) error { return everything(tx, n, other) })
}

func rehearsedWrites(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, d, who := n.parent.Key, n.org.Key, n.dir.Key, crowd(t, st, n, 3)
	org := n.org
	org.Name, org.Paused = "renamed", true
	m, waits := newMember(n, who[1], "full"), newMember(n, who[2], "")
	waits.State, waits.Want, waits.WaitingSince = "waiting", "full", at(9)
	rehearse(t, st, p, func(tx store.Tx) error {
		expect(t, "MembersOfOrg before", []store.Member{n.member})(tx.MembersOfOrg(p, o, 0, 0))
		if err := errors.Join(tx.PutMembers(m), tx.PutMembers(waits), tx.SetOrg(org)); err != nil {
			return err
		}
		expect(t, "Member", m)(tx.Member(p, o, who[1]))
		expect(t, "MembersOfOrg", []store.Member{n.member, m, waits})(tx.MembersOfOrg(p, o, 0, 0))
		expect(t, "MembersOfAccount", []store.Member{m})(tx.MembersOfAccount(p, who[1]))
		expect(t, "SeatsUsed", map[string]int{"full": 2})(tx.SeatsUsed(p, o))
		expect(t, "LineClasses", []store.LineClass{waits.Class()})(tx.LineClasses(p, o))
		expect(t, "Line", []store.Member{waits})(tx.Line(p, o, waits.Class(), store.Place{}, 1))
		expect(t, "Orgs", []store.Org{org})(tx.Orgs(p))
		expect(t, "FindOrg", org)(tx.FindOrg("renamed"))
		expect(t, "Pools that nobody changed", map[string]int{"full": 10})(tx.Pools(p, o))
		if err := tx.LinkUser(d, n.user.Key, who[2]); err != nil {
			return err
		}
		expect(t, "UsersByAccount", []int64{who[2]})(usersByAccount(tx, d))
		expect(t, "UsersBelow", []int64{who[2]})(tx.UsersBelow(d, []int64{n.group.Key}))
		return tx.RemoveFromOrg(p, o, who[0])
	})
	// A pool is never over in a rehearsal either (S-2), nor is a name taken twice.
	err := st.Rehearse(t.Context(), []int64{p}, inTx(func(tx store.Tx) error {
		return errors.Join(tx.SetPool(p, o, "full", 1), tx.PutMembers(m))
	}))
	if err == nil {
		t.Error("PutMembers into a full pool in a rehearsal: got no error, want one")
	}
	addTenant(t, st, "beta")
	wantErr(t, "SetOrg to a name of another tenant in a rehearsal", store.ErrExists, st.Rehearse(t.Context(), []int64{p}, inTx(func(tx store.Tx) error {
		org.Name = "beta-org"
		return tx.SetOrg(org)
	})))
}

// rehearsedWithinWalk writes a table for the first time while others, and the
// table itself, are being read.
func rehearsedWithinWalk(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, d, who := n.parent.Key, n.org.Key, n.dir.Key, crowd(t, st, n, 3)
	update(t, st, func(tx store.Tx) error {
		for i, account := range who[1:] {
			u := newUser(n, string(rune('a'+i)))
			u.Account = account
			if err := tx.AddResource(&u); err != nil {
				return err
			}
		}
		return nil
	})
	rehearse(t, st, p, func(tx store.Tx) error {
		var walked []int64
		var errs error
		err := tx.UsersByAccount(d, func(account int64, _ bool) bool {
			walked = append(walked, account)
			errs = errors.Join(errs, tx.PutMembers(newMember(n, account, "full")), tx.LinkUser(d, n.user.Key, who[0]))
			return true
		})
		expect(t, "UsersByAccount while it is written", who)(walked, err)
		expect(t, "SeatsUsed", map[string]int{"full": 3})(tx.SeatsUsed(p, o))
		return errs
	})
}

// rehearsedLog: what is new is read behind what was there.
func rehearsedLog(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 3)
	old := steps(t, st, n, o, who[1], in(10, "user"), in(20, "admin"))
	left, came := out(30), in(30, "user")
	left.Parent, left.Org, left.Account, left.Before = p, o, who[1], old[1].After
	came.Parent, came.Org, came.Account = p, o, who[2]
	event := store.Event{ID: newID(), At: at(9), Type: "member", Data: []byte(`{"n":2}`)}
	rehearse(t, st, p, func(tx store.Tx) error {
		if err := errors.Join(tx.AddChanges(left), tx.AddChanges(came), tx.AddEvents(p, []store.Event{event, event})); err != nil {
			return err
		}
		expect(t, "History", []store.Change{n.change, old[0], old[1], left, came})(tx.History(p, o, 0))
		expect(t, "ChangeAt before", old[1])(tx.ChangeAt(p, o, who[1], at(29)))
		expect(t, "ChangeAt", left)(tx.ChangeAt(p, o, who[1], at(30)))
		expect(t, "MembersAt before", []store.Change{n.change, old[1]})(tx.MembersAt(p, o, at(29), 0, 10))
		expect(t, "MembersAt", []store.Change{n.change, came})(tx.MembersAt(p, o, at(30), 0, 10))
		expect(t, "MembersAt, a page", []store.Change{came})(tx.MembersAt(p, o, at(30), who[0], 10))
		expect(t, "RemovedSince", 1)(tx.RemovedSince(p, o, at(20)))
		expect(t, "LastEvent", int64(3))(tx.LastEvent(p))
		got, err := tx.Events(p, 0, 2)
		expect(t, "Events", []string{`{"n":1}`, `{"n":2}`})(dataOf(got), err)
		// Erase changes what was there before the rehearsal, and nothing twice.
		if err := tx.Erase(p, n.account.Key, "person-1"); err != nil {
			return err
		}
		expect(t, "number of changes after Erase", 5)(count(tx.History(p, o, 0)))
		expect(t, "number of events after Erase", 3)(count(tx.Events(p, 0, 10)))
		return nil
	})
}

// rehearsedKeys: a key is never one that a row has which the rehearsal does not
// see, nor one that was given out before.
func rehearsedKeys(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	gone := newUser(n, "gone")
	update(t, st, func(tx store.Tx) error { return tx.AddResource(&gone) })
	update(t, st, func(tx store.Tx) error { return tx.RemoveResource(n.dir.Key, gone.Key) })
	rehearse(t, st, n.parent.Key, func(tx store.Tx) error {
		a, u, plan := newAccount(n, "new"), newUser(n, "new"), newPlan(n)
		m := store.Mapping{Parent: n.parent.Key, Org: n.org.Key, ID: newID(), Claim: "x", Role: "x"}
		if err := errors.Join(tx.AddAccount(&a), tx.AddResource(&u), tx.AddPlan(&plan), tx.AddMapping(&m)); err != nil {
			return err
		}
		for what, key := range map[string][2]int64{
			"account": {a.Key, other.account.Key}, "resource": {u.Key, gone.Key}, "plan": {plan.Key, other.plan.Key}, "mapping": {m.Key, other.mapping.Key},
		} {
			if key[0] <= key[1] {
				t.Errorf("the key of a rehearsed %s: got %d, want one after %d", what, key[0], key[1])
			}
		}
		return nil
	})
}

// rehearsedSnapshot commits before a table is first written, and after.
func rehearsedSnapshot(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 4)
	rehearse(t, st, p, func(tx store.Tx) error {
		expect(t, "Parents at the start", 1)(count(tx.Parents()))
		put(t, st, newMember(n, who[1], "full"))
		if err := tx.PutMembers(newMember(n, who[2], "full")); err != nil {
			return err
		}
		put(t, st, newMember(n, who[3], "full"))
		update(t, st, func(tx store.Tx) error { return addParent(tx, "late") })
		expect(t, "MembersOfOrg within", []store.Member{n.member, newMember(n, who[2], "full")})(tx.MembersOfOrg(p, o, 0, 0))
		expect(t, "SeatsUsed within", map[string]int{"full": 2})(tx.SeatsUsed(p, o))
		expect(t, "Parents within", 1)(count(tx.Parents()))
		return nil
	})
	view(t, st, func(r store.Reader) {
		expect(t, "MembersOfOrg after", 3)(count(r.MembersOfOrg(p, o, 0, 0)))
		expect(t, "SeatsUsed after", map[string]int{"full": 3})(r.SeatsUsed(p, o))
	})
}

// writersGoOn starts Updates after the rehearsal has written, and waits for
// them within it.
func writersGoOn(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	rehearse(t, st, n.parent.Key, func(tx store.Tx) error {
		if err := everything(tx, n, other); err != nil {
			return err
		}
		var group sync.WaitGroup
		for _, name := range []string{"first", "second"} {
			group.Go(func() {
				wantErr(t, "Update during a rehearsal", nil, st.Update(t.Context(), inTx(func(tx store.Tx) error { return addParent(tx, name) })))
			})
		}
		finishes(t, "Updates during a rehearsal", &group)
		view(t, st, func(r store.Reader) { expect(t, "Parents of a View during a rehearsal", 4)(count(r.Parents())) })
		return nil
	})
}

func rehearsedError(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	wantErr(t, "Rehearse whose function fails", errDeliberate, st.Rehearse(t.Context(), []int64{n.parent.Key}, inTx(func(tx store.Tx) error {
		return errors.Join(tx.SetParent(store.Parent{Key: n.parent.Key, Name: "b"}), errDeliberate)
	})))
	rehearse(t, st, n.parent.Key, func(tx store.Tx) error {
		expect(t, "Parent after a rehearsal that failed", n.parent)(tx.Parent(n.parent.Key))
		// One that fails goes on, as an Update does.
		wantErr(t, "RemoveFromOrg of nobody", store.ErrNotFound, tx.RemoveFromOrg(n.parent.Key, n.org.Key, 999))
		return tx.RemoveFromOrg(n.parent.Key, n.org.Key, n.account.Key)
	})
}

func rehearsedPanic(t *testing.T, st store.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Rehearse whose function panics: got no panic, want it")
			}
		}()
		_ = st.Rehearse(t.Context(), []int64{1}, inTx(func(tx store.Tx) error {
			_ = addParent(tx, "lost")
			panic("deliberate")
		}))
	}()
	rehearse(t, st, 1, func(tx store.Tx) error {
		expect(t, "Parents after a panic", 0)(count(tx.Parents()))
		return nil
	})
}

func rehearsalCancelled(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	ctx, cancel := context.WithCancel(t.Context())
	wantErr(t, "Rehearse that is cancelled", context.Canceled, st.Rehearse(ctx, []int64{n.parent.Key}, inTx(func(tx store.Tx) error {
		if err := tx.RemoveFromOrg(n.parent.Key, n.org.Key, n.account.Key); err != nil {
			return err
		}
		cancel()
		return tx.PutMembers(n.member)
	})))
	rehearse(t, st, n.parent.Key, func(tx store.Tx) error {
		expect(t, "Member after a cancelled rehearsal", n.member)(tx.Member(n.parent.Key, n.org.Key, n.account.Key))
		return nil
	})
}

// oneAtATime: a second waits, and can be called off.
func oneAtATime(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p := n.parent.Key
	var group sync.WaitGroup
	running := make(chan struct{}, 1)
	enter := func() {
		select {
		case running <- struct{}{}:
		default:
			t.Error("a rehearsal began while another was running")
		}
	}
	rehearse(t, st, p, func(tx store.Tx) error {
		enter()
		for range 3 {
			group.Go(func() {
				wantErr(t, "Rehearse that waited", nil, st.Rehearse(t.Context(), []int64{p}, inTx(func(tx store.Tx) error {
					enter()
					defer func() { <-running }()
					return everything(tx, n, n)
				})))
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		waiting.Go(func() {
			wantErr(t, "Rehearse that is called off", context.Canceled, st.Rehearse(ctx, []int64{p}, inTx(func(store.Tx) error { return nil })))
		})
		cancel()
		finishes(t, "a rehearsal that is called off", &waiting)
		<-running
		return nil
	})
	finishes(t, "rehearsals that wait", &group)
}
