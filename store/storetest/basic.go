package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimd/store"
)

// basic holds every noun to what is asked of it alone.
func basic(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Parents": parents, "Orgs": orgs, "Directories": directories, "Tokens": tokens, "Accounts": accounts,
		"AccountNamedLikeAnID": accountNamedLikeAnID, "Resources": resources, "RemoveResource": removeResource,
		"ResourceTypes": resourceTypes, "UniqueValues": uniqueValues, "LongValues": longValues,
		"Mappings": mappings, "Pools": pools, "Memberships": memberships, "NestedGroups": nestedGroups, "ManyIDs": manyIDs,
		"MembersOfOrg": membersOfOrg, "Seats": seats, "Lines": lines, "History": history, "Events": events,
		"Closed": closed,
	})
}

// longValues shows that what is as long as may be is found again, and a byte
// more is refused by the name of its attribute.
func longValues(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	long := strings.Repeat("ü", store.MaxIndexed/2)
	for attribute, set := range map[string]func(*store.Resource, string){
		"userName":   func(r *store.Resource, v string) { r.Name = v },
		"externalId": func(r *store.Resource, v string) { r.ExternalID = v },
		"emails": func(r *store.Resource, v string) {
			r.Values = []store.Value{{Attribute: "emails", Value: v, Type: "work"}}
		},
		"urn:a:code": func(r *store.Resource, v string) { r.Unique = []store.UniqueValue{{Attribute: "urn:a:code", Value: v}} },
	} {
		u := newUser(n, "bob "+attribute)
		set(&u, long)
		update(t, st, func(tx store.Tx) error { return tx.AddResource(&u) })
		set(&u, long+"x")
		for verb, do := range map[string]func(store.Tx) error{
			"SetResource": func(tx store.Tx) error { return tx.SetResource(u) },
			"AddResource": func(tx store.Tx) error { return tx.AddResource(&u) },
		} {
			err := st.Update(t.Context(), inTx(do))
			var refusal *store.TooLongError
			if !errors.As(err, &refusal) || refusal.Attribute != attribute {
				t.Errorf("%s with a %s too long: got error %v, want a TooLongError of it", verb, attribute, err)
			}
		}
	}
}

func parents(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	p := n.parent
	p.Name, p.Plan, p.Version = "acme2", "free", 7
	p.ParentSettings = store.ParentSettings{
		Domains: []string{"acme.com", "acme.org"}, AdmitOutside: true, SecondAdministrator: true,
		Login: store.LoginSettings{Issuer: "https://login.acme.com", Audience: "scimd", GroupsClaim: "teams"},
	}
	third := p
	third.ID, third.Name = newID(), "gamma"
	update(t, st, func(tx store.Tx) error { return errors.Join(tx.SetParent(p), tx.AddParent(&third)) })
	view(t, st, func(r store.Reader) {
		expect(t, "Parent", p)(r.Parent(p.Key))
		expect(t, "FindParent by id", p)(r.FindParent(p.ID))
		expect(t, "FindParent by name", p)(r.FindParent("acme2"))
		expect(t, "Parents", []store.Parent{p, other.parent, third})(r.Parents())
		wantErr(t, "Parent that is none", store.ErrNotFound, errOf(r.Parent(999)))
		wantErr(t, "FindParent by the old name", store.ErrNotFound, errOf(r.FindParent("acme")))
	})
	refused(t, st, "AddParent with a taken name", store.ErrExists, func(tx store.Tx) error {
		return tx.AddParent(&store.Parent{ID: newID(), Name: "beta"})
	})
	refused(t, st, "SetParent to a taken name", store.ErrExists, func(tx store.Tx) error {
		return tx.SetParent(store.Parent{Key: p.Key, Name: "beta"})
	})
	refused(t, st, "SetParent that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.SetParent(store.Parent{Key: 999, Name: "delta"})
	})
}

func orgs(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	o := n.org
	o.Name, o.Plan, o.Mode, o.GroupMappings, o.FullTier = "renamed", "free", "jit", false, "next"
	o.Guards, o.Paused = store.Guards{Count: 10, Percent: 20, Window: time.Hour, LastAdministrator: "always"}, true
	second := newOrg(n, "second")
	second.Guards, second.Paused = o.Guards, true
	update(t, st, func(tx store.Tx) error {
		if err := tx.SetOrg(o); err != nil {
			return err
		}
		return tx.AddOrg(&second)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Org", o)(r.Org(o.Parent, o.Key))
		expect(t, "FindOrg by id", o)(r.FindOrg(o.ID))
		expect(t, "FindOrg by name", o)(r.FindOrg("renamed"))
		expect(t, "Orgs", []store.Org{o, second})(r.Orgs(o.Parent))
		wantErr(t, "Org that is none", store.ErrNotFound, errOf(r.Org(o.Parent, 999)))
		wantErr(t, "FindOrg that is none", store.ErrNotFound, errOf(r.FindOrg("nobody")))
	})
	refused(t, st, "AddOrg with a taken name", store.ErrExists, func(tx store.Tx) error {
		taken := newOrg(n, "second")
		return tx.AddOrg(&taken)
	})
	refused(t, st, "SetOrg to a taken name", store.ErrExists, func(tx store.Tx) error {
		taken := o
		taken.Name = "second"
		return tx.SetOrg(taken)
	})
	refused(t, st, "SetOrg that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.SetOrg(store.Org{Parent: o.Parent, Key: 999, Name: "third"})
	})
}

