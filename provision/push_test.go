package provision_test

import (
	"context"
	"errors"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// A push is there together or not at all, with what the front door keeps.
func TestPushTogether(t *testing.T) {
	s := testenv.NewService(t)
	if _, err := s.CreateParent(t.Context(), "acme", "enterprise", testenv.Admin); err != nil {
		t.Fatal(err)
	}
	d, _, err := s.CreateWorkOSDirectory(t.Context(), provision.WorkOSInput{Parent: "acme", Name: "hr", Directory: "directory_1"}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	deliberate := errors.New("deliberate")
	for _, tt := range []struct {
		err  error
		want int
	}{{deliberate, 0}, {nil, 1}} {
		err := s.Push(t.Context(), d, testenv.Admin, func(p *provision.Push) error {
			u, err := p.CreateUser(provision.UserInput{UserName: "ann", Display: "ann", Active: true, Document: []byte(`{}`)})
			if err != nil {
				return err
			}
			if _, err := p.CreateGroup(provision.GroupInput{DisplayName: "eng", Document: []byte(`{}`)}, []string{u.ID}, provision.Policy{}); err != nil {
				return err
			}
			if _, err := p.SetLink(store.Unlinked, store.Stamp{At: p.Now(), Event: "event_1"}); err != nil {
				return err
			}
			if err := p.Tx().AddDelivery(&store.Delivery{Directory: d.Key, Event: "event_1", At: p.Now(), Outcome: store.Applied}); err != nil {
				return err
			}
			return tt.err
		})
		if !errors.Is(err, tt.err) {
			t.Fatalf("Push: got error %v, want %v", err, tt.err)
		}
		err = s.View(t.Context(), func(_ context.Context, r store.Reader) error {
			users, err := r.Find(store.Query{Directory: d.Key, Type: store.User})
			if err != nil {
				return err
			}
			groups, err := r.Find(store.Query{Directory: d.Key, Type: store.Group})
			if err != nil {
				return err
			}
			deliveries, err := r.Deliveries(d.Key, 0, 10)
			if err != nil {
				return err
			}
			events, err := r.Events(d.Parent, 0, 10)
			if users.Total != tt.want || groups.Total != tt.want || len(deliveries) != tt.want || len(events) != tt.want {
				t.Errorf("after a push with error %v: %d users, %d groups, %d deliveries, %d events, want %d of each",
					tt.err, users.Total, groups.Total, len(deliveries), len(events), tt.want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
