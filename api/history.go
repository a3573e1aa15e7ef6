package api

import (
	"context"
	"time"

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

func historyOf(r store.Reader, o store.Org, name string) ([]changeView, error) {
	var account int64
	if name != "" {
		who, err := person(r, o.Parent, name)
		if err != nil {
			return nil, err
		}
		account = who.Key
	}
	changes, err := r.History(o.Parent, o.Key, account)
	if err != nil {
		return nil, err
	}
	out := make([]changeView, len(changes))
	for i, c := range changes {
		who, err := r.Account(o.Parent, c.Account)
		if err != nil {
			return nil, err
		}
		out[i] = changeView{c.At, who.ID, who.UserName, c.Before, c.After, c.Cause, c.Why}
	}
	return out, nil
}

type explanationView struct {
	Org       string       `json:"org"`
	Account   string       `json:"account"`
	UserName  string       `json:"userName"`
	Member    *memberView  `json:"member" doc:"null: no member"`
	Governed  bool         `json:"governed" doc:"whether the directory decides"`
	Entitled  bool         `json:"entitled"`
	Basis     string       `json:"basis"`
	Role      string       `json:"role,omitempty" doc:"by mapping"`
	Tier      string       `json:"tier,omitempty" doc:"by mapping"`
	Reasons   []reasonView `json:"reasons"`
	Sentences []string     `json:"sentences"`
}

type reasonView struct {
	Mapping  string `json:"mapping"`
	Group    string `json:"group"`
	Name     string `json:"groupName"`
	Indirect bool   `json:"indirect" doc:"through a nested group"`
	Role     string `json:"role,omitempty"`
	Tier     string `json:"tier,omitempty"`
}

func (a *API) explain(ctx context.Context, org, who string) (explanationView, error) {
	e, err := a.Provision.Explain(ctx, org, who)
	if err != nil {
		return explanationView{}, err
	}
	d := e.Decision
	v := explanationView{
		Org: e.Org.Name, Account: e.Account.ID, UserName: e.Account.UserName,
		Governed: d.Governed, Entitled: d.Entitled, Basis: string(d.Basis), Role: d.Role, Tier: d.Tier,
		Reasons: make([]reasonView, len(d.Why)), Sentences: e.Sentences,
	}
	for i, w := range d.Why {
		v.Reasons[i] = reasonView{w.Row.ID, w.Group.ID, w.Group.Name, w.Group.Indirect, w.Row.Role, w.Row.Tier}
	}
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