func directories(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d := n.dir
	d.Name, d.Profile, d.Quirks = "renamed", "strict", map[string]bool{"c": true}
	d.Detached = at(8)
	second := newDirectory(n, "second")
	second.Quirks, second.Detached = nil, at(9)
	update(t, st, func(tx store.Tx) error {
		if err := tx.SetDirectory(d); err != nil {
			return err
		}
		return tx.AddDirectory(&second)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Directory", d)(r.Directory(d.Key))
		expect(t, "FindDirectory by id", d)(r.FindDirectory(d.ID))
		expect(t, "FindDirectory by name", d)(r.FindDirectory("renamed"))
		expect(t, "Directories", []store.Directory{d, second})(r.Directories(d.Parent))
		wantErr(t, "Directory that is none", store.ErrNotFound, errOf(r.Directory(999)))
		wantErr(t, "FindDirectory that is none", store.ErrNotFound, errOf(r.FindDirectory("nobody")))
	})
	refused(t, st, "AddDirectory with a taken name", store.ErrExists, func(tx store.Tx) error {
		taken := newDirectory(n, "second")
		return tx.AddDirectory(&taken)
	})
	refused(t, st, "SetDirectory that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.SetDirectory(store.Directory{Key: 999, Name: "third"})
	})
}

func tokens(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	view(t, st, func(r store.Reader) {
		expect(t, "Token", n.token)(r.Token(n.token.Hash))
		expect(t, "Tokens", []store.Token{n.token})(r.Tokens(n.dir.Key))
		expect(t, "HasAdminKey before any", false)(r.HasAdminKey())
		wantErr(t, "Token of an unknown secret", store.ErrNotFound, errOf(r.Token(sha256.Sum256([]byte("no")))))
	})
	opens := func(what string, want store.Token, d store.Directory) {
		token, directory, err := st.Credential(t.Context(), want.Hash)
		expect(t, what, want)(token, err)
		expect(t, what+": the directory", d)(directory, err)
	}
	opens("Credential", n.token, n.dir)
	n.dir.Profile, n.dir.Quirks = "strict", map[string]bool{"looseURLs": true}
	refused(t, st, "a change that is undone", errUndo, func(tx store.Tx) error { return errors.Join(tx.SetDirectory(n.dir), errUndo) })
	update(t, st, func(tx store.Tx) error { return tx.SetDirectory(n.dir) })
	opens("Credential of a directory that was changed", n.token, n.dir)
	_, _, err := st.Credential(t.Context(), sha256.Sum256([]byte("no")))
	wantErr(t, "Credential of an unknown secret", store.ErrNotFound, err)
	own := store.Token{ID: newID(), Scope: store.ScopeSCIMSelf, Directory: n.dir.Key, Subject: newID(), Hash: sha256.Sum256([]byte("own")), Created: at(2), Revoked: at(3)}
	update(t, st, func(tx store.Tx) error { return tx.AddToken(&own) })
	view(t, st, func(r store.Reader) { expect(t, "Token with a subject", own)(r.Token(own.Hash)) })
	admin := store.Token{ID: newID(), Scope: store.ScopeAdmin, Hash: sha256.Sum256([]byte("root")), Created: at(2)}
	update(t, st, func(tx store.Tx) error { return tx.AddToken(&admin) })
	update(t, st, func(tx store.Tx) error { return tx.RevokeToken(n.token.ID, at(7)) })
	// The moment from which a token was dead must not move.
	update(t, st, func(tx store.Tx) error { return tx.RevokeToken(n.token.ID, at(8)) })
	revoked := n.token
	revoked.Revoked = at(7)
	opens("Credential when revoked", revoked, n.dir)
	opens("Credential of an administrator", admin, store.Directory{})
	opens("Credential with a subject", own, n.dir)
	view(t, st, func(r store.Reader) {
		expect(t, "Token when revoked", revoked)(r.Token(revoked.Hash))
		expect(t, "Token of an administrator", admin)(r.Token(admin.Hash))
		expect(t, "Tokens of the directory alone", []store.Token{revoked, own})(r.Tokens(n.dir.Key))
		expect(t, "HasAdminKey", true)(r.HasAdminKey())
	})
	refused(t, st, "AddToken with a taken hash", store.ErrExists, func(tx store.Tx) error {
		taken := newToken(n, "acme")
		return tx.AddToken(&taken)
	})
	refused(t, st, "RevokeToken that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.RevokeToken(newID(), at(9))
	})
}

