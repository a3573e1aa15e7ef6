package provision_test

import (
	"context"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// More people than are read, admitted and written at once come in, change
// their seats and go out, and each is told of once (M-9, S-2, S-4, T-2, T-3).
func TestPortions(t *testing.T) {
	t.Parallel()
	s := testenv.NewService(t)
	const people, seats = 1101, 600
	must(t, second(s.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin)))
	d, err := s.CreateDirectory(t.Context(), "acme", "okta", "", testenv.Admin)
	must(t, err)
	group := testenv.LoadGroup(t, s, d, "everyone", testenv.LoadPeople(t, s, d, people))
	o, err := s.CreateOrg(t.Context(), provision.OrgInput{Parent: "acme", Name: "claude", Product: "claude", Plan: "enterprise"}, testenv.Admin)
	must(t, err)
	must(t, second(s.AddMapping(t.Context(), provision.MappingInput{Org: "claude", Group: "everyone", Role: "user"}, testenv.Admin)))
	never, on, mode := people, true, "scim"
	must(t, second(s.ChangeOrg(t.Context(), "claude", provision.OrgChange{
		Mode: &mode, GroupMappings: &on, Guards: &provision.GuardsChange{Count: &never},
		Seats: map[string]int{"premium": seats, "standard": 0},
	}, testenv.Admin)))
	expect := func(what string, used, waiting, told int) {
		t.Helper()
		differences, err := s.Verify(t.Context(), "acme")
		must(t, err)
		if len(differences) > 0 {
			t.Errorf("%s: got differences %v, want none", what, differences)
		}
		must(t, s.View(t.Context(), func(_ context.Context, r store.Reader) error {
			taken, err := r.SeatsUsed(o.Parent, o.Key)
			must(t, err)
			wanted, err := r.SeatsWanted(o.Parent, o.Key)
			must(t, err)
			history, err := r.History(o.Parent, o.Key, 0)
			must(t, err)
			if taken["premium"] != used || wanted[store.AnyTier] != waiting || len(history) != told {
				t.Errorf("%s: got %v seats used, %v wanted and %d changes, want %d, %d and %d", what, taken, wanted, len(history), used, waiting, told)
			}
			return nil
		}))
	}
	expect("all come in", seats, people-seats, people)
	must(t, second(s.ChangeOrg(t.Context(), "claude", provision.OrgChange{Seats: map[string]int{"premium": people}}, testenv.Admin)))
	expect("seats are bought", people, 0, people+people-seats)
	must(t, s.DeleteGroup(t.Context(), d, group.ID, testenv.Admin, nil))
	expect("the group goes", 0, 0, 3*people-seats)
}
