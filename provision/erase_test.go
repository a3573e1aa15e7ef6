package provision_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// I-3: who has left stays known until the retention is over, and then by a
// pseudonym alone; who is still somewhere stays.
func TestRetention(t *testing.T) {
	clock := testenv.NewClock()
	s := testenv.NewServiceAt(t, clock)
	s.Retention = 30 * 24 * time.Hour
	_, err := s.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin)
	must(t, err)
	d, err := s.CreateDirectory(t.Context(), "acme", "okta", "", testenv.Admin)
	must(t, err)
	for _, name := range []string{"stays@acme.example", "leaves@acme.example"} {
		u, err := s.CreateUser(t.Context(), d, provision.UserInput{UserName: name, Email: name, Active: true, Document: []byte("{}")}, testenv.Admin)
		must(t, err)
		if name == "leaves@acme.example" {
			must(t, s.DeleteUser(t.Context(), d, u.ID, testenv.Admin, nil))
		}
	}
	for _, tt := range []struct {
		after time.Duration
		known []string
	}{
		{29 * 24 * time.Hour, []string{"leaves@acme.example", "stays@acme.example"}},
		{2 * 24 * time.Hour, []string{"stays@acme.example"}},
	} {
		clock.Advance(tt.after)
		must(t, s.EraseIdle(t.Context()))
		var known []string
		must(t, s.View(t.Context(), func(_ context.Context, r store.Reader) error {
			accounts, err := r.Accounts(d.Parent, 0, 10)
			for _, a := range accounts {
				if a.Email != "" {
					known = append(known, a.UserName)
				}
			}
			return err
		}))
		slices.Sort(known)
		if !slices.Equal(known, tt.known) {
			t.Errorf("after %s more: got %v known by name, want %v", tt.after, known, tt.known)
		}
	}
}

// I-3: who was merged out of two is erased by both names.
func TestEraseMerged(t *testing.T) {
	s := testenv.NewService(t)
	p, err := s.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin)
	must(t, err)
	_, err = s.CreateOrg(t.Context(), provision.OrgInput{Parent: "acme", Name: "claude-a", Product: "claude", Plan: "enterprise"}, testenv.Admin)
	must(t, err)
	for _, name := range []string{"maiden@acme.example", "married@acme.example"} {
		_, err := s.AddMember(t.Context(), provision.MemberInput{Org: "claude-a", Person: name}, testenv.Admin)
		must(t, err)
	}
	merge := []provision.Step{{Merge: &provision.Merger{From: "maiden@acme.example", Into: "married@acme.example"}}}
	must(t, s.Change(t.Context(), "acme", merge, testenv.Admin))
	must(t, s.RemoveMember(t.Context(), "claude-a", "married@acme.example", testenv.Admin))
	must(t, second(s.Erase(t.Context(), "acme", "married@acme.example", testenv.Admin)))
	must(t, s.View(t.Context(), func(_ context.Context, r store.Reader) error {
		accounts, err := r.Accounts(p.Key, 0, 10)
		for _, a := range accounts {
			if !strings.HasPrefix(a.UserName, "erased-") || a.Email != "" {
				t.Errorf("account %d: got %q with e-mail %q, want it erased", a.Key, a.UserName, a.Email)
			}
		}
		return err
	}))
}
