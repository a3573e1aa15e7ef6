package provision_test

import (
	"context"
	"fmt"
	"time"

	"scimd/provision"
	"scimd/store"
)

// setting is a step that an administrator carries out at once, or as a plan.
type setting struct {
	parent string
	step   provision.Step
	do     func(m *model, t *turn, shown bool) provision.Reason
}

// settles makes a verb of what draws a setting.
func (m *machine) settles(draw func() setting) func() {
	return func() {
		s := draw()
		v := verb{parent: s.parent, cause: admin, accept: m.oneIn(2, "acknowledge")}
		if s.step.MoveOrg == nil && m.oneIn(4, "oneself") {
			v.cause.Actor = m.anyPerson(s.parent)
		}
		direct := 2
		if m.parents[s.parent].second {
			direct = 1
		}
		if m.draw("by a plan", 3) >= direct {
			m.byPlan(s, v)
			return
		}
		v.do = func(next *model, t *turn) provision.Reason {
			if next.parents[s.parent].second {
				return provision.NeedsPlan
			}
			return s.do(next, t, false)
		}
		v.call = func(ctx context.Context, cause store.Cause) error { return m.atOnce(ctx, s, cause) }
		m.run(v)
	}
}

// atOnce calls the verb of the step's own, where there is one.
func (m *machine) atOnce(ctx context.Context, s setting, cause store.Cause) (err error) {
	switch step := s.step; {
	case step.Org != nil:
		_, err = m.s.ChangeOrg(ctx, step.Org.Org, step.Org.OrgChange, cause)
	case step.AddMapping != nil:
		_, err = m.s.AddMapping(ctx, *step.AddMapping, cause)
	case step.RemoveMapping != nil:
		err = m.s.RemoveMapping(ctx, step.RemoveMapping.Org, step.RemoveMapping.ID, cause)
	case step.Pin != nil:
		err = m.s.Pin(ctx, *step.Pin, cause)
	case step.Unpin != nil:
		err = m.s.Unpin(ctx, *step.Unpin, cause)
	case step.Parent != nil:
		_, err = m.s.ChangeParent(ctx, s.parent, *step.Parent, cause)
	default:
		err = m.s.Change(ctx, s.parent, []provision.Step{step}, cause)
	}
	return err
}

func (m *machine) orgSetting(o *orgModel, c provision.OrgChange) setting {
	name := o.name
	return setting{
		o.parent, provision.Step{Org: &provision.OrgStep{Org: name, OrgChange: c}},
		func(m *model, _ *turn, shown bool) provision.Reason { return m.changeOrg(name, c, shown) },
	}
}

// SetMode goes between all modes, and says now and then what becomes of the
// members (C-1 to C-3, P-8).
func (m *machine) SetMode() setting {
	mode := pick(m, "mode", "manual", "jit", "jit", "scim", "scim", "scim")
	on := m.oneIn(2, "mappings")
	c := provision.OrgChange{Mode: &mode, GroupMappings: &on, Members: pick(m, "members", "", "keep", "keep", "remove")}
	if m.oneIn(4, "mappings as they are") {
		c.GroupMappings = nil
	}
	return m.orgSetting(m.anyOrg(nil), c)
}

// SetSeats buys and returns seats (S-1, S-6).
func (m *machine) SetSeats() setting {
	o := m.anyOrg(nil)
	tier := ""
	if len(o.product.Tiers) > 0 {
		tier = pick(m, "tier", o.product.Tiers...)
	}
	return m.orgSetting(o, provision.OrgChange{Seats: map[string]int{tier: m.draw("seats", 6) - 1}})
}

func (m *machine) SetFullTier() setting {
	policy := pick(m, "policy", "wait", "next")
	return m.orgSetting(m.anyOrg(nil), provision.OrgChange{FullTier: &policy})
}

// SetGuards sets them so low that six people trip them (P-4, P-5).
func (m *machine) SetGuards() setting {
	count, percent := m.draw("count", 4), pick(m, "percent", 0, 10, 40, 100)
	window, last := pick(m, "window", "3m", "30m"), pick(m, "last", "always", "mappings", "off")
	return m.orgSetting(m.anyOrg(nil), provision.OrgChange{
		Guards: &provision.GuardsChange{Count: &count, Percent: &percent, Window: &window, LastAdministrator: &last},
	})
}

