package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"scimd/declare"
	"scimd/provision"
	"scimd/store"
)

type declarationView struct {
	Parent    string   `json:"parent"`
	New       bool     `json:"new,omitempty" doc:"there is no such parent: create it, and ask again"`
	Changes   []string `json:"changes" doc:"of the configuration, a sentence each"`
	LeftAlone []string `json:"leftAlone" doc:"directories and orgs that the document does not name"`
	// Plan is absent where there is nothing to do, and of a new parent.
	Plan          *planView     `json:"plan,omitempty" doc:"the changes, to be applied; absent: nothing to do, or a new parent"`
	NeedsApproval bool          `json:"needsApproval,omitempty" doc:"a second administrator has to approve the plan (P-1)"`
	People        []planRowView `json:"people" doc:"the first of the plan's rows"`
	More          bool          `json:"more,omitempty" doc:"the plan has more rows"`
}

// firstRows is how many people are shown with the plan.
const firstRows = 20

func (a *API) declarations() {
	read(a, "/parents/{parent}/declaration", "export a parent as a document", func(ctx context.Context, in *ParentPath) (out declare.Document, err error) {
		err = a.viewParent(ctx, in.Parent, func(r store.Reader, p store.Parent) error {
			out, err = declare.Export(r, a.Provision.Catalogue, p)
			return err
		})
		return out, err
	})
	act(a, "/declarations", "plan what a document declares", func(ctx context.Context, in *struct{ Body declare.Document }) (declarationView, error) {
		return a.declare(ctx, in.Body)
	})
}

func (a *API) declare(ctx context.Context, want declare.Document) (out declarationView, err error) {
	var diff declare.Difference
	err = a.view(ctx, func(r store.Reader) error {
		diff, err = declare.Against(r, a.Provision.Catalogue, want, a.Provision.Now())
		return err
	})
	var faults declare.Faults
	if err != nil && !errors.As(err, &faults) {
		return out, err
	}
	plan, err := a.rehearse(ctx, diff, len(faults) == 0)
	refused, err := diff.Refused(err)
	if err != nil {
		return out, err
	}
	if faults = append(faults, refused...); len(faults) > 0 {
		return out, faults
	}
	out = declarationView{
		Parent: diff.Parent, New: diff.New, Changes: []string{}, LeftAlone: append([]string{}, diff.LeftAlone...), People: []planRowView{},
	}
	for _, c := range diff.Changes {
		out.Changes = append(out.Changes, c.Text)
	}
	if plan == nil {
		return out, nil
	}
	return out, a.view(ctx, func(r store.Reader) error { return out.show(a, r, *plan) })
}

// rehearse makes a plan of the steps, if keep and there is a parent to keep it
// of; otherwise it only tells what is refused.
func (a *API) rehearse(ctx context.Context, diff declare.Difference, keep bool) (*store.Plan, error) {
	steps := diff.Steps()
	if !keep || diff.New {
		return nil, a.Provision.Try(ctx, diff.Parent, steps, cause(ctx))
	}
	if len(steps) == 0 {
		return nil, nil
	}
	plan, err := a.Provision.Preview(ctx, diff.Parent, steps, cause(ctx))
	if err == nil && plan.Version != diff.Version {
		err = &provision.Error{Reason: provision.Stale, Field: "parent", Rule: "P-2", Text: fmt.Sprintf("settings of parent %s changed meanwhile: try again", diff.Parent)}
	}
	return &plan, err
}

func (v *declarationView) show(a *API, r store.Reader, plan store.Plan) error {
	p, err := r.Parent(plan.Parent)
	if err != nil {
		return err
	}
	v.NeedsApproval = p.SecondAdministrator
	shown, err := viewPlan(r, plan, a.Provision.Now())
	if err != nil {
		return err
	}
	v.Plan = &shown
	page, err := planRows(r, plan, "", 0, firstRows)
	v.People, v.More = page.Items, page.Next > 0
	return err
}

// faulty tells all that is wrong with a document; each fault names its place.
func faulty(faults declare.Faults) *Problem {
	text := "there is a fault in the declaration"
	if len(faults) > 1 {
		text = fmt.Sprintf("there are %d faults in the declaration", len(faults))
	}
	p := newProblem(http.StatusUnprocessableEntity, text)
	for _, f := range faults {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Message: f.Text, Location: f.Path})
	}
	return p
}
