package provision

import (
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// drifter is one whom an org, with the settings that it is given with, would
// make something else than what is stored.
type drifter struct {
	o        *org
	account  int64
	stored   *store.Member // nil: no member
	next     *store.Member // what the decision gives, before seats and guards
	decision mapping.Decision
	pin      store.Pin
}

// drift visits all drifters of the orgs in portions: nobody, if what is stored
// is a fixpoint (M-9). What visit writes of those it is shown is no hindrance.
func drift(r store.Reader, parent store.Parent, orgs []*org, visit func([]drifter) error) error {
	orgs = slices.DeleteFunc(slices.Clone(orgs), func(o *org) bool { return !o.governed() })
	if len(orgs) == 0 {
		return nil
	}
	c, err := takeCensus(r, parent, orgs)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if err := c.drift(o, visit); err != nil {
			return err
		}
	}
	return nil
}

func (c *census) drift(o *org, visit func([]drifter) error) error {
	pins, err := c.r.Pins(o.Parent, o.Key)
	if err != nil {
		return err
	}
	k := walker{census: c, o: o, people: c.people, pins: pins, outside: cursor{c.outside}, settled: map[likeness]bool{}, visit: visit}
	for _, row := range o.settings.Rows {
		if row.Claim == "" && c.groups[row.Group] != nil {
			k.addGroup(c.groups[row.Group])
		}
	}
	for after := int64(0); ; {
		page, err := c.r.MembersBriefly(o.Parent, o.Key, after, pageSize)
		if err != nil {
			return err
		}
		for i := range page {
			after = page[i].Account
			if err := k.upTo(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return k.rest()
		}
	}
}

// walker goes through people, pins and members side by side.
type walker struct {
	*census
	o       *org
	people  []presence
	pins    []store.Pin
	outside cursor
	groups  []groupCursor
	in      []mapping.Group // reused
	mask    uint64          // the same, by place in groups
	settled map[likeness]bool
	visit   func([]drifter) error
	found   []drifter // to be visited
}

// likeness is all that a decision and a comparison see of someone without a
// pin: an org of a million has few kinds of people, and each is decided once.
type likeness struct {
	member                   [8]string // as members are read briefly; zero: none
	in                       uint64
	present, active, outside bool
}

type groupCursor struct {
	cursor
	group mapping.Group
}

func (k *walker) addGroup(g *mappedGroup) {
	known := func(c groupCursor) bool { return c.group.Key == g.group.Key }
	if !slices.ContainsFunc(k.groups, known) {
		k.groups = append(k.groups, groupCursor{cursor{g.below}, g.group})
	}
}

// upTo decides everyone before a member, who are no members, and then it.
func (k *walker) upTo(m *store.Member) error {
	for {
		next, ok := k.head()
		if !ok || next >= m.Account {
			return k.decide(m.Account, m)
		}
		if err := k.decide(next, nil); err != nil {
			return err
		}
	}
}

func (k *walker) rest() error {
	for {
		next, ok := k.head()
		if !ok {
			return k.show()
		}
		if err := k.decide(next, nil); err != nil {
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

func (k *walker) decide(account int64, m *store.Member) error {
	var pin store.Pin
	if len(k.pins) > 0 && k.pins[0].Account == account {
		pin = k.pins[0]
		k.pins = k.pins[1:]
	}
	who := k.facts(account)
	alike := likeness{in: k.mask, present: who.Present, active: who.Active, outside: who.Outside}
	if m != nil {
		alike.member = [...]string{m.Role, m.Tier, m.State, m.Source, m.Want, m.Hold.Guard, m.Hold.Action, m.Hold.Basis}
	}
	if k.settled[alike] && pin.Account == 0 {
		return nil
	}
	who.Pin = pinOf(pin)
	d := mapping.Decide(k.o.product, k.o.settings, who)
	next := follow(k.o, m, d, k.o.Created)
	if settled(k.o, m, next, d) && !outlived(pin, d) {
		if pin.Account == 0 && len(k.groups) <= 64 {
			k.settled[alike] = true
		}
		return nil
	}
	d, err := k.how(account, d)
	if err != nil {
		return err
	}
	k.found = append(k.found, drifter{k.o, account, m, next, d, pin})
	if len(k.found) < portionSize {
		return nil
	}
	return k.show()
}

// show visits those who were found, with their rows whole and as they are by
// now.
func (k *walker) show() error {
	var members []int64
	for _, f := range k.found {
		if f.stored != nil {
			members = append(members, f.account)
		}
	}
	rows, err := k.r.MembersByKey(k.o.Parent, k.o.Key, members)
	if err != nil {
		return err
	}
	for i := range k.found {
		if f := &k.found[i]; f.stored != nil {
			f.stored, rows = &rows[0], rows[1:]
			f.next = follow(k.o, f.stored, f.decision, k.o.Created)
		}
	}
	found := k.found
	k.found = nil
	if len(found) == 0 {
		return nil
	}
	return k.visit(found)
}

func (k *walker) facts(account int64) mapping.Person {
	var who mapping.Person
	if len(k.people) > 0 && k.people[0].account == account {
		who.Present, who.Active = true, k.people[0].active
		k.people = k.people[1:]
	}
	who.Outside = k.outside.has(account)
	k.in, k.mask = k.in[:0], 0
	for i := range k.groups {
		if k.groups[i].has(account) {
			k.in = append(k.in, k.groups[i].group)
			k.mask |= 1 << i
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

// outlived tells whether the directory has taken over what a pin gave.
func outlived(p store.Pin, d mapping.Decision) bool {
	return p.Against != "" && d.Entitled && d.Basis != mapping.Pinned
}
