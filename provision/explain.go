package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"scimd/mapping"
	"scimd/store"
)

// because is the sentence that a decision gives to history and explanation.
func because(d mapping.Decision) string {
	switch d.Basis {
	case mapping.NotPresent:
		return "in no directory of the parent"
	case mapping.Deactivated:
		return "deactivated in the directory (M-8)"
	case mapping.NoGroup:
		return "in no mapped group"
	case mapping.Assigned:
		return "assigned in the directory"
	case mapping.Mapped:
		var parts []string
		for _, r := range d.Why {
			parts = append(parts, sentence(r))
		}
		return strings.Join(parts, "; ")
	case mapping.ByHand:
	}
	return "membership of this org is by hand"
}

func sentence(r mapping.Reason) string {
	through := ""
	if r.Group.Indirect {
		through = ", through a nested group"
	}
	if r.Row.Role != "" {
		return fmt.Sprintf("group %s gives role %s (mapping %s)%s", r.Group.Name, r.Row.Role, r.Row.ID, through)
	}
	return fmt.Sprintf("group %s gives tier %s (mapping %s)%s", r.Group.Name, r.Row.Tier, r.Row.ID, through)
}

// Explanation answers why a person is what they are in an org now (T-1).
type Explanation struct {
	Org       store.Org
	Account   store.Account
	Member    *store.Member // nil: no member
	Decision  mapping.Decision
	Place     int // in line, from 1; 0: not in line
	Last      *store.Change
	Sentences []string
}

// Explain tells what a person is in an org, and why (T-1, M-10).
func (s *Service) Explain(ctx context.Context, orgName, person string) (Explanation, error) {
	var e Explanation
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		row, err := r.FindOrg(orgName)
		if err != nil {
			return missing(err, "org", orgName)
		}
		o, err := loadOrg(r, s.Catalogue, row)
		if err != nil {
			return err
		}
		if e.Account, err = findPerson(r, row.Parent, person); err != nil {
			return err
		}
		e.Org = row
		who, err := facts(r, row.Parent, e.Account.Key)
		if err != nil {
			return err
		}
		e.Decision = mapping.Decide(o.product, o.settings, who)
		return e.load(r)
	})
	if err != nil {
		return Explanation{}, err
	}
	e.Sentences = e.say()
	return e, nil
}

func (e *Explanation) load(r store.Reader) error {
	m, err := r.Member(e.Org.Parent, e.Org.Key, e.Account.Key)
	switch {
	case err == nil:
		e.Member = &m
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if e.Member != nil && e.Member.Want != "" {
		if e.Place, err = r.PlaceInLine(m); err != nil {
			return err
		}
	}
	changes, err := r.History(e.Org.Parent, e.Org.Key, e.Account.Key)
	if err == nil && len(changes) > 0 {
		e.Last = &changes[len(changes)-1]
	}
	return err
}

func (e *Explanation) say() []string {
	who := e.Account.UserName
	out := []string{fmt.Sprintf("%s is %s.", who, e.standing())}
	if e.Decision.Governed {
		verb := "entitled"
		if !e.Decision.Entitled {
			verb = "not entitled"
		}
		out = append(out, fmt.Sprintf("Org %s is on %s: %s is %s: %s.", e.Org.Name, e.mode(), who, verb, because(e.Decision)))
	} else {
		out = append(out, fmt.Sprintf("Org %s is on %s: %s.", e.Org.Name, e.mode(), because(e.Decision)))
	}
	if e.Place > 0 {
		out = append(out, fmt.Sprintf("They are number %d in line for %s, since %s: no seat is free.",
			e.Place, tierName(e.Member.Want), e.Member.WaitingSince.Format("2006-01-02 15:04:05 MST")))
	}
	if c := e.Last; c != nil {
		out = append(out, fmt.Sprintf("Last change at %s by %s: %s.", c.At.Format("2006-01-02 15:04:05 MST"), causeName(c.Cause), c.Why))
	}
	return out
}

func (e *Explanation) mode() string {
	if e.Org.GroupMappings {
		return e.Org.Mode + " with group mappings"
	}
	return e.Org.Mode
}

func (e *Explanation) standing() string {
	m := e.Member
	switch {
	case m == nil:
		return "no member of " + e.Org.Name
	case m.State == Waiting:
		return fmt.Sprintf("waiting for a seat in %s, with role %s", e.Org.Name, m.Role)
	case m.Tier != "":
		return fmt.Sprintf("%s in %s, on a %s seat", m.Role, e.Org.Name, m.Tier)
	}
	return fmt.Sprintf("%s in %s", m.Role, e.Org.Name)
}

func tierName(want string) string {
	if want == store.AnyTier {
		return "a seat"
	}
	return "a " + want + " seat"
}

func causeName(c store.Cause) string {
	name := c.Kind
	if c.Detail != "" {
		name += " (" + c.Detail + ")"
	}
	if c.Request != "" {
		name += ", request " + c.Request
	}
	return name
}
