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

// CreateParent adds a customer. plan is its contract, or "".
func (s *Service) CreateParent(ctx context.Context, name, plan string, _ store.Cause) (store.Parent, error) {
	p := store.Parent{ID: s.NewID(), Name: name, Plan: plan, Created: s.now()}
	if err := cmp.Or(checkName(name), s.checkParentPlan(plan)); err != nil {
		return p, err
	}
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return taken(tx.AddParent(&p), "name", "a parent of this name exists")
	})
	return p, err
}

// ParentChange is what to change of a parent; nil leaves a setting.
type ParentChange struct {
	Plan                *string              `json:"plan,omitempty" doc:"the customer's contract"`
	Domains             *[]string            `json:"domains,omitempty" doc:"verified domains (C-4)"`
	AdmitOutside        *bool                `json:"admitOutside,omitempty" doc:"let in those outside the domains, flagged"`
	SecondAdministrator *bool                `json:"secondAdministrator,omitempty" doc:"every plan needs a second administrator's approval"`
	Login               *store.LoginSettings `json:"login,omitempty" doc:"whose ID tokens are believed"`
}

// ChangeParent changes a customer's settings; orgs that lose eligibility for
// scim keep their members and are put on manual (C-2).
func (s *Service) ChangeParent(ctx context.Context, parent string, c ParentChange, cause store.Cause) (out store.Parent, err error) {
	key, err := s.findParent(ctx, parent)
	if err != nil {
		return out, err
	}
	err = s.update(ctx, key, cause, func(w *work) error {
		w.then = append(w.then, func() error { out = w.parent; return nil })
		if err := w.changesSettings(); err != nil {
			return err
		}
		return w.changeParent(c)
	})
	return out, err
}

func (w *work) changeParent(c ParentChange) error {
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	if c.Plan != nil {
		if err := w.s.checkParentPlan(*c.Plan); err != nil {
			return err
		}
		w.parent.Plan = *c.Plan
		for _, o := range orgs {
			if err := w.dropIneligible(o); err != nil {
				return err
			}
		}
	}
	if c.SecondAdministrator != nil {
		w.parent.SecondAdministrator = *c.SecondAdministrator
	}
	if c.Login != nil {
		w.parent.Login = *c.Login
	}
	if c.Domains == nil && c.AdmitOutside == nil {
		return w.tx.SetParent(w.parent)
	}
	if c.Domains != nil {
		if w.parent.Domains, err = foldDomains(*c.Domains); err != nil {
			return err
		}
	}
	if c.AdmitOutside != nil {
		w.parent.AdmitOutside = *c.AdmitOutside
	}
	if err := w.tx.SetParent(w.parent); err != nil {
		return err
	}
	clear(w.people)
	w.touchEveryone(orgs...)
	return nil
}

func foldDomains(domains []string) ([]string, error) {
	out := make([]string, 0, len(domains))
	for _, d := range domains {
		folded := Fold(strings.TrimSpace(d))
		if folded == "" || strings.ContainsAny(folded, "@ /") {
			return nil, refuse(Invalid, "domains", "C-4", "%q is no domain such as acme.example", d)
		}
		out = append(out, folded)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// dropIneligible puts an org on manual if its plan and parent no longer allow
// its mode, and says so (C-2).
func (w *work) dropIneligible(o *org) error {
	why := o.product.Eligible(o.Plan, w.parent.Plan, o.settings.Mode)
	if why == nil {
		return nil
	}
	before := o.Mode
	o.setMode(mapping.Manual, false)
	if err := w.tx.SetOrg(o.Org); err != nil {
		return err
	}
	if err := errors.Join(w.dropMembershipPins(o), w.keepAsManual(o)); err != nil {
		return err
	}
	return w.modeChanged(o, before, why.Error())
}

func (w *work) modeChanged(o *org, before, why string) error {
	return w.event("org.mode_changed", struct {
		Org    Named       `json:"org"`
		Before string      `json:"before"`
		After  string      `json:"after"`
		Why    string      `json:"why"`
		Cause  store.Cause `json:"cause"`
	}{o.named(), before, o.Mode, why, w.cause})
}

func (s *Service) checkParentPlan(plan string) error {
	if plan != "" && !slices.Contains(s.Catalogue.ParentPlans, plan) {
		return refuse(Invalid, "plan", "", "plan %q is not one of %v", plan, s.Catalogue.ParentPlans)
	}
	return nil
}

// checkName keeps names usable in URLs and on a command line.
func checkName(name string) error {
	if name == "" || len(name) > 100 {
		return refuse(Invalid, "name", "", "name must have 1 to 100 characters")
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return refuse(Invalid, "name", "", "name %q may hold lower-case letters, digits, '-', '_' and '.' only", name)
		}
	}
	return nil
}
