package provision_test

import (
	"cmp"
	"slices"
	"time"

	"scimd/provision"
	"scimd/store"
)

// turn is what the decisions after a verb have to know of the verb.
type turn struct {
	login   int               // the account that logs in, or nobody
	claims  *provision.Claims // of the login
	scope   string            // the org of the login; "": all
	deleted map[int]bool      // whose user a push deletes: a leaver (P-5)
	chosen  map[string]bool   // orgs out of which an administrator takes people (P-8)
	named   map[string]int    // org → whom an administrator takes out by name (M-11)
}

func newTurn() *turn {
	return &turn{login: nobody, deleted: map[int]bool{}, chosen: map[string]bool{}, named: map[string]int{}}
}

// decision is what an org gives a person; role and tier are "" where nothing
// says so.
type decision struct {
	governed, entitled bool
	role, tier, basis  string
}

func (m *model) decide(o *orgModel, f factsModel, pin pinModel, barred bool) decision {
	if o.mode == "manual" || o.mode == "jit" && f.claims == nil {
		return decision{}
	}
	d := decision{governed: true}
	mapped := false
	if d.basis = refusal(o, f, barred); d.basis == "" {
		d.entitled, d.basis = true, "assigned"
		if o.mappings {
			d.role, d.tier, mapped = o.best(f)
			d.entitled, d.basis = mapped, map[bool]string{true: "mapped", false: "no_group"}[mapped]
		}
	}
	// A pinned membership outlives the refusal it was made against and no other
	// (M-11).
	if !d.entitled && d.basis == pin.against {
		d.entitled, d.basis = true, "pinned"
	}
	if d.entitled && (o.mappings || d.basis == "pinned") { // M-5
		d.role, d.tier = cmp.Or(pin.role, d.role), cmp.Or(pin.tier, d.tier)
	}
	return d
}

// refusal is what keeps someone out whatever their groups.
func refusal(o *orgModel, f factsModel, barred bool) string {
	switch {
	case o.mode == "jit" && f.claims.Assigned != nil && !*f.claims.Assigned:
		return "not_assigned"
	case o.mode == "scim" && !f.present:
		return "not_present"
	case f.present && !f.active:
		return "deactivated" // M-8
	case f.outside:
		return "outside" // C-4
	case o.mode == "jit" && barred:
		return "barred" // P-8
	}
	return ""
}

// best gives the highest of what the person's groups are mapped to (M-1, M-2).
func (o *orgModel) best(f factsModel) (role, tier string, mapped bool) {
	roles, tiers := len(o.product.Roles), len(o.product.Tiers)
	for row := range o.rows {
		if row.dir == "" {
			// Claims count at the login that brings them, and only on jit.
			if o.mode != "jit" || f.claims == nil || !slices.Contains(f.claims.Groups, row.group) {
				continue
			}
		} else if !f.groups[row.dir+"/"+row.group] {
			continue
		}
		mapped = true
		if i := slices.Index(o.product.Roles, row.role); i >= 0 {
			roles = min(roles, i)
		}
		if i := slices.Index(o.product.Tiers, row.tier); i >= 0 {
			tiers = min(tiers, i)
		}
	}
	if tiers < len(o.product.Tiers) {
		tier = o.product.Tiers[tiers]
	}
	if !mapped {
		return "", "", false
	}
	if roles == len(o.product.Roles) {
		return o.product.DefaultRole, tier, true
	}
	return o.product.Roles[roles], tier, true
}

// settle decides everyone in every org, then gives out seats one at a time. A
// paused org waits (P-7).
func (m *model) settle(t *turn) {
	for i := range m.orgs {
		o := &m.orgs[i]
		if o.paused {
			continue
		}
		m.decideAll(o, t)
		m.admitAll(o)
		m.release(o, t)
	}
}

// loss is a decision by which someone loses access or an administrative role.
type loss struct {
	person int
	d      decision
	next   *memberModel // nil: goes out
}

func (m *model) decideAll(o *orgModel, t *turn) {
	access := o.withAccess()
	var losses []loss
	for _, person := range m.people(o.parent) {
		d := m.decisionOn(o, person, t)
		if !d.governed {
			continue
		}
		o.outlive(person, d)
		next := m.follow(o, person, d)
		if l := (loss{person, d, next}); o.loses(l) {
			losses = append(losses, l)
		} else {
			o.put(person, next)
		}
	}
	m.guard(o, t, losses, access)
}

