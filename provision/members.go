package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

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
}

// AddMember lets a person in by hand, in line for a seat (S-2). While an org
// is on scim its members come from the directory (M-11).
func (s *Service) AddMember(ctx context.Context, in MemberInput, cause store.Cause) (store.Member, error) {
	var out store.Member
	err := s.updateMember(ctx, in, cause, func(w *work, o *org) error {
		if o.settings.Mode == mapping.SCIM {
			return refuse(WrongMode, "org", "M-11", "org %s is on scim: members come from the directory", o.Name)
		}
		account, err := w.personOrNew(in)
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
// outlive the next push, so it is refused there (M-5).
func (s *Service) SetMember(ctx context.Context, in MemberInput, cause store.Cause) (store.Member, error) {
	var out store.Member
	err := s.updateMember(ctx, in, cause, func(w *work, o *org) error {
		if o.GroupMappings {
			return refuse(WrongMode, "org", "M-5", "org %s maps groups to roles and tiers: change the groups or the mappings", o.Name)
		}
		account, m, err := w.existing(o, in.Person)
		if err != nil {
			return err
		}
		next := *m.member
		next.Role = cmp.Or(in.Role, next.Role)
		if in.Tier != "" {
			want(&next, in.Tier, w.now)
		}
		return w.put(o, account, m, &next, "set by hand")
	}, &out)
	return out, err
}

// RemoveMember takes a person out by hand. While an org is on scim people go
// out in the directory.
func (s *Service) RemoveMember(ctx context.Context, orgName, person string, cause store.Cause) error {
	return s.updateOrg(ctx, orgName, cause, func(w *work, o *org) error {
		if o.settings.Mode == mapping.SCIM {
			return refuse(WrongMode, "org", "M-11", "org %s is on scim: people go out in the directory", o.Name)
		}
		account, m, err := w.existing(o, person)
		if err != nil {
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
		if in.Role != "" && !slices.Contains(o.product.Roles, in.Role) {
			return refuse(Invalid, "role", "", "product %s has no role %q", o.Product, in.Role)
		}
		if in.Tier != "" && !o.product.HasTier(in.Tier) {
			return refuse(Invalid, "tier", "", "product %s has no tier %q", o.Product, in.Tier)
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

func (w *work) personOrNew(in MemberInput) (int64, error) {
	a, err := findPerson(w.tx, w.parent.Key, in.Person)
	var unknown *Error
	if !errors.As(err, &unknown) {
		return a.Key, err
	}
	if in.Email == "" && strings.Contains(in.Person, "@") {
		in.Email = in.Person
	}
	a = store.Account{
		Parent: w.parent.Key, ID: w.s.NewID(), UserName: in.Person, Email: in.Email, Display: in.Person,
		FoldedUserName: Fold(in.Person), FoldedEmail: Fold(in.Email), Created: w.now,
	}
	err = w.tx.AddAccount(&a)
	return a.Key, err
}
