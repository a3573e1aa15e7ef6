package provision_test

import (
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// What the machines found and would not find again in every run.

type fixture struct {
	*testing.T
	*provision.Service
	okta, entra store.Directory
	now         time.Time
}

// found starts acme with two directories and the org claude-a on jit or scim;
// each look at the clock is a second later.
func found(t *testing.T, mode string) *fixture {
	f := &fixture{T: t, Service: testenv.NewService(t), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	f.Now = func() time.Time { f.now = f.now.Add(time.Second); return f.now }
	for _, name := range parents {
		_, err := f.CreateParent(t.Context(), name, "enterprise", admin)
		f.must(err)
	}
	for name, d := range map[string]*store.Directory{"okta": &f.okta, "entra": &f.entra} {
		var err error
		*d, err = f.CreateDirectory(t.Context(), "acme", name, "", admin)
		f.must(err)
	}
	_, err := f.CreateOrg(t.Context(), provision.OrgInput{Parent: "acme", Name: "claude-a", Product: "claude", Plan: "enterprise"}, admin)
	f.must(err)
	f.change(provision.OrgChange{Mode: &mode})
	return f
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) change(c provision.OrgChange) {
	f.Helper()
	_, err := f.ChangeOrg(f.Context(), "claude-a", c, admin)
	f.must(err)
}

func (f *fixture) user(d store.Directory, name string) string {
	f.Helper()
	u, err := f.CreateUser(f.Context(), d, userModel{name: name, active: true}.input(), push)
	f.must(err)
	return u.ID
}

func (f *fixture) step(parent string, s provision.Step) {
	f.Helper()
	f.must(f.Change(f.Context(), parent, []provision.Step{s}, admin))
}

// state is that of a person in claude-a; "" is no member.
func (f *fixture) state(person string) (state string) {
	f.Helper()
	e, err := f.Explain(f.Context(), "claude-a", person)
	f.must(err)
	if e.Member == nil {
		return ""
	}
	return e.Member.State
}

func (f *fixture) want(person, state string) {
	f.Helper()
	if got := f.state(person); got != state {
		f.Errorf("%s: got state %q, want %q", person, got, state)
	}
}

func (f *fixture) login(person string, want provision.LoginReason) {
	f.Helper()
	answers, err := f.Login(f.Context(), provision.LoginInput{Org: "claude-a", Claims: provision.Claims{UserName: person}}, store.Cause{})
	f.must(err)
	if answers[0].Reason != want {
		f.Errorf("login of %s: got %s, want %s", person, answers[0].Reason, want)
	}
}

// A member who came back by scim, or with an org that moved, is not put out by
// the bar of an earlier removal (P-8).
func TestBarEndsWithMembership(t *testing.T) {
	f := found(t, "jit")
	jit, scim := "jit", "scim"
	f.user(f.okta, "ann")
	f.login("ann", provision.LoginAllowed)
	f.must(f.RemoveMember(t.Context(), "claude-a", "ann", admin))
	f.login("ann", provision.LoginBarred)
	f.change(provision.OrgChange{Mode: &scim})
	f.change(provision.OrgChange{Mode: &jit, Members: provision.KeepMembers})
	f.login("ann", provision.LoginAllowed)
	f.step("acme", provision.Step{MoveOrg: &provision.OrgMove{Org: "claude-a", To: "globex", Members: provision.KeepMembers}})
	f.step("globex", provision.Step{MoveOrg: &provision.OrgMove{Org: "claude-a", To: "acme", Members: provision.KeepMembers}})
	f.change(provision.OrgChange{Mode: &jit})
	f.login("ann", provision.LoginAllowed)
}

// A plan that loses eligibility keeps the members, unasked (C-2).
func TestSmallerPlanKeepsMembers(t *testing.T) {
	f := found(t, "scim")
	f.user(f.okta, "ann")
	team := "team"
	f.change(provision.OrgChange{Plan: &team})
	f.want("ann", "active")
}

// The guard of the last administrator keeps them from mappings and group
// pushes, and lets leavers go whenever it hears of it (P-5).
func TestLastAdministratorLeaves(t *testing.T) {
	f := found(t, "scim")
	id := f.user(f.okta, "ann")
	_, err := f.CreateGroup(t.Context(), f.okta, provision.GroupInput{DisplayName: "owners", Document: []byte("{}")}, []string{id}, provision.Policy{}, push)
	f.must(err)
	on := true
	_, err = f.AddMapping(t.Context(), provision.MappingInput{Org: "claude-a", Group: "owners", Role: "owner"}, admin)
	f.must(err)
	f.change(provision.OrgChange{GroupMappings: &on})
	f.step("acme", provision.Step{Detach: &provision.Detachment{DirectoryRef: provision.DirectoryRef{Directory: "okta"}, Members: provision.DropMembers}})
	f.want("ann", "held")
	_, err = f.CreateGroup(t.Context(), f.okta, provision.GroupInput{DisplayName: "more", Document: []byte("{}")}, []string{id}, provision.Policy{}, push)
	f.must(err)
	f.want("ann", "held")
	_, err = f.ChangeUser(t.Context(), f.okta, id, push, func(store.Resource) (provision.UserInput, error) {
		return userModel{name: "ann"}.input(), nil
	})
	f.must(err)
	f.want("ann", "held")
	f.step("acme", provision.Step{Attach: &provision.DirectoryRef{Directory: "okta"}})
	f.want("ann", "")
}

// A hold made at a login ends by itself when another administrator exists (P-5).
func TestHoldAtLoginIsReleased(t *testing.T) {
	f := found(t, "jit")
	on, always := true, "always"
	f.change(provision.OrgChange{GroupMappings: &on, Guards: &provision.GuardsChange{LastAdministrator: &always}})
	_, err := f.AddMember(t.Context(), provision.MemberInput{Org: "claude-a", Person: "ann", Role: "owner"}, admin)
	f.must(err)
	f.login("ann", provision.LoginAllowed) // in no mapped group, and held
	f.want("ann", "held")
	_, err = f.AddMember(t.Context(), provision.MemberInput{Org: "claude-a", Person: "bob", Role: "owner"}, admin)
	f.must(err)
	f.want("ann", "")
}

// Once an administrator has dealt with all whom the guard held, one by one, the
// next leaver is none of its business (P-4).
func TestAlarmEndsOneByOne(t *testing.T) {
	f := found(t, "scim")
	two, none := 2, 0
	f.change(provision.OrgChange{Guards: &provision.GuardsChange{Count: &two, Percent: &none}})
	ids := map[string]string{}
	for _, name := range []string{"ann", "bob", "cyd", "dan"} {
		ids[name] = f.user(f.okta, name)
	}
	leave := func(name, state string) {
		f.must(f.DeleteUser(t.Context(), f.okta, ids[name], push, nil))
		f.want(name, state)
	}
	leave("ann", "")
	leave("bob", "")
	f.now = f.now.Add(50 * time.Minute)
	leave("cyd", "held")
	_, err := f.DecideHolds(t.Context(), provision.Verdict{Org: "claude-a", People: []string{"cyd"}, Approve: true}, admin)
	f.must(err)
	f.now = f.now.Add(20 * time.Minute)
	leave("dan", "")
}

// Only those who lose access unasked count (P-4, ADR 10).
func TestGuardCountsOnlyAccessLost(t *testing.T) {
	f := found(t, "scim")
	one, none := 1, 0
	f.change(provision.OrgChange{Guards: &provision.GuardsChange{Count: &one, Percent: &none}, Seats: map[string]int{"premium": 1, "standard": 0}})
	ids := map[string]string{}
	for _, name := range []string{"ann", "bob", "cyd"} {
		ids[name] = f.user(f.okta, name)
	}
	for _, name := range []string{"bob", "cyd"} {
		f.want(name, "waiting")
		f.must(f.DeleteUser(t.Context(), f.okta, ids[name], push, nil))
	}
	f.must(f.DeleteUser(t.Context(), f.okta, ids["ann"], push, nil))
	f.want("ann", "")
}
