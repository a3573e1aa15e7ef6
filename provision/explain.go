package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// because is the sentence that a decision gives to history and explanation.
func because(d mapping.Decision) string {
	parts := []string{basisSentence(d)}
	if d.Basis == mapping.Mapped {
		parts = nil
		for _, r := range d.Why {
			parts = append(parts, sentence(r))
		}
	}
	if d.Pin.Role != "" {
		parts = append(parts, "role "+d.Pin.Role+" is pinned (M-5)")
	}
	if d.Pin.Tier != "" {
		parts = append(parts, "tier "+d.Pin.Tier+" is pinned (M-5)")
	}
	return strings.Join(parts, "; ")
}

func basisSentence(d mapping.Decision) string {
	switch d.Basis {
	case mapping.NotPresent:
		return "in no directory of the parent"
	case mapping.Deactivated:
		return "deactivated in the directory (M-8)"
	case mapping.Outside:
		return "outside of the verified domains (C-4)"
	case mapping.NoGroup:
		return "in no mapped group"
	case mapping.NotAssigned:
		return "not assigned in the identity provider"
	case mapping.Barred:
		return "taken out, and not assigned since (P-8)"
	case mapping.Assigned:
		return "assigned in the identity provider"
	case mapping.Pinned:
		return "kept by a pin, although " + basisSentence(mapping.Decision{Basis: d.Pin.Against}) + " (M-11)"
	case mapping.ByHand, mapping.Mapped:
	}
	return "membership of this org is by hand"
}

func sentence(r mapping.Reason) string {
	through := ""
	if r.Group.Indirect {
		through = ", through a nested group"
	}
	if r.Row.Claim != "" {
		through = ", by the login's claims"
	}
	if r.Row.Role != "" {
		return fmt.Sprintf("group %s gives role %s%s", r.Group.Name, r.Row.Role, through)
	}
	return fmt.Sprintf("group %s gives tier %s%s", r.Group.Name, r.Row.Tier, through)
}

// Explanation answers why a person is what they are in an org, or was at a
// moment (T-1).
type Explanation struct {
	At time.Time // zero: now

	Org       store.Org
	Account   store.Account
	Member    *store.Member // nil: no member
	Decision  mapping.Decision
	AtLogin   *mapping.Decision // on jit: what a login would come to, by what the directories know
	Pin       *store.Pin        // nil: none
	Outside   bool              // of the verified domains (C-4)
	Place     int               // in line, from 1; 0: not in line
	Last      *store.Change
	Sentences []string
}

// ExplainAt tells what a person was in an org at a moment, from what was
// written when it came about: Last is the change that led there, and Decision,
// Pin and Place are left empty.
func (s *Service) ExplainAt(ctx context.Context, orgName, person string, at time.Time) (Explanation, error) {
	e := Explanation{At: at}
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		if e.Org, err = r.FindOrg(orgName); err != nil {
			return missing(err, "org", orgName)
		}
		if e.Account, err = findPerson(r, e.Org.Parent, person); err != nil {
			return err
		}
		c, err := r.ChangeAt(e.Org.Parent, e.Org.Key, e.Account.Key, at)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		e.Last = &c
		return err
	})
	e.Sentences = e.sayAt()
	return e, err
}

func (e *Explanation) sayAt() []string {
	at, who := e.At.UTC().Format(moment), e.Account.UserName
	if e.Last == nil {
		return []string{fmt.Sprintf("At %s %s had never been a member of %s.", at, who, e.Org.Name)}
	}
	var was *store.Member
	if s := e.Last.After; s != nil {
		was = &store.Member{Role: s.Role, Tier: s.Tier, State: s.State, Want: s.Want}
	}
	return []string{
		fmt.Sprintf("At %s %s was %s.", at, who, (&Explanation{Org: e.Org, Member: was}).standing()),
		fmt.Sprintf("That came about at %s by %s: %s.", e.Last.At.Format(moment), causeName(e.Last.Cause), e.Last.Why),
	}
}