func accounts(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	a, twin, nameless := n.account, newAccount(n, "twin"), newAccount(n, "")
	a.UserName, a.FoldedUserName, a.Email, a.FoldedEmail, a.Display = "Bob", "bob", "B@x.org", "b@x.org", "Bob"
	twin.FoldedEmail, nameless.FoldedEmail = "b@x.org", ""
	a.Into, nameless.Into = n.account.Key, n.account.Key
	nobody := nameless
	nobody.ID = newID() // two without a name do not clash
	update(t, st, func(tx store.Tx) error {
		if err := tx.SetAccount(a); err != nil {
			return err
		}
		for _, more := range []*store.Account{&twin, &nameless, &nobody} {
			if err := tx.AddAccount(more); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Account", a)(r.Account(a.Parent, a.Key))
		expect(t, "FindAccount by id", a)(r.FindAccount(a.Parent, a.ID))
		expect(t, "FindAccount by userName", a)(r.FindAccount(a.Parent, "bob"))
		expect(t, "FindAccount by e-mail", a)(r.FindAccount(a.Parent, "b@x.org"))
		expect(t, "AccountByUserName", twin)(r.AccountByUserName(a.Parent, "twin"))
		expect(t, "AccountsByEmail", []store.Account{a, twin})(r.AccountsByEmail(a.Parent, "b@x.org"))
		expect(t, "AccountsByEmail of none", nil)(r.AccountsByEmail(a.Parent, ""))
		expect(t, "UsersOfAccount", []store.Resource{bare(n.user)})(r.UsersOfAccount(a.Parent, a.Key))
		all, err := r.Accounts(a.Parent, 0, 10)
		expect(t, "Accounts", []store.Account{a, twin, nameless, nobody})(all, err)
		expect(t, "Accounts, two after the first", []store.Account{twin, nameless})(r.Accounts(a.Parent, a.Key, 2))
		wantErr(t, "FindAccount by the old name", store.ErrNotFound, errOf(r.FindAccount(a.Parent, "acme-ann")))
		wantErr(t, "FindAccount by an unknown id", store.ErrNotFound, errOf(r.FindAccount(a.Parent, newID())))
		wantErr(t, "AccountByUserName of none", store.ErrNotFound, errOf(r.AccountByUserName(a.Parent, "")))
	})
	refused(t, st, "AddAccount with a taken userName", store.ErrExists, func(tx store.Tx) error {
		taken := newAccount(n, "bob")
		return tx.AddAccount(&taken)
	})
	refused(t, st, "SetAccount to a taken userName", store.ErrExists, func(tx store.Tx) error {
		taken := a
		taken.FoldedUserName = "twin"
		return tx.SetAccount(taken)
	})
	refused(t, st, "SetAccount that is none", store.ErrNotFound, func(tx store.Tx) error {
		return tx.SetAccount(store.Account{Parent: a.Parent, Key: 999})
	})
}

// Identity providers do give people a UUID for a userName.
func accountNamedLikeAnID(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	a := newAccount(n, newID())
	update(t, st, func(tx store.Tx) error { return tx.AddAccount(&a) })
	view(t, st, func(r store.Reader) {
		expect(t, "FindAccount by a userName that is a UUID", a)(r.FindAccount(a.Parent, a.FoldedUserName))
	})
}

func resources(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	u, d := n.user, n.dir.Key
	u.Name, u.Display, u.ExternalID, u.Active, u.Version = "bob", "Bob", "", false, 2
	u.Modified, u.Document = at(50), []byte(`{"b":2}`)
	update(t, st, func(tx store.Tx) error { return tx.SetResource(u) })
	view(t, st, func(r store.Reader) {
		expect(t, "Resource", u)(r.Resource(d, store.User, u.ID))
		expect(t, "ResourceByKey", u)(r.ResourceByKey(d, u.Key))
		group := store.Reference{Key: n.group.Key, Type: store.Group, ID: n.group.ID, Display: n.group.Display}
		expect(t, "References", []store.Reference{group})(r.References(d, []string{newID(), "no id", n.group.ID}))
		expect(t, "References of one", []store.Reference{group})(r.References(d, []string{n.group.ID}))
		expect(t, "References of nobody", nil)(r.References(d, []string{newID(), newID()}))
		wantErr(t, "Resource of the other type", store.ErrNotFound, errOf(r.Resource(d, store.Group, u.ID)))
		wantErr(t, "Resource by no id", store.ErrNotFound, errOf(r.Resource(d, store.User, "bob")))
		wantErr(t, "ResourceByKey that is none", store.ErrNotFound, errOf(r.ResourceByKey(d, 999)))
	})
	touched := u
	touched.Modified, touched.Version = at(51), 3
	same := touched
	same.Document, same.Name = []byte("{}"), "carl"
	update(t, st, func(tx store.Tx) error { return tx.TouchResource(same) })
	view(t, st, func(r store.Reader) {
		expect(t, "ResourceByKey after TouchResource", touched)(r.ResourceByKey(d, u.Key))
	})
	touched.Document = []byte(`{"b":3}`)
	update(t, st, func(tx store.Tx) error { return tx.SetDocument(touched) })
	view(t, st, func(r store.Reader) {
		expect(t, "ResourceByKey after SetDocument", touched)(r.ResourceByKey(d, u.Key))
	})
	refused(t, st, "AddResource with a taken userName", store.ErrExists, func(tx store.Tx) error {
		taken := newUser(n, "bob")
		return tx.AddResource(&taken)
	})
	refused(t, st, "AddResource with a taken id", store.ErrExists, func(tx store.Tx) error {
		taken := newUser(n, "carl")
		taken.ID = u.ID
		return tx.AddResource(&taken)
	})
	none := u
	none.Key = 999
	refused(t, st, "SetResource that is none", store.ErrNotFound, func(tx store.Tx) error { return tx.SetResource(none) })
	refused(t, st, "SetDocument that is none", store.ErrNotFound, func(tx store.Tx) error { return tx.SetDocument(none) })
	refused(t, st, "TouchResource that is none", store.ErrNotFound, func(tx store.Tx) error { return tx.TouchResource(none) })
	// Groups may share a displayName.
	update(t, st, func(tx store.Tx) error {
		same := newGroup(n, n.group.Name)
		return tx.AddResource(&same)
	})
}

func removeResource(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d, inner, outer := n.dir.Key, newGroup(n, "inner"), newGroup(n, "outer")
	inner.Values = []store.Value{{Attribute: "tags", Value: "red"}}
	update(t, st, func(tx store.Tx) error { return addChain(tx, d, &outer, &inner, &n.user) })
	update(t, st, func(tx store.Tx) error { return tx.RemoveResource(d, inner.Key) })
	view(t, st, func(r store.Reader) {
		wantErr(t, "ResourceByKey after RemoveResource", store.ErrNotFound, errOf(r.ResourceByKey(d, inner.Key)))
		expect(t, "Members of the group above", nil)(members(r, d, outer.Key))
		expect(t, "Groups of the user below", []string{n.group.ID})(groupIDs(r, d, n.user.Key, true))
		page, err := r.Find(store.Query{Directory: d, Type: store.Group})
		expect(t, "Total after RemoveResource", 2)(page.Total, err)
	})
	refused(t, st, "RemoveResource twice", store.ErrNotFound, func(tx store.Tx) error { return tx.RemoveResource(d, inner.Key) })
}

// A type has one number, whichever transaction asks for it.
func resourceTypes(t *testing.T, st store.Store) {
	var first, again, second store.ResourceType
	update(t, st, func(tx store.Tx) (err error) { first, err = tx.AddResourceType("Widget"); return err })
	update(t, st, func(tx store.Tx) (err error) {
		if again, err = tx.AddResourceType("Widget"); err != nil {
			return err
		}
		second, err = tx.AddResourceType("Gadget")
		return err
	})
	if again != first || second == first {
		t.Errorf("AddResourceType: got %d and %d for one name, %d for another", first, again, second)
	}
	want := map[string]store.ResourceType{"User": store.User, "Group": store.Group, "Widget": first, "Gadget": second}
	view(t, st, func(r store.Reader) { expect(t, "ResourceTypes", want)(r.ResourceTypes()) })
}

// 7643-7-R12: a unique value is one resource's in each directory, until that
// lets it go.
func uniqueValues(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	code := store.UniqueValue{Attribute: "urn:x:Widget:code", Value: "a"}
	widget := func(n tenant, unique ...store.UniqueValue) store.Resource {
		r := newGroup(n, "")
		r.Type, r.Unique = 3, unique
		return r
	}
	first, elsewhere := widget(n, code), widget(other, code)
	second := widget(n, store.UniqueValue{Attribute: code.Attribute, Value: "b"}, store.UniqueValue{Attribute: "urn:x:Widget:name", Value: "a"})
	update(t, st, func(tx store.Tx) error {
		for _, r := range []*store.Resource{&first, &elsewhere, &second} {
			if err := tx.AddResource(r); err != nil {
				return err
			}
		}
		return tx.SetResource(first) // its own value is no one else's
	})
	taken := func(what string, fn func(tx store.Tx) error) {
		t.Helper()
		var named *store.TakenError
		err := st.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) })
		if !errors.Is(err, store.ErrExists) || !errors.As(err, &named) || named.UniqueValue != code {
			t.Errorf("%s: got error %v, want ErrExists that names %s", what, err, code.Attribute)
		}
	}
	third := widget(n, code)
	taken("AddResource with a taken value", func(tx store.Tx) error { return tx.AddResource(&third) })
	clash := second
	clash.Unique = []store.UniqueValue{code}
	taken("SetDocument to a taken value", func(tx store.Tx) error { return tx.SetDocument(clash) })
	taken("SetResource to a taken value", func(tx store.Tx) error { return tx.SetResource(clash) })
	update(t, st, func(tx store.Tx) error { return tx.RemoveResource(n.dir.Key, first.Key) })
	update(t, st, func(tx store.Tx) error { return tx.SetResource(clash) })
	update(t, st, func(tx store.Tx) error {
		freed := widget(n, second.Unique...)
		return tx.AddResource(&freed)
	})
}

