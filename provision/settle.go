package provision

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// settle decides everyone touched, in every org that a push or a login moves,
// and then gives out the seats that are free.
func (w *work) settle() error {
	if len(w.touched) == 0 && len(w.within) == 0 && len(w.line) == 0 && len(w.everyone) == 0 {
		return nil
	}
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	c, err := w.censusOf(orgs)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if o.Paused {
			continue // P-7: effects wait
		}
		if err := w.decideIn(o, c); err != nil {
			return err
		}
		if _, ok := w.line[o.Key]; !ok {
			continue
		}
		if err := w.admit(o); err != nil {
			return err
		}
		if w.onlyNewcomers(o) {
			continue
		}
		if err := w.release(o); err != nil {
			return err
		}
	}
	return nil
}

// censusOf reads the directories if some org is decided whole.
func (w *work) censusOf(orgs []*org) (*census, error) {
	whole := slices.DeleteFunc(slices.Clone(orgs), func(o *org) bool { return !w.everyone[o.Key] || !o.governed() })
	if len(whole) == 0 {
		return nil, nil
	}
	return takeCensus(w.tx, w.parent, whole)
}

// decideIn decides whom the verb touches in an org; what guards have a say in
// comes last, when it is known how many it concerns.
func (w *work) decideIn(o *org, c *census) error {
	var losing losses
	var err error
	switch {
	case o.settings.Mode == mapping.Manual:
		return nil
	case w.everyone[o.Key] && o.governed():
		err = c.drift(o, func(found []drifter) error { return w.decideDrifters(o, found, &losing) })
	default:
		err = w.decideTouched(o, &losing)
	}
	if err != nil {
		return err
	}
	return w.guard(o, losing)
}

func (w *work) decideDrifters(o *org, found []drifter, losing *losses) error {
	accounts := make([]int64, len(found))
	stored := make(map[int64]*store.Member, len(found))
	for i, f := range found {
		accounts[i], stored[f.account] = f.account, f.stored
	}
	if err := errors.Join(w.relieve(), w.beginFrom(o.Key, accounts, stored)); err != nil {
		return err
	}
	for _, f := range found {
		if err := w.decide(o, f.account, f.decision, f.pin, losing); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) decideTouched(o *org, losing *losses) error {
	accounts := slices.Collect(maps.Keys(w.within[o.Key]))
	if o.settings.Mode == mapping.SCIM {
		accounts = slices.AppendSeq(accounts, maps.Keys(w.touched))
	}
	slices.Sort(accounts)
	return w.inPortions(o.Key, slices.Compact(accounts), func(account int64) error {
		d, err := w.decision(o, account)
		if err != nil {
			return err
		}
		return w.decide(o, account, d, w.people[account].pins[o.Key], losing)
	})
}

// decide makes of a member what the decision gives, unless they lose by it.
func (w *work) decide(o *org, account int64, d mapping.Decision, pin store.Pin, losing *losses) error {
	m, err := w.member(o.Key, account)
	if err != nil {
		return err
	}
	if outlived(pin, d) {
		if err := w.takeOver(o, pin); err != nil {
			return err
		}
	}
	next := follow(o, m.member, d, w.now)
	switch {
	case o.loses(m.member, next):
		losing.add(m.member, next)
		return nil
	case next == nil:
		return w.put(o, account, m, nil, because(d)) // one who waits for a seat is not counted by a guard
	}
	return w.decided(o, account, m, next, because(d))
}

func (w *work) decision(o *org, account int64) (mapping.Decision, error) {
	p, err := w.person(account)
	if err != nil {
		return mapping.Decision{}, err
	}
	return mapping.Decide(o.product, o.settings, p.in(o.Key)), nil
}

// follow gives the member that a decision makes of the present one; nil is no
// member. It is a fixpoint: following the same decision again changes nothing.
func follow(o *org, m *store.Member, d mapping.Decision, now time.Time) *store.Member {
	if !d.Governed {
		return m
	}
	if !d.Entitled {
		return nil
	}
	if m == nil {
		return &store.Member{
			Role: cmp.Or(d.Role, o.product.DefaultRole), State: Waiting, Source: o.source(),
			Want: cmp.Or(d.Tier, store.AnyTier), WaitingSince: now, Joined: now,
		}
	}
	next := released(*m)
	if o.settings.Mode == mapping.SCIM {
		next.Source = BySCIM // M-6: adopted, not doubled
	}
	next.Role = cmp.Or(d.Role, m.Role)
	if o.settings.GroupMappings || d.Tier != "" {
		want(&next, d.Tier, now)
	}
	return &next
}

// released is a member without what a guard held of it.
func released(m store.Member) store.Member {
	if m.State == Held {
		m.State, m.Hold = Active, store.Hold{}
	}
	return m
}

func (o *org) source() string {
	switch o.settings.Mode {
	case mapping.SCIM:
		return BySCIM
	case mapping.JIT:
		return ByJIT
	case mapping.Manual:
	}
	return ByHand
}

// want puts a member in line for a tier, or out of it. One who waits for a
// first seat keeps the place, whatever tier is asked (S-4); one who holds a
// seat keeps it meanwhile (S-5). tier "" asks for none in particular (M-2).
func want(m *store.Member, tier string, now time.Time) {
	switch {
	case m.State == Waiting:
		m.Want = cmp.Or(tier, store.AnyTier)
	case tier == "" || tier == m.Tier:
		m.Want, m.WaitingSince = "", time.Time{}
	case tier != m.Want:
		m.Want, m.WaitingSince = tier, now
	}
}

// The states and sources of a member, as stored.
const (
	Active  = "active"
	Waiting = "waiting" // entitled, no seat
	Held    = "held"    // a guard has stopped a removal or a demotion

	ByHand = "manual"
	ByJIT  = "jit"
	BySCIM = "scim"
)

// decided is put for what the engine decided.
func (w *work) decided(o *org, account int64, m *move, next *store.Member, why string) error {
	m.decided = true
	return w.put(o, account, m, next, why)
}

// put stores what became of a member, if anything did.
func (w *work) put(o *org, account int64, m *move, next *store.Member, why string) error {
	if m.member == nil && next == nil || m.member != nil && next != nil && *m.member == *next {
		return nil
	}
	w.line[o.Key] = struct{}{}
	m.cause, m.why = w.cause, why
	if next == nil {
		m.member = nil
		return w.tx.RemoveFromOrg(w.parent.Key, o.Key, account)
	}
	next.Parent, next.Org, next.Account = w.parent.Key, o.Key, account
	next.Changed, next.Cause = w.now, w.cause
	joins := m.member == nil
	m.member = next
	if !joins {
		return w.tx.PutMembers(*next)
	}
	if err := w.unbar(o.Key, account); err != nil { // whatever lets them in, a bar must not put them out again (P-8)
		return err
	}
	return w.tx.AddToOrg(*next)
}
