package declare

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

// Export writes a parent down whole, in an order that hangs on names alone.
func Export(r store.Reader, c *mapping.Catalogue, p store.Parent) (Document, error) {
	domains := slices.Clone(p.Domains)
	if domains == nil {
		domains = []string{}
	}
	login := Login(p.Login)
	d := Document{
		Parent: p.Name, Plan: &p.Plan, Domains: &domains, AdmitOutside: &p.AdmitOutside,
		SecondAdministrator: &p.SecondAdministrator, Login: &login,
	}
	e := exporter{r: r, catalogue: c, directories: map[int64]string{}}
	directories, err := r.Directories(p.Key)
	if err != nil {
		return d, err
	}
	for _, row := range directories {
		e.directories[row.Key] = row.Name
		d.Directories = append(d.Directories, directory(row))
	}
	slices.SortFunc(d.Directories, func(a, b Directory) int { return cmp.Compare(a.Name, b.Name) })
	orgs, err := r.Orgs(p.Key)
	if err != nil {
		return d, err
	}
	for _, row := range orgs {
		o, err := e.org(row)
		if err != nil {
			return d, err
		}
		d.Orgs = append(d.Orgs, o)
	}
	slices.SortFunc(d.Orgs, func(a, b Org) int { return cmp.Compare(a.Name, b.Name) })
	return d, nil
}

func directory(row store.Directory) Directory {
	quirks := map[string]bool{}
	for name, on := range row.Quirks {
		quirks[name] = on
	}
	out := Directory{Name: row.Name, Profile: &row.Profile, Quirks: &quirks, Attached: new(row.Detached.IsZero())}
	if row.Kind != store.KindSCIM {
		out.Kind = string(row.Kind)
	}
	return out
}

type exporter struct {
	r           store.Reader
	catalogue   *mapping.Catalogue
	directories map[int64]string
}

func (e exporter) org(row store.Org) (Org, error) {
	guards := provision.GuardsOf(row)
	out := Org{
		Name: row.Name, Product: row.Product, Plan: &row.Plan, Mode: &row.Mode, GroupMappings: &row.GroupMappings,
		Paused: &row.Paused, FullTier: &row.FullTier, Seats: map[string]int{},
		Guards: &Guards{
			Count: &guards.Count, Percent: &guards.Percent, Window: new(duration(guards.Window)),
			LastAdministrator: &guards.LastAdministrator,
		},
	}
	product, _ := e.catalogue.Product(row.Product)
	for _, tier := range product.SeatTiers() {
		out.Seats[tier] = Unlimited
	}
	pools, err := e.r.Pools(row.Parent, row.Key)
	for tier, n := range pools {
		out.Seats[tier] = n
	}
	if err != nil {
		return out, err
	}
	if out.Mappings, err = e.mappings(row); err != nil {
		return out, err
	}
	out.Pins, err = e.pins(row)
	return out, err
}

// Unlimited is the number of seats of a tier without a limit.
const Unlimited = -1

// duration writes a time without the zeros at its end.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (e exporter) mappings(o store.Org) (*[]Mapping, error) {
	rows, err := e.r.Mappings(o.Parent, o.Key)
	if err != nil {
		return nil, err
	}
	out := make([]Mapping, len(rows))
	for i, row := range rows {
		out[i] = Mapping{Claim: row.Claim, Role: row.Role, Tier: row.Tier, id: row.ID}
		if row.Claim != "" {
			continue
		}
		g, err := e.r.ResourceByKey(row.Directory, row.Group)
		if err != nil {
			return nil, err
		}
		named, err := groupsNamed(e.r, row.Directory, g.Display)
		if err != nil {
			return nil, err
		}
		out[i].Directory, out[i].Group, out[i].group = e.directories[row.Directory], g.Display, g.ID
		if len(named) != 1 {
			out[i].Group = g.ID // the name would not find it again
		}
	}
	slices.SortFunc(out, func(a, b Mapping) int {
		return cmp.Or(cmp.Compare(a.Claim, b.Claim), cmp.Compare(a.Directory, b.Directory), cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Role, b.Role))
	})
	return &out, nil
}

// groupsNamed finds groups of a directory by id or displayName, at most ten.
func groupsNamed(r store.Reader, directory int64, name string) ([]store.Resource, error) {
	page, err := r.Find(store.Query{
		Directory: directory, Type: store.Group, Limit: 10, WithoutDocument: true,
		Where: store.Or{
			store.Compare{Column: store.ByID, Op: store.Eq, Value: name},
			store.Compare{Column: store.ByName, Op: store.Eq, Value: provision.Fold(name)},
		},
	})
	return page.Resources, err
}

func (e exporter) pins(o store.Org) (*[]Pin, error) {
	rows, err := e.r.Pins(o.Parent, o.Key)
	if err != nil {
		return nil, err
	}
	out := make([]Pin, len(rows))
	for i, row := range rows {
		person, err := e.person(row.Parent, row.Account)
		if err != nil {
			return nil, err
		}
		out[i] = Pin{
			Person: person, Role: row.Role, Tier: row.Tier, Member: row.Against != "", Why: row.Why,
			Expires: Time{row.Expires}, account: row.Account,
		}
	}
	slices.SortFunc(out, func(a, b Pin) int { return cmp.Compare(a.Person, b.Person) })
	return &out, nil
}

// person gives the first name of an account by which it is found again.
func (e exporter) person(parent, key int64) (string, error) {
	a, err := e.r.Account(parent, key)
	if err != nil {
		return "", err
	}
	for _, name := range []string{a.UserName, a.Email} {
		if name == "" {
			continue
		}
		found, err := e.r.FindAccount(parent, provision.Fold(name))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", err
		}
		if err == nil && found.Key == key {
			return name, nil
		}
	}
	return a.ID, nil
}
