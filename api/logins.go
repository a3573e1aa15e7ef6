package api

import (
	"context"
	"errors"
	"fmt"

	"scimd/idtoken"
	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

// LoginBody is what the identity provider said of someone who logs in: as the
// application read it, or as the ID token that says it.
type LoginBody struct {
	Subject  string   `json:"subject,omitempty" doc:"what the issuer calls the person for good"`
	UserName string   `json:"userName,omitempty" doc:"this or a subject is needed, unless there is an ID token"`
	Email    string   `json:"email,omitempty"`
	Name     string   `json:"name,omitempty"`
	Groups   []string `json:"groups,omitempty" doc:"beside an ID token only if that refers to them elsewhere"`
	Assigned *bool    `json:"assigned,omitempty" doc:"to the application; absent: yes, or there would be no login"`
	IDToken  string   `json:"idToken,omitempty" doc:"of the parent's issuer, in place of what it says"`
	Nonce    string   `json:"nonce,omitempty" doc:"what was sent with the request for the ID token"`
}

type parentLogin struct {
	Parent string `json:"parent" doc:"id or name"`
	LoginBody
}

type loginView struct {
	Org      string          `json:"org"`
	Allowed  bool            `json:"allowed"`
	Reason   string          `json:"reason" doc:"allowed, not_a_member, no_seat, paused, not_assigned, no_group, deactivated, not_present, outside or barred"`
	Role     string          `json:"role,omitempty"`
	Tier     string          `json:"tier,omitempty"`
	State    string          `json:"state,omitempty" doc:"absent: no member"`
	Outside  bool            `json:"outside,omitempty" doc:"let in, but outside of the verified domains (C-4)"`
	Place    int             `json:"place,omitempty" doc:"in line for a seat, from 1"`
	Changed  bool            `json:"changed" doc:"the login moved the member"`
	Before   *store.Standing `json:"before,omitempty" doc:"of the member, if it moved; absent: came in"`
	Account  string          `json:"account,omitempty" doc:"absent: unknown, and stays so"`
	UserName string          `json:"userName,omitempty" doc:"of the account"`
}

func viewLogin(in provision.LoginAnswer) loginView {
	v := loginView{
		Org: in.Org.Name, Allowed: in.Allowed, Reason: string(in.Reason), Outside: in.Outside,
		Place: in.Place, Changed: in.Changed, Before: in.Before,
	}
	if m := in.Member; m != nil {
		v.Role, v.Tier, v.State = m.Role, m.Tier, m.State
	}
	if in.Account != nil {
		v.Account, v.UserName = in.Account.ID, in.Account.UserName
	}
	return v
}

func (a *API) logins() {
	act(a, "/orgs/{org}/logins", "decide a login to an org", func(ctx context.Context, in *struct {
		OrgPath
		Body LoginBody
	}) (loginView, error) {
		answers, err := a.login(ctx, provision.LoginInput{Org: in.Org}, in.Body)
		if err != nil {
			return loginView{}, err
		}
		return viewLogin(answers[0]), nil
	})
	act(a, "/logins", "decide a login to every org of a parent", func(ctx context.Context, in *struct{ Body parentLogin }) (list[loginView], error) {
		answers, err := a.login(ctx, provision.LoginInput{Parent: in.Body.Parent}, in.Body.LoginBody)
		return listOf(answers, viewLogin), err
	})
}

// login decides what the application says, or what its ID token says. One that
// is refused is no error: the answer says why.
func (a *API) login(ctx context.Context, in provision.LoginInput, said LoginBody) ([]provision.LoginAnswer, error) {
	in.Claims = provision.Claims{
		Subject: said.Subject, UserName: said.UserName, Email: said.Email, Name: said.Name, Groups: said.Groups, Assigned: said.Assigned,
	}
	if said.IDToken != "" {
		claims, err := a.verified(ctx, in, said)
		if err != nil {
			return nil, err
		}
		in.Claims = claims
	} else if said.Nonce != "" {
		return nil, invalid("nonce", "a nonce is that of an ID token, and there is none")
	}
	return a.Provision.Login(ctx, in, cause(ctx))
}

// verified gives what the ID token of a login says.
func (a *API) verified(ctx context.Context, in provision.LoginInput, said LoginBody) (provision.Claims, error) {
	if said.Subject != "" || said.UserName != "" || said.Email != "" || said.Name != "" {
		return provision.Claims{}, invalid("idToken", "the ID token says who it is: send no subject, userName, email or name beside it")
	}
	issuer, groupsCount, err := a.issuer(ctx, in)
	if err != nil {
		return provision.Claims{}, err
	}
	token, err := a.Verifier.Verify(ctx, issuer, said.IDToken, said.Nonce)
	var failure *idtoken.Error
	elsewhere := errors.As(err, &failure) && failure.Kind == idtoken.GroupsElsewhere
	switch {
	case err != nil && !elsewhere:
		return provision.Claims{}, err
	case elsewhere && said.Groups == nil && groupsCount:
		// To take them for none would remove the person.
		return provision.Claims{}, err
	case elsewhere:
		token.Groups = said.Groups
	case said.Groups != nil:
		return provision.Claims{}, invalid("groups", "the ID token says the groups: send none beside it")
	}
	return provision.Claims{
		Subject: token.Subject, UserName: token.UserName, Email: token.Email, Name: token.Name,
		Groups: token.Groups, Assigned: said.Assigned,
	}, nil
}

// issuer gives whose ID tokens the parent of a login believes, and whether the
// groups in them count in any org that the login is about.
func (a *API) issuer(ctx context.Context, in provision.LoginInput) (issuer idtoken.Issuer, groupsCount bool, err error) {
	err = a.view(ctx, func(r store.Reader) error {
		p, orgs, err := loginScope(r, in)
		if err != nil {
			return err
		}
		if p.Login.Issuer == "" {
			return &provision.Error{Reason: provision.WrongMode, Field: "idToken", Text: fmt.Sprintf(
				"parent %s has no issuer of ID tokens: set its login settings, or send what the identity provider said", p.Name)}
		}
		issuer = idtoken.Issuer{URL: p.Login.Issuer, Audience: p.Login.Audience, GroupsClaim: p.Login.GroupsClaim}
		for _, o := range orgs {
			counts, err := countsClaims(r, o)
			if err != nil {
				return err
			}
			groupsCount = groupsCount || counts
		}
		return nil
	})
	return issuer, groupsCount, err
}

func loginScope(r store.Reader, in provision.LoginInput) (store.Parent, []store.Org, error) {
	if in.Org != "" {
		o, err := r.FindOrg(in.Org)
		if err != nil {
			return store.Parent{}, nil, missing(err, "org", in.Org)
		}
		p, err := r.Parent(o.Parent)
		return p, []store.Org{o}, err
	}
	p, err := r.FindParent(in.Parent)
	if err != nil {
		return p, nil, missing(err, "parent", in.Parent)
	}
	orgs, err := r.Orgs(p.Key)
	return p, orgs, err
}

// countsClaims tells whether groups in claims decide anything in an org.
func countsClaims(r store.Reader, o store.Org) (bool, error) {
	if o.Mode != string(mapping.JIT) || !o.GroupMappings {
		return false, nil
	}
	rows, err := r.Mappings(o.Parent, o.Key)
	for _, m := range rows {
		if m.Claim != "" {
			return true, err
		}
	}
	return false, err
}