// addChain makes each resource a member of the one before, adding those
// without a key.
func addChain(tx store.Tx, dir int64, chain ...*store.Resource) error {
	for i, r := range chain {
		if r.Key == 0 {
			if err := tx.AddResource(r); err != nil {
				return err
			}
		}
		if i == 0 {
			continue
		}
		if _, err := tx.AddMembers(dir, chain[i-1].Key, []int64{r.Key}); err != nil {
			return err
		}
	}
	return nil
}

func members(r store.Reader, dir, group int64) (keys []int64, err error) {
	err = r.Members(dir, group, func(ref store.Reference) bool { keys = append(keys, ref.Key); return true })
	return keys, err
}

func groupIDs(r store.Reader, dir, member int64, transitive bool) (ids []string, err error) {
	refs, err := r.Groups(dir, member, transitive)
	for _, ref := range refs {
		ids = append(ids, ref.ID)
	}
	return ids, err
}

func mappings(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o := n.parent.Key, n.org.Key
	tier := store.Mapping{Parent: p, Org: o, ID: newID(), Directory: n.dir.Key, Group: n.group.Key, Tier: "full", Created: at(6)}
	update(t, st, func(tx store.Tx) error { return tx.AddMapping(&tier) })
	view(t, st, func(r store.Reader) {
		expect(t, "Mappings", []store.Mapping{n.mapping, tier})(r.Mappings(p, o))
		expect(t, "MappingsOfGroup", []store.Mapping{n.mapping, tier})(r.MappingsOfGroup(p, n.group.Key))
		expect(t, "MappingsOfGroup without any", nil)(r.MappingsOfGroup(p, 999))
	})
	refused(t, st, "AddMapping of a row that is there", store.ErrExists, func(tx store.Tx) error {
		again := tier
		again.ID = newID()
		return tx.AddMapping(&again)
	})
	claim := store.Mapping{Parent: p, Org: o, ID: newID(), Claim: "eng", Tier: "full", Created: at(7)}
	other := claim
	other.ID, other.Claim = newID(), "ops"
	update(t, st, func(tx store.Tx) error { return errors.Join(tx.AddMapping(&claim), tx.AddMapping(&other)) })
	view(t, st, func(r store.Reader) {
		expect(t, "Mappings with claims", []store.Mapping{n.mapping, tier, claim, other})(r.Mappings(p, o))
	})
	refused(t, st, "AddMapping of a claim that is there", store.ErrExists, func(tx store.Tx) error {
		again := claim
		again.ID = newID()
		return tx.AddMapping(&again)
	})
	for what, neither := range map[string]store.Mapping{
		"both a group and a claim": {Parent: p, Org: o, ID: newID(), Directory: n.dir.Key, Group: n.group.Key, Claim: "x", Role: "x"},
		"neither":                  {Parent: p, Org: o, ID: newID(), Role: "x"},
	} {
		if err := st.Update(t.Context(), inTx(func(tx store.Tx) error { return tx.AddMapping(&neither) })); err == nil {
			t.Errorf("AddMapping with %s: got no error, want one", what)
		}
	}
	update(t, st, func(tx store.Tx) error {
		return errors.Join(tx.RemoveMapping(p, o, n.mapping.Key), tx.RemoveMapping(p, o, claim.Key), tx.RemoveMapping(p, o, other.Key))
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Mappings after RemoveMapping", []store.Mapping{tier})(r.Mappings(p, o))
	})
	refused(t, st, "RemoveMapping twice", store.ErrNotFound, func(tx store.Tx) error {
		return tx.RemoveMapping(p, o, n.mapping.Key)
	})
}

