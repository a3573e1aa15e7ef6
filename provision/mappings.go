package provision

import (
	"context"
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// MappingInput is a row from a group, or from a name in login claims, to a
// role or a tier.
type MappingInput struct {
	Org   string `json:"org"`
	Group string `json:"group,omitempty" doc:"id, or displayName in a directory of the parent"`
	Claim string `json:"claim,omitempty" doc:"in place of group: a group as login claims name it"`
	Role  string `json:"role,omitempty"`
	Tier  string `json:"tier,omitempty"`
}

// MappingRef names a row.
type MappingRef struct {
	Org string `json:"org"`
	ID  string `json:"id"`
}

// AddMapping adds a row and decides everyone below the group in that org.
func (s *Service) AddMapping(ctx context.Context, in MappingInput, cause store.Cause) (out store.Mapping, err error) {
	err = s.changeIn(ctx, in.Org, cause, func(w *work) error {
		out, err = w.addMapping(in)
		return err
	})
	return out, err
}

func (w *work) addMapping(in MappingInput) (store.Mapping, error) {
	o, err := w.org(in.Org)
	if err != nil {
		return store.Mapping{}, err
	}
	if err := o.checkRow(in); err != nil {
		return store.Mapping{}, err
	}
	row := store.Mapping{
		Parent: w.parent.Key, Org: o.Key, ID: w.s.NewID(), Claim: Fold(in.Claim),
		Role: in.Role, Tier: in.Tier, Created: w.now,
	}
	if in.Group != "" {
		g, err := w.group(in.Group)
		if err != nil {
			return row, err
		}
		row.Directory, row.Group = g.Directory, g.Key
	}
	if err := w.tx.AddMapping(&row); err != nil {
		return row, taken(err, "group", "the org has this mapping already")
	}
	o.settings.Rows = append(o.settings.Rows, rowOf(row))
	return row, w.touchBelow(o.Key, row)
}

// RemoveMapping removes a row by its id and decides everyone below its group.
func (s *Service) RemoveMapping(ctx context.Context, orgName, id string, cause store.Cause) error {
	return s.changeIn(ctx, orgName, cause, func(w *work) error { return w.removeMapping(MappingRef{orgName, id}) })
}

func (w *work) removeMapping(ref MappingRef) error {
	o, err := w.org(ref.Org)
	if err != nil {
		return err
	}
	rows, err := w.tx.Mappings(w.parent.Key, o.Key)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(m store.Mapping) bool { return m.ID == ref.ID })
	if i < 0 {
		return refuse(NotFound, "mapping", "", "mapping %q does not exist in org %s", ref.ID, o.Name)
	}
	if err := w.tx.RemoveMapping(w.parent.Key, o.Key, rows[i].Key); err != nil {
		return err
	}
	o.dropRow(ref.ID)
	return w.touchBelow(o.Key, rows[i])
}

func (o *org) dropRow(id string) {
	o.settings.Rows = slices.DeleteFunc(o.settings.Rows, func(r mapping.Row) bool { return r.ID == id })
}

// touchBelow touches whom a row concerns; one of claims concerns nobody before
// they log in.
func (w *work) touchBelow(org int64, m store.Mapping) error {
	if m.Claim != "" {
		return nil
	}
	below, err := w.tx.UsersBelow(m.Directory, []int64{m.Group})
	if len(below) > w.s.bound().below {
		w.everyone[org] = true
		return err
	}
	w.touchIn(org, below...)
	return err
}

func (o *org) checkRow(in MappingInput) error {
	switch {
	case (in.Group == "") == (in.Claim == ""):
		return refuse(Invalid, "group", "", "a mapping names either a group or a claim")
	case (in.Role == "") == (in.Tier == ""):
		return refuse(Invalid, "role", "", "a mapping gives either a role or a tier")
	}
	return o.checkSeat(in.Role, in.Tier)
}

// checkSeat refuses a role or a tier that the product does not have.
func (o *org) checkSeat(role, tier string) error {
	if role != "" && !slices.Contains(o.product.Roles, role) {
		return refuse(Invalid, "role", "", "product %s has no role %q", o.Product, role)
	}
	if tier != "" && !slices.Contains(o.product.Tiers, tier) {
		return refuse(Invalid, "tier", "", "product %s has no tier %q", o.Product, tier)
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
