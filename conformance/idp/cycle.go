package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// cycle is one incremental cycle: what the tenant wanted at the one before and
// what it wants now, by key.
type cycle struct {
	*Simulator
	was    map[string]Person
	to     State
	people map[string]Person // of to
	step   func()            // called after each person and group

	mu     sync.Mutex
	linked map[string]bool // accounts met in this cycle, whatever is in them
}

// run goes in the order in which nothing is in the way of anything: deletions,
// people, references between people, groups.
func (c *cycle) run(ctx context.Context, from State) error {
	if err := c.removeGroups(ctx, from); err != nil {
		return err
	}
	if err := c.removePeople(ctx, from); err != nil {
		return err
	}
	if err := c.speaker.parallel(len(c.to.People), func(i int) error {
		defer c.step()
		return c.pushPerson(ctx, c.to.People[i])
	}); err != nil {
		return err
	}
	if err := c.speaker.parallel(len(c.to.People), func(i int) error { return c.pushManager(ctx, c.to.People[i]) }); err != nil {
		return err
	}
	for _, g := range c.to.Groups {
		if err := c.pushGroup(ctx, g); err != nil {
			return err
		}
		c.step()
	}
	return nil
}

func (c *cycle) removePeople(ctx context.Context, from State) error {
	var gone []Person
	for _, p := range from.People {
		if _, stays := c.people[p.Key]; !stays && c.users.id(p.Key) != "" {
			gone = append(gone, p)
		}
	}
	return c.speaker.parallel(len(gone), func(i int) error {
		p := gone[i]
		id := c.users.id(p.Key)
		if c.provider.able.deletesUsers {
			c.users.unlink(p.Key)
		}
		return c.dialect.removeUser(ctx, id, p)
	})
}

// pushPerson assigns or updates. An assignment, also of somebody who comes
// back, begins with a lookup, which must find inactive accounts too.
func (c *cycle) pushPerson(ctx context.Context, p Person) error {
	was, stayed := c.was[p.Key]
	was.Manager, p.Manager = "", "" // pushManager's
	id := c.users.id(p.Key)
	if !stayed || id == "" {
		return c.assign(ctx, p)
	}
	if was == p {
		return nil
	}
	if p.Active && !was.Active {
		found, err := c.dialect.findUser(ctx, was)
		if err != nil {
			return err
		}
		c.speaker.expect(found != nil && found.ID == id, "lookup of the inactive %s: got %v, want id %s", was.UserName, found, id)
	}
	return c.dialect.updateUser(ctx, id, was, p)
}

func (c *cycle) assign(ctx context.Context, p Person) error {
	find := func() (*resource, error) { return c.dialect.findUser(ctx, p) }
	found, err := find()
	if err != nil {
		return err
	}
	if found == nil {
		found = c.users.remembered(p.Key)
	}
	if found == nil {
		var created bool
		found, created, err = c.create(ctx, find, func() (resource, error) { return c.dialect.createUser(ctx, p) })
		if err != nil || found == nil {
			return err
		}
		if created {
			c.users.link(p.Key, found.ID)
			return nil
		}
	}
	c.users.link(p.Key, found.ID)
	c.mu.Lock()
	c.linked[p.Key] = true
	c.mu.Unlock()
	return c.dialect.updateUser(ctx, found.ID, Person{}, p)
}

// create makes a resource. If the answer was lost, it looks whether the
// resource is there before it tries again. It gives nil after a refusal, which
// is a finding.
func (c *cycle) create(ctx context.Context, find func() (*resource, error), create func() (resource, error)) (r *resource, created bool, err error) {
	for range sends {
		made, err := create()
		if err == nil && made.ID == "" {
			return nil, false, nil
		}
		if !errors.Is(err, errLost) || ctx.Err() != nil {
			return &made, true, err
		}
		if err := c.dialect.survey(ctx); err != nil {
			return nil, false, err
		}
		if found, err := find(); err != nil || found != nil {
			return found, false, err
		}
	}
	return nil, false, fmt.Errorf("%s: %w %d times", http.MethodPost, errLost, sends)
}

// pushManager comes after both ends exist (§4.2).
func (c *cycle) pushManager(ctx context.Context, p Person) error {
	id := c.users.id(p.Key)
	if !c.provider.able.manager || id == "" || p.Manager == c.was[p.Key].Manager && !c.linked[p.Key] {
		return nil
	}
	return c.dialect.setManager(ctx, id, c.users.id(p.Manager))
}

func (c *cycle) removeGroups(ctx context.Context, from State) error {
	kept := c.to.groups()
	for _, g := range from.Groups {
		id := c.groups.id(g.Key)
		if _, stays := kept[g.Key]; stays || id == "" {
			continue
		}
		r := c.roster(id, g.Name, c.pushed[g.Key], nil)
		c.pushed[g.Key] = nil
		if c.provider.able.deletesGroups {
			c.groups.unlink(g.Key)
		}
		if err := c.dialect.removeGroup(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *cycle) pushGroup(ctx context.Context, g Group) error {
	id, name, isNew := c.groups.id(g.Key), c.names[g.Key], false
	if id == "" {
		found, created, err := c.obtain(ctx, g)
		if err != nil || found == nil {
			return err
		}
		id, name, isNew = found.ID, found.DisplayName, true
		if before := c.groups.link(g.Key, id); !created {
			c.pushed[g.Key] = before.memberIDs()
		}
	}
	r := c.roster(id, g.Name, c.pushed[g.Key], g.Members)
	if name != g.Name {
		if err := c.dialect.renameGroup(ctx, r); err != nil {
			return err
		}
	}
	// A stranger among the members may be linked later.
	members := slices.DeleteFunc(c.pushed[g.Key], func(id string) bool { return !c.users.isStrange(id) })
	for _, m := range r.all {
		members = append(members, m.id)
	}
	c.names[g.Key], c.pushed[g.Key] = g.Name, members
	if !isNew && len(r.joined)+len(r.left) == 0 {
		return nil
	}
	return c.dialect.changeMembers(ctx, r)
}

// obtain finds the group or makes it; nil is a refusal.
func (c *cycle) obtain(ctx context.Context, g Group) (r *resource, created bool, err error) {
	find := func() (*resource, error) { return c.dialect.findGroup(ctx, g) }
	if r, err = find(); err != nil || r != nil {
		return r, false, err
	}
	if r = c.groups.remembered(g.Key); r != nil {
		return r, false, nil
	}
	return c.create(ctx, find, func() (resource, error) { return c.dialect.createGroup(ctx, g) })
}

// roster compares the members as pushed, ids, with those wanted, keys. Who has
// no account is in no group.
func (c *cycle) roster(id, name string, pushed, wanted []string) roster {
	r := roster{id: id, name: name}
	was, is := map[string]bool{}, map[string]bool{}
	for _, id := range pushed {
		was[id] = true
	}
	for _, key := range wanted {
		m := member{c.users.id(key), c.people[key].UserName}
		if m.id == "" {
			continue
		}
		is[m.id] = true
		r.all = append(r.all, m)
		if !was[m.id] {
			r.joined = append(r.joined, m)
		}
	}
	for _, id := range pushed {
		if key := c.users.key(id); key != "" && !is[id] {
			r.left = append(r.left, member{id, key})
		}
	}
	return r
}
