package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"scimd/provision"
	"scimd/store"
)

// TokenView is a token without its secret.
type TokenView struct {
	ID      string     `json:"id"`
	Label   string     `json:"label,omitempty"`
	Scope   string     `json:"scope"`
	Created time.Time  `json:"created"`
	Subject string     `json:"subject,omitempty" doc:"id of the user that holds it"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

func viewToken(t store.Token) TokenView {
	return TokenView{t.ID, t.Label, string(t.Scope), t.Created, t.Subject, unlessZero(t.Expires), unlessZero(t.Revoked)}
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type newToken struct {
	Label   string    `json:"label,omitempty"`
	Scope   string    `json:"scope,omitempty" doc:"scim (default), scim.read or scim.self"`
	Subject string    `json:"subject,omitempty" doc:"id or userName of the user that holds it; scim.self needs one"`
	Expires time.Time `json:"expires,omitzero"`
	TTL     string    `json:"ttl,omitempty" doc:"how long it lives, as in 720h; neither this nor expires: the server's default"`
}

func (n newToken) input(directory string) (provision.TokenInput, error) {
	in := provision.TokenInput{Directory: directory, Label: n.Label, Scope: store.TokenScope(cmp.Or(n.Scope, string(store.ScopeSCIM))),
		Subject: n.Subject, Expires: n.Expires}
	if n.TTL == "" {
		return in, nil
	}
	d, err := time.ParseDuration(n.TTL)
	if err != nil || d <= 0 {
		return in, &provision.Error{Reason: provision.Invalid, Field: "ttl", Text: fmt.Sprintf("ttl %q is not a time such as 720h", n.TTL)}
	}
	in.Lifetime = d
	return in, nil
}

type newTokenView struct {
	TokenView
	Secret string `json:"secret" doc:"shown this once and stored nowhere"`
}

func (a *API) tokens() {
	read(a, "/directories/{directory}/tokens", "list tokens of a directory", func(ctx context.Context, in *DirectoryPath) (out list[TokenView], err error) {
		err = a.viewDirectory(ctx, in.Directory, func(r store.Reader, d store.Directory) error {
			rows, err := r.Tokens(d.Key)
			out = listOf(rows, viewToken)
			return err
		})
		return out, err
	})
	create(a, "/directories/{directory}/tokens", "create a token", func(ctx context.Context, in *struct {
		DirectoryPath
		Body newToken
	}) (newTokenView, error) {
		asked, err := in.Body.input(in.Directory)
		if err != nil {
			return newTokenView{}, err
		}
		t, secret, err := a.Provision.CreateToken(ctx, asked, cause(ctx))
		return newTokenView{viewToken(t), secret}, err
	})
	remove(a, "/tokens/{token}", "revoke a token", func(ctx context.Context, in *struct {
		Token string `path:"token"`
	}) error {
		return a.Provision.RevokeToken(ctx, in.Token, cause(ctx))
	})
}
