package provision

import (
	"cmp"
	"context"
	"slices"

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

// SetParentPlan changes a customer's contract; orgs that lose eligibility for
// scim keep their members and are put on manual (C-2).
func (s *Service) SetParentPlan(ctx context.Context, parent, plan string, cause store.Cause) (store.Parent, error) {
	if err := s.checkParentPlan(plan); err != nil {
		return store.Parent{}, err
	}
	key, err := s.find(ctx, func(r store.Reader) (int64, error) {
		p, err := r.FindParent(parent)
		return p.Key, missing(err, "parent", parent)
	})
	if err != nil {
		return store.Parent{}, err
	}
	var out store.Parent
	err = s.update(ctx, key, cause, func(w *work) error {
		w.parent.Plan = plan
		out = w.parent
		if err := w.tx.SetParent(out); err != nil {
			return err
		}
		orgs, err := w.loadOrgs()
		if err != nil {
			return err
		}
		for _, o := range orgs {
			if err := w.dropIneligible(o); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
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
	return w.event("org.mode_changed", struct {
		Org    Named       `json:"org"`
		Before string      `json:"before"`
		After  string      `json:"after"`
		Why    string      `json:"why"`
		Cause  store.Cause `json:"cause"`
	}{Named{o.ID, o.Name}, before, o.Mode, why.Error(), w.cause})
}

func (o *org) setMode(mode mapping.Mode, mappings bool) {
	o.Mode, o.GroupMappings = string(mode), mappings
	o.settings.Mode, o.settings.GroupMappings = mode, mappings
}

// OrgInput describes a new org.
type OrgInput struct {
	Parent, Name, Product, Plan string
}

// CreateOrg joins a new org to a parent, on manual (C-1).
func (s *Service) CreateOrg(ctx context.Context, in OrgInput, _ store.Cause) (store.Org, error) {
	if err := checkName(in.Name); err != nil {
		return store.Org{}, err
	}
	product, ok := s.Catalogue.Product(in.Product)
	if !ok {
		return store.Org{}, refuse(Invalid, "product", "", "product %q is not in the catalogue", in.Product)
	}
	if _, ok := product.Plan(in.Plan); !ok {
		return store.Org{}, refuse(Invalid, "plan", "", "product %s has no plan %q", in.Product, in.Plan)
	}
	o := store.Org{
		ID: s.NewID(), Name: in.Name, Product: in.Product, Plan: in.Plan,
		Mode: string(mapping.Manual), FullTier: string(mapping.Wait), Created: s.now(),
	}
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		p, err := tx.FindParent(in.Parent)
		if err != nil {
			return missing(err, "parent", in.Parent)
		}
		o.Parent = p.Key
		return taken(tx.AddOrg(&o), "name", "an org of this name exists")
	})
	return o, err
}

// OrgChange is what to change of an org; nil leaves a setting.
type OrgChange struct {
	Plan, Mode, FullTier *string
	GroupMappings        *bool
	Seats                map[string]int // by tier; a negative number lifts the limit
}

// ChangeOrg changes the settings of an org and decides everyone whom the
// change concerns.
func (s *Service) ChangeOrg(ctx context.Context, name string, c OrgChange, cause store.Cause) (store.Org, error) {
	var out store.Org
	err := s.updateOrg(ctx, name, cause, func(w *work, o *org) error {
		decides := o.settings
		if err := w.changeMode(o, c); err != nil {
			return err
		}
		if err := w.changeSeats(o, c); err != nil {
			return err
		}
		if err := w.tx.SetOrg(o.Org); err != nil {
			return err
		}
		out = o.Org
		if decides.Mode == o.settings.Mode && decides.GroupMappings == o.settings.GroupMappings {
			return nil
		}
		return w.touchEveryone(o.Key)
	})
	return out, err
}

func (w *work) changeMode(o *org, c OrgChange) error {
	mode, mappings := o.settings.Mode, o.GroupMappings
	if c.Plan != nil {
		if _, ok := o.product.Plan(*c.Plan); !ok {
			return refuse(Invalid, "plan", "", "product %s has no plan %q", o.Product, *c.Plan)
		}
		o.Plan = *c.Plan
	}
	if c.Mode != nil {
		mode = mapping.Mode(*c.Mode)
		if !slices.Contains([]mapping.Mode{mapping.Manual, mapping.JIT, mapping.SCIM}, mode) {
			return refuse(Invalid, "mode", "", "mode %q is not one of manual, jit, scim", mode)
		}
		if err := o.product.Eligible(o.Plan, w.parent.Plan, mode); err != nil {
			return refuse(NotEligible, "mode", "C-2", "%s", err)
		}
		if mode == mapping.Manual {
			mappings = false
		}
	}
	if c.GroupMappings != nil {
		mappings = *c.GroupMappings
		if mappings && mode == mapping.Manual {
			return refuse(WrongMode, "groupMappings", "C-3", "group mappings need mode jit or scim")
		}
	}
	o.setMode(mode, mappings)
	return w.dropIneligible(o)
}

func (w *work) changeSeats(o *org, c OrgChange) error {
	if c.FullTier != nil {
		if p := mapping.FullTier(*c.FullTier); p != mapping.Wait && p != mapping.Next {
			return refuse(Invalid, "fullTier", "S-7", "fullTier %q is not one of wait, next", p)
		}
		o.FullTier = *c.FullTier
		w.line[o.Key] = struct{}{}
	}
	if len(c.Seats) == 0 {
		return nil
	}
	used, err := w.tx.SeatsUsed(w.parent.Key, o.Key)
	if err != nil {
		return err
	}
	for tier, seats := range c.Seats {
		if !o.product.HasTier(tier) {
			return refuse(Invalid, "seats", "S-1", "product %s has no tier %q", o.Product, tier)
		}
		if seats >= 0 && seats < used[tier] {
			return refuse(SeatsInUse, "seats", "S-6", "%d seats of tier %q are in use, %d were asked for", used[tier], tier, seats)
		}
		if err := w.tx.SetPool(w.parent.Key, o.Key, tier, seats); err != nil {
			return err
		}
		if seats < 0 {
			delete(o.owned, tier)
		} else {
			o.owned[tier] = seats
		}
	}
	w.line[o.Key] = struct{}{}
	return nil
}

// Sync decides an org whole (P-3) and tells how many members it changed.
func (s *Service) Sync(ctx context.Context, name string, cause store.Cause) (changed int, err error) {
	var done *work
	err = s.updateOrg(ctx, name, cause, func(w *work, o *org) error {
		done = w
		w.line[o.Key] = struct{}{}
		return w.touchEveryone(o.Key)
	})
	if err != nil {
		return 0, err
	}
	return len(done.events), nil
}

// MappingInput is a row group → role or group → tier.
type MappingInput struct {
	Org        string
	Group      string // id, or displayName in a directory of the parent
	Role, Tier string
}

// AddMapping adds a row and decides everyone below the group in that org.
func (s *Service) AddMapping(ctx context.Context, in MappingInput, cause store.Cause) (store.Mapping, error) {
	var out store.Mapping
	err := s.updateOrg(ctx, in.Org, cause, func(w *work, o *org) error {
		if err := o.checkRow(in); err != nil {
			return err
		}
		g, err := w.group(in.Group)
		if err != nil {
			return err
		}
		out = store.Mapping{
			Parent: w.parent.Key, Org: o.Key, ID: s.NewID(), Directory: g.Directory, Group: g.Key,
			Role: in.Role, Tier: in.Tier, Created: w.now,
		}
		if err := w.tx.AddMapping(&out); err != nil {
			return taken(err, "group", "the org has this mapping already")
		}
		o.settings.Rows = append(o.settings.Rows, mapping.Row{ID: out.ID, Group: out.Group, Role: out.Role, Tier: out.Tier})
		return w.touchBelow(o.Key, out)
	})
	return out, err
}

// RemoveMapping removes a row by its id and decides everyone below its group.
func (s *Service) RemoveMapping(ctx context.Context, orgName, id string, cause store.Cause) error {
	return s.updateOrg(ctx, orgName, cause, func(w *work, o *org) error {
		rows, err := w.tx.Mappings(w.parent.Key, o.Key)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(m store.Mapping) bool { return m.ID == id })
		if i < 0 {
			return refuse(NotFound, "mapping", "", "mapping %q does not exist in org %s", id, o.Name)
		}
		if err := w.tx.RemoveMapping(w.parent.Key, o.Key, rows[i].Key); err != nil {
			return err
		}
		o.settings.Rows = slices.DeleteFunc(o.settings.Rows, func(r mapping.Row) bool { return r.ID == id })
		return w.touchBelow(o.Key, rows[i])
	})
}

func (w *work) touchBelow(org int64, m store.Mapping) error {
	below, err := w.tx.UsersBelow(m.Directory, []int64{m.Group})
	w.touchIn(org, below...)
	return err
}

func (o *org) checkRow(in MappingInput) error {
	switch {
	case (in.Role == "") == (in.Tier == ""):
		return refuse(Invalid, "role", "", "a mapping gives either a role or a tier")
	case in.Role != "" && !slices.Contains(o.product.Roles, in.Role):
		return refuse(Invalid, "role", "", "product %s has no role %q", o.Product, in.Role)
	case in.Tier != "" && !slices.Contains(o.product.Tiers, in.Tier):
		return refuse(Invalid, "tier", "", "product %s has no tier %q", o.Product, in.Tier)
	}
	return nil
}

// group finds a group by id or name in the directories of the parent.
func (w *work) group(idOrName string) (store.Resource, error) {
	directories, err := w.tx.Directories(w.parent.Key)
	if err != nil {
		return store.Resource{}, err
	}
	var found []store.Resource
	for _, d := range directories {
		page, err := w.tx.Find(store.Query{
			Directory: d.Key, Type: store.Group, Limit: 2, WithoutDocument: true,
			Where: store.Or{
				store.Compare{Column: store.ByID, Op: store.Eq, Value: idOrName},
				store.Compare{Column: store.ByName, Op: store.Eq, Value: Fold(idOrName)},
			},
		})
		if err != nil {
			return store.Resource{}, err
		}
		found = append(found, page.Resources...)
	}
	switch len(found) {
	case 0:
		return store.Resource{}, refuse(NotFound, "group", "", "group %q does not exist in a directory of parent %s", idOrName, w.parent.Name)
	case 1:
		return found[0], nil
	}
	return store.Resource{}, refuse(Invalid, "group", "", "%q names more than one group: give its id", idOrName)
}

// updateOrg is update for a verb on one org.
func (s *Service) updateOrg(ctx context.Context, name string, cause store.Cause, fn func(*work, *org) error) error {
	var key int64
	parent, err := s.find(ctx, func(r store.Reader) (int64, error) {
		o, err := r.FindOrg(name)
		key = o.Key
		return o.Parent, missing(err, "org", name)
	})
	if err != nil {
		return err
	}
	return s.update(ctx, parent, cause, func(w *work) error {
		orgs, err := w.loadOrgs()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(orgs, func(o *org) bool { return o.Key == key })
		if i < 0 {
			return refuse(NotFound, "org", "", "org %q does not exist", name)
		}
		return fn(w, orgs[i])
	})
}

// find looks up a key before the transaction that needs it to begin.
func (s *Service) find(ctx context.Context, fn func(store.Reader) (int64, error)) (key int64, err error) {
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		key, err = fn(r)
		return err
	})
	return key, err
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

func (s *Service) checkParentPlan(plan string) error {
	if plan != "" && !slices.Contains(s.Catalogue.ParentPlans, plan) {
		return refuse(Invalid, "plan", "", "plan %q is not one of %v", plan, s.Catalogue.ParentPlans)
	}
	return nil
}
