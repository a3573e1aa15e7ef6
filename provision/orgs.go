package provision

import (
	"context"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// OrgInput describes a new org.
type OrgInput struct {
	Parent  string `json:"parent,omitempty"`
	Name    string `json:"name"`
	Product string `json:"product"`
	Plan    string `json:"plan"`
}

// CreateOrg joins a new org to a parent, on manual (C-1).
func (s *Service) CreateOrg(ctx context.Context, in OrgInput, cause store.Cause) (out store.Org, err error) {
	key, err := s.findParent(ctx, in.Parent)
	if err != nil {
		return out, err
	}
	err = s.update(ctx, key, cause, func(w *work) error {
		if err := w.changesSettings(); err != nil {
			return err
		}
		o, err := w.createOrg(in)
		if err == nil {
			out = o.Org
		}
		return err
	})
	return out, err
}

// createOrgHere is createOrg for a step, which is one of the work's parent.
func (w *work) createOrgHere(in OrgInput) error {
	if !slices.Contains([]string{"", w.parent.ID, w.parent.Name}, in.Parent) {
		return refuse(Invalid, "parent", "", "a change of parent %s joins no org to %s", w.parent.Name, in.Parent)
	}
	_, err := w.createOrg(in)
	return err
}

func (w *work) createOrg(in OrgInput) (*org, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	product, ok := w.s.Catalogue.Product(in.Product)
	if !ok {
		return nil, refuse(Invalid, "product", "", "product %q is not in the catalogue", in.Product)
	}
	if _, ok := product.Plan(in.Plan); !ok {
		return nil, refuse(Invalid, "plan", "", "product %s has no plan %q", in.Product, in.Plan)
	}
	row := store.Org{
		Parent: w.parent.Key, ID: w.s.NewID(), Name: in.Name, Product: in.Product, Plan: in.Plan,
		Mode: string(mapping.Manual), FullTier: string(mapping.Wait), Guards: defaultGuards, Created: w.now,
	}
	if _, err := w.loadOrgs(); err != nil {
		return nil, err
	}
	if err := w.tx.AddOrg(&row); err != nil {
		return nil, taken(err, "name", "an org of this name exists")
	}
	o, err := loadOrg(w.tx, w.s.Catalogue, row)
	w.orgs = append(w.orgs, o)
	return o, err
}

// What becomes of the members when an org leaves scim or its parent, or loses
// a directory (P-8).
const (
	KeepMembers = "keep"
	DropMembers = "remove"
)

// OrgChange is what to change of an org; nil leaves a setting.
type OrgChange struct {
	Plan          *string        `json:"plan,omitempty"`
	Mode          *string        `json:"mode,omitempty" doc:"manual, jit or scim"`
	FullTier      *string        `json:"fullTier,omitempty" doc:"wait or next"`
	GroupMappings *bool          `json:"groupMappings,omitempty"`
	Seats         map[string]int `json:"seats,omitempty" doc:"seats owned, by tier; -1 lifts the limit"`
	Guards        *GuardsChange  `json:"guards,omitempty"`
	Paused        *bool          `json:"paused,omitempty" doc:"false only in a plan (P-7)"`
	// Members says what becomes of those whom scim let in when the org leaves
	// it: keep or remove.
	Members string `json:"members,omitempty" doc:"on leaving scim: keep (as manual) or remove (P-8)"`
}

// GuardsChange is what to change of an org's guards; nil leaves a setting.
type GuardsChange struct {
	Count             *int    `json:"count,omitempty" doc:"more removals than this, and"`
	Percent           *int    `json:"percent,omitempty" doc:"more than this part of the members,"`
	Window            *string `json:"window,omitempty" doc:"within this time, as in 1h, are held"`
	LastAdministrator *string `json:"lastAdministrator,omitempty" doc:"always, mappings or off"`
}

// ChangeOrg changes the settings of an org and decides everyone whom the
// change concerns.
func (s *Service) ChangeOrg(ctx context.Context, name string, c OrgChange, cause store.Cause) (out store.Org, err error) {
	err = s.changeIn(ctx, name, cause, func(w *work) error {
		if err := w.changeOrg(name, c); err != nil {
			return err
		}
		w.then = append(w.then, func() error {
			o, err := w.org(name)
			out = o.Org
			return err
		})
		return nil
	})
	return out, err
}

func (w *work) changeOrg(name string, c OrgChange) error {
	o, err := w.org(name)
	if err != nil {
		return err
	}
	before := *o
	if err := w.changeMode(o, c); err != nil {
		return err
	}
	if err := w.changeGuards(o, c.Guards); err != nil {
		return err
	}
	if o.Guards.LastAdministrator != before.Guards.LastAdministrator {
		if err := w.touchHeld(o); err != nil {
			return err
		}
	}
	if err := w.changePaused(o, c.Paused); err != nil {
		return err
	}
	if err := w.changeSeats(o, c); err != nil {
		return err
	}
	if err := w.tx.SetOrg(o.Org); err != nil {
		return err
	}
	if c.Mode != nil { // not one that its plan put on manual: it keeps its members (C-2)
		if err := w.leaveSCIM(o, before.settings.Mode, c.Members); err != nil {
			return err
		}
	}
	same := before.settings.Mode == o.settings.Mode && before.settings.GroupMappings == o.settings.GroupMappings
	if same && before.Paused == o.Paused {
		return nil
	}
	w.line[o.Key] = struct{}{}
	w.touchEveryone(o)
	return nil
}

func (w *work) changeMode(o *org, c OrgChange) error {
	before := o.Mode
	mode, mappings := o.settings.Mode, o.GroupMappings
	if c.Plan != nil {
		if _, ok := o.product.Plan(*c.Plan); !ok {
			return refuse(Invalid, "plan", "", "product %s has no plan %q", o.Product, *c.Plan)
		}
		o.Plan = *c.Plan
	}
	if c.Mode != nil {
		mode = mapping.Mode(*c.Mode)
		if !slices.Contains([]mapping.Mode{mapping.Manual, mapping.JIT, mapping.SCIM}, mode) {
			return refuse(Invalid, "mode", "", "mode %q is not one of manual, jit, scim", mode)
		}
		if err := o.product.Eligible(o.Plan, w.parent.Plan, mode); err != nil {
			return refuse(NotEligible, "mode", "C-2", "%s", err)
		}
		if mode == mapping.Manual {
			mappings = false
		}
	}
	if c.GroupMappings != nil {
		mappings = *c.GroupMappings
		if mappings && mode == mapping.Manual {
			return refuse(WrongMode, "groupMappings", "C-3", "group mappings need mode jit or scim")
		}
	}
	o.setMode(mode, mappings)
	if o.Mode != before {
		if err := w.modeChanged(o, before, "set by an administrator"); err != nil {
			return err
		}
	}
	return w.dropIneligible(o)
}

// leaveSCIM asks what becomes of those whom the directory let in (P-8).
func (w *work) leaveSCIM(o *org, before mapping.Mode, members string) error {
	if before == mapping.JIT && o.settings.Mode == mapping.Manual {
		return w.eachMember(o, func(m store.Member) bool { return m.State == Held }, byHand, "the org is by hand now")
	}
	if before != mapping.SCIM || o.settings.Mode == mapping.SCIM {
		return nil
	}
	if err := w.dropMembershipPins(o); err != nil {
		return err
	}
	switch members {
	case KeepMembers:
		return w.keepAsManual(o)
	case DropMembers:
		return w.removeAll(o, func(m store.Member) bool { return m.Source == BySCIM }, "removed on leaving scim (P-8)")
	case "":
		return refuse(Undecided, "members", "P-8", "org %s leaves scim: say what becomes of the members, keep or remove", o.Name)
	}
	return refuse(Invalid, "members", "P-8", "members %q is not one of keep, remove", members)
}

// dropMembershipPins: who is in by a pin is in by hand from now on.
func (w *work) dropMembershipPins(o *org) error {
	pins, err := w.tx.Pins(w.parent.Key, o.Key)
	if err != nil {
		return err
	}
	for _, p := range pins {
		if p.Against == "" {
			continue
		}
		if p.Against = ""; p.Role == "" && p.Tier == "" {
			err = w.tx.RemovePin(p.Parent, p.Org, p.Account)
		} else {
			err = w.tx.PutPin(p)
		}
		if err != nil {
			return err
		}
		m, err := w.member(o.Key, p.Account)
		if err != nil {
			return err
		}
		if m.member == nil {
			continue
		}
		next := *m.member
		next.Source = ByHand
		if err := w.put(o, p.Account, m, &next, "member by a pin, and by hand from now on"); err != nil {
			return err
		}
	}
	return nil
}

// keepAsManual makes members by hand of those whom the directory let in; what
// a guard held is over.
func (w *work) keepAsManual(o *org) error {
	err := w.eachMember(o, func(m store.Member) bool { return m.Source == BySCIM || m.State == Held }, byHand, "kept as a member by hand (P-8)")
	if err != nil {
		return err
	}
	return w.dealtWith(o)
}

func byHand(m store.Member) *store.Member {
	next := released(m)
	next.Source = ByHand
	return &next
}

// removeAll takes out the members of a kind; jit does not bring them back
// until they are assigned again (P-8).
func (w *work) removeAll(o *org, which func(store.Member) bool, why string) error {
	var gone []store.Member
	err := w.eachMember(o, which, func(m store.Member) *store.Member {
		gone = append(gone, m)
		return nil
	}, why)
	if err != nil {
		return err
	}
	if err := w.bar(gone); err != nil {
		return err
	}
	return w.dealtWith(o)
}

func (w *work) bar(gone []store.Member) error {
	for _, m := range gone {
		if err := w.tx.Bar(m.Parent, m.Org, m.Account, w.now); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) eachMember(o *org, which func(store.Member) bool, change func(store.Member) *store.Member, why string) error {
	for after := int64(0); ; {
		page, err := w.tx.MembersOfOrg(w.parent.Key, o.Key, after, pageSize)
		if err != nil {
			return err
		}
		var accounts []int64
		stored := map[int64]*store.Member{}
		for i, row := range page {
			if after = row.Account; which(row) {
				accounts, stored[after] = append(accounts, after), &page[i]
			}
		}
		if err := w.beginFrom(o.Key, accounts, stored); err != nil {
			return err
		}
		for _, account := range accounts {
			m, err := w.member(o.Key, account)
			if err != nil {
				return err
			}
			if err := w.put(o, account, m, change(*stored[account]), why); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// touchHeld touches whom the guard of the last administrator holds: under
// another policy it may not.
func (w *work) touchHeld(o *org) error {
	held, err := w.tx.HeldMembers(w.parent.Key, o.Key, LastAdministratorGuard, 0, pageSize)
	for _, m := range held {
		w.touchIn(o.Key, m.Account)
	}
	return err
}

func (w *work) changeGuards(o *org, c *GuardsChange) error {
	if c == nil {
		return nil
	}
	g := &o.Guards
	if c.Count != nil {
		g.Count = *c.Count
	}
	if c.Percent != nil {
		g.Percent = *c.Percent
	}
	if g.Count < 0 || g.Percent < 0 || g.Percent > 100 {
		return refuse(Invalid, "guards", "P-4", "a guard has a count of 0 or more and a percent of 0 to 100 (100 never stops)")
	}
	if c.Window != nil {
		window, err := time.ParseDuration(*c.Window)
		if err != nil || window <= 0 {
			return refuse(Invalid, "guards", "P-4", "window %q is not a time such as 1h", *c.Window)
		}
		g.Window = window
	}
	if c.LastAdministrator != nil {
		policy := mapping.LastAdministrator(*c.LastAdministrator)
		if !slices.Contains([]mapping.LastAdministrator{mapping.Always, mapping.ByMappings, mapping.Off}, policy) {
			return refuse(Invalid, "guards", "P-5", "lastAdministrator %q is not one of always, mappings, off", policy)
		}
		g.LastAdministrator = string(policy)
	}
	return nil
}

// changePaused pauses at once and goes on only by a plan, which shows what has
// gathered meanwhile (P-7).
func (w *work) changePaused(o *org, paused *bool) error {
	if paused == nil || *paused == o.Paused {
		return nil
	}
	if !*paused && !w.planned && !w.rehearsal {
		return refuse(NeedsPlan, "paused", "P-7", "org %s goes on by a plan, which shows first what has gathered", o.Name)
	}
	o.Paused = *paused
	typ := "org.resumed"
	if o.Paused {
		typ = "org.paused"
	}
	return w.event(typ, struct {
		Org   Named       `json:"org"`
		Cause store.Cause `json:"cause"`
	}{o.named(), w.cause})
}

func (w *work) changeSeats(o *org, c OrgChange) error {
	if c.FullTier != nil {
		if p := mapping.FullTier(*c.FullTier); p != mapping.Wait && p != mapping.Next {
			return refuse(Invalid, "fullTier", "S-7", "fullTier %q is not one of wait, next", p)
		}
		o.FullTier = *c.FullTier
		w.line[o.Key] = struct{}{}
	}
	if len(c.Seats) == 0 {
		return nil
	}
	used, err := w.tx.SeatsUsed(w.parent.Key, o.Key)
	if err != nil {
		return err
	}
	for tier, seats := range c.Seats {
		if !o.product.HasTier(tier) {
			return refuse(Invalid, "seats", "S-1", "product %s has no tier %q", o.Product, tier)
		}
		if seats >= 0 && seats < used[tier] {
			return refuse(SeatsInUse, "seats", "S-6", "%d seats of tier %q are in use, %d were asked for", used[tier], tier, seats)
		}
		if err := w.tx.SetPool(w.parent.Key, o.Key, tier, seats); err != nil {
			return err
		}
		if seats < 0 {
			delete(o.owned, tier)
		} else {
			o.owned[tier] = seats
		}
	}
	w.line[o.Key] = struct{}{}
	return nil
}