func pools(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o := n.parent.Key, n.org.Key
	set := func(tier string, seats int) {
		t.Helper()
		update(t, st, func(tx store.Tx) error { return tx.SetPool(p, o, tier, seats) })
	}
	set("full", 3)
	set("lite", 0)
	view(t, st, func(r store.Reader) {
		expect(t, "Pools", map[string]int{"full": 3, "lite": 0})(r.Pools(p, o))
	})
	set("full", -1)
	view(t, st, func(r store.Reader) {
		expect(t, "Pools after a removal", map[string]int{"lite": 0})(r.Pools(p, o))
		expect(t, "SeatsUsed without a pool", map[string]int{"full": 1})(r.SeatsUsed(p, o))
	})
}

func memberships(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d, g, bob, carl := n.dir.Key, n.group.Key, newUser(n, "bob"), newUser(n, "carl")
	changed := func(what string, change func(tx store.Tx) ([]int64, error), want ...int64) {
		t.Helper()
		update(t, st, func(tx store.Tx) error {
			got, err := change(tx)
			slices.Sort(got) // in no particular order
			expect(t, what, want)(got, err)
			return err
		})
	}
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddResource(&bob); err != nil {
			return err
		}
		return tx.AddResource(&carl)
	})
	changed("AddMembers of one old, two new, one twice", func(tx store.Tx) ([]int64, error) {
		return tx.AddMembers(d, g, []int64{carl.Key, n.user.Key, bob.Key, bob.Key})
	}, bob.Key, carl.Key)
	changed("AddMembers of nobody", func(tx store.Tx) ([]int64, error) { return tx.AddMembers(d, g, nil) })
	view(t, st, func(r store.Reader) {
		expect(t, "Members in order of key", []int64{n.user.Key, bob.Key, carl.Key})(members(r, d, g))
		var first []store.Reference
		err := r.Members(d, g, func(ref store.Reference) bool { first = append(first, ref); return false })
		expect(t, "Members until yield is false", []store.Reference{{Key: n.user.Key, Type: store.User, ID: n.user.ID, Display: n.user.Display}})(first, err)
		expect(t, "Groups", []store.Reference{{Key: g, Type: store.Group, ID: n.group.ID, Display: n.group.Display}})(r.Groups(d, bob.Key, false))
		expect(t, "CountMembers", 3)(r.CountMembers(d, g, 0))
		expect(t, "CountMembers up to a limit", 2)(r.CountMembers(d, g, 2))
		expect(t, "CountMembers of no group", 0)(r.CountMembers(d, bob.Key, 0))
	})
	changed("RemoveMembers of one member and one stranger", func(tx store.Tx) ([]int64, error) {
		return tx.RemoveMembers(d, g, []int64{bob.Key, 999})
	}, bob.Key)
	changed("RemoveMembers again", func(tx store.Tx) ([]int64, error) { return tx.RemoveMembers(d, g, []int64{bob.Key}) })
	changed("RemoveMembers of nobody", func(tx store.Tx) ([]int64, error) { return tx.RemoveMembers(d, g, nil) })
	changed("KeepMembers of one member and one stranger", func(tx store.Tx) ([]int64, error) {
		return tx.KeepMembers(d, g, []int64{carl.Key, bob.Key})
	}, n.user.Key)
	changed("KeepMembers again", func(tx store.Tx) ([]int64, error) { return tx.KeepMembers(d, g, []int64{carl.Key}) })
	view(t, st, func(r store.Reader) {
		expect(t, "Members after KeepMembers", []int64{carl.Key})(members(r, d, g))
	})
	changed("KeepMembers of nobody", func(tx store.Tx) ([]int64, error) { return tx.KeepMembers(d, g, nil) }, carl.Key)
}

