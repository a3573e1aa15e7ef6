package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type parentView struct {
	ID                  string              `json:"id"`
	Name                string              `json:"name"`
	Plan                string              `json:"plan" doc:"the customer's contract; empty: none"`
	Domains             []string            `json:"domains" doc:"verified (C-4); none: nobody lies outside"`
	AdmitOutside        bool                `json:"admitOutside" doc:"those outside the domains are let in, flagged"`
	SecondAdministrator bool                `json:"secondAdministrator" doc:"settings change by a plan that a second administrator has approved"`
	Login               store.LoginSettings `json:"login" doc:"whose ID tokens are believed; without an issuer: nobody's"`
	Version             int64               `json:"version" doc:"moves with every change of settings: plans from before are void"`
	Created             time.Time           `json:"created"`
}

func viewParent(p store.Parent) parentView {
	return parentView{
		p.ID, p.Name, p.Plan, append([]string{}, p.Domains...), p.AdmitOutside, p.SecondAdministrator, p.Login, p.Version, p.Created,
	}
}

// ParentPath names a parent.
type ParentPath struct {
	Parent string `path:"parent" doc:"id or name"`
}

type newParent struct {
	Name string `json:"name"`
	Plan string `json:"plan,omitempty"`
}

type differenceView struct {
	Org        string `json:"org"`
	Account    string `json:"account"`
	Stored     string `json:"stored"`
	Recomputed string `json:"recomputed"`
}

func viewDifference(d provision.Difference) differenceView { return differenceView(d) }

func (a *API) parents() {
	read(a, "/parents", "list parents", func(ctx context.Context, _ *struct{}) (out list[parentView], err error) {
		err = a.view(ctx, func(r store.Reader) error {
			rows, err := r.Parents()
			out = listOf(rows, viewParent)
			return err
		})
		return out, err
	})
	create(a, "/parents", "create a parent", func(ctx context.Context, in *struct{ Body newParent }) (parentView, error) {
		p, err := a.Provision.CreateParent(ctx, in.Body.Name, in.Body.Plan, cause(ctx))
		return viewParent(p), err
	})
	read(a, "/parents/{parent}", "show a parent", func(ctx context.Context, in *ParentPath) (parentView, error) {
		return a.parent(ctx, in.Parent)
	})
	change(a, "/parents/{parent}", "change a parent", func(ctx context.Context, in *struct {
		ParentPath
		Body provision.ParentChange
	}) (parentView, error) {
		p, err := a.Provision.ChangeParent(ctx, in.Parent, in.Body, cause(ctx))
		return viewParent(p), err
	})
	act(a, "/parents/{parent}/sync", "decide everyone in every org of a parent again", func(ctx context.Context, in *ParentPath) (syncView, error) {
		report, err := a.Provision.Sync(ctx, in.Parent, "", cause(ctx))
		return syncView(report), err
	})
	read(a, "/parents/{parent}/verify", "compare members with a full recomputation", func(ctx context.Context, in *ParentPath) (list[differenceView], error) {
		rows, err := a.Provision.Verify(ctx, in.Parent)
		return listOf(rows, viewDifference), err
	})
}

func (a *API) parent(ctx context.Context, idOrName string) (out parentView, err error) {
	err = a.viewParent(ctx, idOrName, func(_ store.Reader, p store.Parent) error {
		out = viewParent(p)
		return nil
	})
	return out, err
}

// viewParent runs a read that is about one parent.
func (a *API) viewParent(ctx context.Context, idOrName string, fn func(store.Reader, store.Parent) error) error {
	return a.view(ctx, func(r store.Reader) error {
		p, err := r.FindParent(idOrName)
		if err != nil {
			return missing(err, "parent", idOrName)
		}
		return fn(r, p)
	})
}
