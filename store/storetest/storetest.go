// Package storetest owns the contract of the store as suites that every
// backend passes. It sees a backend through store.Store alone and must not
// know any of them.
package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"scimd/store"
)

// Run holds a backend to the contract. open gives an empty store of its own
// to each suite and closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for name, suite := range map[string]func(*testing.T, func(*testing.T) store.Store){
		"Basic": basic, "Queries": queries, "Transactions": transactions,
		"Concurrency": concurrency, "Isolation": isolation, "Sources": sources,
		"Domain": domain, "Time": times, "Erase": erasures, "Rehearsals": rehearsals, "Leads": leads,
		"Portions": portions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t, open)
		})
	}
}

// each runs the tests of a suite, each on a store of its own.
func each(t *testing.T, open func(*testing.T) store.Store, tests map[string]func(*testing.T, store.Store)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// update runs fn in a transaction that must succeed. fn runs on a goroutine of
// the backend's choice, so it returns its errors instead of ending the test.
func update(t *testing.T, st store.Store, fn func(tx store.Tx) error) {
	t.Helper()
	if err := st.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }); err != nil {
		t.Fatalf("Update: got error %v, want none", err)
	}
}

// refused runs fn in a transaction of its own that must fail: a backend may
// give up a transaction with its first error.
func refused(t *testing.T, st store.Store, what string, want error, fn func(tx store.Tx) error) {
	t.Helper()
	wantErr(t, what, want, st.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }))
}

func view(t *testing.T, st store.Store, fn func(r store.Reader)) {
	t.Helper()
	err := st.View(t.Context(), func(_ context.Context, r store.Reader) error { fn(r); return nil })
	if err != nil {
		t.Fatalf("View: got error %v, want none", err)
	}
}

// expect compares an answer; want is nil for a list or map without entries.
func expect(t *testing.T, what string, want any) func(got any, err error) {
	t.Helper()
	return func(got any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: got error %v, want none", what, err)
			return
		}
		if want == nil {
			want = reflect.Zero(reflect.TypeOf(got)).Interface()
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: got what differs from want (-want +got):\n%s", what, diff)
		}
	}
}

func wantErr(t *testing.T, what string, want, got error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// errOf drops an answer for its error.
func errOf[T any](_ T, err error) error { return err }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// at is n seconds after a fixed moment, with a fraction to be kept.
func at(n int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC).Add(time.Duration(n) * time.Second)
}

// tenant is a parent that has one record of every noun.
type tenant struct {
	parent  store.Parent
	org     store.Org
	dir     store.Directory
	token   store.Token
	account store.Account
	user    store.Resource
	group   store.Resource
	mapping store.Mapping
	member  store.Member
	pin     store.Pin
	plan    store.Plan
	row     store.PlanRow
	change  store.Change
	event   store.Event
}

// subject is what the login calls the tenant's account.
func (n tenant) subject() string { return n.account.ID + "-subject" }

// addTenant makes a tenant whose unique names all derive from name.
func addTenant(t *testing.T, st store.Store, name string) tenant {
	t.Helper()
	var out tenant
	update(t, st, func(tx store.Tx) (err error) {
		out, err = makeTenant(tx, name)
		return err
	})
	return out
}