// decisionOn decides on a push, or for the one who logs in.
func (m *model) decisionOn(o *orgModel, person int, t *turn) decision {
	f := m.facts(person)
	if t.login == person && (t.scope == "" || t.scope == o.name) {
		f.claims = t.claims
	}
	return m.decide(o, f, o.pins[person], o.barred[person])
}

// outlive ends a pinned membership once the directory entitles the person.
func (o *orgModel) outlive(person int, d decision) {
	if p, pinned := o.pins[person]; pinned && d.entitled && d.basis != "pinned" {
		p.against = ""
		o.setPin(person, p)
	}
}

func (o *orgModel) setPin(person int, p pinModel) {
	if p.role == "" && p.tier == "" && p.against == "" {
		delete(o.pins, person)
	} else {
		o.pins[person] = p
	}
}

func (o *orgModel) put(person int, next *memberModel) {
	if next == nil {
		delete(o.members, person)
		return
	}
	o.members[person] = *next
	delete(o.barred, person)
}

// follow gives the member that a decision makes of the present one, before
// seats and guards; nil is no member.
func (m *model) follow(o *orgModel, person int, d decision) *memberModel {
	have, is := o.members[person]
	if !d.entitled {
		return nil
	}
	if !is {
		have = m.newcomer(o, cmp.Or(d.role, o.product.DefaultRole), d.tier, o.mode)
		return &have
	}
	have = released(have)
	if o.mode == "scim" {
		have.Source = "scim" // M-6
	}
	have.Role = cmp.Or(d.role, have.Role)
	if o.mappings || d.tier != "" {
		m.ask(&have, d.tier)
	}
	return &have
}

// newcomer enters the line (ADR 1).
func (m *model) newcomer(_ *orgModel, role, tier, source string) memberModel {
	return memberModel{
		Standing: store.Standing{Role: role, State: "waiting", Want: cmp.Or(tier, "*")},
		Source:   source, since: m.now,
	}
}

func released(x memberModel) memberModel {
	if x.State == "held" {
		x.State, x.Guard, x.Hold = "active", "", holdModel{}
	}
	return x
}

// ask puts a member in line for a tier (S-4, S-5); "" asks for none (M-2).
func (m *model) ask(have *memberModel, tier string) {
	switch {
	case have.State == "waiting":
		have.Want = cmp.Or(tier, "*")
	case tier == "" || tier == have.Tier:
		have.Want, have.since = "", time.Time{}
	case tier != have.Want:
		have.Want, have.since = tier, m.now
	}
}

func (o *orgModel) administers(x memberModel) bool {
	return slices.Contains(o.product.Administrative, x.Role)
}

// withAccess counts those who hold a seat (S-1).
func (o *orgModel) withAccess() (n int) {
	for _, x := range o.members {
		if x.State != "waiting" {
			n++
		}
	}
	return n
}

// loses: one who waits for a seat has no access to lose.
func (o *orgModel) loses(l loss) bool {
	have, is := o.members[l.person]
	if !is || have.State == "waiting" {
		return false
	}
	return l.next == nil || o.administers(have) && !o.administers(*l.next)
}

// guard carries out losses as far as the guards let it (P-4, P-5).
func (m *model) guard(o *orgModel, t *turn, losses []loss, access int) {
	var removals, last []loss
	for _, l := range losses {
		have := o.members[l.person]
		switch {
		case l.next == nil && have.Hold.Guard == "mass_removal":
			// stays held until someone decides
		case l.next == nil && have.Hold.Guard == "":
			removals = append(removals, l)
		default:
			last = append(last, l)
		}
	}
	if m.trips(o, t, len(removals), access) {
		for _, l := range removals {
			o.hold(l, "mass_removal")
		}
		removals, o.tripped = nil, m.now
	}
	for _, l := range removals {
		if o.administers(o.members[l.person]) {
			last = append(last, l)
		} else {
			m.lose(o, t, l)
		}
	}
	if len(last) == 0 {
		return
	}
	m.admitAll(o)
	slices.SortFunc(last, func(a, b loss) int { return a.person - b.person })
	for _, l := range last {
		person, byName := t.named[o.name]
		byName = byName && person == l.person
		if o.administers(o.members[l.person]) && !byName && !m.anotherAdministrator(o, l) && o.stops(m.leaver(l, t)) {
			o.hold(l, "last_administrator")
		} else {
			m.lose(o, t, l)
		}
	}
}

