package provision

import (
	"context"
	"fmt"
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// Difference is a place where what is stored is not what a full recomputation
// gives (M-9).
type Difference struct {
	Org, Account       string
	Stored, Recomputed string
}

// Verify recomputes every member, pool and line of a parent and names each
// difference; none is the proof that the stored state is a fixpoint (M-9).
func (s *Service) Verify(ctx context.Context, parent string) ([]Difference, error) {
	var out []Difference
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent(parent)
		if err != nil {
			return missing(err, "parent", parent)
		}
		orgs, err := loadOrgs(r, s.Catalogue, p.Key)
		if err != nil {
			return err
		}
		for _, o := range orgs {
			v := verifier{s, r, o, nil}
			if err := v.members(); err != nil {
				return err
			}
			if err := v.seats(); err != nil {
				return err
			}
			out = append(out, v.found...)
		}
		return nil
	})
	return out, err
}

type verifier struct {
	s     *Service
	r     store.Reader
	o     *org
	found []Difference
}

func (v *verifier) differ(account, stored, recomputed string) {
	v.found = append(v.found, Difference{v.o.Name, account, stored, recomputed})
}

func (v *verifier) members() error {
	members, err := v.r.MembersOfOrg(v.o.Parent, v.o.Key, 0, 0)
	if err != nil {
		return err
	}
	accounts, err := v.r.AccountsInDirectories(v.o.Parent)
	if err != nil {
		return err
	}
	stored := make(map[int64]*store.Member, len(members))
	for i := range members {
		stored[members[i].Account] = &members[i]
		accounts = append(accounts, members[i].Account)
	}
	slices.Sort(accounts)
	for _, account := range slices.Compact(accounts) {
		who, err := facts(v.r, v.o.Parent, account)
		if err != nil {
			return err
		}
		have := stored[account]
		next := follow(v.o, have, mapping.Decide(v.o.product, v.o.settings, who), v.s.now())
		if have == nil && next == nil || have != nil && next != nil && *have == *next {
			continue
		}
		a, err := v.r.Account(v.o.Parent, account)
		if err != nil {
			return err
		}
		v.differ(a.UserName, describe(have), describe(next))
	}
	return nil
}

func describe(m *store.Member) string {
	if m == nil {
		return "no member"
	}
	return fmt.Sprintf("role %s, tier %q, state %s, source %s, want %q", m.Role, m.Tier, m.State, m.Source, m.Want)
}

// seats checks that no pool is over (S-2) and that no one in line could have a
// seat now (S-4).
func (v *verifier) seats() error {
	used, err := v.r.SeatsUsed(v.o.Parent, v.o.Key)
	if err != nil {
		return err
	}
	for tier, owned := range v.o.owned {
		if used[tier] > owned {
			v.differ("", fmt.Sprintf("%d seats of tier %q in use", used[tier], tier), fmt.Sprintf("%d owned", owned))
		}
	}
	heads, err := v.r.LineHeads(v.o.Parent, v.o.Key)
	if err != nil {
		return err
	}
	pools := mapping.Pools{Owned: v.o.owned, Used: used}
	if next, tier, ok := mapping.NextSeat(v.o.product, mapping.FullTier(v.o.FullTier), pools, inLine(heads)); ok {
		a, err := v.r.Account(v.o.Parent, next.Account)
		if err != nil {
			return err
		}
		v.differ(a.UserName, "in line for "+next.Want, "on a free seat of tier "+tier)
	}
	return nil
}
