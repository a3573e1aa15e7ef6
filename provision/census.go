package provision

import (
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// census is what deciding everyone reads of the directories, once for all orgs
// of a parent: eight bytes for each person, and for each mapped group they are
// in. Its facts name no group but by key: whom they move is decided again by
// facts of their own.
type census struct {
	people  []presence
	groups  map[int64][]int64 // by mapped group: accounts that are in it and active in its directory
	outside []int64           // accounts, where the parent refuses those (C-4)
}

// presence is an account in the directories; lists of them are in order.
type presence struct {
	account int64
	active  bool
}

func takeCensus(r store.Reader, parent store.Parent, orgs []*org) (*census, error) {
	c := &census{groups: map[int64][]int64{}}
	directories, err := r.Directories(parent.Key)
	if err != nil {
		return nil, err
	}
	mapped, err := mappedGroups(r, parent, orgs)
	if err != nil {
		return nil, err
	}
	for _, d := range directories {
		if !d.Detached.IsZero() {
			continue
		}
		if err := c.add(r, d, mapped[d.Key]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.people, func(a, b presence) int { return int(a.account - b.account) })
	c.people = union(c.people)
	if refusesOutside(parent) {
		err = c.addOutside(r, parent)
	}
	return c, err
}

// union leaves one of those who are in several directories: active if they are
// so in one (I-4).
func union(people []presence) []presence {
	out := people[:0]
	for _, p := range people {
		if n := len(out); n > 0 && out[n-1].account == p.account {
			out[n-1].active = out[n-1].active || p.active
			continue
		}
		out = append(out, p)
	}
	return out
}

// mappedGroups lists the groups that rows of the orgs name, by directory.
func mappedGroups(r store.Reader, parent store.Parent, orgs []*org) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	for _, o := range orgs {
		if !o.settings.GroupMappings {
			continue
		}
		rows, err := r.Mappings(parent.Key, o.Key)
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			if m.Claim == "" && !slices.Contains(out[m.Directory], m.Group) {
				out[m.Directory] = append(out[m.Directory], m.Group)
			}
		}
	}
	return out, nil
}