// SetPlan may lose the eligibility for scim (C-2).
func (m *machine) SetPlan() setting {
	o := m.anyOrg(func(o *orgModel) bool { return len(o.product.Plans) > 1 })
	plan := pick(m, "plan", "enterprise", "enterprise", "team")
	return m.orgSetting(o, provision.OrgChange{Plan: &plan})
}

// Pause stops an org, and lets it go on by a plan only (P-7).
func (m *machine) Pause() setting {
	paused := !m.oneIn(3, "goes on")
	o := m.anyOrg(func(o *orgModel) bool { return o.paused != paused })
	return m.orgSetting(o, provision.OrgChange{Paused: &paused})
}

// AddMapping maps a group of a directory, or one of claims.
func (m *machine) AddMapping() setting {
	o := m.anyOrg(func(o *orgModel) bool { return o.parent == "acme" })
	in := provision.MappingInput{Org: o.name}
	var row rowModel
	if m.oneIn(4, "claim") {
		row.group = pick(m, "claim", "red", "blue")
		in.Claim = row.group
	} else {
		row.dir = m.anyDir()
		row.group = pick(m, "group", sortedKeys(m.dir(row.dir).groups)...)
		in.Group = m.ids[row.dir+"/g:"+row.group]
	}
	if row.tier = m.anyTier(o); row.tier == "" {
		row.role = m.anyRole(o)
	}
	in.Role, in.Tier = row.role, row.tier
	return m.mapping(in, row)
}

func (m *machine) mapping(in provision.MappingInput, row rowModel) setting {
	return setting{
		"acme", provision.Step{AddMapping: &in},
		func(m *model, _ *turn, _ bool) provision.Reason { return m.addMapping(in.Org, row) },
	}
}

func (m *machine) RemoveMapping() setting {
	o := m.anyOrg(func(o *orgModel) bool { return len(o.rows) > 0 })
	ids := m.rowIDs(o)
	texts := map[string]rowModel{}
	for row := range o.rows {
		texts[fmt.Sprint(row)] = row
	}
	org, row := o.name, texts[pick(m, "row", sortedKeys(texts)...)]
	return setting{
		o.parent, provision.Step{RemoveMapping: &provision.MappingRef{Org: org, ID: ids[row]}},
		func(m *model, _ *turn, _ bool) provision.Reason {
			if !m.org(org).rows[row] {
				return provision.NotFound
			}
			delete(m.org(org).rows, row)
			return accepted
		},
	}
}

func (m *machine) rowIDs(o *orgModel) map[rowModel]string {
	ids := map[rowModel]string{}
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		rows, err := r.Mappings(m.keys[o.parent], m.keys[o.name])
		for _, row := range rows {
			key := rowModel{"", row.Claim, row.Role, row.Tier}
			for name, d := range m.stores {
				if d.Key == row.Directory {
					g, err := r.ResourceByKey(d.Key, row.Group)
					if err != nil {
						return err
					}
					key.dir, key.group = name, g.Display
				}
			}
			ids[key] = row.ID
		}
		return err
	}))
	return ids
}

// Pin sets a role or a tier (M-5), or a membership (M-11), for good or for some
// minutes.
func (m *machine) Pin() setting {
	o := m.anyOrg(func(o *orgModel) bool { return o.mode != "manual" })
	in := provision.PinInput{MemberRef: provision.MemberRef{Org: o.name}, Why: "a test", Expires: m.anyExpiry(), Member: m.oneIn(2, "membership")}
	in.Person = m.anyMember(o)
	if in.Member {
		in.Person = m.anyPerson(o.parent)
	}
	if !in.Member || m.oneIn(2, "role") {
		in.Role = m.anyRole(o)
	}
	in.Tier = m.anyTier(o)
	return setting{
		o.parent, provision.Step{Pin: &in},
		func(m *model, _ *turn, _ bool) provision.Reason { return m.pin(in) },
	}
}

func (m *machine) anyExpiry() time.Time {
	if m.oneIn(2, "for good") {
		return time.Time{}
	}
	return m.now.Add(time.Duration(rapidMinutes+m.draw("minutes", 5)) * time.Minute)
}

// rapidMinutes leaves a pin in the future for the verb, and for a plan of it.
const rapidMinutes = 4

