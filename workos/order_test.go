package workos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// side is a WorkOS directory: what is in it now, and what it has told.
type side struct {
	f       *fed
	n       int // moments so far
	users   map[string]object
	groups  map[string]object
	members map[[2]string]bool // user, group
	told    []object

	goneUsers, goneGroups map[string]object // as they were when they were deleted
}

func newSide(f *fed) *side {
	return &side{f: f, users: map[string]object{}, groups: map[string]object{}, members: map[[2]string]bool{},
		goneUsers: map[string]object{}, goneGroups: map[string]object{}}
}

func (s *side) tell(typ string, data object) { s.told = append(s.told, event(s.n, typ, data)) }

// step does one thing that an administrator may do.
func (s *side) step(t *rapid.T) {
	s.n++
	switch rapid.IntRange(0, 9).Draw(t, "step") {
	case 0, 1:
		s.createUser(t)
	case 2:
		s.updateUser(t)
	case 3:
		s.deleteUser(t)
	case 4:
		s.createGroup(t)
	case 5:
		s.changeGroup(t)
	default:
		s.changeMember(t)
	}
}

// comesBack is one that was deleted, sometimes.
func comesBack(t *rapid.T, gone map[string]object) (string, bool) {
	id, ok := pick(t, gone)
	return id, ok && rapid.Bool().Draw(t, "comes back")
}

func (s *side) createGroup(t *rapid.T) {
	id, ok := comesBack(t, s.goneGroups)
	if !ok {
		id = fmt.Sprint(s.n)
	}
	delete(s.goneGroups, id)
	s.groups[id] = s.f.group(s.n, id, fmt.Sprint("g", rapid.IntRange(0, 2).Draw(t, "name")))
	s.tell("dsync.group.created", s.groups[id])
}

// createUser takes a userName that is free, perhaps of one who is gone. One
// who comes back has the old name: with another, it would be a rename to all
// who did not hear of the deletion.
func (s *side) createUser(t *rapid.T) {
	names := map[string]bool{"a@x.example": true, "b@x.example": true, "c@x.example": true}
	back, ok := comesBack(t, s.goneUsers)
	if ok {
		names = map[string]bool{s.goneUsers[back]["email"].(string): true}
	}
	for _, u := range s.users {
		delete(names, u["email"].(string))
	}
	if len(names) == 0 {
		return
	}
	id := fmt.Sprint(s.n)
	if ok {
		id = back
		delete(s.goneUsers, id)
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(names))).Draw(t, "userName")
	s.users[id] = s.f.user(s.n, id, name, nil)
	s.tell("dsync.user.created", s.users[id])
}

// updateUser renames only to names that nobody had: those who swap names can
// be told apart in order alone.
func (s *side) updateUser(t *rapid.T) {
	id, ok := pick(t, s.users)
	if !ok {
		return
	}
	more := object{"email": s.users[id]["email"], "job_title": fmt.Sprint(s.n), "state": rapid.SampledFrom([]string{"active", "inactive"}).Draw(t, "state")}
	if rapid.IntRange(0, 3).Draw(t, "rename") == 0 {
		more["email"] = fmt.Sprintf("u%d@x.example", s.n)
	}
	s.users[id] = s.f.user(s.n, id, "", more)
	s.tell("dsync.user.updated", s.users[id])
}

func (s *side) deleteUser(t *rapid.T) {
	id, ok := pick(t, s.users)
	if !ok {
		return
	}
	s.tell("dsync.user.deleted", s.users[id])
	s.goneUsers[id] = s.users[id]
	delete(s.users, id)
	s.forget(func(pair [2]string) bool { return pair[0] == id })
}

func (s *side) changeGroup(t *rapid.T) {
	id, ok := pick(t, s.groups)
	if !ok {
		return
	}
	if rapid.Bool().Draw(t, "rename") {
		s.groups[id] = s.f.group(s.n, id, fmt.Sprint("g", s.n))
		s.tell("dsync.group.updated", s.groups[id])
		return
	}
	s.tell("dsync.group.deleted", s.groups[id])
	s.goneGroups[id] = s.groups[id]
	delete(s.groups, id)
	s.forget(func(pair [2]string) bool { return pair[1] == id })
}

