package provision

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// MemberInput names a member and what is set by hand.
type MemberInput struct {
	Org    string
	Person string // account id, userName or e-mail
	Email  string // for a person whom the parent does not know yet
	Role   string // "" leaves it, or gives a newcomer the default
	Tier   string // "" leaves it, or gives a newcomer the highest free one
	// Of what becomes a pin (M-5).
	Why     string
	Expires time.Time
}

// AddMember lets a person in by hand, in line for a seat (S-2). While an org
// is on scim its members come from the directory, and others by a pin (M-11).
func (s *Service) AddMember(ctx context.Context, in MemberInput, cause store.Cause) (store.Member, error) {
	var out store.Member
	err := s.updateMember(ctx, in, cause, func(w *work, o *org) error {
		if o.settings.Mode == mapping.SCIM {
			return refuse(WrongMode, "org", "M-11", "org %s is on scim: members come from the directory; pin a membership to let in someone else", o.Name)
		}
		account, err := w.personOrNew(in.Person, in.Email)
		if err != nil {
			return err
		}
		m, err := w.member(o.Key, account)
		if err != nil {
			return err
		}
		if m.member != nil {
			return refuse(Taken, "person", "", "%q is a member of org %s already", in.Person, o.Name)
		}
		next := &store.Member{
			Role: cmp.Or(in.Role, o.product.DefaultRole), State: Waiting, Source: ByHand,
			Want: cmp.Or(in.Tier, store.AnyTier), WaitingSince: w.now, Joined: w.now,
		}
		return w.put(o, account, m, next, "added by hand")
	}, &out)
	return out, err
}

// SetMember sets a role or tier by hand. Where mappings decide it would not
// outlive the next push: there it is a pin (M-5). The member given has no state
// if a removal was held for the role alone.
func (s *Service) SetMember(ctx context.Context, in MemberInput, cause store.Cause) (store.Member, error) {
	var out store.Member
	err := s.updateMember(ctx, in, cause, func(w *work, o *org) error {
		account, m, err := w.existing(o, in.Person)
		if err != nil {
			return err
		}
		if o.GroupMappings {
			if err := w.changesSettings(); err != nil {
				return err
			}
			return w.pin(PinInput{
				MemberRef: MemberRef{in.Org, in.Person}, Role: in.Role, Tier: in.Tier,
				Why: cmp.Or(in.Why, "set by hand"), Expires: in.Expires,
			})
		}
		if err := w.dropRolePin(o, account); err != nil {
			return err
		}
		next := *m.member
		next.Role = cmp.Or(in.Role, next.Role)
		if in.Tier != "" {
			want(&next, in.Tier, w.now)
		}
		w.touchIn(o.Key, account) // what a guard holds may hang on the role
		return w.put(o, account, m, &next, "set by hand")
	}, &out)
	return out, err
}

// dropRolePin lets what is set by hand be the last word where no mapping is
// (M-5): a role or tier of a pin from before would come back over it.
func (w *work) dropRolePin(o *org, account int64) error {
	p, err := w.tx.Pin(w.parent.Key, o.Key, account)
	if errors.Is(err, store.ErrNotFound) || err == nil && p.Role == "" && p.Tier == "" {
		return nil
	}
	if err != nil {
		return err
	}
	p.Role, p.Tier = "", ""
	if p.Against == "" {
		return w.removePin(o, p, "pin.cleared")
	}
	return w.putPin(o, p)
}

// RemoveMember takes a person out by hand; jit does not bring them back until
// they are assigned again (P-8). While an org is on scim people go out in the
// directory, but for those who are in by a pin (M-11).
func (s *Service) RemoveMember(ctx context.Context, orgName, person string, cause store.Cause) error {
	return s.updateOrg(ctx, orgName, cause, func(w *work, o *org) error {
		account, m, err := w.existing(o, person)
		if err != nil {
			return err
		}
		if o.settings.Mode == mapping.SCIM {
			d, err := w.decision(o, account)
			if err != nil {
				return err
			}
			if d.Basis == mapping.Pinned {
				if err := w.changesSettings(); err != nil {
					return err
				}
				return w.unpin(MemberRef{orgName, person})
			}
			return refuse(WrongMode, "org", "M-11", "org %s is on scim: people go out in the directory", o.Name)
		}
		if err := w.tx.Bar(w.parent.Key, o.Key, account, w.now); err != nil {
			return err
		}
		return w.put(o, account, m, nil, "removed by hand")
	})
}

// updateMember checks what is set by hand, runs fn and reads the member back.
func (s *Service) updateMember(ctx context.Context, in MemberInput, cause store.Cause, fn func(*work, *org) error, out *store.Member) error {
	var key seat
	var parent int64
	err := s.updateOrg(ctx, in.Org, cause, func(w *work, o *org) error {
		if err := o.checkSeat(in.Role, in.Tier); err != nil {
			return err
		}
		if err := fn(w, o); err != nil {
			return err
		}
		account, err := findPerson(w.tx, w.parent.Key, in.Person)
		parent, key = w.parent.Key, seat{o.Key, account.Key}
		return err
	})
	if err != nil {
		return err
	}
	return s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		m, err := r.Member(parent, key.org, key.account)
		if errors.Is(err, store.ErrNotFound) {
			// A guard held a removal as long as the role was administrative.
			m, err = store.Member{Parent: parent, Org: key.org, Account: key.account}, nil
		}
		*out = m
		return err
	})
}

func (w *work) existing(o *org, person string) (int64, *move, error) {
	a, err := findPerson(w.tx, w.parent.Key, person)
	if err != nil {
		return 0, nil, err
	}
	m, err := w.member(o.Key, a.Key)
	if err == nil && m.member == nil {
		err = refuse(NotFound, "person", "", "%q is no member of org %s", person, o.Name)
	}
	return a.Key, m, err
}

// findPerson takes an account id, a userName or an e-mail.
func findPerson(r store.Reader, parent int64, person string) (store.Account, error) {
	a, err := r.FindAccount(parent, person)
	if errors.Is(err, store.ErrNotFound) {
		a, err = r.FindAccount(parent, Fold(person))
	}
	return a, missing(err, "person", person)
}

func (w *work) personOrNew(name, email string) (int64, error) {
	a, err := findPerson(w.tx, w.parent.Key, name)
	var unknown *Error
	if !errors.As(err, &unknown) {
		return a.Key, err
	}
	if email == "" && strings.Contains(name, "@") {
		email = name
	}
	a = store.Account{
		Parent: w.parent.Key, ID: w.s.NewID(), UserName: name, Email: email, Display: name,
		FoldedUserName: Fold(name), FoldedEmail: Fold(email), Created: w.now,
	}
	err = w.tx.AddAccount(&a)
	return a.Key, err
}