func (m *machine) Unpin() setting {
	o := m.anyOrg(func(o *orgModel) bool { return len(o.pins) > 0 })
	var pinned []int
	for _, p := range m.people(o.parent) {
		if _, is := o.pins[p]; is {
			pinned = append(pinned, p)
		}
	}
	ref := provision.MemberRef{Org: o.name, Person: pick(m, "pinned", m.named(pinned)...)}
	return setting{
		o.parent, provision.Step{Unpin: &ref},
		func(m *model, t *turn, _ bool) provision.Reason { return m.unpin(ref.Org, ref.Person, t) },
	}
}

func (m *machine) parentSetting(c provision.ParentChange) setting {
	return setting{
		"acme", provision.Step{Parent: &c},
		func(m *model, _ *turn, _ bool) provision.Reason { return m.changeParent("acme", c) },
	}
}

// ParentPlan may lose the eligibility of the console (C-2).
func (m *machine) ParentPlan() setting {
	plan := pick(m, "plan", "enterprise", "enterprise", "console", "team")
	return m.parentSetting(provision.ParentChange{Plan: &plan})
}

// Domains verifies a domain or none, and admits those outside or not (C-4).
func (m *machine) Domains() setting {
	domains, admit := []string{"acme.example"}, m.oneIn(3, "admit")
	if m.oneIn(3, "no domain") {
		domains = []string{}
	}
	return m.parentSetting(provision.ParentChange{Domains: &domains, AdmitOutside: &admit})
}

// SecondAdministrator asks for two administrators, or no more.
func (m *machine) SecondAdministrator() setting {
	second := m.oneIn(3, "second")
	return m.parentSetting(provision.ParentChange{SecondAdministrator: &second})
}

// Detach and Attach: what a directory is pushed meanwhile counts for nothing
// (P-8).
func (m *machine) Detach() setting {
	ref := provision.DirectoryRef{Directory: m.anyDir()}
	in := provision.Detachment{DirectoryRef: ref, Members: pick(m, "members", "", "keep", "remove")}
	return setting{
		"acme", provision.Step{Detach: &in},
		func(m *model, t *turn, _ bool) provision.Reason { return m.detach(in.Directory, in.Members, t) },
	}
}

func (m *machine) Attach() setting {
	in := provision.DirectoryRef{Directory: m.anyDir()}
	return setting{
		"acme", provision.Step{Attach: &in},
		func(m *model, _ *turn, _ bool) provision.Reason {
			m.dir(in.Directory).detached = false
			return accepted
		},
	}
}

// MoveOrg joins an org to the other parent (ADR 11).
func (m *machine) MoveOrg() setting {
	o := m.anyOrg(nil)
	in := provision.OrgMove{Org: o.name, To: map[string]string{"acme": "globex", "globex": "acme"}[o.parent], Members: pick(m, "members", "", "keep", "keep", "remove")}
	return setting{
		o.parent, provision.Step{MoveOrg: &in},
		func(m *model, _ *turn, _ bool) provision.Reason { return m.moveOrg(in.Org, in.To, in.Members) },
	}
}

// anyUser draws a user of a directory, and what verbs call it.
func (m *machine) anyUser() (dir, handle string, ref provision.UserRef) {
	dir = m.anyDir()
	handle = pick(m, "user", sortedKeys(m.dir(dir).users)...)
	return dir, handle, provision.UserRef{DirectoryRef: provision.DirectoryRef{Directory: dir}, User: m.ids[dir+"/u:"+handle]}
}

// Link, Unlink and Merge settle by hand who is who (I-2).
func (m *machine) Link() setting {
	dir, handle, ref := m.anyUser()
	in := provision.UserLink{UserRef: ref, Person: pick(m, "person", m.named(m.people("acme"))...)}
	return setting{
		"acme", provision.Step{Link: &in},
		func(m *model, _ *turn, _ bool) provision.Reason {
			return m.linkUser(dir, handle, m.find("acme", in.Person))
		},
	}
}

func (m *machine) Unlink() setting {
	dir, handle, ref := m.anyUser()
	return setting{
		"acme", provision.Step{Unlink: &ref},
		func(m *model, _ *turn, _ bool) provision.Reason {
			return m.unlinkUser(dir, handle)
		},
	}
}

func (m *machine) Merge() setting {
	known := m.named(m.people("acme"))
	in := provision.Merger{From: pick(m, "from", known...), Into: pick(m, "into", known...)}
	return setting{
		"acme", provision.Step{Merge: &in},
		func(m *model, _ *turn, _ bool) provision.Reason {
			return m.merge(m.find("acme", in.From), m.find("acme", in.Into))
		},
	}
}
