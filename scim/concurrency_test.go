package scim_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// crowd is how many clients act at once.
const crowd = 64

// The seats that the crowd of TestLastSeats races for.
var pools = map[string]int{"premium": 5, "standard": 10}

// membership is one operation in the shape of Okta for even clients and of
// Entra for odd ones.
func membership(client int, add bool, id string) string {
	switch entra := client%2 == 1; {
	case add && entra:
		return fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":%q}]}`, id)
	case add:
		return fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q,"display":"someone"}]}`, id)
	case entra:
		return fmt.Sprintf(`{"op":"Remove","path":"members","value":[{"value":%q}]}`, id)
	default:
		return fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id)
	}
}

// together runs n clients that start at the same moment and waits for all.
func together(n int, client func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			client(i)
		})
	}
	close(start)
	all.Wait()
}

// mapped makes a group whose members are let into an org of acme.
func (r *directory) mapped(seats map[string]int) (org store.Org, group string) {
	r.t.Helper()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	ctx, mode, on := r.t.Context(), "scim", true
	_, err := r.CreateOrg(ctx, provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"}, testenv.Admin)
	must(err)
	all := 100 // percent: all who have a seat leave at once here (P-4)
	guards := &provision.GuardsChange{Percent: &all}
	org, err = r.ChangeOrg(ctx, "acme-claude", provision.OrgChange{Mode: &mode, GroupMappings: &on, Seats: seats, Guards: guards}, testenv.Admin)
	must(err)
	group = r.group("engineers")
	_, err = r.AddMapping(ctx, provision.MappingInput{Org: "acme-claude", Group: group, Role: "user"}, testenv.Admin)
	must(err)
	return org, group
}

// Clients that add and remove different members of one group at once do not
// undo each other: the group is what each last asked for.
func TestConcurrentMembership(t *testing.T) {
	t.Parallel()
	r := startDirectory(t)
	_, group := r.mapped(nil)
	ids, last := make([]string, crowd), make([]bool, crowd)
	together(crowd, func(i int) {
		ids[i] = r.user(fmt.Sprint("user", i))
		// Choosing freely, a client also adds who is in and removes who is not.
		choose := rand.New(rand.NewPCG(1, uint64(i)))
		for range 4 {
			last[i] = choose.IntN(2) == 0
			r.patch("/Groups/"+group, membership(i, last[i], ids[i]))
		}
	})
	got := r.members(group)
	for i, id := range ids {
		if got[id] != last[i] {
			t.Errorf("user%d in the group: got %t, want %t as last asked", i, got[id], last[i])
		}
		delete(got, id)
	}
	if len(got) != 0 {
		t.Errorf("got members %v beside, want none", got)
	}
	r.settled()
}

// However many race for the last seats, no pool is ever over (S-2) and every
// seat goes to the first in line (S-4), also while seats come free.
func TestLastSeats(t *testing.T) {
	t.Parallel()
	r := startDirectory(t)
	org, group := r.mapped(pools)
	stop := r.watch(org)
	ids := make([]string, crowd)
	together(crowd, func(i int) {
		ids[i] = r.user(fmt.Sprint("user", i))
		r.patch("/Groups/"+group, membership(i, true, ids[i]))
	})
	seated, waiting := r.states(org)
	if want := crowd - len(seated); len(seated) != 15 || len(waiting) != want {
		t.Errorf("got %d active and %d waiting, want 15 and %d", len(seated), len(waiting), want)
	}
	// All who hold a seat leave, and some who only wait.
	leave := r.usersOf(append(seated, waiting[len(waiting)-9:]...))
	together(len(leave), func(i int) {
		r.patch("/Users/"+leave[i], []string{
			`{"op":"replace","value":{"active":false}}`,
			`{"op":"Replace","path":"active","value":"False"}`,
		}[i%2])
	})
	stop()
	if seated, waiting := r.states(org); len(seated) != 15 || len(waiting) != crowd-15-15-9 {
		t.Errorf("got %d active and %d waiting, want 15 and %d", len(seated), len(waiting), crowd-15-15-9)
	}
	followLine(t, r.settled())
}

// watch looks at the seats in use again and again until stopped.
func (r *directory) watch(org store.Org) (stop func()) {
	var watcher sync.WaitGroup
	quit := make(chan struct{})
	watcher.Go(func() {
		for {
			r.checkSeats(org)
			select {
			case <-quit:
				return
			default:
			}
		}
	})
	return func() { close(quit); watcher.Wait() }
}

// checkSeats holds the counter against the members of the same snapshot.
func (r *directory) checkSeats(org store.Org) {
	r.view(func(s store.Reader) error {
		used, err := s.SeatsUsed(org.Parent, org.Key)
		if err != nil {
			return err
		}
		members, err := s.MembersOfOrg(org.Parent, org.Key, 0, 0)
		counted := map[string]int{}
		for _, m := range members {
			if m.State == provision.Active {
				counted[m.Tier]++
			}
		}
		for tier, owned := range pools {
			if used[tier] != counted[tier] || counted[tier] > owned {
				r.t.Errorf("tier %s: got %d members and a count of %d, want the same and at most %d", tier, counted[tier], used[tier], owned)
			}
		}
		return err
	})
}

// states lists the accounts with a seat and those in line, the first ahead.
func (r *directory) states(org store.Org) (seated, waiting []int64) {
	r.view(func(s store.Reader) error {
		members, err := s.MembersOfOrg(org.Parent, org.Key, 0, 0)
		slices.SortFunc(members, func(a, b store.Member) int { return a.WaitingSince.Compare(b.WaitingSince) })
		for _, m := range members {
			if m.State == provision.Active {
				seated = append(seated, m.Account)
			} else {
				waiting = append(waiting, m.Account)
			}
		}
		return err
	})
	return seated, waiting
}

// usersOf gives the SCIM ids of accounts.
func (r *directory) usersOf(accounts []int64) (ids []string) {
	r.view(func(s store.Reader) error {
		for _, a := range accounts {
			users, err := s.UsersOfAccount(r.Directory.Parent, a)
			if err != nil {
				return err
			}
			ids = append(ids, users[0].ID)
		}
		return nil
	})
	return ids
}

// followLine reads the events as a consumer would and knows the line from them
// alone: nobody may be seated while another stands before them, and nobody may
// stand in it twice.
func followLine(t *testing.T, events []store.Event) {
	t.Helper()
	var line []string
	for _, e := range events {
		if !strings.HasPrefix(e.Type, "member.") {
			continue
		}
		var m provision.MemberEvent
		if err := json.Unmarshal(e.Data, &m); err != nil {
			t.Fatal(err)
		}
		who := m.Account.UserName
		place := slices.Index(line, who)
		if m.After != nil && m.After.State == provision.Waiting {
			if place >= 0 {
				t.Errorf("event %d: %s waits a second time, want each in line once", e.Seq, who)
			}
			line = append(line, who)
			continue
		}
		if m.After != nil && place != 0 && len(line) > 0 {
			t.Errorf("event %d: %s got a seat, want %s who is first in line", e.Seq, who, line[0])
		}
		if place >= 0 {
			line = slices.Delete(line, place, place+1)
		}
	}
}

// Of one POST raced by many connections one creates the user and the others
// are told that it exists.
func TestConcurrentCreate(t *testing.T) {
	t.Parallel()
	const connections = 20
	r := startDirectory(t)
	r.mapped(nil)
	// A connection each: a pool would let them queue behind one another.
	r.over.DisableKeepAlives = true
	for round := range 3 {
		statuses := make([]int, connections)
		together(connections, func(i int) {
			statuses[i] = r.do("POST", "/Users", user(fmt.Sprint("user", round))).status
		})
		slices.Sort(statuses)
		want := append([]int{201}, slices.Repeat([]int{409}, connections-1)...)
		if !slices.Equal(statuses, want) {
			t.Errorf("got %v, want one 201 and the others 409", statuses)
		}
	}
	r.settled()
}

// Requests that change different attributes of one user at once all count.
func TestConcurrentAttributes(t *testing.T) {
	t.Parallel()
	const writes = 4
	r := startDirectory(t)
	_, group := r.mapped(nil)
	id := r.user("babs")
	r.patch("/Groups/"+group, membership(0, true, id))
	paths := []string{
		"displayName", "nickName", "title", "userType", "externalId", "name.givenName", "name.familyName",
		"name.middleName", "name.formatted", "name.honorificPrefix", "name.honorificSuffix",
	}
	together(len(paths), func(i int) {
		for n := range writes {
			r.patch("/Users/"+id, fmt.Sprintf(`{"op":"replace","path":%q,"value":"%s %d"}`, paths[i], paths[i], n))
		}
	})
	after := r.want(200, "GET", "/Users/"+id, "").body
	for _, path := range paths {
		if got, want := at(after, path), fmt.Sprintf("%s %d", path, writes-1); got != want {
			t.Errorf("%s: got %v, want %q as last written", path, got, want)
		}
	}
	r.view(func(s store.Reader) error {
		row, err := s.Resource(r.Directory.Key, store.User, id)
		if want := int64(1 + len(paths)*writes); row.Version != want {
			t.Errorf("got version %d, want %d: one for each write", row.Version, want)
		}
		return err
	})
	r.settled()
}

// at follows a dotted path into an answer.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}
