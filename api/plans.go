package api

import (
	"context"
	"encoding/json"
	"time"

	"scimd/provision"
	"scimd/store"
)

// steps is a change of settings, to be shown or done as one.
type steps struct {
	Steps []provision.Step `json:"steps" minItems:"1" maxItems:"1000" doc:"carried out in order, all or none"`
}

type planView struct {
	ID         string                 `json:"id"`
	Parent     string                 `json:"parent" doc:"the parent's name"`
	State      string                 `json:"state" doc:"draft, ready, applied or expired"`
	By         string                 `json:"by" doc:"who made it"`
	Created    time.Time              `json:"created"`
	Expires    time.Time              `json:"expires"`
	Approved   *time.Time             `json:"approved,omitempty"`
	ApprovedBy string                 `json:"approvedBy,omitempty"`
	Applied    *time.Time             `json:"applied,omitempty"`
	AppliedBy  string                 `json:"appliedBy,omitempty"`
	Summary    *provision.PlanSummary `json:"summary,omitempty" doc:"absent of a draft"`
	Steps      []provision.Step       `json:"steps"`
}

func viewPlan(r store.Reader, p store.Plan, now time.Time) (planView, error) {
	v := planView{
		ID: p.ID, State: string(p.State), By: p.By, Created: p.Created, Expires: p.Expires,
		Approved: unlessZero(p.Approved), ApprovedBy: p.ApprovedBy, Applied: unlessZero(p.Applied), AppliedBy: p.AppliedBy,
	}
	if p.State != store.PlanApplied && !now.Before(p.Expires) {
		v.State = "expired"
	}
	parent, err := r.Parent(p.Parent)
	if err != nil {
		return v, err
	}
	v.Parent = parent.Name
	if len(p.Summary) > 0 {
		if err := json.Unmarshal(p.Summary, &v.Summary); err != nil {
			return v, err
		}
	}
	return v, json.Unmarshal(p.Steps, &v.Steps)
}

// planRowView is what a plan does to one person in one org.
type planRowView struct {
	Seq      int64           `json:"seq"`
	Org      string          `json:"org" doc:"the org's name"`
	Account  string          `json:"account,omitempty" doc:"absent: the plan makes it"`
	UserName string          `json:"userName"`
	Before   *store.Standing `json:"before" doc:"null: comes in"`
	After    *store.Standing `json:"after" doc:"null: goes out"`
	Why      string          `json:"why"`
}

type planRowPage struct {
	Items []planRowView `json:"items"`
	Next  int64         `json:"next,omitempty" doc:"after= of the next page; absent on the last"`
}

// PlanPath names a plan.
type PlanPath struct {
	Plan string `path:"plan" doc:"its id"`
}

func (a *API) plans() {
	act(a, "/parents/{parent}/changes", "change settings", func(ctx context.Context, in *struct {
		ParentPath
		Body steps
	}) (parentView, error) {
		if err := a.Provision.Change(ctx, in.Parent, in.Body.Steps, cause(ctx)); err != nil {
			return parentView{}, err
		}
		return a.parent(ctx, in.Parent)
	})
	create(a, "/parents/{parent}/plans", "preview a change of settings", func(ctx context.Context, in *struct {
		ParentPath
		Body steps
	}) (planView, error) {
		p, err := a.Provision.Preview(ctx, in.Parent, in.Body.Steps, cause(ctx))
		return a.plan(ctx, p, err)
	})
	read(a, "/parents/{parent}/plans", "list plans", func(ctx context.Context, in *struct {
		ParentPath
		Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the newest come first"`
	}) (list[planView], error) {
		out := list[planView]{Items: []planView{}}
		err := a.viewParent(ctx, in.Parent, func(r store.Reader, p store.Parent) error {
			rows, err := r.Plans(p.Key, in.Limit)
			for _, row := range rows {
				v, err := viewPlan(r, row, a.Provision.Now())
				if err != nil {
					return err
				}
				out.Items = append(out.Items, v)
			}
			return err
		})
		return out, err
	})
	read(a, "/plans/{plan}", "show a plan", func(ctx context.Context, in *PlanPath) (out planView, err error) {
		err = a.viewPlan(ctx, in.Plan, func(r store.Reader, p store.Plan) error {
			out, err = viewPlan(r, p, a.Provision.Now())
			return err
		})
		return out, err
	})
	read(a, "/plans/{plan}/rows", "list what a plan does person by person", func(ctx context.Context, in *struct {
		PlanPath
		Org   string `query:"org" doc:"name; empty: of every org"`
		After int64  `query:"after" minimum:"0" doc:"next of the page before"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}) (out planRowPage, err error) {
		err = a.viewPlan(ctx, in.Plan, func(r store.Reader, p store.Plan) error {
			out, err = planRows(r, p, in.Org, in.After, in.Limit)
			return err
		})
		return out, err
	})
	act(a, "/plans/{plan}/approve", "approve a plan as a second administrator", func(ctx context.Context, in *PlanPath) (planView, error) {
		p, err := a.Provision.ApprovePlan(ctx, in.Plan, cause(ctx))
		return a.plan(ctx, p, err)
	})
	act(a, "/plans/{plan}/apply", "apply a plan", func(ctx context.Context, in *PlanPath) (planView, error) {
		p, err := a.Provision.ApplyPlan(ctx, in.Plan, cause(ctx))
		return a.plan(ctx, p, err)
	})
}

// plan views what a verb has given.
func (a *API) plan(ctx context.Context, p store.Plan, err error) (out planView, _ error) {
	if err != nil {
		return out, err
	}
	err = a.view(ctx, func(r store.Reader) error {
		out, err = viewPlan(r, p, a.Provision.Now())
		return err
	})
	return out, err
}

// viewPlan runs a read that is about one plan.
func (a *API) viewPlan(ctx context.Context, id string, fn func(store.Reader, store.Plan) error) error {
	return a.view(ctx, func(r store.Reader) error {
		p, err := r.FindPlan(id)
		if err != nil {
			return missing(err, "plan", id)
		}
		return fn(r, p)
	})
}

func planRows(r store.Reader, p store.Plan, org string, after int64, limit int) (planRowPage, error) {
	rows, err := r.PlanRows(p.Key, org, after, limit+1)
	out := planRowPage{}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Next = rows[limit-1].Seq
	}
	out.Items = listOf(rows, func(row store.PlanRow) planRowView {
		return planRowView{Seq: row.Seq, Org: row.Org, Account: row.Account, UserName: row.Name, Before: row.Before, After: row.After, Why: row.Why}
	}).Items
	return out, err
}
