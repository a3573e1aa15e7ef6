package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimd/store"
)

func TestScratch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	st, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	id := func() string { return uuid.Must(uuid.NewV7()).String() }
	const N = 100000
	now := time.Now()
	p := store.Parent{ID: id(), Name: "p"}
	var o store.Org
	var d store.Directory
	var accounts []int64
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(st.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		must(tx.AddParent(&p))
		o = store.Org{Parent: p.Key, ID: id(), Name: "o"}
		must(tx.AddOrg(&o))
		d = store.Directory{Parent: p.Key, ID: id(), Name: "d"}
		must(tx.AddDirectory(&d))
		for i := range N {
			a := store.Account{Parent: p.Key, ID: id(), UserName: fmt.Sprint("u", i), FoldedUserName: fmt.Sprint("u", i)}
			must(tx.AddAccount(&a))
			accounts = append(accounts, a.Key)
			must(tx.AddResource(&store.Resource{Directory: d.Key, Type: store.User, ID: id(), Account: a.Key, Name: a.UserName, ExternalID: a.UserName, Active: true, Document: make([]byte, 800),
				Values: []store.Value{{Attribute: "emails", Value: a.UserName}}}))
			must(tx.PutMember(store.Member{Parent: p.Key, Org: o.Key, Account: a.Key, Role: "user", Tier: "full", State: "active"}))
			for range 3 {
				must(tx.AddChange(store.Change{Parent: p.Key, Org: o.Key, Account: a.Key, At: now, After: &store.Standing{Role: "user"}, Why: "because of this and that"}))
			}
			must(tx.AddEvents(p.Key, []store.Event{{ID: id(), At: now, Type: "member", Data: []byte(`{"a":1}`)}}))
		}
		return nil
	}))
	fmt.Println("filled", time.Since(now))
	step := func(what string, fn func()) {
		s := time.Now()
		fn()
		fmt.Printf("%-40s %v\n", what, time.Since(s))
	}
	for range 2 {
		step("rehearsal in all", func() {
			must(st.Rehearse(t.Context(), p.Key, func(_ context.Context, tx store.Tx) error {
				m, err := tx.Member(p.Key, o.Key, accounts[5])
				must(err)
				step("first member", func() { must(tx.PutMember(m)) })
				step("first resource", func() { must(tx.LinkUser(d.Key, 5, accounts[5])) })
				step("first account", func() { a, _ := tx.Account(p.Key, accounts[3]); must(tx.SetAccount(a)) })
				step("first history", func() {
					must(tx.AddChange(store.Change{Parent: p.Key, Org: o.Key, Account: m.Account, At: now}))
				})
				step("first event", func() { must(tx.AddEvents(p.Key, []store.Event{{At: now}})) })
				step("20000 puts", func() {
					for i := range 20000 {
						m.Account = accounts[i*5]
						must(tx.PutMember(m))
					}
				})
				step("20000 changes", func() {
					for i := range 20000 {
						must(tx.AddChange(store.Change{Parent: p.Key, Org: o.Key, Account: accounts[i*5], At: now, Decided: true}))
					}
				})
				step("20000 reads of member", func() {
					for i := range 20000 {
						_, err := tx.Member(p.Key, o.Key, accounts[i])
						must(err)
					}
				})
				step("2000 ChangeAt", func() {
					for i := range 2000 {
						_, err := tx.ChangeAt(p.Key, o.Key, accounts[i], now)
						must(err)
					}
				})
				step("MembersAt page", func() { _, err := tx.MembersAt(p.Key, o.Key, now, accounts[500], 1000); must(err) })
				step("RemovedSince", func() { n, err := tx.RemovedSince(p.Key, o.Key, now.Add(-1)); must(err); fmt.Println(n) })
				step("MembersOfOrg", func() { _, err := tx.MembersOfOrg(p.Key, o.Key, 0, 0); must(err) })
				step("Events page", func() { _, err := tx.Events(p.Key, 10, 100); must(err) })
				files, _ := os.ReadDir("/proc/self/fd")
				for _, f := range files {
					l, _ := os.Readlink("/proc/self/fd/" + f.Name())
					fi, err := os.Stat("/proc/self/fd/" + f.Name())
					if err == nil && fi.Size() > 1e6 {
						fmt.Println(l, fi.Size()>>20, "MB")
					}
				}
				return nil
			}))
		})
	}
	st.View(t.Context(), func(_ context.Context, r store.Reader) error {
		step("MembersAt page", func() { _, err := r.MembersAt(p.Key, o.Key, now, accounts[500], 1000); must(err) })
		step("MembersOfAccount", func() { _, err := r.MembersOfAccount(p.Key, accounts[500]); must(err) })
		step("UsersOfAccount", func() { _, err := r.UsersOfAccount(p.Key, accounts[500]); must(err) })
		step("HeldMembers", func() { _, err := r.HeldMembers(p.Key, o.Key, 0, 10); must(err) })
		step("MembersWithAccess", func() { _, err := r.MembersWithAccess(p.Key, o.Key, []string{"user", "admin"}, 2); must(err) })
		step("UsersByAccount", func() { must(r.UsersByAccount(d.Key, func(int64, bool) bool { return true })) })
		return nil
	})
	step("erase", func() {
		must(st.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Erase(p.Key, accounts[7], "pseudo") }))
	})
}
