package declare

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/provision"
)

func (c *comparison) orgs() {
	for i, want := range c.want.Orgs {
		if want.wrong {
			continue
		}
		path := at("orgs[%d]", i)
		have, known := find(c.have, want.Name)
		if !known && !c.newOrg(want, path) {
			continue
		}
		if !known {
			have = newcomer(want)
		}
		if want.Product != "" && want.Product != have.Product {
			c.faults.add(path+".product", "org %s is of product %s, which cannot be changed", want.Name, have.Product)
		}
		c.org(have, want, path)
	}
	for _, have := range c.have.Orgs {
		c.ineligible(have)
	}
}

func find(d Document, org string) (Org, bool) {
	i := slices.IndexFunc(d.Orgs, func(o Org) bool { return o.Name == org })
	if i < 0 {
		return Org{Name: org}, false
	}
	return d.Orgs[i], true
}

// newcomer is a new org as it comes into being (C-1); its guards are not known
// here.
func newcomer(want Org) Org {
	return Org{
		Name: want.Name, Product: want.Product, Plan: want.Plan, Mode: new(string(mapping.Manual)), GroupMappings: new(false),
		Paused: new(false), FullTier: new(string(mapping.Wait)), Guards: &Guards{}, Mappings: &[]Mapping{}, Pins: &[]Pin{},
	}
}

func (c *comparison) newOrg(want Org, path string) bool {
	if want.Product == "" || want.Plan == nil {
		c.faults.add(path, "org %s does not exist: to create it the file names its product and plan", want.Name)
		return false
	}
	c.add(founding, path, "org "+want.Name+" is created: product "+want.Product+", plan "+*want.Plan,
		provision.Step{CreateOrg: &provision.OrgInput{Name: want.Name, Product: want.Product, Plan: *want.Plan}})
	return true
}

func (c *comparison) org(have, want Org, path string) {
	leaves := *have.Mode == string(mapping.SCIM) && want.Mode != nil && *want.Mode != *have.Mode
	c.settings(have, want, path, leaves)
	c.seats(have, want, path)
	if want.Mappings != nil {
		c.mappings(have, want, path)
	}
	if want.Pins != nil {
		c.pins(have, want, path, leaves)
	}
}

func (c *comparison) settings(have, want Org, path string, leaves bool) {
	said := says("org " + want.Name)
	in := provision.OrgChange{
		Plan: change(have.Plan, want.Plan), Mode: change(have.Mode, want.Mode),
		GroupMappings: change(have.GroupMappings, want.GroupMappings),
		Paused:        change(have.Paused, want.Paused), FullTier: change(have.FullTier, want.FullTier),
	}
	moved(said, "plan", have.Plan, in.Plan)
	moved(said, "mode", have.Mode, in.Mode)
	if leaves && want.Members != "" {
		in.Members = want.Members
		said.parts = append(said.parts, "members: "+want.Members)
	}
	moved(said, "group mappings", have.GroupMappings, in.GroupMappings)
	moved(said, "paused", have.Paused, in.Paused)
	moved(said, "full tier", have.FullTier, in.FullTier)
	in.Guards = guards(said, have.Guards, want.Guards)
	if len(said.parts) == 0 {
		return
	}
	when := switching
	if leaves {
		when = leaving
	}
	c.add(when, path, said.text(), provision.Step{Org: &provision.OrgStep{Org: want.Name, OrgChange: in}})
}

func guards(said *sentence, have, want *Guards) *provision.GuardsChange {
	if want == nil {
		return nil
	}
	out := provision.GuardsChange{
		Count: change(have.Count, want.Count), Percent: change(have.Percent, want.Percent),
		Window: change(have.Window, want.Window), LastAdministrator: change(have.LastAdministrator, want.LastAdministrator),
	}
	if out.Window != nil && have.Window != nil && sameTime(*have.Window, *out.Window) {
		out.Window = nil
	}
	if out == (provision.GuardsChange{}) {
		return nil
	}
	moved(said, "guard count", have.Count, out.Count)
	moved(said, "guard percent", have.Percent, out.Percent)
	moved(said, "guard window", have.Window, out.Window)
	moved(said, "last administrator", have.LastAdministrator, out.LastAdministrator)
	return &out
}

func sameTime(a, b string) bool {
	x, err := time.ParseDuration(a)
	y, wrong := time.ParseDuration(b)
	return err == nil && wrong == nil && x == y
}

// seats raises and lowers apart: what is bought helps at once, what is given
// back must be free by then (S-6).
func (c *comparison) seats(have, want Org, path string) {
	bought, returned := map[string]int{}, map[string]int{}
	more, fewer := says("org "+want.Name), says("org "+want.Name)
	for _, tier := range slices.Sorted(maps.Keys(want.Seats)) {
		from, limited := have.Seats[tier]
		if !limited {
			from = Unlimited
		}
		to := want.Seats[tier]
		said, seats := fewer, returned
		switch {
		case to == from || to < 0 && from < 0:
			continue
		case to < 0 || from >= 0 && to > from:
			said, seats = more, bought
		}
		seats[tier] = to
		said.add(strings.TrimSpace("seats "+tier), owned(from), owned(to))
	}
	for when, side := range map[phase]struct {
		*sentence
		seats map[string]int
	}{buying: {more, bought}, returning: {fewer, returned}} {
		if len(side.seats) > 0 {
			c.add(when, path+".seats", side.text(), provision.Step{Org: &provision.OrgStep{Org: want.Name, OrgChange: provision.OrgChange{Seats: side.seats}}})
		}
	}
}

func owned(seats int) string {
	if seats < 0 {
		return "unlimited"
	}
	return strconv.Itoa(seats)
}

// mode is what the org will be on, as far as documents say.
func (o Org) mode(have Document) *string {
	if o.Mode != nil {
		return o.Mode
	}
	if was, known := find(have, o.Name); known {
		return was.Mode
	}
	return new(string(mapping.Manual))
}

// ineligible tells of an org that a change of plan takes off its mode (C-2),
// which no step does and no document may contradict.
func (c *comparison) ineligible(have Org) {
	i := slices.IndexFunc(c.want.Orgs, func(o Org) bool { return o.Name == have.Name })
	plan, mode, said := *have.Plan, *have.Mode, false
	if i >= 0 {
		want := c.want.Orgs[i]
		if want.Mode != nil && *want.Mode != mode {
			return // a step of its own, which may be refused
		}
		said = want.Mode != nil || want.GroupMappings != nil && *want.GroupMappings
		if want.Plan != nil {
			plan = *want.Plan
		}
	}
	parent := *c.have.Plan
	if c.want.Plan != nil {
		parent = *c.want.Plan
	}
	product, known := c.catalogue.Product(have.Product)
	if _, sold := product.Plan(plan); !known || !sold || plan == *have.Plan && parent == *c.have.Plan {
		return
	}
	why := product.Eligible(plan, parent, mapping.Mode(mode))
	switch {
	case why == nil:
	case said:
		c.faults.add(at("orgs[%d].mode", i), "org %s: %s (C-2)", have.Name, why)
	default:
		c.changes[following] = append(c.changes[following], Change{
			Text: "org " + have.Name + ": mode " + mode + " → manual, members are kept, since " + why.Error() + " (C-2)",
		})
	}
}
