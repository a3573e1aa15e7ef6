package provision_test

import (
	"context"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// TestSettingsOfAnotherServer: what a server remembers of settings ends when
// another server over the same database changes them.
func TestSettingsOfAnotherServer(t *testing.T) {
	here := testenv.NewService(t)
	there := &provision.Service{
		Store: here.Store, Catalogue: here.Catalogue, Now: here.Now, NewID: here.NewID, Secret: here.Secret, Log: here.Log,
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	_, err := here.CreateParent(ctx, "acme", "enterprise", testenv.Admin)
	must(err)
	d, err := here.CreateDirectory(ctx, "acme", "okta", "interop", testenv.Admin)
	must(err)
	_, err = here.CreateOrg(ctx, provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"}, testenv.Admin)
	must(err)
	push := func(name string) {
		t.Helper()
		_, err := here.CreateUser(ctx, d, provision.UserInput{UserName: name, Active: true, Document: []byte(`{}`)}, testenv.Admin)
		must(err)
	}
	members := func() (n int) {
		t.Helper()
		must(here.View(ctx, func(_ context.Context, r store.Reader) error {
			o, err := r.FindOrg("acme-claude")
			if err != nil {
				return err
			}
			found, err := r.MembersOfOrg(o.Parent, o.Key, 0, 0)
			n = len(found)
			return err
		}))
		return n
	}
	push("ada")
	if got := members(); got != 0 {
		t.Fatalf("on manual: got %d members, want none", got)
	}
	mode := "scim"
	_, err = there.ChangeOrg(ctx, "acme-claude", provision.OrgChange{Mode: &mode}, testenv.Admin)
	must(err)
	push("bob")
	if got := members(); got != 2 {
		t.Errorf("on scim, as another server set it: got %d members, want both people", got)
	}
	testenv.MustVerify(t, here)
}