// manyIDs looks up more ids than one statement does.
func manyIDs(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	ids := []string{"no id", n.user.ID, newID()}
	var keys []int64
	update(t, st, func(tx store.Tx) error {
		for i := range 2500 {
			u := newUser(n, fmt.Sprintf("many %d", i))
			if err := tx.AddResource(&u); err != nil {
				return err
			}
			ids, keys = append(ids, u.ID), append(keys, u.Key)
		}
		return nil
	})
	view(t, st, func(r store.Reader) {
		found, err := r.References(n.dir.Key, ids)
		got := make([]int64, len(found))
		for i, u := range found {
			got[i] = u.Key
		}
		slices.Sort(got)
		expect(t, "References", append([]int64{n.user.Key}, keys...))(got, err)
		want := n.user
		want.Document, want.Values, want.Unique = nil, nil, nil
		expect(t, "ResourcesBriefly", []store.Resource{want})(r.ResourcesBriefly(n.dir.Key, []int64{999_999, n.user.Key}))
	})
}

// nestedGroups nests outer over inner over both the user and outer again.
func nestedGroups(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d, outer, inner, unlinked := n.dir.Key, newGroup(n, "outer"), newGroup(n, "inner"), newUser(n, "unlinked")
	unlinked.Account = 0
	update(t, st, func(tx store.Tx) error {
		if err := addChain(tx, d, &outer, &inner, &n.user); err != nil {
			return err
		}
		return addChain(tx, d, &inner, &unlinked)
	})
	update(t, st, func(tx store.Tx) error { return addChain(tx, d, &inner, &outer) })
	view(t, st, func(r store.Reader) {
		for _, transitive := range []bool{false, true} {
			want := map[int64][]store.Reference{}
			all := []int64{n.user.Key, outer.Key, inner.Key, unlinked.Key}
			for _, key := range all {
				groups, err := r.Groups(d, key, transitive)
				if err != nil {
					t.Fatal(err)
				}
				want[key] = groups
			}
			expect(t, "GroupsOf, as Groups says of each", want)(r.GroupsOf(d, append(all, 999_999), transitive))
			for _, member := range append(all, 999_999) {
				alone := map[int64][]store.Reference{}
				if groups := want[member]; groups != nil {
					alone[member] = groups
				}
				expect(t, "GroupsOf one alone", alone)(r.GroupsOf(d, []int64{member}, transitive))
			}
		}
		expect(t, "GroupsOf nobody", map[int64][]store.Reference{})(r.GroupsOf(d, nil, true))
		expect(t, "Groups", []string{n.group.ID, inner.ID})(sorted(groupIDs(r, d, n.user.Key, false)))
		refs, err := r.Groups(d, n.user.Key, true)
		indirect := map[string]bool{}
		for _, ref := range refs {
			indirect[ref.Display] = ref.Indirect
		}
		expect(t, "Groups, transitive, with Indirect", map[string]bool{n.group.Display: false, "inner": false, "outer": true})(indirect, err)
		for _, resources := range [][]int64{{outer.Key}, {inner.Key}, {inner.Key, outer.Key, n.group.Key}, {n.user.Key}, {unlinked.Key, n.user.Key, inner.Key}} {
			expect(t, fmt.Sprint("UsersBelow ", resources), []int64{n.account.Key})(r.UsersBelow(d, resources))
		}
		expect(t, "UsersBelow nothing", nil)(r.UsersBelow(d, nil))
		expect(t, "UsersBelow one without an account", nil)(r.UsersBelow(d, []int64{unlinked.Key}))
	})
}

