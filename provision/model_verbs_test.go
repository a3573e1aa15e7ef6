package provision_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/provision"
)

// The verbs change facts, settings and what is set by hand; settle does the
// rest. Each gives the reason for which it is refused, or accepted.
const accepted provision.Reason = -1

// changeOrg is what an administrator sets of an org. shown: by a plan, or only
// asked for.
func (m *model) changeOrg(name string, c provision.OrgChange, shown bool) provision.Reason {
	o := m.org(name)
	before := o.mode
	if reason := m.setMode(o, c); reason != accepted {
		return reason
	}
	if c.Guards != nil {
		o.setGuards(*c.Guards)
	}
	if c.Paused != nil {
		if o.paused && !*c.Paused && !shown {
			return provision.NeedsPlan // P-7
		}
		o.paused = *c.Paused
	}
	if c.FullTier != nil {
		o.next = *c.FullTier == "next"
	}
	for tier, seats := range c.Seats {
		switch {
		case seats < 0:
			delete(o.pools, tier)
		case seats < o.used()[tier]:
			return provision.SeatsInUse // S-6
		default:
			o.pools[tier] = seats
		}
	}
	if c.Mode == nil {
		return accepted // an org that lost eligibility has kept its members (C-2)
	}
	return o.leave(before, c.Members)
}

func (m *model) setMode(o *orgModel, c provision.OrgChange) provision.Reason {
	o.plan = *cmp.Or(c.Plan, &o.plan)
	mode, mappings := o.mode, o.mappings
	if c.Mode != nil {
		if mode = *c.Mode; !m.eligible(o, mode) {
			return provision.NotEligible
		}
		mappings = mappings && mode != "manual"
	}
	if c.GroupMappings != nil {
		mappings = *c.GroupMappings
		if mappings && mode == "manual" {
			return provision.WrongMode // C-3
		}
	}
	o.mode, o.mappings = mode, mappings
	m.dropIneligible(o)
	return accepted
}

// eligible is C-2.
func (m *model) eligible(o *orgModel, mode string) bool {
	return mode != "scim" || o.plan == "enterprise" || o.plan == "console" && m.parents[o.parent].plan != "team" && m.parents[o.parent].plan != ""
}

// dropIneligible puts an org on manual that may not be on its mode any more;
// it keeps its members (C-2).
func (m *model) dropIneligible(o *orgModel) {
	if !m.eligible(o, o.mode) {
		o.mode, o.mappings = "manual", false
		o.dropMembershipPins()
		o.keep()
	}
}

// leave is what becomes of those whom the directory let in (P-8).
func (o *orgModel) leave(before, members string) provision.Reason {
	switch {
	case before == "jit" && o.mode == "manual":
		for person, x := range o.members {
			if x.State == "held" {
				o.members[person] = byHand(x)
			}
		}
	case before != "scim" || o.mode == "scim":
	case members == "keep":
		o.dropMembershipPins()
		o.keep()
	case members == "remove":
		o.dropMembershipPins()
		for person, x := range o.members {
			if x.Source == "scim" {
				delete(o.members, person)
				o.barred[person] = true
			}
		}
		o.dealtWith()
	default:
		return provision.Undecided
	}
	return accepted
}

func (o *orgModel) keep() {
	for person, x := range o.members {
		if x.Source == "scim" || x.State == "held" {
			o.members[person] = byHand(x)
		}
	}
	o.dealtWith()
}

func byHand(x memberModel) memberModel {
	x = released(x)
	x.Source = "manual"
	return x
}

// dropMembershipPins: who was in by a pin is in by hand now.
func (o *orgModel) dropMembershipPins() {
	for person, p := range o.pins {
		if x, is := o.members[person]; is && p.against != "" {
			x.Source = "manual"
			o.members[person] = x
		}
		p.against = ""
		o.setPin(person, p)
	}
}

// dealtWith ends the alarm once an administrator has decided on all whom the
// guard against mass removal held (ADR 10).
func (o *orgModel) dealtWith() {
	for _, x := range o.members {
		if x.Hold.Guard == "mass_removal" {
			return
		}
	}
	o.tripped = time.Time{}
}

