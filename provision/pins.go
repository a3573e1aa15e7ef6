package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// PinInput pins a role or a tier of a member against the mappings (M-5), or a
// membership against what the directory says (M-11).
type PinInput struct {
	MemberRef
	Email   string    `json:"email,omitempty" doc:"of a person whom the parent does not know yet"`
	Role    string    `json:"role,omitempty"`
	Tier    string    `json:"tier,omitempty"`
	Member  bool      `json:"member,omitempty" doc:"pins the membership of one whom the directory does not entitle (M-11)"`
	Why     string    `json:"why"`
	Expires time.Time `json:"expires,omitzero"`
	// Whole clears what of the pin is not named; without it, that stays.
	Whole bool `json:"whole,omitempty" doc:"clear what of the pin is not named"`
}

// MemberRef names a person in an org.
type MemberRef struct {
	Org    string `json:"org"`
	Person string `json:"person" doc:"account id, userName or e-mail"`
}

// Pin sets a pin; it is told with who, when and why, and outlives syncs.
func (s *Service) Pin(ctx context.Context, in PinInput, cause store.Cause) error {
	return s.changeIn(ctx, in.Org, cause, func(w *work) error { return w.pin(in) })
}

// Unpin clears a pin: the directory decides again.
func (s *Service) Unpin(ctx context.Context, ref MemberRef, cause store.Cause) error {
	return s.changeIn(ctx, ref.Org, cause, func(w *work) error { return w.unpin(ref) })
}

func (w *work) pin(in PinInput) error {
	o, err := w.org(in.Org)
	if err != nil {
		return err
	}
	if err := w.checkPin(o, in); err != nil {
		return err
	}
	find := func() (int64, error) {
		a, err := findPerson(w.tx, w.parent.Key, in.Person)
		return a.Key, err
	}
	if in.Member {
		find = func() (int64, error) { return w.personOrNew(in.Person, in.Email) }
	}
	account, err := find()
	if err != nil {
		return err
	}
	p, err := w.tx.Pin(w.parent.Key, o.Key, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	p.Parent, p.Org, p.Account = w.parent.Key, o.Key, account
	p.By, p.Why, p.At, p.Expires = w.cause.Actor, in.Why, w.now, in.Expires
	if in.Whole {
		if p.Against != "" && !in.Member {
			w.deliberate[o.Key] = struct{}{}
		}
		p.Role, p.Tier, p.Against = "", "", ""
	}
	p.Role, p.Tier = cmp.Or(in.Role, p.Role), cmp.Or(in.Tier, p.Tier)
	if in.Member {
		if p.Against, err = w.refusalOf(o, account); err != nil {
			return err
		}
	}
	return w.putPin(o, p)
}

func (w *work) checkPin(o *org, in PinInput) error {
	switch {
	case in.Role == "" && in.Tier == "" && !in.Member:
		return refuse(Invalid, "role", "M-5", "a pin pins a role, a tier or the membership")
	case in.Why == "":
		return refuse(Invalid, "why", "M-5", "a pin says why")
	case !in.Expires.IsZero() && !in.Expires.After(w.now):
		return refuse(Invalid, "expires", "M-5", "expires is not in the future")
	case o.settings.Mode == mapping.Manual:
		return refuse(WrongMode, "org", "M-5", "org %s is by hand: set the role or the tier", o.Name)
	case in.Member && o.settings.Mode != mapping.SCIM:
		return refuse(WrongMode, "org", "M-11", "org %s is not on scim: add the member by hand", o.Name)
	case !in.Member && !o.GroupMappings:
		return refuse(WrongMode, "org", "M-5", "org %s maps no groups: set the role or the tier, it stays", o.Name)
	}
	return o.checkSeat(in.Role, in.Tier)
}

// refusalOf is the basis on which the org would not have a person, which a
// pinned membership is then made against.
func (w *work) refusalOf(o *org, account int64) (string, error) {
	p, err := w.person(account)
	if err != nil {
		return "", err
	}
	who := p.in(o.Key)
	who.Pin = mapping.Pin{}
	d := mapping.Decide(o.product, o.settings, who)
	if d.Entitled {
		return "", refuse(Taken, "person", "M-11", "the directory entitles this person already: pin a role or a tier")
	}
	return string(d.Basis), nil
}

func (w *work) putPin(o *org, p store.Pin) error {
	if err := w.writePin(o, p, p.Why); err != nil {
		return err
	}
	return w.pinMoved(o, p.Account)
}

// writePin stores a pin and tells why, which need not be the reason that is
// kept with it.
func (w *work) writePin(o *org, p store.Pin, why string) error {
	if err := w.tx.PutPin(p); err != nil {
		return err
	}
	p.Why = why
	return w.tellPin("pin.set", o, p)
}

// pinMembership keeps a member against a refusal. Who pinned a role or a tier,
// when and why, stays with that: it outlives the membership's pin (M-5).
func (w *work) pinMembership(p *store.Pin, against, why string) {
	p.Against = against
	if p.Role == "" && p.Tier == "" {
		p.By, p.Why, p.At = w.cause.Actor, why, w.now
	}
}

func (w *work) unpin(ref MemberRef) error {
	o, err := w.org(ref.Org)
	if err != nil {
		return err
	}
	a, err := findPerson(w.tx, w.parent.Key, ref.Person)
	if err != nil {
		return err
	}
	p, err := w.tx.Pin(w.parent.Key, o.Key, a.Key)
	if err != nil {
		return missing(err, "pin of", ref.Person)
	}
	if p.Against != "" {
		w.deliberate[o.Key], w.named[seat{o.Key, a.Key}] = struct{}{}, struct{}{}
	}
	return w.removePin(o, p, "pin.cleared")
}

func (w *work) removePin(o *org, p store.Pin, typ string) error {
	if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
		return err
	}
	if err := w.tellPin(typ, o, p); err != nil {
		return err
	}
	return w.pinMoved(o, p.Account)
}

