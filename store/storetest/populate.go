package storetest

import (
	"errors"
	"fmt"
	"testing"

	"scimd/store"
)

// populated is a database as customers leave it: a large parent and a small
// one with a record of every noun, and many that have just begun.
type populated struct {
	big, small tenant
	people     []store.Resource // users of the large one
	groups     []store.Resource
}

const (
	manyPeople  = 3000
	manyGroups  = 60
	fewPeople   = 20
	manyParents = 200
)

func populate(t *testing.T, st store.Store) populated {
	t.Helper()
	p := populated{big: addTenant(t, st, "big"), small: addTenant(t, st, "small")}
	update(t, st, func(tx store.Tx) error {
		for i := range manyParents {
			n := tenant{parent: store.Parent{ID: newID(), Name: fmt.Sprintf("new%d", i), Plan: "team", Created: at(0)}}
			if err := tx.AddParent(&n.parent); err != nil {
				return err
			}
			n.org, n.dir = newOrg(n, n.parent.Name+"-org"), newDirectory(n, n.parent.Name+"-dir")
			if err := errors.Join(tx.AddOrg(&n.org), tx.AddDirectory(&n.dir)); err != nil {
				return err
			}
			n.token = newToken(n, n.parent.Name)
			if err := tx.AddToken(&n.token); err != nil {
				return err
			}
		}
		return nil
	})
	p.people, p.groups = p.fill(t, st, p.big, manyPeople, manyGroups)
	p.fill(t, st, p.small, fewPeople, 2)
	return p
}

// fill adds people with all that follows from them: every tenth waits, is held
// or has left, and each is in a few groups, the first of which has everyone.
func (p populated) fill(t *testing.T, st store.Store, n tenant, people, groups int) (users, grouped []store.Resource) {
	t.Helper()
	update(t, st, func(tx store.Tx) error {
		grouped = nil
		for i := range groups {
			g := newGroup(n, fmt.Sprintf("group%d", i))
			if err := tx.AddResource(&g); err != nil {
				return err
			}
			grouped = append(grouped, g)
		}
		_, err := tx.AddMembers(n.dir.Key, grouped[0].Key, []int64{grouped[1].Key})
		return errors.Join(err, tx.SetPool(n.parent.Key, n.org.Key, "full", 2*people))
	})
	members := make([][]int64, groups)
	for len(users) < people {
		var some []store.Resource
		update(t, st, func(tx store.Tx) error {
			some = nil
			for i := len(users); i < min(len(users)+500, people); i++ {
				u, err := p.person(tx, n, i)
				if err != nil {
					return err
				}
				some = append(some, u)
			}
			return nil
		})
		users = append(users, some...)
	}
	for i, u := range users {
		members[0] = append(members[0], u.Key)
		if g := 1 + i%(groups-1); i%3 > 0 {
			members[g] = append(members[g], u.Key)
		}
	}
	update(t, st, func(tx store.Tx) error {
		for i, list := range members {
			if _, err := tx.AddMembers(n.dir.Key, grouped[i].Key, list); err != nil {
				return err
			}
		}
		return nil
	})
	return users, grouped
}

func (p populated) person(tx store.Tx, n tenant, i int) (store.Resource, error) {
	name := fmt.Sprintf("person%d", i)
	a := newAccount(n, name)
	if i%50 == 0 {
		a.Into = n.account.Key
	}
	if err := tx.AddAccount(&a); err != nil {
		return store.Resource{}, err
	}
	u := newUser(n, name)
	u.Account, u.Active, u.Created, u.Modified = a.Key, i%7 > 0, at(i), at(manyPeople-i/2)
	u.Values = []store.Value{{Attribute: "emails", Value: a.FoldedEmail, Type: "work"}, {Attribute: "tags", Value: fmt.Sprintf("tag%d", i%40)}}
	u.Unique = []store.UniqueValue{{Attribute: "urn:x:badge", Value: name}}
	m := newMember(n, a.Key, "full")
	c := n.change
	c.Account, c.At, c.Decided = a.Key, at(i), true
	switch i % 10 {
	case 0:
		m.State, m.Want, m.WaitingSince = "waiting", "full", at(i)
	case 1:
		m.State, m.Hold = "held", store.Hold{Guard: "removals", Why: "too many"}
	case 2:
		c.After = nil
	}
	err := errors.Join(tx.AddResource(&u), tx.PutMembers(m), tx.AddChanges(c, c),
		tx.SetSubject(n.parent.Key, a.ID+"-subject", a.Key),
		tx.AddEvents(n.parent.Key, []store.Event{{Parent: n.parent.Key, ID: newID(), At: at(i), Type: "member", Data: []byte(`{"n":1}`)}}),
		tx.PutSourceObject(store.SourceObject{Directory: n.dir.Key, ID: name, Type: store.User, Resource: u.Key, Said: store.Stamp{At: at(i), Event: "e"}}),
		tx.PutSourceMember(store.SourceMember{Directory: n.dir.Key, Group: fmt.Sprintf("group%d", i%40), User: name, Said: store.Stamp{At: at(i), Event: "e"}, In: true}),
		tx.AddDelivery(&store.Delivery{Directory: n.dir.Key, Event: name, Type: "user", At: at(i), Outcome: store.Applied}))
	if i%2 == 0 {
		pin := newPin(n, a.Key)
		pin.Expires = at(i)
		err = errors.Join(err, tx.PutPin(pin), tx.Bar(n.parent.Key, n.org.Key, a.Key, at(i)))
	}
	if i%5 == 0 {
		err = errors.Join(err, tx.AddPlanRows([]store.PlanRow{{Plan: n.plan.Key, Seq: int64(i + 2), Org: n.org.Name, Account: a.ID, Name: name, Why: "x"}}))
	}
	return u, err
}
