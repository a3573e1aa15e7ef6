package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type mappingView struct {
	ID        string    `json:"id"`
	Directory string    `json:"directory,omitempty" doc:"absent with a claim"`
	Group     string    `json:"group,omitempty" doc:"id of the group"`
	GroupName string    `json:"groupName,omitempty"`
	Claim     string    `json:"claim,omitempty" doc:"in place of a group: its name in login claims"`
	Role      string    `json:"role,omitempty"`
	Tier      string    `json:"tier,omitempty"`
	Created   time.Time `json:"created"`
}

func viewMapping(r store.Reader, m store.Mapping) (mappingView, error) {
	v := mappingView{ID: m.ID, Claim: m.Claim, Role: m.Role, Tier: m.Tier, Created: m.Created}
	if m.Claim != "" {
		return v, nil
	}
	d, err := r.Directory(m.Directory)
	if err != nil {
		return v, err
	}
	g, err := r.ResourceByKey(m.Directory, m.Group)
	v.Directory, v.Group, v.GroupName = d.Name, g.ID, g.Display
	return v, err
}

type newMapping struct {
	Group string `json:"group,omitempty" doc:"id, or displayName in a directory of the parent"`
	Claim string `json:"claim,omitempty" doc:"in place of group: a group as login claims name it; counts on jit"`
	Role  string `json:"role,omitempty"`
	Tier  string `json:"tier,omitempty"`
}

func (a *API) mappings() {
	read(a, "/orgs/{org}/mappings", "list mappings", func(ctx context.Context, in *OrgPath) (list[mappingView], error) {
		out := list[mappingView]{Items: []mappingView{}}
		err := a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			rows, err := r.Mappings(o.Parent, o.Key)
			if err != nil {
				return err
			}
			for _, m := range rows {
				v, err := viewMapping(r, m)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, v)
			}
			return nil
		})
		return out, err
	})
	create(a, "/orgs/{org}/mappings", "add a mapping", func(ctx context.Context, in *struct {
		OrgPath
		Body newMapping
	}) (out mappingView, err error) {
		b := in.Body
		m, err := a.Provision.AddMapping(ctx, provision.MappingInput{Org: in.Org, Group: b.Group, Claim: b.Claim, Role: b.Role, Tier: b.Tier}, cause(ctx))
		if err != nil {
			return out, err
		}
		err = a.view(ctx, func(r store.Reader) error {
			out, err = viewMapping(r, m)
			return err
		})
		return out, err
	})
	remove(a, "/orgs/{org}/mappings/{mapping}", "remove a mapping", func(ctx context.Context, in *struct {
		OrgPath
		Mapping string `path:"mapping"`
	}) error {
		return a.Provision.RemoveMapping(ctx, in.Org, in.Mapping, cause(ctx))
	})
}
