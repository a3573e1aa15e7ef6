package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"scimd/provision"
	"scimd/store"
)

// standing is what the orgs have made of someone who was pushed.
type standing struct {
	members []store.Member
	changes []store.Change
	events  []told
}

type told struct {
	kind string
	data provision.MemberEvent
}

// newcomer is someone who is not in the directory yet.
type newcomer struct {
	number int
	in     provision.UserInput
	groups []int
}

// people loads everyone. The first of each kind, which is those in the same
// mapped groups, is pushed; the others of the kind are given what the orgs have
// made of the first, since the decision is the same for all of them (M-10).
// Pushing everyone gives the same database in three times the time.
func (l *loader) people(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for p := range l.prepare(ctx) {
		if p.err != nil {
			return p.err
		}
		if err := l.portion(ctx, p.people); err != nil {
			return fmt.Errorf("people from %d: %w", p.people[0].number, err)
		}
		if l.progress != nil {
			l.progress(p.people[0].number + len(p.people))
		}
	}
	return ctx.Err()
}

// prepared are people who are about to be written.
type prepared struct {
	people []newcomer
	err    error
}

// prepare reads the next portion while the one before is written.
func (l *loader) prepare(ctx context.Context) <-chan prepared {
	out := make(chan prepared)
	go func() {
		defer close(out)
		for first := 0; first < l.Total(); first += portion {
			var p prepared
			for i := first; i < min(first+portion, l.Total()) && p.err == nil; i++ {
				in, err := userInput(l.JSON(i))
				p.people = append(p.people, newcomer{i, in, l.GroupsOf(i)})
				p.err = err
			}
			select {
			case out <- p:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (l *loader) portion(ctx context.Context, people []newcomer) error {
	var alike []newcomer
	for _, who := range people {
		if _, known := l.kinds[l.kind(who)]; known && !l.pushAll {
			alike = append(alike, who)
		} else if err := l.pushOne(ctx, who); err != nil {
			return fmt.Errorf("user %d: %w", who.number, err)
		}
	}
	return l.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return l.copies(tx, alike) })
}

// kind names the mapped groups of someone, which have the lowest numbers.
func (l *loader) kind(who newcomer) string {
	n := slices.IndexFunc(who.groups, func(g int) bool { return g >= l.mapped })
	return fmt.Sprint(who.groups[:n])
}

func (l *loader) pushOne(ctx context.Context, who newcomer) error {
	var pushed store.Resource
	var last int64
	parent := l.directory.Parent
	err := l.push(ctx, func(p *provision.Push) (err error) {
		if last, err = p.Tx().LastEvent(parent); err != nil {
			return err
		}
		if pushed, err = p.CreateUser(who.in); err != nil {
			return err
		}
		for _, g := range who.groups {
			steps := []provision.MemberStep{{Op: provision.AddMembers, IDs: []string{pushed.ID}}}
			_, err := p.ChangeGroup(l.groups[g].ID, provision.Policy{}, func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
				return sameGroup(cur), steps, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.View(ctx, func(_ context.Context, r store.Reader) error {
		s, err := readStanding(r, parent, pushed.Account, last)
		l.kinds[l.kind(who)] = s
		return err
	})
}

func readStanding(r store.Reader, parent, account, after int64) (s standing, err error) {
	if s.members, err = r.MembersOfAccount(parent, account); err != nil {
		return s, err
	}
	if s.changes, err = r.History(parent, 0, account); err != nil {
		return s, err
	}
	events, err := r.Events(parent, after, 1000)
	for _, e := range events {
		t := told{kind: e.Type}
		if err := json.Unmarshal(e.Data, &t.data); err != nil {
			return s, err
		}
		s.events = append(s.events, t)
	}
	return s, err
}

// copies writes people of known kinds, with all that follows for them.
func (l *loader) copies(tx store.Tx, alike []newcomer) error {
	now := l.Now()
	members := map[int][]int64{}
	accounts := make([]store.Account, len(alike))
	for i, who := range alike {
		a := store.Account{
			Parent: l.directory.Parent, ID: l.NewID(), UserName: who.in.UserName, Email: who.in.Email, Display: who.in.Display,
			FoldedUserName: provision.Fold(who.in.UserName), FoldedEmail: provision.Fold(who.in.Email), Created: now,
		}
		if err := tx.AddAccount(&a); err != nil {
			return err
		}
		accounts[i] = a
		u := store.Resource{
			Directory: l.directory.Key, Type: store.User, ID: l.NewID(), Account: a.Key, Name: a.FoldedUserName, Display: who.in.Display,
			ExternalID: store.Exact(who.in.ExternalID), Active: who.in.Active, Created: now, Modified: now, Version: 1,
			Document: who.in.Document, Values: who.in.Values,
		}
		if err := tx.AddResource(&u); err != nil {
			return err
		}
		for _, g := range who.groups {
			members[g] = append(members[g], u.Key)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(members)) {
		if err := l.join(tx, l.groups[g].Key, members[g]); err != nil {
			return err
		}
	}
	return l.stand(tx, alike, accounts)
}

// join adds members and tells so in the group's version.
func (l *loader) join(tx store.Tx, group int64, members []int64) error {
	if _, err := tx.AddMembers(l.directory.Key, group, members); err != nil {
		return err
	}
	g, err := tx.ResourceByKey(l.directory.Key, group)
	if err != nil {
		return err
	}
	g.Modified, g.Version = l.Now(), g.Version+1
	return tx.SetResource(g)
}

// stand gives people the standing of their kind, org by org.
func (l *loader) stand(tx store.Tx, alike []newcomer, accounts []store.Account) error {
	now := l.Now()
	var events []store.Event
	for o := range l.Orgs {
		for i, who := range alike {
			s := l.kinds[l.kind(who)]
			m, c, e := s.members[o], s.changes[o], s.events[o]
			m.Account, m.Joined, m.Changed = accounts[i].Key, now, now
			c.Account, c.At = accounts[i].Key, now
			e.data.Account = provision.AccountName{ID: accounts[i].ID, UserName: accounts[i].UserName, Email: accounts[i].Email}
			data, err := json.Marshal(e.data)
			if err != nil {
				return err
			}
			if err := tx.PutMembers(m); err != nil {
				return err
			}
			if err := tx.AddChanges(c); err != nil {
				return err
			}
			events = append(events, store.Event{Parent: m.Parent, ID: l.NewID(), At: now, Type: e.kind, Data: data})
		}
	}
	if len(events) == 0 {
		return nil
	}
	return tx.AddEvents(l.directory.Parent, events)
}
