package provision_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
	"scimd/store/sqlite"
)

func newService(t *testing.T) *provision.Service {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "scimd.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	n := 0
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &provision.Service{
		Store: st, Catalogue: mapping.Default(),
		Now:    func() time.Time { now = now.Add(time.Second); return now },
		NewID:  func() string { return uuid.Must(uuid.NewV7()).String() },
		Secret: func() string { n++; return fmt.Sprint("secret", n) },
	}
}

func TestSmoke(t *testing.T) {
	s, ctx, c := newService(t), t.Context(), store.Cause{Kind: "admin"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.CreateParent(ctx, "acme", "enterprise", c)
	must(err)
	_, err = s.CreateOrg(ctx, provision.OrgInput{"acme", "acme-claude", "claude", "enterprise"}, c)
	must(err)
	mode, on := "scim", true
	_, err = s.ChangeOrg(ctx, "acme-claude", provision.OrgChange{Mode: &mode, GroupMappings: &on, Seats: map[string]int{"premium": 1, "standard": 1}}, c)
	must(err)
	d, err := s.CreateDirectory(ctx, "acme", "okta", "", c)
	must(err)
	var ids []string
	for i := range 4 {
		u, err := s.CreateUser(ctx, d, provision.UserInput{UserName: fmt.Sprint("u", i), Active: true, Document: []byte("{}")}, c)
		must(err)
		ids = append(ids, u.ID)
	}
	g, err := s.CreateGroup(ctx, d, provision.GroupInput{DisplayName: "eng", Document: []byte("{}")}, ids, provision.Policy{}, c)
	must(err)
	_, err = s.AddMapping(ctx, provision.MappingInput{"acme-claude", "eng", "admin", ""}, c)
	must(err)
	must(s.DeleteUser(ctx, d, ids[0], c))
	for i := range 4 {
		e, err := s.Explain(ctx, "acme-claude", fmt.Sprint("u", i))
		t.Log(e.Sentences, err)
	}
	diffs, err := s.Verify(ctx, "acme")
	t.Log(diffs, err, g.ID)
	s.View(ctx, func(_ context.Context, r store.Reader) error {
		ev, err := r.Events(1, 0, 100)
		for _, e := range ev {
			t.Log(e.Seq, e.Type, string(e.Data))
		}
		return err
	})
}
