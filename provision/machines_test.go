package provision_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"scimd/provision"
	"scimd/store"
)

// populate starts from a directory that matters: people in nested groups that
// two orgs map, so that the walk is not spent on getting there.
func (m *machine) populate(dir string) {
	for _, handle := range []string{"u0", "u1", "u2", "u3"} {
		m.putUser(dir, handle, userModel{name: userName(int(handle[1] - '0')), active: true})
	}
	for _, handle := range []string{"g0", "g1"} {
		m.createGroup(dir, handle)
	}
	add := []provision.MemberOp{provision.AddMembers}
	m.changeMembers(dir, "g0", add, [][]string{{"u:u0", "g:g1"}})
	m.changeMembers(dir, "g1", add, [][]string{{"u:u1", "u:u2"}})
}

// mode puts an org on a mode, with mappings of the groups that populate made.
func (m *machine) mode(org, mode string, rows ...rowModel) {
	on := len(rows) > 0
	m.set(m.orgSetting(m.org(org), provision.OrgChange{Mode: &mode, GroupMappings: &on}))
	for _, row := range rows {
		in := provision.MappingInput{Org: org, Group: m.ids[row.dir+"/g:"+row.group], Role: row.role, Tier: row.tier}
		if row.dir == "" {
			in.Group, in.Claim = "", row.group
		}
		m.set(m.mapping(in, row))
	}
}

// scarce draws few seats and low guards.
func (m *machine) scarce() {
	for range 3 {
		m.set(m.SetSeats())
		m.set(m.SetGuards())
	}
}

// set carries out a setting at once.
func (m *machine) set(s setting) {
	m.run(verb{
		parent: s.parent, cause: admin,
		do:   func(next *model, t *turn) provision.Reason { return s.do(next, t, false) },
		call: func(ctx context.Context, cause store.Cause) error { return m.atOnce(ctx, s, cause) },
	})
}

// Any sequence of pushes, settings and plans, under guards that trip, leaves
// what a naive recomputation from scratch gives: members, roles, tiers, states,
// line, pins, events, history and plans (C-1 to C-4, M-1 to M-11, S-1 to S-7,
// P-1 to P-8, T-2, T-3).
func TestModelSettings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := start(rt, t)
		provision.Bound(m.s, 10_000, 2, 2)
		m.populate("okta")
		m.mode("claude-a", "scim", rowModel{"okta", "g0", "owner", ""}, rowModel{"okta", "g1", "", "premium"})
		m.mode("console", "scim", rowModel{"okta", "g1", "developer", ""})
		m.scarce()
		m.repeat(`PutUser3 DeleteUser CreateGroup DeleteGroup ChangeMembers3 AddMember SetMember2 RemoveMember
			DecideHolds2 Upkeep Wait Sync AddMapping RemoveMapping SetMode2 SetSeats2 SetFullTier SetGuards SetPlan
			Pause2 Pin2 Unpin ParentPlan Domains SecondAdministrator`)
	})
}

// Logins on all modes, among pushes and what is done by hand (the five
// behaviours; C-4, M-10, S-3, P-5, P-8).
func TestModelLogins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := start(rt, t)
		m.populate("okta")
		m.mode("claude-a", "jit")
		m.mode("claude-b", "jit", rowModel{"okta", "g0", "owner", ""}, rowModel{"", "red", "admin", ""}, rowModel{"", "blue", "", "premium"})
		m.mode("console", "scim")
		m.scarce()
		m.repeat(`Login8 PutUser2 DeleteUser ChangeMembers AddMember2 SetMember RemoveMember2 DecideHolds2 Upkeep
			Wait AddMapping SetMode2 SetSeats2 SetGuards Pause Pin2 Unpin Domains`)
	})
}

// Two directories with the same people, and orgs that move between two parents
// (M-7, I-1 to I-4, P-8).
func TestModelDirectories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := start(rt, t)
		provision.Bound(m.s, 2, 1000, 3) // all but two members on their way are set aside
		m.populate("okta")
		m.directory("entra")
		m.populate("entra")
		m.mode("claude-a", "scim", rowModel{"okta", "g0", "owner", ""}, rowModel{"entra", "g1", "admin", ""})
		m.mode("console", "scim")
		m.scarce()
		m.repeat(`PutUser3 DeleteUser2 ChangeMembers2 DeleteGroup AddMember RemoveMember2 DecideHolds2 Upkeep Sync Login3
			Detach3 Attach2 MoveOrg3 Link Unlink Merge2 Pin2 Unpin SetMode2 SetSeats SetGuards Pause`)
	})
}