func makeTenant(tx store.Tx, name string) (n tenant, err error) {
	n.parent = store.Parent{ID: newID(), Name: name, Plan: "enterprise", Created: at(0)}
	if err := tx.AddParent(&n.parent); err != nil {
		return n, err
	}
	n.org, n.dir, n.account = newOrg(n, name+"-org"), newDirectory(n, name+"-dir"), newAccount(n, name+"-ann")
	if err := errors.Join(tx.AddOrg(&n.org), tx.AddDirectory(&n.dir), tx.AddAccount(&n.account)); err != nil {
		return n, err
	}
	n.token = newToken(n, name)
	n.user, n.group = newUser(n, name+"-ann"), newGroup(n, name+"-eng")
	if err := errors.Join(tx.AddToken(&n.token), tx.AddResource(&n.user), tx.AddResource(&n.group)); err != nil {
		return n, err
	}
	n.mapping = store.Mapping{Parent: n.parent.Key, Org: n.org.Key, ID: newID(), Directory: n.dir.Key, Group: n.group.Key, Role: "admin", Created: at(3)}
	n.member = newMember(n, n.account.Key, "full")
	n.change = store.Change{
		Parent: n.parent.Key, Org: n.org.Key, Account: n.account.Key, At: at(4),
		After: &store.Standing{Role: "user", Tier: "full", State: "active"},
		Cause: store.Cause{Kind: "scim", Detail: "PATCH Group eng"}, Why: "came in with eng",
	}
	n.event = store.Event{Parent: n.parent.Key, Seq: 1, ID: newID(), At: at(5), Type: "member", Data: []byte(`{"n":1}`)}
	n.pin = newPin(n, n.account.Key)
	n.plan = newPlan(n)
	if err := tx.AddPlan(&n.plan); err != nil {
		return n, err
	}
	n.row = store.PlanRow{Plan: n.plan.Key, Seq: 1, Org: n.org.Name, Account: n.account.ID, Name: n.account.UserName, After: n.change.After, Why: "comes in with eng"}
	_, err = tx.AddMembers(n.dir.Key, n.group.Key, []int64{n.user.Key})
	return n, errors.Join(err, tx.AddMapping(&n.mapping), tx.PutMembers(n.member),
		tx.SetPool(n.parent.Key, n.org.Key, "full", 10), tx.AddChanges(n.change),
		tx.AddEvents(n.parent.Key, []store.Event{n.event}), tx.PutPin(n.pin), tx.AddPlanRows([]store.PlanRow{n.row}),
		tx.SetSubject(n.parent.Key, n.subject(), n.account.Key), tx.Bar(n.parent.Key, n.org.Key, n.account.Key, at(5)))
}

func newOrg(n tenant, name string) store.Org {
	return store.Org{Parent: n.parent.Key, ID: newID(), Name: name, Product: "board", Plan: "team", Mode: "scim", GroupMappings: true, FullTier: "wait", Created: at(1)}
}

func newDirectory(n tenant, name string) store.Directory {
	return store.Directory{Parent: n.parent.Key, ID: newID(), Name: name, Kind: store.KindSCIM, Profile: "interop", Quirks: map[string]bool{"a": true, "b": false}, Created: at(1)}
}

func newAccount(n tenant, name string) store.Account {
	return store.Account{
		Parent: n.parent.Key, ID: newID(), UserName: name, Email: name + "@Example.com", Display: "Ann",
		FoldedUserName: name, FoldedEmail: name + "@example.com", Created: at(2),
	}
}

func newToken(n tenant, secret string) store.Token {
	return store.Token{ID: newID(), Scope: store.ScopeSCIM, Directory: n.dir.Key, Hash: sha256.Sum256([]byte(secret)), Label: "ci", Created: at(2), Expires: at(900)}
}

func newUser(n tenant, name string) store.Resource {
	return store.Resource{
		Directory: n.dir.Key, Type: store.User, ID: newID(), Account: n.account.Key, Name: name, Display: name,
		ExternalID: "x-" + name, Active: true, Created: at(2), Modified: at(2), Version: 1, Document: []byte(`{"a":1}`),
	}
}

func newGroup(n tenant, name string) store.Resource {
	g := newUser(n, name)
	g.Type, g.Account = store.Group, 0
	return g
}

func newMember(n tenant, account int64, tier string) store.Member {
	return store.Member{
		Parent: n.parent.Key, Org: n.org.Key, Account: account, Role: "user", Tier: tier, State: "active",
		Source: "scim", Joined: at(3), Changed: at(4), Cause: store.Cause{Kind: "scim", Actor: "okta", Request: "r1"},
	}
}

func newPin(n tenant, account int64) store.Pin {
	return store.Pin{
		Parent: n.parent.Key, Org: n.org.Key, Account: account, Role: "admin", Tier: "full",
		Against: "outside", By: "root", Why: "on call", At: at(5), Expires: at(500),
	}
}

func newPlan(n tenant) store.Plan {
	return store.Plan{
		Parent: n.parent.Key, ID: newID(), State: store.PlanReady, Steps: []byte(`[{"a":1}]`), Version: 3,
		Digest: []byte{1, 2}, Summary: []byte(`{"rows":1}`), By: "root", Created: at(6), Expires: at(600),
	}
}

// bare is a resource as it is listed without its document.
func bare(r store.Resource) store.Resource {
	r.Document, r.Values = nil, nil
	return r
}

func linked(r store.Resource) store.LinkedUser {
	return store.LinkedUser{Key: r.Key, Directory: r.Directory, Account: r.Account, Active: r.Active}
}
