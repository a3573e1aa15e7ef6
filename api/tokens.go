package api

import (
	"cmp"
	"context"
	"time"

	"scimd/store"
)

// TokenView is a token without its secret.
type TokenView struct {
	ID      string     `json:"id"`
	Label   string     `json:"label,omitempty"`
	Scope   string     `json:"scope"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
}

func viewToken(t store.Token) TokenView {
	return TokenView{t.ID, t.Label, string(t.Scope), t.Created, unlessZero(t.Expires), unlessZero(t.Revoked)}
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type newToken struct {
	Label   string    `json:"label,omitempty"`
	Scope   string    `json:"scope,omitempty" doc:"scim (default) or scim.read"`
	Expires time.Time `json:"expires,omitzero"`
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
		scope := store.TokenScope(cmp.Or(in.Body.Scope, string(store.ScopeSCIM)))
		t, secret, err := a.Provision.CreateToken(ctx, in.Directory, in.Body.Label, scope, "", in.Body.Expires, cause(ctx))
		return newTokenView{viewToken(t), secret}, err
	})
	remove(a, "/tokens/{token}", "revoke a token", func(ctx context.Context, in *struct {
		Token string `path:"token"`
	}) error {
		return a.Provision.RevokeToken(ctx, in.Token, cause(ctx))
	})
}
