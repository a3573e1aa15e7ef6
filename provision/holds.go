package provision

import (
	"cmp"
	"context"
	"errors"
	"time"

	"scimd/store"
)

// Verdict is what an administrator says of what the guards of an org hold.
type Verdict struct {
	Org     string
	People  []string // account ids, userNames or e-mails; none: all
	Approve bool     // they go; otherwise they stay, pinned (P-4)
	Why     string   // of the pins
}

// verdictBatch bounds one transaction: a mass removal has thousands held, and
// pushes wait behind each.
const verdictBatch = 200

// DecideHolds carries out a verdict and tells on how many it was.
func (s *Service) DecideHolds(ctx context.Context, v Verdict, cause store.Cause) (decided int, err error) {
	if len(v.People) > 0 {
		err := s.updateOrg(ctx, v.Org, cause, func(w *work, o *org) error {
			if err := w.decideHolds(o, v); err != nil {
				return err
			}
			return w.dealtWith(o)
		})
		return len(v.People), err
	}
	for after := int64(0); ; {
		var page []store.Member
		err := s.updateOrg(ctx, v.Org, cause, func(w *work, o *org) (err error) {
			if page, err = w.tx.HeldMembers(w.parent.Key, o.Key, "", after, verdictBatch); err != nil {
				return err
			}
			for _, m := range page {
				if err := w.decideHold(o, m.Account, v); err != nil {
					return err
				}
			}
			return w.dealtWith(o)
		})
		decided += len(page)
		if err != nil || len(page) < verdictBatch {
			return decided, err
		}
		after = page[len(page)-1].Account
	}
}

// dealtWith ends the state in which the guard against mass removal holds all
// that leave, once an administrator has decided on all whom it held.
func (w *work) dealtWith(o *org) error {
	if o.Tripped.IsZero() {
		return nil
	}
	held, err := w.tx.HeldMembers(w.parent.Key, o.Key, MassRemovalGuard, 0, 1)
	if err != nil || len(held) > 0 {
		return err
	}
	o.Tripped = time.Time{}
	return w.tx.SetOrg(o.Org)
}

func (w *work) decideHolds(o *org, v Verdict) error {
	for _, who := range v.People {
		a, err := findPerson(w.tx, w.parent.Key, who)
		if err != nil {
			return err
		}
		if err := w.decideHold(o, a.Key, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) decideHold(o *org, account int64, v Verdict) error {
	m, err := w.member(o.Key, account)
	if err != nil {
		return err
	}
	if m.member == nil || m.member.State != Held {
		name, err := w.accountName(account)
		return errors.Join(err, refuse(NotFound, "person", "P-4", "no guard of org %s holds %q", o.Name, name.UserName))
	}
	if v.Approve {
		return w.approve(o, account, m)
	}
	return w.reject(o, account, m, v.Why)
}

// approve lets go what the guard held, as the facts are by now.
func (w *work) approve(o *org, account int64, m *move) error {
	d, err := w.decision(o, account)
	if err != nil {
		return err
	}
	next := letGo(o, m.member, d, w.now)
	return w.put(o, account, m, next, "approved by an administrator: "+m.member.Hold.Why)
}

// reject keeps the member, pinned against what the guard stopped (P-4).
func (w *work) reject(o *org, account int64, m *move, why string) error {
	p, err := w.tx.Pin(w.parent.Key, o.Key, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	p.Parent, p.Org, p.Account = w.parent.Key, o.Key, account
	why = cmp.Or(why, "an administrator rejected the removal")
	d, err := w.decision(o, account)
	if err != nil {
		return err
	}
	switch {
	case m.member.Hold.Action == demote:
		p.Role = m.member.Role
		p.By, p.Why, p.At = w.cause.Actor, why, w.now
	case d.Governed && !d.Entitled:
		w.pinMembership(&p, string(d.Basis), why)
	default:
		w.pinMembership(&p, m.member.Hold.Basis, why)
	}
	if err := w.writePin(o, p, why); err != nil {
		return err
	}
	delete(w.people, account)
	w.touchIn(o.Key, account) // the pin decides the rest (M-9)
	next := released(*m.member)
	return w.put(o, account, m, &next, "kept by an administrator (P-4)")
}