func (o *orgModel) setGuards(c provision.GuardsChange) {
	g := &o.guards
	g.count, g.percent = *cmp.Or(c.Count, &g.count), *cmp.Or(c.Percent, &g.percent)
	g.last = *cmp.Or(c.LastAdministrator, &g.last)
	if c.Window != nil {
		g.window, _ = time.ParseDuration(*c.Window)
	}
}

func (m *model) changeParent(name string, c provision.ParentChange) provision.Reason {
	p := m.parents[name]
	p.plan = *cmp.Or(c.Plan, &p.plan)
	p.domains = *cmp.Or(c.Domains, &p.domains)
	p.admit = *cmp.Or(c.AdmitOutside, &p.admit)
	p.second = *cmp.Or(c.SecondAdministrator, &p.second)
	m.parents[name] = p
	for i := range m.orgs {
		if m.orgs[i].parent == name {
			m.dropIneligible(&m.orgs[i])
		}
	}
	return accepted
}

func (m *model) addMapping(org string, row rowModel) provision.Reason {
	o := m.org(org)
	if row.dir != "" && m.dir(row.dir).groups[row.group] == nil {
		return provision.NotFound
	}
	if o.rows[row] {
		return provision.Taken
	}
	o.rows[row] = true
	return accepted
}

// pin sets what an administrator holds against the directory (M-5, M-11).
func (m *model) pin(in provision.PinInput) provision.Reason {
	o := m.org(in.Org)
	if o.mode == "manual" || in.Member && o.mode != "scim" || !in.Member && !o.mappings {
		return provision.WrongMode
	}
	if !in.Expires.IsZero() && !in.Expires.After(m.now) {
		return provision.Invalid
	}
	person := m.find(o.parent, in.Person)
	if in.Member {
		person = m.findOrAdd(o.parent, in.Person)
	}
	if person == nobody {
		return provision.NotFound
	}
	p := o.pins[person]
	p.role, p.tier, p.expires = cmp.Or(in.Role, p.role), cmp.Or(in.Tier, p.tier), in.Expires
	if in.Member {
		d := m.decide(o, m.facts(person), pinModel{}, false)
		if d.entitled {
			return provision.Taken
		}
		p.against = d.basis
	}
	o.pins[person] = p
	// On jit a push decides nothing: what is pinned shows at once.
	if x, is := o.members[person]; is && o.mode == "jit" {
		x.Role = cmp.Or(p.role, x.Role)
		if p.tier != "" {
			m.ask(&x, p.tier)
		}
		o.members[person] = x
	}
	return accepted
}

func (m *model) unpin(org, name string, t *turn) provision.Reason {
	o := m.org(org)
	person := m.find(o.parent, name)
	p, pinned := o.pins[person]
	if !pinned {
		return provision.NotFound
	}
	if p.against != "" {
		t.chosen[org] = true
		t.named[org] = person
	}
	delete(o.pins, person)
	return accepted
}

// expire is what the upkeep does; until then a pin counts (ADR 10).
func (m *model) expire() {
	for i := range m.orgs {
		maps.DeleteFunc(m.orgs[i].pins, func(_ int, p pinModel) bool {
			return !p.expires.IsZero() && !p.expires.After(m.now)
		})
	}
}

func (m *model) addMember(in provision.MemberInput) provision.Reason {
	o := m.org(in.Org)
	if o.mode == "scim" {
		return provision.WrongMode // M-11
	}
	person := m.findOrAdd(o.parent, in.Person)
	if _, is := o.members[person]; is {
		return provision.Taken
	}
	x := m.newcomer(o, cmp.Or(in.Role, o.product.DefaultRole), in.Tier, "manual")
	o.put(person, &x)
	return accepted
}