// pinMoved decides a person again; what the pin of a jit org is lasts until
// the next login (M-5), so a role or tier set there shows at once.
func (w *work) pinMoved(o *org, account int64) error {
	delete(w.people, account)
	w.touchIn(o.Key, account)
	if o.settings.Mode != mapping.JIT {
		return nil
	}
	p, err := w.person(account)
	if err != nil {
		return err
	}
	m, err := w.member(o.Key, account)
	if err != nil || m.member == nil {
		return err
	}
	pin := p.pins[o.Key]
	next := *m.member
	next.Role = cmp.Or(pin.Role, next.Role)
	if pin.Tier != "" {
		want(&next, pin.Tier, w.now)
	}
	return w.put(o, account, m, &next, "pinned by an administrator (M-5)")
}

func (w *work) tellPin(typ string, o *org, p store.Pin) error {
	name, err := w.accountName(p.Account)
	if err != nil {
		return err
	}
	var expires *time.Time
	if !p.Expires.IsZero() {
		expires = &p.Expires
	}
	return w.event(typ, struct {
		Org     Named       `json:"org"`
		Account AccountName `json:"account"`
		Role    string      `json:"role,omitempty"`
		Tier    string      `json:"tier,omitempty"`
		Member  bool        `json:"member,omitempty"`
		Why     string      `json:"why"`
		Expires *time.Time  `json:"expires,omitempty"`
		Cause   store.Cause `json:"cause"`
	}{o.named(), name, p.Role, p.Tier, p.Against != "", p.Why, expires, w.cause})
}

// expirePins clears the pins of a parent whose time is over, at most a page of
// them, and tells how many. Until then they count (M-9).
func (s *Service) expirePins(ctx context.Context, parent int64) (cleared int, err error) {
	now := s.now()
	due, err := s.find(ctx, func(r store.Reader) (int64, error) {
		pins, err := r.ExpiredPins(parent, now, 1)
		return int64(len(pins)), err
	})
	if due == 0 || err != nil {
		return 0, err
	}
	err = s.update(ctx, parent, store.Cause{Kind: ByUpkeep, Detail: "pins expire"}, func(w *work) error {
		pins, err := w.tx.ExpiredPins(parent, w.now, pageSize)
		if err != nil {
			return err
		}
		orgs, err := w.loadOrgs()
		if err != nil {
			return err
		}
		cleared = len(pins)
		for _, p := range pins {
			i := slices.IndexFunc(orgs, func(o *org) bool { return o.Key == p.Org })
			if err := w.removePin(orgs[i], p, "pin.expired"); err != nil {
				return err
			}
		}
		return nil
	})
	return cleared, err
}
