package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type memberView struct {
	ID           string      `json:"id" doc:"the account"`
	UserName     string      `json:"userName"`
	Email        string      `json:"email"`
	Role         string      `json:"role"`
	Tier         string      `json:"tier,omitempty"`
	State        string      `json:"state"`
	Source       string      `json:"source"`
	Want         string      `json:"want,omitempty" doc:"the tier stood in line for; * is any"`
	WaitingSince *time.Time  `json:"waitingSince,omitempty"`
	Place        int         `json:"place,omitempty" doc:"in line, from 1"`
	Joined       time.Time   `json:"joined"`
	Changed      time.Time   `json:"changed"`
	Cause        store.Cause `json:"cause" doc:"of the last change"`
}

func viewMember(r store.Reader, m store.Member) (memberView, error) {
	v := memberView{
		Role: m.Role, Tier: m.Tier, State: m.State, Source: m.Source, Want: m.Want,
		Joined: m.Joined, Changed: m.Changed, Cause: m.Cause,
	}
	who, err := r.Account(m.Parent, m.Account)
	if err != nil {
		return v, err
	}
	v.ID, v.UserName, v.Email = who.ID, who.UserName, who.Email
	if m.Want != "" {
		v.WaitingSince = &m.WaitingSince
		v.Place, err = r.PlaceInLine(m)
	}
	return v, err
}

// MemberPath names a person in an org.
type MemberPath struct {
	OrgPath
	Person string `path:"person" doc:"account id, userName or e-mail"`
}

type newMember struct {
	Person string `json:"person" doc:"account id, userName or e-mail; a new one makes an account"`
	Email  string `json:"email,omitempty"`
	Role   string `json:"role,omitempty" doc:"empty: the default role"`
	Tier   string `json:"tier,omitempty" doc:"empty: the highest with a free seat"`
}

type memberChange struct {
	Role string `json:"role,omitempty"`
	Tier string `json:"tier,omitempty"`
}

type memberPage struct {
	Items []memberView `json:"items"`
	Next  string       `json:"next,omitempty" doc:"after= of the next page; absent on the last"`
}

func (a *API) members() {
	read(a, "/orgs/{org}/members", "list members", func(ctx context.Context, in *struct {
		OrgPath
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		After string `query:"after" doc:"next of the page before"`
	}) (out memberPage, err error) {
		err = a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			out, err = membersPage(r, o, in.After, in.Limit)
			return err
		})
		return out, err
	})
	create(a, "/orgs/{org}/members", "add a member", func(ctx context.Context, in *struct {
		OrgPath
		Body newMember
	}) (memberView, error) {
		b := in.Body
		m, err := a.Provision.AddMember(ctx, provision.MemberInput{Org: in.Org, Person: b.Person, Email: b.Email, Role: b.Role, Tier: b.Tier}, cause(ctx))
		return a.member(ctx, m, err)
	})
	change(a, "/orgs/{org}/members/{person}", "change a member", func(ctx context.Context, in *struct {
		MemberPath
		Body memberChange
	}) (memberView, error) {
		m, err := a.Provision.SetMember(ctx, provision.MemberInput{Org: in.Org, Person: in.Person, Role: in.Body.Role, Tier: in.Body.Tier}, cause(ctx))
		return a.member(ctx, m, err)
	})
	remove(a, "/orgs/{org}/members/{person}", "remove a member", func(ctx context.Context, in *MemberPath) error {
		return a.Provision.RemoveMember(ctx, in.Org, in.Person, cause(ctx))
	})
	read(a, "/orgs/{org}/members/{person}/explanation", "explain what a person is in an org", func(ctx context.Context, in *MemberPath) (explanationView, error) {
		return a.explain(ctx, in.Org, in.Person)
	})
	read(a, "/orgs/{org}/history", "list changes of members", func(ctx context.Context, in *struct {
		OrgPath
		Person string `query:"person" doc:"account id, userName or e-mail; empty: everyone"`
	}) (out list[changeView], err error) {
		err = a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			out.Items, err = historyOf(r, o, in.Person)
			return err
		})
		return out, err
	})
}

func (a *API) member(ctx context.Context, m store.Member, err error) (out memberView, _ error) {
	if err != nil {
		return out, err
	}
	err = a.view(ctx, func(r store.Reader) error {
		out, err = viewMember(r, m)
		return err
	})
	return out, err
}

// membersPage pages by account: the cursor is the last account's public id.
func membersPage(r store.Reader, o store.Org, cursor string, limit int) (memberPage, error) {
	out := memberPage{Items: []memberView{}}
	var after int64
	if cursor != "" {
		last, err := r.FindAccount(o.Parent, cursor)
		if err != nil {
			return out, missing(err, "after", cursor)
		}
		after = last.Key
	}
	members, err := r.MembersOfOrg(o.Parent, o.Key, after, limit+1)
	if err != nil {
		return out, err
	}
	for i, m := range members {
		if i == limit {
			out.Next = out.Items[i-1].ID
			break
		}
		v, err := viewMember(r, m)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// person finds an account of a parent by what an administrator calls it.
func person(r store.Reader, parent int64, name string) (store.Account, error) {
	who, err := r.FindAccount(parent, provision.Fold(name))
	return who, missing(err, "person", name)
}