func (c *census) add(r store.Reader, d store.Directory, groups []int64) error {
	var people []presence
	err := r.UsersByAccount(d.Key, func(account int64, active bool) bool {
		people = append(people, presence{account, active})
		return true
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		below, err := r.UsersBelow(d.Key, []int64{g})
		if err != nil {
			return err
		}
		c.groups[g] = activeOnly(below, people)
	}
	c.people = append(c.people, people...)
	return nil
}

func activeOnly(accounts []int64, people []presence) []int64 {
	i := 0
	return slices.DeleteFunc(accounts, func(a int64) bool {
		for i < len(people) && people[i].account < a {
			i++
		}
		return i == len(people) || people[i].account != a || !people[i].active
	})
}

const pageSize = 1000

func (c *census) addOutside(r store.Reader, parent store.Parent) error {
	for after := int64(0); ; {
		page, err := r.Accounts(parent.Key, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, a := range page {
			if outside(parent, a) {
				c.outside = append(c.outside, a.Key)
			}
			after = a.Key
		}
	}
}

// cursor walks a sorted list of accounts that is asked for ever larger ones.
type cursor struct{ list []int64 }

func (c *cursor) has(account int64) bool {
	for len(c.list) > 0 && c.list[0] < account {
		c.list = c.list[1:]
	}
	return len(c.list) > 0 && c.list[0] == account
}

// drift visits everyone whom the orgs, with the settings that they are given
// with, would make something else than what is stored: next is what a
// decision gives, before seats and guards (M-9).
func drift(r store.Reader, parent store.Parent, orgs []*org, visit func(o *org, account int64, stored, next *store.Member) error) error {
	orgs = slices.DeleteFunc(slices.Clone(orgs), func(o *org) bool { return !o.governed() })
	if len(orgs) == 0 {
		return nil
	}
	c, err := takeCensus(r, parent, orgs)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if err := c.drift(r, o, visit); err != nil {
			return err
		}
	}
	return nil
}

func (c *census) drift(r store.Reader, o *org, visit func(o *org, account int64, stored, next *store.Member) error) error {
	pins, err := r.Pins(o.Parent, o.Key)
	if err != nil {
		return err
	}
	walk := walker{o: o, people: c.people, pins: pins, outside: cursor{c.outside}, groups: map[int64]*cursor{}}
	for _, row := range o.settings.Rows {
		if row.Claim == "" {
			walk.groups[row.Group] = &cursor{c.groups[row.Group]}
		}
	}
	for after := int64(0); ; {
		page, err := r.MembersOfOrg(o.Parent, o.Key, after, pageSize)
		if err != nil {
			return err
		}
		for i := range page {
			after = page[i].Account
			if err := walk.upTo(after, &page[i], visit); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return walk.rest(visit)
		}
	}
}

// walker goes through people, pins and members side by side.
type walker struct {
	o       *org
	people  []presence
	pins    []store.Pin
	outside cursor
	groups  map[int64]*cursor
	in      []mapping.Group // reused
}

// upTo visits everyone before a member, who are no members, and then it.
func (k *walker) upTo(account int64, m *store.Member, visit func(o *org, account int64, stored, next *store.Member) error) error {
	for {
		next, ok := k.head()
		if !ok || next >= account {
			return k.decide(account, m, visit)
		}
		if err := k.decide(next, nil, visit); err != nil {
			return err
		}
	}
}

func (k *walker) rest(visit func(o *org, account int64, stored, next *store.Member) error) error {
	for {
		next, ok := k.head()
		if !ok {
			return nil
		}
		if err := k.decide(next, nil, visit); err != nil {
			return err
		}
	}
}

// head is the next account that a directory or a pin knows.
func (k *walker) head() (int64, bool) {
	switch {
	case len(k.people) > 0 && (len(k.pins) == 0 || k.people[0].account <= k.pins[0].Account):
		return k.people[0].account, true
	case len(k.pins) > 0:
		return k.pins[0].Account, true
	}
	return 0, false
}

func (k *walker) decide(account int64, m *store.Member, visit func(o *org, account int64, stored, next *store.Member) error) error {
	who := k.facts(account)
	d := mapping.Decide(k.o.product, k.o.settings, who)
	next := follow(k.o, m, d, k.o.Created)
	outlived := who.Pin.Against != "" && d.Entitled && d.Basis != mapping.Pinned
	if settled(k.o, m, next, d) && !outlived {
		return nil
	}
	return visit(k.o, account, m, next)
}

func (k *walker) facts(account int64) mapping.Person {
	var who mapping.Person
	if len(k.people) > 0 && k.people[0].account == account {
		who.Present, who.Active = true, k.people[0].active
		k.people = k.people[1:]
	}
	if len(k.pins) > 0 && k.pins[0].Account == account {
		who.Pin = pinOf(k.pins[0])
		k.pins = k.pins[1:]
	}
	who.Outside = k.outside.has(account)
	k.in = k.in[:0]
	for group, accounts := range k.groups {
		if accounts.has(account) {
			k.in = append(k.in, mapping.Group{Key: group})
		}
	}
	who.Groups = k.in
	return who
}

// settled tells whether a member is what a decision gives, or what a guard
// keeps it from becoming.
func settled(o *org, m, next *store.Member, d mapping.Decision) bool {
	switch {
	case m == nil:
		return next == nil
	case m.State == Held && m.Hold.Guard == MassRemovalGuard && next == nil:
		return true // for whatever reason: someone has to decide
	case m.State == Held:
		// The last administrator is kept for some reasons and not for others.
		return m.Hold.Action == actionOf(next) && m.Hold.Basis == string(d.Basis) && o.loses(m, next)
	case next == nil:
		return false
	}
	return *m == *next
}