func sorted(ids []string, err error) ([]string, error) {
	slices.Sort(ids)
	return ids, err
}

// crowd adds accounts for tests of members; the first is the tenant's own.
func crowd(t *testing.T, st store.Store, n tenant, size int) []int64 {
	t.Helper()
	keys := []int64{n.account.Key}
	update(t, st, func(tx store.Tx) error {
		keys = keys[:1]
		for i := range size - 1 {
			a := newAccount(n, fmt.Sprint("crowd", i))
			if err := tx.AddAccount(&a); err != nil {
				return err
			}
			keys = append(keys, a.Key)
		}
		return nil
	})
	return keys
}

func put(t *testing.T, st store.Store, all ...store.Member) {
	t.Helper()
	update(t, st, func(tx store.Tx) error { return tx.PutMembers(all...) })
}

func membersOfOrg(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 3)
	a, b, c := n.member, newMember(n, who[1], "lite"), newMember(n, who[2], "")
	a.Role, a.State, a.Want, a.WaitingSince = "owner", "waiting", store.AnyTier, at(9)
	put(t, st, c, b, a)
	view(t, st, func(r store.Reader) {
		expect(t, "Member", a)(r.Member(p, o, who[0]))
		expect(t, "MembersOfOrg", []store.Member{a, b, c})(r.MembersOfOrg(p, o, 0, 0))
		expect(t, "MembersOfOrg, two", []store.Member{a, b})(r.MembersOfOrg(p, o, 0, 2))
		expect(t, "MembersOfOrg after the first", []store.Member{b, c})(r.MembersOfOrg(p, o, who[0], 2))
		expect(t, "MembersOfAccount", []store.Member{b})(r.MembersOfAccount(p, who[1]))
		wantErr(t, "Member that is none", store.ErrNotFound, errOf(r.Member(p, o, 999)))
	})
	update(t, st, func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[1]) })
	view(t, st, func(r store.Reader) {
		expect(t, "MembersOfOrg after RemoveFromOrg", []store.Member{a, c})(r.MembersOfOrg(p, o, 0, 0))
	})
	refused(t, st, "RemoveFromOrg twice", store.ErrNotFound, func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[1]) })
}

// seats moves members between states and tiers and counts after each step.
func seats(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 4)
	m := newMember(n, who[1], "full")
	step := func(what string, change func(tx store.Tx) error, want map[string]int) {
		t.Helper()
		update(t, st, change)
		view(t, st, func(r store.Reader) { expect(t, "SeatsUsed "+what, want)(r.SeatsUsed(p, o)) })
	}
	set := func(tier, state string) func(store.Tx) error {
		m.Tier, m.State = tier, state
		now := m
		return func(tx store.Tx) error { return tx.PutMembers(now) }
	}
	step("with two members", set("full", "active"), map[string]int{"full": 2})
	step("after the same put again", set("full", "active"), map[string]int{"full": 2})
	step("after a change of tier", set("lite", "active"), map[string]int{"full": 1, "lite": 1})
	step("when one waits", set("lite", "waiting"), map[string]int{"full": 1})
	step("when one is held", set("lite", "held"), map[string]int{"full": 1, "lite": 1})
	step("when active again", set("full", "active"), map[string]int{"full": 2})
	waits, joins := newMember(n, who[2], "lite"), newMember(n, who[3], "lite")
	waits.State = "waiting"
	step("when others join", func(tx store.Tx) error { return tx.AddToOrg(waits, joins) }, map[string]int{"full": 2, "lite": 1})
	refused(t, st, "AddToOrg of a member", store.ErrExists, func(tx store.Tx) error { return tx.AddToOrg(waits) })
	step("when they are gone", func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[2], who[3]) }, map[string]int{"full": 2})
	step("after a removal", func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[0]) }, map[string]int{"full": 1})
	step("when nobody is left", func(tx store.Tx) error { return tx.RemoveFromOrg(p, o, who[1]) }, map[string]int{})
	update(t, st, func(tx store.Tx) error { return tx.SetPool(p, o, "full", 0) })
	err := st.Update(t.Context(), inTx(func(tx store.Tx) error { return tx.PutMembers(n.member) }))
	if err == nil {
		t.Error("PutMembers into a pool without a free seat: got no error, want one")
	}
	if st.Update(t.Context(), inTx(func(tx store.Tx) error { return tx.AddToOrg(n.member) })) == nil {
		t.Error("AddToOrg into a pool without a free seat: got no error, want one")
	}
}