func (s *side) changeMember(t *rapid.T) {
	user, ok := pick(t, s.users)
	group, also := pick(t, s.groups)
	if !ok || !also {
		return
	}
	key, data := [2]string{user, group}, s.f.pair(s.users[user], s.groups[group])
	if s.members[key] {
		delete(s.members, key)
		s.tell("dsync.group.user_removed", data)
		return
	}
	s.members[key] = true
	s.tell("dsync.group.user_added", data)
}

func (s *side) forget(which func([2]string) bool) {
	maps.DeleteFunc(s.members, func(pair [2]string, _ bool) bool { return which(pair) })
}

func pick(t *rapid.T, from map[string]object) (string, bool) {
	if len(from) == 0 {
		return "", false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(from))).Draw(t, "of"), true
}

// state is what scimd must have in the end, computed from nothing but what is
// in the WorkOS directory.
func (s *side) state() state {
	want := state{map[string]string{}, map[string]string{}, map[string][]string{}, map[string]string{}}
	for id, u := range s.users {
		mail, active := u["email"].(string), u["state"] == "active"
		want.Users["idp-"+id] = document("idp-"+id, mail, active)
		if title, ok := u["job_title"].(string); ok {
			want.Users["idp-"+id] = strings.Replace(want.Users["idp-"+id], `"active"`, fmt.Sprintf(`"title":%q,"active"`, title), 1)
		}
		if active {
			want.Org[mail] = "user active"
		}
	}
	for id, g := range s.groups {
		want.Groups["idp-"+id] = groupDocument("idp-"+id, g["name"].(string))
		want.Members["idp-"+id] = []string{}
	}
	for pair := range s.members {
		group := "idp-" + pair[1]
		want.Members[group] = append(want.Members[group], "idp-"+pair[0])
		slices.Sort(want.Members[group])
	}
	return want
}

// deliverAll sends events as WorkOS does: what is not answered with 200 comes
// again. It fails if a whole round brings nothing.
func (f *fed) deliverAll(t testing.TB, events []object) {
	for len(events) > 0 {
		var again []object
		for _, e := range events {
			if status, _ := f.deliver(t, e); status == 503 {
				again = append(again, e)
			}
		}
		if len(again) == len(events) {
			t.Fatalf("%d events are refused for ever, the first %v", len(again), again[0])
		}
		events = again
	}
}

// Any interleaving of a history, with any of it twice, ends in the directory
// that the history in order ends in: the one that WorkOS has.
func TestAnyOrder(t *testing.T) {
	e := start(t)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		home := fmt.Sprint("directory_", n)
		inOrder, mixed := e.feedFrom(t, fmt.Sprint("in-order-", n), home), e.feedFrom(t, fmt.Sprint("mixed-", n), home)
		inOrder.org(t, false)
		mixed.org(t, false)
		s := newSide(inOrder)
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			s.step(r)
		}
		want := s.state()
		inOrder.deliverAll(t, s.told)
		if diff := cmp.Diff(want, inOrder.state(t), cmpopts.EquateEmpty()); diff != "" {
			r.Fatalf("in order (-want +got):\n%s", diff)
		}
		events := rapid.Permutation(s.told).Draw(r, "order")
		if len(events) > 0 {
			events = append(events, rapid.SliceOfN(rapid.SampledFrom(events), 0, 5).Draw(r, "again")...)
		}
		mixed.deliverAll(t, events)
		if diff := cmp.Diff(want, mixed.state(t), cmpopts.EquateEmpty()); diff != "" {
			r.Fatalf("mixed (-want +got):\n%s", diff)
		}
		for _, name := range []string{inOrder.dir.Name, mixed.dir.Name} {
			if found, err := e.Verify(t.Context(), name); err != nil || len(found) > 0 {
				r.Fatalf("verify %s: %v, %v", name, found, err)
			}
		}
	})
}
