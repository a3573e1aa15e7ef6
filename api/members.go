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
	Hold         *holdView   `json:"hold,omitempty" doc:"of one whom a guard holds"`
	Pin          *PinView    `json:"pin,omitempty"`
}

func viewMember(r store.Reader, m store.Member) (memberView, error) {
	v := memberView{
		Role: m.Role, Tier: m.Tier, State: m.State, Source: m.Source, Want: m.Want,
		Joined: m.Joined, Changed: m.Changed, Cause: m.Cause, Hold: viewHold(m),
	}
	who, err := r.Account(m.Parent, m.Account)
	if err != nil {
		return v, err
	}
	v.ID, v.UserName, v.Email = who.ID, who.UserName, who.Email
	if m.Want != "" {
		v.WaitingSince = &m.WaitingSince
		if v.Place, err = r.PlaceInLine(m); err != nil {
			return v, err
		}
	}
	v.Pin, err = pinOf(r, m.Parent, m.Org, m.Account)
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
	// Where mappings decide, what is set is a pin (M-5).
	Why     string    `json:"why,omitempty" doc:"of the pin that it is where group mappings are on"`
	Expires time.Time `json:"expires,omitzero" doc:"likewise; absent: the pin stays until it is cleared"`
}

// MemberQuery asks for a page of members.
type MemberQuery struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After string `query:"after" doc:"next of the page before"`
}

type memberPage struct {
	Items []memberView `json:"items"`
	Next  string       `json:"next,omitempty" doc:"after= of the next page; absent on the last"`
}

func (a *API) members() {
	read(a, "/orgs/{org}/members", "list members", func(ctx context.Context, in *struct {
		OrgPath
		MemberQuery
	}) (out memberPage, err error) {
		err = a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			out, err = membersPage(r, o, in.MemberQuery, func(after int64, limit int) ([]store.Member, error) {
				return r.MembersOfOrg(o.Parent, o.Key, after, limit)
			})
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
		b := in.Body
		m, err := a.Provision.SetMember(ctx, provision.MemberInput{
			Org: in.Org, Person: in.Person, Role: b.Role, Tier: b.Tier, Why: b.Why, Expires: b.Expires,
		}, cause(ctx))
		return a.member(ctx, m, err)
	})
	remove(a, "/orgs/{org}/members/{person}", "remove a member", func(ctx context.Context, in *MemberPath) error {
		return a.Provision.RemoveMember(ctx, in.Org, in.Person, cause(ctx))
	})
	a.history()
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
func membersPage(r store.Reader, o store.Org, q MemberQuery, from func(after int64, limit int) ([]store.Member, error)) (memberPage, error) {
	out := memberPage{Items: []memberView{}}
	var after int64
	if q.After != "" {
		last, err := r.FindAccount(o.Parent, q.After)
		if err != nil {
			return out, missing(err, "after", q.After)
		}
		after = last.Key
	}
	members, err := from(after, q.Limit+1)
	if err != nil {
		return out, err
	}
	for i, m := range members {
		if i == q.Limit {
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