// lines puts members in line in another order than they came.
func lines(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 6)
	line := func(i int, want, state, tier string, since int) store.Member {
		m := newMember(n, who[i], tier)
		m.Want, m.State, m.WaitingSince = want, state, at(since)
		return m
	}
	late, early := line(1, "full", "waiting", "", 30), line(4, "full", "waiting", "", 10)
	tied := line(5, "full", "waiting", "", 10)
	upgrade, anyone := line(2, "full", "active", "lite", 20), line(3, store.AnyTier, "waiting", "", 40)
	put(t, st, late, early, tied, upgrade, anyone)
	// One whom a guard holds keeps the place for later and is in nobody's way (P-4).
	held := line(0, "full", "held", "lite", 5)
	put(t, st, held)
	view(t, st, func(r store.Reader) {
		expect(t, "LineClasses", []store.LineClass{anyone.Class(), upgrade.Class(), early.Class()})(r.LineClasses(p, o))
		everyone := []store.Member{early, tied, late}
		expect(t, "Line", everyone)(r.Line(p, o, early.Class(), store.Place{}, 10))
		expect(t, "Line, two", everyone[:2])(r.Line(p, o, early.Class(), store.Place{}, 2))
		for i, m := range everyone {
			expect(t, fmt.Sprint("Line behind account ", m.Account), everyone[i+1:])(r.Line(p, o, early.Class(), m.Place(), 10))
		}
		expect(t, "Line of those who have a seat", []store.Member{upgrade})(r.Line(p, o, upgrade.Class(), store.Place{}, 10))
		expect(t, "Line of one whom a guard holds", nil)(r.Line(p, o, held.Class(), store.Place{}, 10))
		for i, m := range []store.Member{early, tied, upgrade, late} {
			expect(t, fmt.Sprint("PlaceInLine of account ", m.Account), i+1)(r.PlaceInLine(m))
		}
		expect(t, "PlaceInLine in the line for any tier", 1)(r.PlaceInLine(anyone))
	})
}

func history(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, o, who := n.parent.Key, n.org.Key, crowd(t, st, n, 2)
	second := newOrg(n, "second")
	out, elsewhere := n.change, n.change
	out.Before, out.After, out.Account, out.Why = n.change.After, nil, who[1], "went out"
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddOrg(&second); err != nil {
			return err
		}
		elsewhere.Org = second.Key
		elsewhere.At = at(-100) // the order is that of the transactions, not of a clock
		if err := tx.AddChanges(out); err != nil {
			return err
		}
		return tx.AddChanges(elsewhere)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "History of a member", []store.Change{n.change})(r.History(p, o, who[0]))
		expect(t, "History of an org", []store.Change{n.change, out})(r.History(p, o, 0))
		expect(t, "History of an account", []store.Change{n.change, elsewhere})(r.History(p, 0, who[0]))
		expect(t, "History of nobody", nil)(r.History(p, o, 999))
	})
}

func events(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	p, want := n.parent.Key, []store.Event{n.event}
	for i := range 4 {
		e := store.Event{Parent: p, Seq: int64(i + 2), ID: newID(), At: at(i), Type: "user", Data: []byte("{}")}
		want = append(want, e)
	}
	// The numbers are the store's to give.
	given := slices.Clone(want[1:])
	for i := range given {
		given[i].Seq, given[i].Parent = 77, 0
	}
	update(t, st, func(tx store.Tx) error {
		if err := tx.AddEvents(p, given[:3]); err != nil {
			return err
		}
		if err := tx.AddEvents(p, nil); err != nil {
			return err
		}
		return tx.AddEvents(p, given[3:])
	})
	view(t, st, func(r store.Reader) {
		expect(t, "Events", want)(r.Events(p, 0, 100))
		expect(t, "Events after 2, at most 2", want[2:4])(r.Events(p, 2, 2))
		expect(t, "Events after the last", nil)(r.Events(p, 5, 10))
		expect(t, "LastEvent", int64(5))(r.LastEvent(p))
	})
	refused(t, st, "AddEvents of no parent", store.ErrNotFound, func(tx store.Tx) error { return tx.AddEvents(999, given) })
}

func closed(t *testing.T, st store.Store) {
	if err := st.Close(); err != nil {
		t.Errorf("Close: got error %v, want none", err)
	}
	wantErr(t, "Update after Close", store.ErrClosed, st.Update(t.Context(), inTx(func(store.Tx) error { return nil })))
	wantErr(t, "Rehearse after Close", store.ErrClosed, st.Rehearse(t.Context(), []int64{1}, inTx(func(store.Tx) error { return nil })))
	_, _, err := st.Credential(t.Context(), [32]byte{})
	wantErr(t, "Credential after Close", store.ErrClosed, err)
	wantErr(t, "View after Close", store.ErrClosed, st.View(t.Context(), inView(func(store.Reader) error { return nil })))
}
