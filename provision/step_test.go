package provision_test

import (
	"context"
	"errors"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// refusals gives the steps that were refused, of how many errors were joined.
func refusals(err error) (steps []int) {
	joined, _ := err.(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, e := range joined.Unwrap() {
		var s *provision.StepError
		if errors.As(e, &s) {
			steps = append(steps, s.Step)
		}
	}
	return steps
}

func TestTryTellsEveryRefusal(t *testing.T) {
	s := testenv.NewService(t)
	scim, nonsense := "scim", "loose"
	steps := []provision.Step{
		{CreateOrg: &provision.OrgInput{Name: "acme-team", Product: "claude", Plan: "team"}},
		{Org: &provision.OrgStep{Org: "acme-team", OrgChange: provision.OrgChange{Mode: &scim}}},
		{CreateDirectory: &provision.DirectoryInput{Name: "okta"}},
		{Directory: &provision.DirectoryStep{DirectoryRef: provision.DirectoryRef{Directory: "okta"}, DirectoryChange: provision.DirectoryChange{Profile: &nonsense}}},
	}
	if _, err := s.CreateParent(t.Context(), "acme", "", testenv.Admin); err != nil {
		t.Fatal(err)
	}
	for _, parent := range []string{"acme", "not-there-yet"} {
		err := s.Try(t.Context(), parent, steps, testenv.Admin)
		if got := refusals(err); len(got) != 2 || got[0] != 1 || got[1] != 3 {
			t.Errorf("parent %s: steps %v were refused, want 1 and 3: %v", parent, got, err)
		}
		var first *provision.Error
		if !errors.As(err, &first) || first.Rule != "C-2" {
			t.Errorf("parent %s: the first refusal is %v, want C-2", parent, err)
		}
		if err := s.Try(t.Context(), parent, steps[2:3], testenv.Admin); err != nil {
			t.Errorf("parent %s: %v", parent, err)
		}
	}
	if err := s.Change(t.Context(), "acme", steps, testenv.Admin); len(refusals(err)) != 1 {
		t.Errorf("what is carried out stops at the first refusal, got %v", err)
	}
	err := s.View(t.Context(), func(_ context.Context, r store.Reader) error {
		if _, err := r.FindOrg("acme-team"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("something of it stayed: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a pin does not name stays, unless it is the whole of it (M-5).
func TestWholePin(t *testing.T) {
	s := testenv.NewService(t)
	if _, err := s.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin); err != nil {
		t.Fatal(err)
	}
	scim, on := "scim", true
	ann := provision.MemberRef{Org: "acme-claude", Person: "ann@acme.example"}
	pinned := func(in provision.PinInput) store.Pin {
		t.Helper()
		in.MemberRef, in.Why = ann, "break glass"
		if err := s.Pin(t.Context(), in, testenv.Admin); err != nil {
			t.Fatal(err)
		}
		var p store.Pin
		err := s.View(t.Context(), func(_ context.Context, r store.Reader) error {
			o, err := r.FindOrg(ann.Org)
			if err != nil {
				return err
			}
			pins, err := r.Pins(o.Parent, o.Key)
			p = pins[0]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	err := s.Change(t.Context(), "acme", []provision.Step{
		{CreateOrg: &provision.OrgInput{Name: ann.Org, Product: "claude", Plan: "enterprise"}},
		{Org: &provision.OrgStep{Org: ann.Org, OrgChange: provision.OrgChange{Mode: &scim, GroupMappings: &on}}},
	}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if p := pinned(provision.PinInput{Member: true, Role: "owner"}); p.Role != "owner" || p.Against == "" {
		t.Errorf("pinned %+v", p)
	}
	if p := pinned(provision.PinInput{Tier: "premium"}); p.Role != "owner" || p.Tier != "premium" || p.Against == "" {
		t.Errorf("a tier beside it: %+v", p)
	}
	if p := pinned(provision.PinInput{Member: true, Tier: "standard", Whole: true}); p.Role != "" || p.Tier != "standard" || p.Against == "" {
		t.Errorf("the whole pin: %+v", p)
	}
	testenv.MustVerify(t, s)
}
