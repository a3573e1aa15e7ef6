package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// org is an organization with what its decisions need.
type org struct {
	store.Org
	product  mapping.Product
	settings mapping.Settings
	owned    map[string]int
	left     bool // for another parent, with its members
}

// defaultGuards are those of an org that nobody set others for (P-4, P-5).
var defaultGuards = store.Guards{
	Count: 10, Percent: 20, Window: time.Hour, LastAdministrator: string(mapping.ByMappings),
}

// GuardsOf gives the guards that count in an org: its own, or the default ones
// of an org that is older than they are.
func GuardsOf(o store.Org) store.Guards {
	if o.Guards == (store.Guards{}) {
		return defaultGuards
	}
	return o.Guards
}

// loadOrgs reads the orgs of the parent with their settings.
func (w *work) loadOrgs() ([]*org, error) {
	if w.orgs != nil {
		return w.orgs, nil
	}
	remembers := w.pushed && !w.settings
	if remembers {
		if s, ok := w.s.known.settings(w.parent); ok {
			w.orgs, w.attached = s.orgs, s.attached
			return w.orgs, nil
		}
	}
	orgs, err := loadOrgs(w.tx, w.s.Catalogue, w.parent.Key)
	if err == nil && remembers {
		if w.attached, err = attached(w.tx, w.parent.Key); err == nil {
			read := settings{orgs, w.attached}.copy()
			w.read = &read
		}
	}
	w.orgs = orgs
	return orgs, err
}

// attached lists the directories of a parent that entitle anyone.
func attached(r store.Reader, parent int64) (keys []int64, err error) {
	all, err := r.Directories(parent)
	for _, d := range all {
		if d.Detached.IsZero() {
			keys = append(keys, d.Key)
		}
	}
	return keys, err
}

func loadOrgs(r store.Reader, c *mapping.Catalogue, parent int64) ([]*org, error) {
	rows, err := r.Orgs(parent)
	if err != nil {
		return nil, err
	}
	orgs := make([]*org, 0, len(rows))
	for _, row := range rows {
		o, err := loadOrg(r, c, row)
		if err != nil {
			return nil, err
		}
		orgs = append(orgs, o)
	}
	return orgs, nil
}

func loadOrg(r store.Reader, c *mapping.Catalogue, row store.Org) (*org, error) {
	product, ok := c.Product(row.Product)
	if !ok {
		return nil, fmt.Errorf("org %s: product %q is not in the catalogue", row.Name, row.Product)
	}
	o := &org{Org: row, product: product, settings: mapping.Settings{
		Mode: mapping.Mode(row.Mode), GroupMappings: row.GroupMappings,
	}}
	rows, err := r.Mappings(row.Parent, row.Key)
	if err != nil {
		return nil, err
	}
	o.Guards = GuardsOf(row)
	for _, m := range rows {
		o.settings.Rows = append(o.settings.Rows, rowOf(m))
	}
	o.owned, err = r.Pools(row.Parent, row.Key)
	return o, err
}

func rowOf(m store.Mapping) mapping.Row {
	return mapping.Row{ID: m.ID, Group: m.Group, Claim: m.Claim, Role: m.Role, Tier: m.Tier}
}

// governed tells whether a push moves people in the org now (P-7).
func (o *org) governed() bool { return o.settings.Mode == mapping.SCIM && !o.Paused }

func (o *org) setMode(mode mapping.Mode, mappings bool) {
	o.Mode, o.GroupMappings = string(mode), mappings
	o.settings.Mode, o.settings.GroupMappings = mode, mappings
}

// org finds an org of the parent by id or name.
func (w *work) org(idOrName string) (*org, error) {
	orgs, err := w.loadOrgs()
	if err != nil {
		return nil, err
	}
	i := indexOrg(orgs, idOrName)
	if i < 0 {
		return nil, refuse(NotFound, "org", "", "org %q does not exist in parent %s", idOrName, w.parent.Name)
	}
	return orgs[i], nil
}

func indexOrg(orgs []*org, idOrName string) int {
	return slices.IndexFunc(orgs, func(o *org) bool { return o.ID == idOrName || o.Name == idOrName })
}

// updateOrg is update for a verb on one org.
func (s *Service) updateOrg(ctx context.Context, name string, cause store.Cause, fn func(*work, *org) error) error {
	parent, err := s.parentOf(ctx, name)
	if err != nil {
		return err
	}
	return s.update(ctx, parent, cause, func(w *work) error {
		o, err := w.org(name)
		if err != nil {
			return err
		}
		return fn(w, o)
	})
}

// parentOf gives the parent that an org is joined to.
func (s *Service) parentOf(ctx context.Context, orgName string) (int64, error) {
	return s.find(ctx, func(r store.Reader) (int64, error) {
		o, err := r.FindOrg(orgName)
		return o.Parent, missing(err, "org", orgName)
	})
}
