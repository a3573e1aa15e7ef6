package provision

import (
	"fmt"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// The guards, and what they stop.
const (
	MassRemovalGuard       = "mass_removal"
	LastAdministratorGuard = "last_administrator"

	remove = "remove"
	demote = "demote"
)

// loss is a decision by which a member loses access, or an administrative role.
type loss struct {
	account int64
	m       *move
	d       mapping.Decision
	next    *store.Member // nil: goes out
}

// loses tells whether a guard has a say: one who waits for a seat has no
// access to lose.
func (o *org) loses(m, next *store.Member) bool {
	if m == nil || m.State == Waiting {
		return false
	}
	return next == nil || o.product.Administers(m.Role) && !o.product.Administers(next.Role)
}

// losses are the accounts of those who lose by what was decided, since there
// may be very many.
type losses struct{ removals, administrators []int64 }

func (l *losses) add(m, next *store.Member) {
	switch {
	case next == nil && m.Hold.Guard == MassRemovalGuard:
		// someone has to decide; the identity provider saying it again does not
	case next == nil && m.Hold.Guard != LastAdministratorGuard:
		l.removals = append(l.removals, m.Account)
	default:
		l.administrators = append(l.administrators, m.Account)
	}
}

// guard carries out the losses of a verb as far as the guards let it (P-4,
// P-5).
func (w *work) guard(o *org, losing losses) error {
	trips, err := w.trips(o, len(losing.removals))
	if err != nil {
		return err
	}
	if trips {
		err = w.holdAll(o, losing.removals)
	} else {
		err = w.inPortions(o.Key, losing.removals, func(account int64) error {
			l, err := w.loss(o, account)
			if err != nil {
				return err
			}
			if o.product.Administers(l.m.member.Role) {
				losing.administrators = append(losing.administrators, account)
				return nil
			}
			return w.lose(o, l)
		})
	}
	if err != nil {
		return err
	}
	return w.guardAdministrators(o, losing.administrators)
}

// loss is the decision on one who loses by it, again.
func (w *work) loss(o *org, account int64) (loss, error) {
	m, err := w.member(o.Key, account)
	if err != nil {
		return loss{}, err
	}
	d, err := w.decision(o, account)
	return loss{account, m, d, follow(o, m.member, d, w.now)}, err
}

// lose carries out a loss. One whom an administrator takes out does not count
// as a removal by the engine.
func (w *work) lose(o *org, l loss) error {
	if _, chosen := w.deliberate[o.Key]; chosen {
		return w.put(o, l.account, l.m, l.next, because(l.d))
	}
	return w.decided(o, l.account, l.m, l.next, because(l.d))
}

// trips tells whether so many removals are held. Once they are, all that
// follow are held too until none came for the length of the window, or an
// administrator has dealt with them.
func (w *work) trips(o *org, removals int) (bool, error) {
	if _, chosen := w.deliberate[o.Key]; removals == 0 || chosen || o.settings.Mode != mapping.SCIM {
		return false, nil
	}
	if w.pushed { // what is remembered of an org does not tell
		row, err := w.tx.Org(w.parent.Key, o.Key)
		if err != nil {
			return false, err
		}
		o.Tripped = row.Tripped
	}
	since := w.now.Add(-o.Guards.Window)
	if o.Tripped.After(since) {
		return true, nil
	}
	gone, err := w.tx.RemovedSince(w.parent.Key, o.Key, since)
	if err != nil {
		return false, err
	}
	used, err := w.tx.SeatsUsed(w.parent.Key, o.Key)
	if err != nil {
		return false, err
	}
	members := gone
	for _, n := range used {
		members += n
	}
	limit := mapping.MassRemoval{Count: o.Guards.Count, Percent: o.Guards.Percent}
	return limit.Trips(gone+max(removals, w.leaving[o.Key]), members), nil
}

func (w *work) holdAll(o *org, removals []int64) error {
	err := w.inPortions(o.Key, removals, func(account int64) error {
		l, err := w.loss(o, account)
		if err != nil {
			return err
		}
		return w.hold(o, l, MassRemovalGuard)
	})
	if err != nil {
		return err
	}
	alarm := !o.Tripped.After(w.now.Add(-o.Guards.Window))
	o.Tripped = w.now
	if err := w.tx.SetOrg(o.Org); err != nil || !alarm {
		return err
	}
	return w.event("alarm.mass_removal", struct {
		Org   Named       `json:"org"`
		Held  int         `json:"held"`
		Cause store.Cause `json:"cause"`
	}{o.named(), len(removals), w.cause})
}

func (o *org) named() Named { return Named{o.ID, o.Name} }

// hold keeps a member as it is until someone decides.
func (w *work) hold(o *org, l loss, guard string) error {
	next := *l.m.member
	if held := next.Hold; held.Guard == guard && held.Basis == string(l.d.Basis) && held.Action == actionOf(l.next) {
		return nil
	}
	next.State = Held
	next.Hold = store.Hold{Guard: guard, Action: actionOf(l.next), Basis: string(l.d.Basis), Why: because(l.d), Since: w.now, Cause: w.cause}
	return w.decided(o, l.account, l.m, &next, heldBecause(next.Hold))
}

func actionOf(next *store.Member) string {
	if next == nil {
		return remove
	}
	return demote
}

func heldBecause(h store.Hold) string {
	rule, what := "the guard against mass removal (P-4)", "removal"
	if h.Guard == LastAdministratorGuard {
		rule = "the guard of the last administrator (P-5)"
	}
	if h.Action == demote {
		what = "demotion"
	}
	return fmt.Sprintf("%s holds the %s: %s", rule, what, h.Why)
}

// guardAdministrators lets administrators go one after another in order of
// account, but for the last one where the org's policy keeps that one (P-5).
func (w *work) guardAdministrators(o *org, losing []int64) error {
	if len(losing) == 0 {
		return nil
	}
	if err := w.admit(o); err != nil { // newcomers who administer count
		return err
	}
	slices.Sort(losing)
	kept := false
	for some := range slices.Chunk(losing, w.s.bound().portion) {
		beside, err := w.administratorBeside(o, some)
		switch {
		case err != nil:
		case beside:
			err = w.inPortions(o.Key, some, func(account int64) error {
				l, err := w.loss(o, account)
				if err != nil {
					return err
				}
				return w.lose(o, l)
			})
		default:
			for _, account := range some {
				held, err := w.guardAdministrator(o, account)
				if err != nil {
					return err
				}
				kept = kept || held
			}
		}
		if err != nil {
			return err
		}
	}
	if kept {
		return nil
	}
	return w.withoutAdministrator(o, losing[len(losing)-1])
}

// administratorBeside tells whether an administrator of the org is active who is
// none of the accounts, which are sorted: then each of them may go.
func (w *work) administratorBeside(o *org, accounts []int64) (bool, error) {
	active, err := w.tx.ActiveMembers(w.parent.Key, o.Key, o.product.Administrative, len(accounts)+1)
	return slices.ContainsFunc(active, func(m store.Member) bool {
		_, one := slices.BinarySearch(accounts, m.Account)
		return !one
	}), err
}

// guardAdministrator lets an administrator go, or holds the last one.
func (w *work) guardAdministrator(o *org, account int64) (held bool, err error) {
	l, err := w.loss(o, account)
	if err != nil {
		return false, err
	}
	another, err := w.anotherAdministrator(o, l)
	if err != nil {
		return false, err
	}
	policy := mapping.LastAdministrator(o.Guards.LastAdministrator)
	_, named := w.named[seat{o.Key, l.account}] // no mapping, but a hand
	if another || named || !o.product.Administers(l.m.member.Role) || !policy.Stops(w.isLeaver(l.account, l.d)) {
		return false, w.lose(o, l)
	}
	before := l.m.member.Hold
	if err := w.hold(o, l, LastAdministratorGuard); err != nil || before.Guard == LastAdministratorGuard {
		return true, err
	}
	return true, w.alarm("alarm.last_administrator", o, l.account)
}

func (w *work) alarm(typ string, o *org, account int64) error {
	name, err := w.accountName(account)
	if err != nil {
		return err
	}
	return w.event(typ, struct {
		Org     Named       `json:"org"`
		Account AccountName `json:"account"`
		Cause   store.Cause `json:"cause"`
	}{o.named(), name, w.cause})
}

// anotherAdministrator tells whether someone else administers the org, or
// would with the seat that comes free.
func (w *work) anotherAdministrator(o *org, l loss) (bool, error) {
	active, err := w.tx.ActiveMembers(w.parent.Key, o.Key, o.product.Administrative, 2)
	if err != nil {
		return false, err
	}
	for _, m := range active {
		if m.Account != l.account {
			return true, nil
		}
	}
	if l.next != nil {
		return false, nil // a demoted one keeps the seat
	}
	next, _, ok, err := nextSeat(w.tx, o, l.m.member)
	if err != nil || !ok || next.Account == l.account {
		return false, err
	}
	m, err := w.member(o.Key, next.Account)
	return err == nil && o.product.Administers(m.member.Role), err
}

// withoutAdministrator raises an alarm if nobody administers the org after one
// has gone.
func (w *work) withoutAdministrator(o *org, gone int64) error {
	if err := w.admit(o); err != nil {
		return err
	}
	active, err := w.tx.ActiveMembers(w.parent.Key, o.Key, o.product.Administrative, 1)
	if err != nil || len(active) > 0 {
		return err
	}
	return w.alarm("alarm.no_administrator", o, gone)
}

// release lets go whom the guard of the last administrator held, once another
// one administers the org, or they do not any more (P-5).
func (w *work) release(o *org) error {
	held, err := w.tx.HeldMembers(w.parent.Key, o.Key, LastAdministratorGuard, 0, 100)
	if err != nil {
		return err
	}
	for _, h := range held {
		l, err := w.loss(o, h.Account)
		if err != nil {
			return err
		}
		l.next = letGo(o, l.m.member, l.d, w.now)
		if o.product.Administers(l.m.member.Role) {
			another, err := w.anotherAdministrator(o, l)
			if err != nil {
				return err
			}
			if !another {
				continue
			}
		}
		if err := w.lose(o, l); err != nil {
			return err
		}
		if err := w.admit(o); err != nil {
			return err
		}
	}
	return nil
}

// onlyNewcomers tells whether a push did nothing in an org but to let people in
// who do not administer it: release would find what it left the last time.
func (w *work) onlyNewcomers(o *org) bool {
	if !w.pushed || w.settings || w.aside {
		return false
	}
	for _, key := range w.order {
		if key.org != o.Key {
			continue
		}
		m := w.moved[key]
		if m.changed() && (m.before != nil || o.product.Administers(m.member.Role)) {
			return false
		}
	}
	return true
}

// letGo gives the member that one whom a guard held becomes, as the facts are
// by now. Where only a login tells them, the hold says what it stopped: of a
// demotion it does not say to which role.
func letGo(o *org, m *store.Member, d mapping.Decision, now time.Time) *store.Member {
	switch {
	case d.Governed:
		return follow(o, m, d, now)
	case m.Hold.Action == remove:
		return nil
	}
	next := released(*m)
	next.Role = o.product.DefaultRole
	return &next
}
