package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type parentView struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Plan    string    `json:"plan" doc:"the customer's contract; empty: none"`
	Created time.Time `json:"created"`
}

func viewParent(p store.Parent) parentView {
	return parentView{p.ID, p.Name, p.Plan, p.Created}
}

// ParentPath names a parent.
type ParentPath struct {
	Parent string `path:"parent" doc:"id or name"`
}

type newParent struct {
	Name string `json:"name"`
	Plan string `json:"plan,omitempty"`
}

type parentChange struct {
	Plan string `json:"plan"`
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
	read(a, "/parents/{parent}", "show a parent", func(ctx context.Context, in *ParentPath) (out parentView, err error) {
		err = a.view(ctx, func(r store.Reader) error {
			p, err := r.FindParent(in.Parent)
			out = viewParent(p)
			return missing(err, "parent", in.Parent)
		})
		return out, err
	})
	change(a, "/parents/{parent}", "change the plan of a parent", func(ctx context.Context, in *struct {
		ParentPath
		Body parentChange
	}) (parentView, error) {
		p, err := a.Provision.SetParentPlan(ctx, in.Parent, in.Body.Plan, cause(ctx))
		return viewParent(p), err
	})
	read(a, "/parents/{parent}/verify", "compare members with a full recomputation", func(ctx context.Context, in *ParentPath) (list[differenceView], error) {
		rows, err := a.Provision.Verify(ctx, in.Parent)
		return listOf(rows, viewDifference), err
	})
}