// trips: more than so many and more than so much of those who have access,
// within the window (P-4). What an administrator chose is not held.
func (m *model) trips(o *orgModel, t *turn, removals, access int) bool {
	if removals == 0 || o.mode != "scim" || t.chosen[o.name] {
		return false
	}
	if o.tripped.After(m.now.Add(-o.guards.window)) {
		return true
	}
	gone := m.gone(o)
	leaving := gone + removals
	return leaving > o.guards.count && leaving*100 > o.guards.percent*(gone+access)
}

// gone counts those whom the engine took out within the window.
func (m *model) gone(o *orgModel) (n int) {
	for _, at := range o.gone[o.parent] {
		if at.After(m.now.Add(-o.guards.window)) {
			n++
		}
	}
	return n
}

func (o *orgModel) hold(l loss, guard string) {
	x := o.members[l.person]
	x.State, x.Guard, x.Hold = "held", guard, holdModel{guard, "remove", l.d.basis}
	if l.next != nil {
		x.Hold.Action = "demote"
	}
	o.members[l.person] = x
}

func (m *model) lose(o *orgModel, t *turn, l loss) {
	o.put(l.person, l.next)
	if l.next == nil && !t.chosen[o.name] {
		o.gone[o.parent] = append(slices.Clone(o.gone[o.parent]), m.now)
	}
}

// leaver tells whether the identity provider said that the person leaves.
func (m *model) leaver(l loss, t *turn) bool {
	switch l.d.basis {
	case "deactivated", "not_assigned":
		return true
	case "not_present":
		return t.deleted[l.person]
	}
	return false
}

func (o *orgModel) stops(leaver bool) bool {
	return o.guards.last == "always" || o.guards.last == "mappings" && !leaver
}

// anotherAdministrator tells whether someone else administers the org, or will
// with the seat that comes free (P-5).
func (m *model) anotherAdministrator(o *orgModel, l loss) bool {
	for person, x := range o.members {
		if person != l.person && x.State == "active" && o.administers(x) {
			return true
		}
	}
	if l.next != nil {
		return false
	}
	used := o.used()
	used[o.members[l.person].Tier]--
	next, _, ok := m.nextSeat(o, used)
	return ok && next != l.person && o.administers(o.members[next])
}

// release lets go whom the guard of the last administrator held, as soon as
// another one administers the org.
func (m *model) release(o *orgModel, t *turn) {
	for _, person := range m.people(o.parent) {
		have := o.members[person]
		if have.Hold.Guard != "last_administrator" {
			continue
		}
		l := loss{person: person, d: m.decisionOn(o, person, t)}
		switch {
		case l.d.governed:
			l.next = m.follow(o, person, l.d)
		case have.Hold.Action == "demote":
			l.next = o.demoted(have)
		}
		if !o.administers(have) || m.anotherAdministrator(o, l) {
			m.lose(o, t, l)
			m.admitAll(o)
		}
	}
}

// demoted is what becomes of one whose demotion was held at a login, once it
// is let go: which role the login gave is not known any more.
func (o *orgModel) demoted(x memberModel) *memberModel {
	x = released(x)
	x.Role = o.product.DefaultRole
	return &x
}

func (o *orgModel) used() map[string]int {
	used := map[string]int{}
	for _, x := range o.members {
		if x.State != "waiting" {
			used[x.Tier]++
		}
	}
	return used
}

func (m *model) admitAll(o *orgModel) {
	for {
		person, tier, ok := m.nextSeat(o, o.used())
		if !ok {
			return
		}
		x := o.members[person]
		x.State, x.Tier = "active", tier
		if x.Want == "*" || x.Want == tier {
			x.Want, x.since = "", time.Time{}
		}
		o.members[person] = x
	}
}

// nextSeat gives one seat to the first in line who can have one.
func (m *model) nextSeat(o *orgModel, used map[string]int) (person int, tier string, ok bool) {
	for _, person := range m.line(o) {
		for _, tier := range o.wouldTake(o.members[person]) {
			if owned, limited := o.pools[tier]; !limited || used[tier] < owned {
				return person, tier, true
			}
		}
	}
	return nobody, "", false
}

func (o *orgModel) wouldTake(x memberModel) []string {
	tiers := o.product.Tiers
	switch {
	case len(tiers) == 0:
		return []string{""}
	case x.Want == "*":
		return tiers
	}
	wanted := slices.Index(tiers, x.Want)
	if !o.next {
		return tiers[wanted : wanted+1]
	}
	if held := slices.Index(tiers, x.Tier); x.State == "active" && held > wanted {
		return tiers[wanted:held] // S-7: only up
	}
	return tiers[wanted:]
}
