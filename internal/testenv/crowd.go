package testenv

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"scimd/provision"
	"scimd/store"
)

// Person is someone who was loaded: their directory user and their account.
type Person struct {
	ID            string // of the user
	User, Account int64
}

// portion is how many rows a load writes in one transaction.
const portion = 1000

// LoadPeople adds active users with their accounts by the store, as a backup
// would: what it costs to push them one by one is measured elsewhere.
func LoadPeople(tb testing.TB, s *provision.Service, d store.Directory, n int) []Person {
	tb.Helper()
	people := make([]Person, 0, n)
	for len(people) < n {
		some := make([]Person, 0, portion)
		update(tb, s, func(tx store.Tx) error {
			some = some[:0]
			for i := len(people); i < min(len(people)+portion, n); i++ {
				name := fmt.Sprintf("person%d@acme.example", i)
				a := store.Account{Parent: d.Parent, ID: s.NewID(), UserName: name, FoldedUserName: name, Email: name, FoldedEmail: name}
				if err := tx.AddAccount(&a); err != nil {
					return err
				}
				u := store.Resource{Directory: d.Key, Type: store.User, ID: s.NewID(), Account: a.Key, Name: name, Display: name, Active: true,
					Version: 1, Document: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + `","active":true}`)}
				if err := tx.AddResource(&u); err != nil {
					return err
				}
				some = append(some, Person{u.ID, u.Key, a.Key})
			}
			return nil
		})
		people = append(people, some...)
	}
	return people
}

// LoadGroup adds a group with people in it.
func LoadGroup(tb testing.TB, s *provision.Service, d store.Directory, name string, people []Person) store.Resource {
	tb.Helper()
	g := store.Resource{Directory: d.Key, Type: store.Group, ID: s.NewID(), Name: name, Display: name, Active: true, Version: 1,
		Document: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"` + name + `"}`)}
	update(tb, s, func(tx store.Tx) error { return tx.AddResource(&g) })
	LoadMembersOf(tb, s, g, people)
	return g
}

// LoadMembersOf puts people into a group. What follows for them is not decided.
func LoadMembersOf(tb testing.TB, s *provision.Service, g store.Resource, people []Person) {
	tb.Helper()
	for len(people) > 0 {
		some := people[:min(portion, len(people))]
		people = people[len(some):]
		keys := make([]int64, len(some))
		for i, p := range some {
			keys[i] = p.User
		}
		update(tb, s, func(tx store.Tx) error {
			_, err := tx.AddMembers(g.Directory, g.Key, keys)
			return err
		})
	}
}

// LoadMembers makes people members of an org as scim would have let them in.
func LoadMembers(tb testing.TB, s *provision.Service, o store.Org, role, tier string, people []Person) {
	tb.Helper()
	for len(people) > 0 {
		some := people[:min(portion, len(people))]
		people = people[len(some):]
		at := s.Now().UTC().Truncate(time.Microsecond)
		update(tb, s, func(tx store.Tx) error {
			for _, p := range some {
				m := store.Member{Parent: o.Parent, Org: o.Key, Account: p.Account, Role: role, Tier: tier,
					State: provision.Active, Source: provision.BySCIM, Joined: at, Changed: at}
				if err := tx.PutMembers(m); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func update(tb testing.TB, s *provision.Service, fn func(store.Tx) error) {
	tb.Helper()
	if err := s.Store.Update(tb.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }); err != nil {
		tb.Fatal(err)
	}
}

// ResetPeak and Peak read what Linux knows of the memory of the process, in
// bytes. Peak gives the most that it held since the reset.
func ResetPeak(tb testing.TB) {
	tb.Helper()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		tb.Log("peak memory counts from the start:", err)
	}
}

// Peak is described at ResetPeak.
func Peak(tb testing.TB) int {
	tb.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		tb.Fatal(err)
	}
	return kb << 10
}
