package workos_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
	"scimd/store/sqlite"
)

const userURN = "urn:ietf:params:scim:schemas:core:2.0:User"

func document(externalID, userName string, active bool) string {
	return fmt.Sprintf(`{"schemas":[%q],"externalId":%q,"userName":%q,"active":%t,"emails":[{"value":%q,"primary":true}]}`,
		userURN, externalID, userName, active, userName)
}

func groupDocument(externalID, name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":%q,"displayName":%q}`, externalID, name)
}

// said is an event with the outcome that it must have.
type said struct {
	event   object
	outcome string
}

func TestEvents(t *testing.T) {
	e := start(t)
	const ann, eng = "ann@acme.example", "eng"
	tests := map[string]func(f *fed) ([]said, state){
		"user created": func(f *fed) ([]said, state) {
			return []said{{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"}},
				state{Users: map[string]string{"idp-1": document("idp-1", ann, true)}, Org: map[string]string{ann: "user active"}}
		},
		"the same event twice": func(f *fed) ([]said, state) {
			created := event(1, "dsync.user.created", f.user(1, "1", ann, nil))
			return []said{{created, "applied"}, {created, "duplicate"}},
				state{Users: map[string]string{"idp-1": document("idp-1", ann, true)}, Org: map[string]string{ann: "user active"}}
		},
		"inactive": func(f *fed) ([]said, state) {
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"},
				{event(2, "dsync.user.updated", f.user(2, "1", ann, object{"state": "inactive"})), "applied"},
			}, state{Users: map[string]string{"idp-1": document("idp-1", ann, false)}}
		},
		"suspended is inactive": func(f *fed) ([]said, state) {
			return []said{{event(1, "dsync.user.created", f.user(1, "1", ann, object{"state": "suspended"})), "applied"}},
				state{Users: map[string]string{"idp-1": document("idp-1", ann, false)}}
		},
		"an update before the creation": func(f *fed) ([]said, state) {
			return []said{
				{event(2, "dsync.user.updated", f.user(2, "1", ann, object{"state": "inactive"})), "applied"},
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "skipped"},
			}, state{Users: map[string]string{"idp-1": document("idp-1", ann, false)}}
		},
		"of two events of one time the later id": func(f *fed) ([]said, state) {
			return []said{
				{event(3, "dsync.user.updated", f.user(1, "1", ann, object{"state": "inactive"})), "applied"},
				{event(2, "dsync.user.updated", f.user(1, "1", ann, nil)), "skipped"},
			}, state{Users: map[string]string{"idp-1": document("idp-1", ann, false)}}
		},
		"without updated_at the event's time counts": func(f *fed) ([]said, state) {
			return []said{
				{event(2, "dsync.user.updated", f.user(0, "1", ann, object{"updated_at": nil, "state": "inactive"})), "applied"},
				{event(1, "dsync.user.created", f.user(0, "1", ann, object{"updated_at": nil})), "skipped"},
			}, state{Users: map[string]string{"idp-1": document("idp-1", ann, false)}}
		},
		"deleted (secure flow)": func(f *fed) ([]said, state) {
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"},
				{event(2, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
			}, state{}
		},
		"deleted stays deleted": func(f *fed) ([]said, state) {
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"},
				{event(3, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
				{event(2, "dsync.user.updated", f.user(2, "1", ann, nil)), "skipped"},
			}, state{}
		},
		"deleted before created": func(f *fed) ([]said, state) {
			return []said{
				{event(3, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "skipped"},
			}, state{}
		},
		"created again after a deletion": func(f *fed) ([]said, state) {
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"},
				{event(2, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
				{event(3, "dsync.user.created", f.user(3, "1", ann, nil)), "applied"},
			}, state{Users: map[string]string{"idp-1": document("idp-1", ann, true)}, Org: map[string]string{ann: "user active"}}
		},
		"a deletion that comes after what was created again": func(f *fed) ([]said, state) {
			u, g := f.user(1, "1", ann, nil), f.group(1, "1", eng)
			return []said{
					{event(2, "dsync.group.user_added", f.pair(u, g)), "applied"},
					{event(4, "dsync.user.created", f.user(4, "1", ann, nil)), "applied"},
					{event(3, "dsync.user.deleted", u), "skipped"},
				}, state{
					Users:   map[string]string{"idp-1": document("idp-1", ann, true)},
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng)},
					Members: map[string][]string{"idp-1": nil}, // the word on it is from before the deletion
					Org:     map[string]string{ann: "user active"},
				}
		},
		"added, with nothing known": func(f *fed) ([]said, state) {
			return []said{{event(2, "dsync.group.user_added", f.pair(f.user(1, "1", ann, nil), f.group(1, "1", eng))), "applied"}},
				state{
					Users:   map[string]string{"idp-1": document("idp-1", ann, true)},
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng)},
					Members: map[string][]string{"idp-1": {"idp-1"}}, Org: map[string]string{ann: "user active"},
				}
		},
		"an event of its own wins over the mention": func(f *fed) ([]said, state) {
			bare := object{"id": "directory_user_1", "directory_id": f.home, "email": ann, "idp_id": "idp-1", "updated_at": at(1)}
			return []said{
					{event(2, "dsync.group.user_added", f.pair(bare, f.group(1, "1", eng))), "applied"},
					{event(1, "dsync.user.created", f.user(1, "1", ann, object{"state": "inactive"})), "applied"},
				}, state{
					Users:   map[string]string{"idp-1": document("idp-1", ann, false)},
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng)},
					Members: map[string][]string{"idp-1": {"idp-1"}},
				}
		},
		"added, then the user can be made": func(f *fed) ([]said, state) {
			nameless := object{"id": "directory_user_1", "directory_id": f.home, "idp_id": "idp-1"}
			return []said{
					{event(2, "dsync.group.user_added", f.pair(nameless, f.group(1, "1", eng))), "skipped"},
					{event(3, "dsync.user.updated", f.user(3, "1", ann, nil)), "applied"},
				}, state{
					Users:   map[string]string{"idp-1": document("idp-1", ann, true)},
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng)},
					Members: map[string][]string{"idp-1": {"idp-1"}}, Org: map[string]string{ann: "user active"},
				}
		},
		"removed before added": func(f *fed) ([]said, state) {
			pair := f.pair(f.user(1, "1", ann, nil), f.group(1, "1", eng))
			return []said{
					{event(3, "dsync.group.user_removed", pair), "applied"},
					{event(2, "dsync.group.user_added", pair), "skipped"},
					{event(4, "dsync.group.user_added", pair), "applied"},
					{event(5, "dsync.group.user_removed", pair), "applied"},
				}, state{
					Users:   map[string]string{"idp-1": document("idp-1", ann, true)},
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng)},
					Members: map[string][]string{"idp-1": nil}, Org: map[string]string{ann: "user active"},
				}
		},
		"added after the user was deleted": func(f *fed) ([]said, state) {
			pair := f.pair(f.user(1, "1", ann, nil), f.group(1, "1", eng))
			return []said{
				{event(3, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
				{event(2, "dsync.group.user_added", pair), "skipped"},
			}, state{Groups: map[string]string{"idp-1": groupDocument("idp-1", eng)}, Members: map[string][]string{"idp-1": nil}}
		},
		"group renamed and deleted": func(f *fed) ([]said, state) {
			return []said{
				{event(1, "dsync.group.created", f.group(1, "1", eng)), "applied"},
				{event(2, "dsync.group.updated", f.group(2, "1", "engineering")), "applied"},
				{event(1, "dsync.group.created", f.group(1, "2", "ops")), "duplicate"},
				{event(3, "dsync.group.created", f.group(3, "2", "ops")), "applied"},
				{event(4, "dsync.group.deleted", f.group(3, "2", "ops")), "applied"},
			}, state{Groups: map[string]string{"idp-1": groupDocument("idp-1", "engineering")}, Members: map[string][]string{"idp-1": nil}}
		},
		"two groups of one name": func(f *fed) ([]said, state) {
			return []said{
					{event(1, "dsync.group.created", f.group(1, "1", eng)), "applied"},
					{event(2, "dsync.group.created", f.group(2, "2", eng)), "applied"},
				}, state{
					Groups:  map[string]string{"idp-1": groupDocument("idp-1", eng), "idp-2": groupDocument("idp-2", eng)},
					Members: map[string][]string{"idp-1": nil, "idp-2": nil},
				}
		},
		"a userName that is not free yet": func(f *fed) ([]said, state) {
			second := event(3, "dsync.user.created", f.user(3, "2", ann, nil))
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", ann, nil)), "applied"},
				{second, "503"},
				{second, "503"},
				{event(2, "dsync.user.deleted", f.user(1, "1", ann, nil)), "applied"},
				{second, "applied"},
				{second, "duplicate"},
			}, state{Users: map[string]string{"idp-2": document("idp-2", ann, true)}, Org: map[string]string{ann: "user active"}}
		},
		"what cannot be used": func(f *fed) ([]said, state) {
			foreign := f.user(1, "1", ann, object{"directory_id": "directory_other"})
			return []said{
				{event(1, "dsync.user.created", f.user(1, "1", "", nil)), "failed"},
				{event(1, "dsync.user.created", f.user(1, "1", "", nil)), "failed"}, // no duplicate: it has no outcome
				{event(2, "dsync.user.created", f.user(1, "", ann, object{"id": nil})), "failed"},
				{event(3, "dsync.group.created", f.group(1, "1", "")), "failed"},
				{event(4, "dsync.group.user_added", f.pair(object{}, f.group(1, "1", eng))), "failed"},
				{event(5, "dsync.user.created", f.user(1, "1", ann, object{"directory_id": nil})), "failed"},
				{object{"id": "event_6", "event": "dsync.user.created", "data": f.user(0, "1", ann, object{"updated_at": "yesterday"})}, "failed"},
				{object{"id": "event_7", "event": "dsync.user.deleted", "data": f.user(0, "1", ann, object{"updated_at": nil})}, "failed"},
				{event(8, "dsync.user.created", foreign), "skipped"},
				{event(9, "dsync.group.user_added", object{"user": foreign, "group": f.group(1, "1", eng)}), "skipped"},
				{event(10, "dsync.token.created", object{"directory_id": f.home}), "skipped"},
				{event(11, "dsync.token.revoked", object{"directory_id": f.home}), "skipped"},
				{event(12, "dsync.user.frobbed", object{"directory_id": f.home}), "unknown"},
				{event(13, "dsync.deleted", object{"id": "directory_other"}), "skipped"},
			}, state{}
		},
	}
	for i, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			f := e.feed(t, fmt.Sprint("d", i))
			f.org(t, false)
			history, want := tests[name](f)
			for _, s := range history {
				status, outcome := f.deliver(t, s.event)
				if status != http.StatusOK {
					outcome = strconv.Itoa(status)
				}
				if outcome != s.outcome {
					t.Errorf("%s %s: got %s, want %s", s.event["id"], s.event["event"], outcome, s.outcome)
				}
			}
			if diff := cmp.Diff(want, f.state(t), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the directory (-want +got):\n%s", diff)
			}
			if found, err := f.Verify(t.Context(), f.dir.Name); err != nil || len(found) > 0 {
				t.Errorf("verify: %v, %v", found, err)
			}
			for _, d := range f.deliveries(t) {
				if (d.Outcome == store.Applied) != (d.Reason == "") {
					t.Errorf("%s is %s because %q", d.Event, d.Outcome, d.Reason)
				}
			}
		})
	}
}