const moment = "2006-01-02 15:04:05 MST"

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
		parent, err := r.Parent(row.Parent)
		if err != nil {
			return err
		}
		who, err := factsOf(r, parent, e.Account.Key)
		if err != nil {
			return err
		}
		e.Decision = mapping.Decide(o.product, o.settings, who.in(row.Key))
		if o.settings.Mode == mapping.JIT {
			if err := e.loginNow(r, o, who); err != nil {
				return err
			}
		}
		if pin, ok := who.pins[row.Key]; ok {
			e.Pin = &pin
		}
		e.Outside = outside(parent, e.Account)
		return e.load(r)
	})
	if err != nil {
		return Explanation{}, err
	}
	e.Sentences = e.say()
	return e, nil
}

// loginNow decides a login of one who is assigned, as far as anybody but the
// identity provider can know.
func (e *Explanation) loginNow(r store.Reader, o *org, who *person) error {
	barred, err := r.Barred(o.Parent, o.Key, e.Account.Key)
	if err != nil {
		return err
	}
	facts := who.in(o.Key)
	facts.Barred, facts.Login = barred, &mapping.Login{Assigned: true}
	d := mapping.Decide(o.product, o.settings, facts)
	e.AtLogin = &d
	return nil
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
	switch {
	case e.Decision.Governed:
		out = append(out, fmt.Sprintf("Org %s is on %s: %s is %s: %s.", e.Org.Name, e.mode(), who, either(e.Decision, "entitled", "not entitled"), because(e.Decision)))
	case e.AtLogin != nil:
		out = append(out, fmt.Sprintf("Org %s is on %s: logins decide, and one now would be %s by what the directories know: %s.",
			e.Org.Name, e.mode(), either(*e.AtLogin, "let in", "refused"), because(*e.AtLogin)))
	default:
		out = append(out, fmt.Sprintf("Org %s is on %s: %s.", e.Org.Name, e.mode(), because(e.Decision)))
	}
	if e.Org.Paused {
		out = append(out, fmt.Sprintf("Org %s is paused: what the directory says takes effect when it goes on (P-7).", e.Org.Name))
	}
	if e.Outside {
		out = append(out, fmt.Sprintf("%s lies outside of the verified domains (C-4).", who))
	}
	if p := e.Pin; p != nil {
		out = append(out, pinSentence(*p))
	}
	if m := e.Member; m != nil && m.State == Held {
		out = append(out, fmt.Sprintf("Since %s %s.", m.Hold.Since.Format(moment), heldBecause(m.Hold)))
	}
	if e.Place > 0 {
		out = append(out, fmt.Sprintf("They are number %d in line for %s, since %s: no seat is free.",
			e.Place, tierName(e.Member.Want), e.Member.WaitingSince.Format(moment)))
	}
	if c := e.Last; c != nil {
		out = append(out, fmt.Sprintf("Last change at %s by %s: %s.", c.At.Format(moment), causeName(c.Cause), c.Why))
	}
	return out
}

func either(d mapping.Decision, yes, no string) string {
	if d.Entitled {
		return yes
	}
	return no
}

func pinSentence(p store.Pin) string {
	var what []string
	if p.Against != "" {
		what = append(what, "the membership")
	}
	if p.Role != "" {
		what = append(what, "role "+p.Role)
	}
	if p.Tier != "" {
		what = append(what, "tier "+p.Tier)
	}
	until := ""
	if !p.Expires.IsZero() {
		until = " until " + p.Expires.Format(moment)
	}
	return fmt.Sprintf("Pinned by %s at %s%s: %s, because %s.", cmp.Or(p.By, "an administrator"), p.At.Format(moment), until, strings.Join(what, " and "), p.Why)
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
	case m.State == Held:
		return fmt.Sprintf("%s in %s, held by a guard", m.Role, e.Org.Name)
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
