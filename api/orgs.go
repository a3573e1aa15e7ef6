package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type orgView struct {
	ID            string               `json:"id"`
	Name          string               `json:"name"`
	Parent        string               `json:"parent" doc:"the parent's name"`
	Product       string               `json:"product"`
	Plan          string               `json:"plan"`
	Mode          string               `json:"mode"`
	GroupMappings bool                 `json:"groupMappings"`
	FullTier      string               `json:"fullTier"`
	Guards        guardsView           `json:"guards"`
	Paused        bool                 `json:"paused" doc:"what the directory says takes effect when the org goes on (P-7)"`
	Seats         map[string]seatsView `json:"seats" doc:"by tier; the tier of a product without tiers is empty"`
	Created       time.Time            `json:"created"`
}

type guardsView struct {
	Count             int    `json:"count" doc:"more removals than this, and"`
	Percent           int    `json:"percent" doc:"more than this part of the members,"`
	Window            string `json:"window" doc:"within this time are held (P-4)"`
	LastAdministrator string `json:"lastAdministrator" doc:"always, mappings or off (P-5)"`
}

func viewGuards(g store.Guards) guardsView {
	return guardsView{g.Count, g.Percent, g.Window.String(), g.LastAdministrator}
}

type seatsView struct {
	Owned *int `json:"owned,omitempty" doc:"absent: without limit"`
	Used  int  `json:"used"`
}

// viewOrg reads what the record alone does not say: the parent's name and the
// seats.
func viewOrg(r store.Reader, o store.Org) (orgView, error) {
	v := orgView{
		ID: o.ID, Name: o.Name, Product: o.Product, Plan: o.Plan, Mode: o.Mode,
		GroupMappings: o.GroupMappings, FullTier: o.FullTier, Created: o.Created,
		Guards: viewGuards(provision.GuardsOf(o)), Paused: o.Paused,
		Seats: make(map[string]seatsView),
	}
	p, err := r.Parent(o.Parent)
	if err != nil {
		return v, err
	}
	v.Parent = p.Name
	used, err := r.SeatsUsed(o.Parent, o.Key)
	if err != nil {
		return v, err
	}
	for tier, n := range used {
		v.Seats[tier] = seatsView{Used: n}
	}
	owned, err := r.Pools(o.Parent, o.Key)
	for tier, n := range owned {
		v.Seats[tier] = seatsView{&n, used[tier]}
	}
	return v, err
}

// OrgPath names an org. What inputs share is exported since huma reads no
// field, not even an embedded one, that is not.
type OrgPath struct {
	Org string `path:"org" doc:"id or name"`
}

type newOrg struct {
	Parent  string `json:"parent" doc:"id or name"`
	Name    string `json:"name"`
	Product string `json:"product"`
	Plan    string `json:"plan"`
}

type syncView struct {
	Orgs    int `json:"orgs"`
	Drifted int `json:"drifted" doc:"people who were not what the directory says"`
	Changed int `json:"changed" doc:"of whom role, tier, state or place in line moved"`
}

func (a *API) orgs() {
	create(a, "/orgs", "create an org", func(ctx context.Context, in *struct{ Body newOrg }) (orgView, error) {
		o, err := a.Provision.CreateOrg(ctx, provision.OrgInput(in.Body), cause(ctx))
		if err != nil {
			return orgView{}, err
		}
		return a.org(ctx, o.ID)
	})
	read(a, "/orgs", "list orgs", func(ctx context.Context, in *struct {
		Parent string `query:"parent" doc:"id or name; empty: of every parent"`
	}) (out list[orgView], err error) {
		err = a.view(ctx, func(r store.Reader) error {
			out.Items, err = orgsOf(r, in.Parent)
			return err
		})
		return out, err
	})
	read(a, "/orgs/{org}", "show an org", func(ctx context.Context, in *OrgPath) (orgView, error) {
		return a.org(ctx, in.Org)
	})
	change(a, "/orgs/{org}", "change an org", func(ctx context.Context, in *struct {
		OrgPath
		Body provision.OrgChange
	}) (orgView, error) {
		o, err := a.Provision.ChangeOrg(ctx, in.Org, in.Body, cause(ctx))
		if err != nil {
			return orgView{}, err
		}
		return a.org(ctx, o.ID)
	})
	act(a, "/orgs/{org}/sync", "decide everyone in an org again", func(ctx context.Context, in *OrgPath) (syncView, error) {
		report, err := a.Provision.Sync(ctx, "", in.Org, cause(ctx))
		return syncView(report), err
	})
}

func (a *API) org(ctx context.Context, idOrName string) (out orgView, err error) {
	err = a.viewOrg(ctx, idOrName, func(r store.Reader, o store.Org) error {
		out, err = viewOrg(r, o)
		return err
	})
	return out, err
}

// viewOrg runs a read that is about one org.
func (a *API) viewOrg(ctx context.Context, idOrName string, fn func(store.Reader, store.Org) error) error {
	return a.view(ctx, func(r store.Reader) error {
		o, err := r.FindOrg(idOrName)
		if err != nil {
			return missing(err, "org", idOrName)
		}
		return fn(r, o)
	})
}

// parentsNamed is the one parent, or with an empty name all of them.
func parentsNamed(r store.Reader, idOrName string) ([]store.Parent, error) {
	if idOrName == "" {
		return r.Parents()
	}
	p, err := r.FindParent(idOrName)
	return []store.Parent{p}, missing(err, "parent", idOrName)
}

func orgsOf(r store.Reader, parent string) ([]orgView, error) {
	parents, err := parentsNamed(r, parent)
	if err != nil {
		return nil, err
	}
	out := []orgView{}
	for _, p := range parents {
		orgs, err := r.Orgs(p.Key)
		if err != nil {
			return nil, err
		}
		for _, o := range orgs {
			v, err := viewOrg(r, o)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}
