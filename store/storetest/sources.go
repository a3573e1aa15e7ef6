package storetest

import (
	"fmt"
	"testing"
	"time"

	"scimd/store"
)

// sources holds what is kept of a source that feeds a directory.
func sources(t *testing.T, open func(*testing.T) store.Store) {
	each(t, open, map[string]func(*testing.T, store.Store){
		"Link": sourceLink, "SigningSecrets": signingSecrets, "Objects": sourceObjects, "Members": sourceMembers, "Deliveries": deliveries,
	})
}

func sourceLink(t *testing.T, st store.Store) {
	n := addTenant(t, st, "acme")
	d := newDirectory(n, "fed")
	d.Kind, d.Source = store.KindWorkOS, store.SourceLink{ID: "directory_1", State: store.Linked}
	update(t, st, func(tx store.Tx) error { return tx.AddDirectory(&d) })
	view(t, st, func(r store.Reader) { expect(t, "Directory", d)(r.Directory(d.Key)) })
	d.Source.State, d.Source.Said = store.Unlinked, store.Stamp{At: at(3), Event: "event_1"}
	update(t, st, func(tx store.Tx) error { return tx.SetDirectory(d) })
	view(t, st, func(r store.Reader) { expect(t, "Directory after its link changed", d)(r.Directory(d.Key)) })
}

func signingSecrets(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	first := store.SigningSecret{Directory: n.dir.Key, Secret: "one", Created: at(1), Expires: at(9)}
	second := store.SigningSecret{Directory: n.dir.Key, Secret: "two", Created: at(2)}
	update(t, st, func(tx store.Tx) error { return tx.SetSigningSecrets(n.dir.Key, []store.SigningSecret{first, second}) })
	view(t, st, func(r store.Reader) {
		expect(t, "Secrets", []store.SigningSecret{first, second})(r.SigningSecrets(n.dir.Key))
		expect(t, "Secrets of another", nil)(r.SigningSecrets(other.dir.Key))
	})
	update(t, st, func(tx store.Tx) error { return tx.SetSigningSecrets(n.dir.Key, []store.SigningSecret{second}) })
	view(t, st, func(r store.Reader) {
		expect(t, "Secrets that were replaced", []store.SigningSecret{second})(r.SigningSecrets(n.dir.Key))
	})
}

func sourceObjects(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	o := store.SourceObject{
		Directory: n.dir.Key, ID: "directory_user_1", Type: store.User, Resource: n.user.Key,
		Said: store.Stamp{At: at(1), Event: "event_1"}, Data: []byte(`{"a":1}`),
	}
	update(t, st, func(tx store.Tx) error { return tx.PutSourceObject(o) })
	view(t, st, func(r store.Reader) {
		expect(t, "SourceObject", o)(r.SourceObject(n.dir.Key, o.ID))
		wantErr(t, "SourceObject of another directory", store.ErrNotFound, errOf(r.SourceObject(other.dir.Key, o.ID)))
	})
	o = store.SourceObject{Directory: o.Directory, ID: o.ID, Type: o.Type, Deleted: at(5)}
	update(t, st, func(tx store.Tx) error { return tx.PutSourceObject(o) })
	view(t, st, func(r store.Reader) { expect(t, "SourceObject replaced", o)(r.SourceObject(n.dir.Key, o.ID)) })
}

func sourceMembers(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	pair := func(directory int64, group, user string, in bool) store.SourceMember {
		return store.SourceMember{Directory: directory, Group: group, User: user, Said: store.Stamp{At: at(1), Event: "e"}, In: in}
	}
	a, b, c := pair(n.dir.Key, "g1", "u1", true), pair(n.dir.Key, "g1", "u2", true), pair(n.dir.Key, "g2", "u1", false)
	update(t, st, func(tx store.Tx) error {
		for _, m := range []store.SourceMember{a, b, c, pair(other.dir.Key, "g1", "u1", true)} {
			if err := tx.PutSourceMember(m); err != nil {
				return err
			}
		}
		b.In, b.Said.At = false, at(2)
		return tx.PutSourceMember(b)
	})
	view(t, st, func(r store.Reader) {
		expect(t, "SourceMember", b)(r.SourceMember(n.dir.Key, "g1", "u2"))
		wantErr(t, "SourceMember that is none", store.ErrNotFound, errOf(r.SourceMember(n.dir.Key, "g2", "u2")))
		expect(t, "SourceMembersOf a group", []store.SourceMember{a, b})(r.SourceMembersOf(n.dir.Key, "g1"))
		expect(t, "SourceMembersOf a user", []store.SourceMember{a, c})(r.SourceMembersOf(n.dir.Key, "u1"))
		expect(t, "SourceMembersOf nobody", nil)(r.SourceMembersOf(n.dir.Key, "u9"))
	})
}

func deliveries(t *testing.T, st store.Store) {
	n, other := addTenant(t, st, "acme"), addTenant(t, st, "beta")
	add := func(event string, outcome store.Outcome, when time.Time) store.Delivery {
		d := store.Delivery{Directory: n.dir.Key, Event: event, Type: "dsync.user.created", At: when, Outcome: outcome, Reason: "r", Body: []byte(`{}`)}
		update(t, st, func(tx store.Tx) error { return tx.AddDelivery(&d) })
		return d
	}
	var all []store.Delivery
	for i, outcome := range []store.Outcome{store.Failed, store.Applied, store.Duplicate, store.Unknown} {
		event := "event_1"
		if outcome == store.Unknown {
			event = "event_2"
		}
		all = append([]store.Delivery{add(event, outcome, at(i))}, all...)
		if all[0].Seq != int64(i+1) {
			t.Errorf("AddDelivery: got Seq %d, want %d", all[0].Seq, i+1)
		}
	}
	view(t, st, func(r store.Reader) {
		expect(t, "Deliveries", all)(r.Deliveries(n.dir.Key, 0, 10))
		expect(t, "Deliveries of a page", all[1:3])(r.Deliveries(n.dir.Key, 4, 2))
		expect(t, "Deliveries of another", nil)(r.Deliveries(other.dir.Key, 0, 10))
		expect(t, "DeliveryOf", all[2])(r.DeliveryOf(n.dir.Key, "event_1"))
		for _, d := range []store.Delivery{{Directory: n.dir.Key, Event: "event_9"}, {Directory: other.dir.Key, Event: "event_1"}} {
			wantErr(t, fmt.Sprint("DeliveryOf ", d), store.ErrNotFound, errOf(r.DeliveryOf(d.Directory, d.Event)))
		}
	})
	update(t, st, func(tx store.Tx) error { return tx.DropDeliveries(n.dir.Key, 1, at(2)) })
	view(t, st, func(r store.Reader) {
		expect(t, "Deliveries after a drop", all[:2])(r.Deliveries(n.dir.Key, 0, 10))
	})
	if d := add("event_3", store.Applied, at(9)); d.Seq != 5 {
		t.Errorf("AddDelivery after a drop: got Seq %d, want 5", d.Seq)
	}
}
