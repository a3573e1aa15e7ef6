package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

// holdView is what a guard has stopped.
type holdView struct {
	Guard  string    `json:"guard" doc:"mass_removal (P-4) or last_administrator (P-5)"`
	Action string    `json:"action" doc:"remove or demote"`
	Why    string    `json:"why"`
	Since  time.Time `json:"since"`
}

func viewHold(m store.Member) *holdView {
	if m.State != provision.Held {
		return nil
	}
	return &holdView{m.Hold.Guard, m.Hold.Action, m.Hold.Why, m.Hold.Since}
}

type verdict struct {
	People []string `json:"people,omitempty" doc:"account ids, userNames or e-mails; none: everyone held"`
	Why    string   `json:"why,omitempty" doc:"of the pins that a rejection sets"`
}

type verdictView struct {
	Decided int `json:"decided"`
}

func (a *API) holds() {
	read(a, "/orgs/{org}/holds", "list members whom a guard holds", func(ctx context.Context, in *struct {
		OrgPath
		Guard string `query:"guard" enum:"mass_removal,last_administrator" doc:"empty: any"`
		MemberQuery
	}) (out memberPage, err error) {
		err = a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			out, err = membersPage(r, o, in.MemberQuery, func(after int64, limit int) ([]store.Member, error) {
				return r.HeldMembers(o.Parent, o.Key, in.Guard, after, limit)
			})
			return err
		})
		return out, err
	})
	a.verdicts("/orgs/{org}/holds/approve", "let those go whom a guard holds", true)
	a.verdicts("/orgs/{org}/holds/reject", "keep those pinned whom a guard holds", false)
}

func (a *API) verdicts(path, summary string, approve bool) {
	act(a, path, summary, func(ctx context.Context, in *struct {
		OrgPath
		Body verdict
	}) (verdictView, error) {
		decided, err := a.Provision.DecideHolds(ctx, provision.Verdict{
			Org: in.Org, People: in.Body.People, Approve: approve, Why: in.Body.Why,
		}, cause(ctx))
		return verdictView{decided}, err
	})
}
