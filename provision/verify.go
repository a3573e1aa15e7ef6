package provision

import (
	"context"
	"fmt"

	"scimd/store"
)

// Difference is a place where what is stored is not what a full recomputation
// gives (M-9).
type Difference struct {
	Org, Account       string
	Stored, Recomputed string
}

// Verify recomputes every member, pool, line and hold of a parent and names
// each difference; none is the proof that the stored state is a fixpoint
// (M-9). What waits in a paused org is no difference (P-7).
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
		v := verifier{r: r}
		if err := drift(r, p, orgs, v.members); err != nil {
			return err
		}
		for _, o := range orgs {
			if err := v.seats(o); err != nil {
				return err
			}
			if err := v.holds(o); err != nil {
				return err
			}
		}
		out = v.found
		return nil
	})
	return out, err
}

type verifier struct {
	r     store.Reader
	found []Difference
}

func (v *verifier) differ(o *org, account int64, stored, recomputed string) error {
	name := ""
	if account != 0 {
		a, err := v.r.Account(o.Parent, account)
		if err != nil {
			return err
		}
		name = a.UserName
	}
	v.found = append(v.found, Difference{o.Name, name, stored, recomputed})
	return nil
}

func (v *verifier) members(found []drifter) error {
	for _, f := range found {
		if err := v.differ(f.o, f.account, describe(f.stored), describe(f.next)); err != nil {
			return err
		}
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
func (v *verifier) seats(o *org) error {
	used, err := v.r.SeatsUsed(o.Parent, o.Key)
	if err != nil {
		return err
	}
	for tier, owned := range o.owned {
		if used[tier] > owned {
			if err := v.differ(o, 0, fmt.Sprintf("%d seats of tier %q in use", used[tier], tier), fmt.Sprintf("%d owned", owned)); err != nil {
				return err
			}
		}
	}
	if o.Paused {
		return nil
	}
	next, tier, ok, err := nextSeat(v.r, o, nil)
	if err != nil || !ok {
		return err
	}
	return v.differ(o, next.Account, "in line for "+next.Want, "on a free seat of tier "+tier)
}

// holds checks that the guard of the last administrator holds nobody beside
// another administrator (P-5).
func (v *verifier) holds(o *org) error {
	if o.Paused {
		return nil
	}
	held, err := v.r.HeldMembers(o.Parent, o.Key, LastAdministratorGuard, 0, 1)
	if err != nil || len(held) == 0 {
		return err
	}
	active, err := v.r.ActiveMembers(o.Parent, o.Key, o.product.Administrative, 1)
	if err != nil || len(active) == 0 {
		return err
	}
	return v.differ(o, held[0].Account, "held as the last administrator", "another one administers the org")
}
