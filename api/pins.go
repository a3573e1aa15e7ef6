package api

import (
	"context"
	"errors"
	"time"

	"scimd/provision"
	"scimd/store"
)

// PinView is what an administrator has set against the directory.
type PinView struct {
	Role    string     `json:"role,omitempty"`
	Tier    string     `json:"tier,omitempty"`
	Member  bool       `json:"member" doc:"the membership itself is pinned (M-11)"`
	Against string     `json:"against,omitempty" doc:"why the directory would not have them"`
	By      string     `json:"by"`
	Why     string     `json:"why"`
	At      time.Time  `json:"at"`
	Expires *time.Time `json:"expires,omitempty"`
}

func viewPin(p store.Pin) *PinView {
	return &PinView{p.Role, p.Tier, p.Against != "", p.Against, p.By, p.Why, p.At, unlessZero(p.Expires)}
}

// pinOf gives the pin of a person in an org, nil if there is none.
func pinOf(r store.Reader, parent, org, account int64) (*PinView, error) {
	p, err := r.Pin(parent, org, account)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return viewPin(p), err
}

type personPinView struct {
	Account  string `json:"account"`
	UserName string `json:"userName"`
	Email    string `json:"email"`
	PinView
}

func viewPersonPin(r store.Reader, p store.Pin) (personPinView, error) {
	who, err := r.Account(p.Parent, p.Account)
	return personPinView{who.ID, who.UserName, who.Email, *viewPin(p)}, err
}

type newPin struct {
	Person  string    `json:"person" doc:"account id, userName or e-mail"`
	Email   string    `json:"email,omitempty" doc:"of a person whom the parent does not know yet"`
	Role    string    `json:"role,omitempty"`
	Tier    string    `json:"tier,omitempty"`
	Member  bool      `json:"member,omitempty" doc:"pins the membership of one whom the directory does not entitle (M-11)"`
	Why     string    `json:"why"`
	Expires time.Time `json:"expires,omitzero"`
}

func (a *API) pins() {
	read(a, "/orgs/{org}/pins", "list pins", func(ctx context.Context, in *OrgPath) (list[personPinView], error) {
		out := list[personPinView]{Items: []personPinView{}}
		err := a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			rows, err := r.Pins(o.Parent, o.Key)
			for _, p := range rows {
				v, err := viewPersonPin(r, p)
				if err != nil {
					return err
				}
				out.Items = append(out.Items, v)
			}
			return err
		})
		return out, err
	})
	create(a, "/orgs/{org}/pins", "pin a role, a tier or a membership", func(ctx context.Context, in *struct {
		OrgPath
		Body newPin
	}) (out personPinView, err error) {
		b := in.Body
		err = a.Provision.Pin(ctx, provision.PinInput{
			MemberRef: provision.MemberRef{Org: in.Org, Person: b.Person},
			Email:     b.Email, Role: b.Role, Tier: b.Tier, Member: b.Member, Why: b.Why, Expires: b.Expires,
		}, cause(ctx))
		if err != nil {
			return out, err
		}
		err = a.viewOrg(ctx, in.Org, func(r store.Reader, o store.Org) error {
			who, err := person(r, o.Parent, b.Person)
			if err != nil {
				return err
			}
			p, err := r.Pin(o.Parent, o.Key, who.Key)
			if err != nil {
				return err
			}
			out, err = viewPersonPin(r, p)
			return err
		})
		return out, err
	})
	remove(a, "/orgs/{org}/pins/{person}", "clear a pin", func(ctx context.Context, in *MemberPath) error {
		return a.Provision.Unpin(ctx, provision.MemberRef{Org: in.Org, Person: in.Person}, cause(ctx))
	})
}
