package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type changeView struct {
	At      time.Time       `json:"at"`
	Account string          `json:"account"`
	User    string          `json:"userName"`
	Before  *store.Standing `json:"before" doc:"null: came in"`
	After   *store.Standing `json:"after" doc:"null: went out"`
	Cause   store.Cause     `json:"cause"`
	Why     string          `json:"why"`
}

func viewChange(c store.Change, who store.Account) changeView {
	return changeView{c.At, who.ID, who.UserName, c.Before, c.After, c.Cause, c.Why}
}

var changeColumns = []string{
	"at", "account", "userName", "roleBefore", "tierBefore", "stateBefore", "roleAfter", "tierAfter", "stateAfter",
	"cause", "actor", "request", "detail", "why",
}

func (v changeView) cells() []string {
	var before, after store.Standing
	if v.Before != nil {
		before = *v.Before
	}
	if v.After != nil {
		after = *v.After
	}
	return []string{
		stamp(v.At), v.Account, v.User, before.Role, before.Tier, before.State, after.Role, after.Tier, after.State,
		v.Cause.Kind, v.Cause.Actor, v.Cause.Request, v.Cause.Detail, v.Why,
	}
}

func (a *API) history() {
	read(a, "/orgs/{org}/members/{person}/explanation", "explain what a person is in an org", func(ctx context.Context, in *struct {
		MemberPath
		At string `query:"at" doc:"a time, or a date: the end of that day, UTC; absent: now"`
	}) (explanationView, error) {
		if in.At == "" {
			return a.explain(ctx, in.Org, in.Person)
		}
		at, err := moment("at", in.At)
		if err != nil {
			return explanationView{}, err
		}
		e, err := a.Provision.ExplainAt(ctx, in.Org, in.Person, at)
		return viewExplanation(e), err
	})
	sheet(a, "/orgs/{org}/history", "list changes of members", changeColumns, changeView.cells, func(ctx context.Context, in *struct {
		OrgPath
		Person string `query:"person" doc:"account id, userName or e-mail; empty: everyone"`
		SheetQuery
	}, row func(changeView) error) error {
		return a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			return historyOf(r, o, in.Person, row)
		})
	})
}

func historyOf(r store.Reader, o store.Org, name string, row func(changeView) error) error {
	var account int64
	if name != "" {
		who, err := person(r, o.Parent, name)
		if err != nil {
			return err
		}
		account = who.Key
	}
	changes, err := r.History(o.Parent, o.Key, account)
	if err != nil {
		return err
	}
	for _, c := range changes {
		who, err := r.Account(o.Parent, c.Account)
		if err != nil {
			return err
		}
		if err := row(viewChange(c, who)); err != nil {
			return err
		}
	}
	return nil
}

type explanationView struct {
	Org       string       `json:"org"`
	Account   string       `json:"account"`
	UserName  string       `json:"userName"`
	At        *time.Time   `json:"at,omitempty" doc:"the moment that was asked for: what stands in last.after is what they were"`
	Member    *memberView  `json:"member" doc:"null: no member, or a moment was asked for"`
	Governed  bool         `json:"governed" doc:"whether the directory decides"`
	Entitled  bool         `json:"entitled"`
	Basis     string       `json:"basis,omitempty" doc:"absent of a moment"`
	Role      string       `json:"role,omitempty" doc:"by mapping or pin"`
	Tier      string       `json:"tier,omitempty" doc:"by mapping or pin"`
	Reasons   []reasonView `json:"reasons"`
	Pin       *PinView     `json:"pin,omitempty"`
	Outside   bool         `json:"outside" doc:"of the verified domains (C-4)"`
	Last      *changeView  `json:"last,omitempty" doc:"the change that led there"`
	Sentences []string     `json:"sentences"`
}

type reasonView struct {
	Mapping  string `json:"mapping"`
	Group    string `json:"group,omitempty"`
	Name     string `json:"groupName"`
	Claim    bool   `json:"claim,omitempty" doc:"the name is one in login claims"`
	Indirect bool   `json:"indirect" doc:"through a nested group"`
	Role     string `json:"role,omitempty"`
	Tier     string `json:"tier,omitempty"`
}

func viewExplanation(e provision.Explanation) explanationView {
	d := e.Decision
	v := explanationView{
		Org: e.Org.Name, Account: e.Account.ID, UserName: e.Account.UserName, At: unlessZero(e.At),
		Governed: d.Governed, Entitled: d.Entitled, Basis: string(d.Basis), Role: d.Role, Tier: d.Tier,
		Reasons: make([]reasonView, len(d.Why)), Outside: e.Outside, Sentences: e.Sentences,
	}
	for i, w := range d.Why {
		v.Reasons[i] = reasonView{w.Row.ID, w.Group.ID, w.Group.Name, w.Row.Claim != "", w.Group.Indirect, w.Row.Role, w.Row.Tier}
	}
	if e.Pin != nil {
		v.Pin = viewPin(*e.Pin)
	}
	if e.Last != nil {
		last := viewChange(*e.Last, e.Account)
		v.Last = &last
	}
	return v
}

func (a *API) explain(ctx context.Context, org, who string) (explanationView, error) {
	e, err := a.Provision.Explain(ctx, org, who)
	if err != nil {
		return explanationView{}, err
	}
	v := viewExplanation(e)
	if e.Member != nil {
		m, err := a.member(ctx, *e.Member, nil)
		if err != nil {
			return v, err
		}
		m.Place = e.Place // as of the snapshot that was explained
		v.Member = &m
	}
	return v, nil
}