// A mapped group gives its role to those whom WorkOS puts in.
func TestMappedGroup(t *testing.T) {
	f := start(t).feed(t, "acme")
	f.org(t, true)
	group := f.group(1, "1", "admins")
	f.deliver(t, event(1, "dsync.group.created", group))
	if _, err := f.AddMapping(t.Context(), provision.MappingInput{Org: "acme", Group: "admins", Role: "admin"}, testenv.Admin); err != nil {
		t.Fatal(err)
	}
	pair := f.pair(f.user(2, "1", "ann@acme.example", nil), group)
	for i, tt := range []struct {
		event object
		want  map[string]string
	}{
		{event(2, "dsync.user.created", f.user(2, "1", "ann@acme.example", nil)), nil},
		{event(3, "dsync.group.user_added", pair), map[string]string{"ann@acme.example": "admin active"}},
		{event(4, "dsync.user.updated", f.user(4, "1", "ann@acme.example", object{"state": "inactive"})), nil},
		{event(5, "dsync.user.updated", f.user(5, "1", "ann@acme.example", nil)), map[string]string{"ann@acme.example": "admin active"}},
		{event(6, "dsync.group.user_removed", pair), nil},
		{event(7, "dsync.group.user_added", pair), map[string]string{"ann@acme.example": "admin active"}},
		{event(8, "dsync.user.deleted", f.user(5, "1", "ann@acme.example", nil)), nil},
	} {
		if _, outcome := f.deliver(t, tt.event); outcome != "applied" {
			t.Errorf("event %d: got %s", i, outcome)
		}
		if diff := cmp.Diff(tt.want, f.state(t).Org, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the org after event %d (-want +got):\n%s", i, diff)
		}
	}
	// The cause leads back to the event.
	err := f.View(t.Context(), inView(func(r store.Reader) error {
		o, err := r.FindOrg("acme")
		if err != nil {
			return err
		}
		changes, err := r.History(o.Parent, o.Key, 0)
		if err == nil && (len(changes) != 6 || changes[0].Cause.Kind != "workos" || changes[0].Cause.Actor != "event_000003" || changes[0].Cause.Detail != "dsync.group.user_added") {
			t.Errorf("history: %+v", changes)
		}
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// A WorkOS directory that is gone puts nobody out; the application is told.
func TestLink(t *testing.T) {
	f := start(t).feed(t, "acme")
	f.org(t, false)
	f.deliver(t, event(1, "dsync.user.created", f.user(1, "1", "ann@acme.example", nil)))
	before := f.state(t)
	directory := object{"object": "directory", "id": f.home, "state": "deleting"}
	for _, tt := range []struct {
		event   object
		outcome string
		state   store.LinkState
	}{
		{event(2, "dsync.activated", directory), "applied", store.Linked},
		{event(4, "dsync.deleted", directory), "applied", store.Unlinked},
		{event(3, "dsync.activated", directory), "skipped", store.Unlinked},
		{event(5, "dsync.activated", directory), "applied", store.Linked},
		{event(6, "dsync.deleted", directory), "applied", store.Unlinked},
	} {
		if _, outcome := f.deliver(t, tt.event); outcome != tt.outcome {
			t.Errorf("%s: got %s, want %s", tt.event["id"], outcome, tt.outcome)
		}
		err := f.View(t.Context(), inView(func(r store.Reader) error {
			d, err := r.FindDirectory("acme")
			if d.Source.State != tt.state {
				t.Errorf("after %s: got %s, want %s", tt.event["id"], d.Source.State, tt.state)
			}
			return err
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, f.state(t)); diff != "" {
		t.Errorf("the directory after it was unlinked (-want +got):\n%s", diff)
	}
	var told []string
	err := f.View(t.Context(), inView(func(r store.Reader) error {
		events, err := r.Events(f.dir.Parent, 0, 100)
		for _, e := range events {
			told = append(told, e.Type)
		}
		return err
	}))
	want := []string{"org.mode_changed", "member.added", "directory.unlinked", "directory.linked", "directory.unlinked"}
	if err != nil || !slices.Equal(told, want) {
		t.Errorf("events: got %v, %v, want %v", told, err, want)
	}
}

// A store that does not answer is no end: WorkOS delivers again, and once it
// has read 200 a repetition changes nothing, also after a restart.
func TestDeliveredAgain(t *testing.T) {
	e := start(t)
	path := filepath.Join(t.TempDir(), "scimd.db")
	reopen := func() {
		st, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		e.Store = st
	}
	stop := func() {
		if err := e.Store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	f := e.feed(t, "acme")
	f.org(t, false)
	created := event(1, "dsync.group.user_added", f.pair(f.user(1, "1", "ann@acme.example", nil), f.group(1, "1", "eng")))
	stop()
	if status, _ := f.deliver(t, created); status != 503 {
		t.Errorf("a closed store: got %d, want 503", status)
	}
	reopen()
	if _, outcome := f.deliver(t, created); outcome != "applied" {
		t.Errorf("again: got %s, want applied", outcome)
	}
	before := f.state(t)
	stop()
	reopen()
	if _, outcome := f.deliver(t, created); outcome != "duplicate" {
		t.Errorf("after a restart: got %s, want duplicate", outcome)
	}
	if diff := cmp.Diff(before, f.state(t)); diff != "" {
		t.Errorf("the directory (-want +got):\n%s", diff)
	}
	stop()
}

// The record of a past delivery may be gone; its stamp is not.
func TestRetention(t *testing.T) {
	e := start(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e.Now = func() time.Time { return now }
	f := e.feed(t, "acme")
	created := event(1, "dsync.user.created", f.user(1, "1", "ann@acme.example", nil))
	f.deliver(t, created)
	now = now.Add(30*24*time.Hour + time.Second)
	f.deliver(t, event(2, "dsync.token.created", object{}))
	if got := f.deliveries(t); len(got) != 1 || got[0].Event != "event_000002" {
		t.Errorf("deliveries after 30 days: %+v", got)
	}
	if _, outcome := f.deliver(t, created); outcome != "skipped" {
		t.Errorf("a repetition of what is no longer recorded: got %s, want skipped", outcome)
	}
	err := e.Store.Update(t.Context(), inUpdate(func(tx store.Tx) error {
		for i := range 2100 {
			if err := tx.AddDelivery(&store.Delivery{Directory: f.dir.Key, Event: fmt.Sprint("e", i), At: now, Outcome: store.Applied}); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	f.deliver(t, event(3, "dsync.token.created", object{}))
	if got := len(f.deliveries(t)); got != 2000 {
		t.Errorf("deliveries: got %d, want 2000", got)
	}
}

// A directory of WorkOS is read by SCIM and written by WorkOS alone.
func TestTokens(t *testing.T) {
	f := start(t).feed(t, "acme")
	_, _, err := f.CreateToken(t.Context(), provision.TokenInput{Directory: "acme", Scope: store.ScopeSCIM}, testenv.Admin)
	var refused *provision.Error
	if !errors.As(err, &refused) || refused.Reason != provision.WrongMode {
		t.Errorf("a token that writes: got %v", err)
	}
	f.read(t, "/Users")
}