// setMember is by hand, or a pin where mappings decide (M-5).
func (m *model) setMember(in provision.MemberInput) provision.Reason {
	o := m.org(in.Org)
	person := m.find(o.parent, in.Person)
	x, is := o.members[person]
	if !is {
		return provision.NotFound
	}
	switch {
	case o.mappings && m.parents[o.parent].second:
		return provision.NeedsPlan
	case o.mappings:
		return m.pin(provision.PinInput{MemberRef: provision.MemberRef{Org: in.Org, Person: in.Person}, Role: in.Role, Tier: in.Tier, Expires: in.Expires})
	}
	// The last word is by hand where no mapping is (M-5).
	if p, pinned := o.pins[person]; pinned {
		p.role, p.tier = "", ""
		o.setPin(person, p)
	}
	x.Role = cmp.Or(in.Role, x.Role)
	if in.Tier != "" {
		m.ask(&x, in.Tier)
	}
	o.members[person] = x
	return accepted
}

// removeMember is by hand; on scim only of one who is in by a pin (M-11).
func (m *model) removeMember(org, name string, t *turn) provision.Reason {
	o := m.org(org)
	person := m.find(o.parent, name)
	if _, is := o.members[person]; !is {
		return provision.NotFound
	}
	if o.mode != "scim" {
		delete(o.members, person)
		o.barred[person] = true
		return accepted
	}
	switch {
	case m.decisionOn(o, person, t).basis != "pinned":
		return provision.WrongMode
	case m.parents[o.parent].second:
		return provision.NeedsPlan
	}
	return m.unpin(org, name, t)
}

// decideHolds is the administrator's word on what the guards hold; nobody
// named means all.
func (m *model) decideHolds(v provision.Verdict) provision.Reason {
	o := m.org(v.Org)
	people := m.people(o.parent)
	if len(v.People) > 0 {
		people = nil
		for _, name := range v.People {
			people = append(people, m.find(o.parent, name))
		}
	}
	for _, person := range people {
		switch x := o.members[person]; {
		case x.State != "held":
			if len(v.People) > 0 {
				return provision.NotFound
			}
		case v.Approve:
			m.approve(o, person, x)
		default:
			m.reject(o, person, x)
		}
	}
	o.dealtWith()
	return accepted
}

// approve lets go, as the facts are by now.
func (m *model) approve(o *orgModel, person int, x memberModel) {
	d := m.decisionOn(o, person, newTurn())
	switch {
	case d.governed:
		o.put(person, m.follow(o, person, d))
	case x.Hold.Action == "remove":
		delete(o.members, person)
	default:
		o.put(person, o.demoted(x))
	}
}

// reject keeps: pinned, against what the guard stopped (P-4).
func (m *model) reject(o *orgModel, person int, x memberModel) {
	p := o.pins[person]
	if x.Hold.Action == "demote" {
		p.role = x.Role
	} else {
		p.against = x.Hold.Basis
		if d := m.decisionOn(o, person, newTurn()); d.governed && !d.entitled {
			p.against = d.basis
		}
	}
	o.pins[person] = p
	o.members[person] = released(x)
}

// moveOrg joins an org to another parent: manual, without mappings and pins
// (ADR 11). Members come along as the people that they are there (I-1).
func (m *model) moveOrg(name, to, members string) provision.Reason {
	o := m.org(name)
	if members == "" && len(o.members) > 0 {
		return provision.Undecided // P-8
	}
	had := o.members
	o.members, o.pins, o.rows = map[int]memberModel{}, map[int]pinModel{}, map[rowModel]bool{}
	o.parent, o.mode, o.mappings, o.paused = to, "manual", false, false
	o.dealtWith()
	for _, person := range slices.Sorted(maps.Keys(had)) {
		if members != "keep" {
			o.barred[person] = true
			continue
		}
		there := m.alike(to, m.accounts[person])
		if _, twice := o.members[there]; !twice {
			x := byHand(had[person])
			o.put(there, &x)
		}
	}
	return accepted
}

// alike finds the account of a person in another parent, or makes it (I-1).
func (m *model) alike(parent string, a accountModel) int {
	var mailed []int
	for _, p := range m.people(parent) {
		if a.name != "" && m.accounts[p].name == a.name {
			return p
		}
		if a.email != "" && m.accounts[p].email == a.email {
			mailed = append(mailed, p)
		}
	}
	if len(mailed) == 1 {
		return mailed[0]
	}
	a.parent = parent
	return m.addAccount(a)
}

// catalogue gives a product of the built-in catalogue.
func catalogue(name string) mapping.Product {
	p, _ := mapping.Default().Product(name)
	return p
}
