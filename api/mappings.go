package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type mappingView struct {
	ID        string    `json:"id"`
	Directory string    `json:"directory"`
	Group     string    `json:"group" doc:"id of the group"`
	GroupName string    `json:"groupName"`
	Role      string    `json:"role,omitempty"`
	Tier      string    `json:"tier,omitempty"`
	Created   time.Time `json:"created"`
}

func viewMapping(r store.Reader, m store.Mapping) (mappingView, error) {
	d, err := r.Directory(m.Directory)
	if err != nil {
		return mappingView{}, err
	}
	g, err := r.ResourceByKey(m.Directory, m.Group)
	return mappingView{m.ID, d.Name, g.ID, g.Display, m.Role, m.Tier, m.Created}, err
}

type newMapping struct {
	Group string `json:"group" doc:"id, or displayName in a directory of the parent"`
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
		m, err := a.Provision.AddMapping(ctx, provision.MappingInput{Org: in.Org, Group: b.Group, Role: b.Role, Tier: b.Tier}, cause(ctx))
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
