package provision

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"scimd/store"
)

// View runs fn on one snapshot; front doors read through it.
func (s *Service) View(ctx context.Context, fn func(ctx context.Context, r store.Reader) error) error {
	return s.Store.View(ctx, fn)
}

// Authenticate finds the live token of a secret that has one of the scopes,
// and the directory it opens (zero for an administrator key).
func (s *Service) Authenticate(ctx context.Context, secret string, scopes ...store.TokenScope) (store.Token, store.Directory, error) {
	token, d, err := s.Store.Credential(ctx, sha256.Sum256([]byte(secret)))
	if err == nil && token.Subject != "" { // a token ends with its subject
		err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
			_, err := r.Resource(d.Key, store.User, token.Subject)
			return err
		})
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Token{}, store.Directory{}, err
	}
	now := s.now()
	expired := !token.Expires.IsZero() && !now.Before(token.Expires)
	if err != nil || !token.Revoked.IsZero() || expired || !slices.Contains(scopes, token.Scope) {
		return store.Token{}, store.Directory{}, refuse(Unauthorized, "", "", "the token is unknown, expired or revoked, or is not meant for this endpoint")
	}
	return token, d, nil
}

// TokenInput asks for a token of a directory.
type TokenInput struct {
	Directory string // id or name
	Label     string
	Scope     store.TokenScope
	Subject   string        // user that holds it: id or userName; "" = none
	Secret    string        // "": a new one
	Expires   time.Time     // zero: after Lifetime
	Lifetime  time.Duration // 0: the server's default
}

func (s *Service) checkToken(in TokenInput) error {
	switch {
	case !slices.Contains([]store.TokenScope{store.ScopeSCIM, store.ScopeSCIMRead, store.ScopeSCIMSelf}, in.Scope):
		return refuse(Invalid, "scope", "", "scope %q is not one of scim, scim.read, scim.self", in.Scope)
	case in.Scope == store.ScopeSCIMSelf && in.Subject == "":
		return refuse(Invalid, "subject", "", "scope scim.self needs a subject")
	case in.Lifetime < 0:
		return refuse(Invalid, "ttl", "", "ttl is negative")
	case in.Lifetime > 0 && !in.Expires.IsZero():
		return refuse(Invalid, "ttl", "", "give ttl or expires, not both")
	}
	return nil
}

// expiry bounds the life of a token (RFC 7644 §7.4).
func (s *Service) expiry(in TokenInput, created time.Time) time.Time {
	lifetime := cmp.Or(in.Lifetime, s.TokenLifetime)
	if !in.Expires.IsZero() || lifetime == 0 {
		return in.Expires
	}
	return created.Add(lifetime)
}

// CreateToken makes a token for a directory and gives its secret, which is
// stored nowhere. A directory that a source feeds has no token that writes.
func (s *Service) CreateToken(ctx context.Context, in TokenInput, _ store.Cause) (store.Token, string, error) {
	if err := s.checkToken(in); err != nil {
		return store.Token{}, "", err
	}
	secret := in.Secret
	if secret == "" {
		secret = s.Secret()
	}
	var out store.Token
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		d, err := tx.FindDirectory(in.Directory)
		if err != nil {
			return missing(err, "directory", in.Directory)
		}
		if d.Kind == store.KindWorkOS && in.Scope != store.ScopeSCIMRead {
			return refuse(WrongMode, "scope", "", "directory %s is written by WorkOS alone: a token for it can only read (scim.read)", d.Name)
		}
		out = s.newToken(in.Scope, d.Key, in.Label, secret)
		out.Expires = s.expiry(in, out.Created)
		if in.Subject != "" {
			user, err := findUser(tx, d, in.Subject)
			if err != nil {
				return err
			}
			out.Subject = user.ID
		}
		return taken(tx.AddToken(&out), "secret", "the secret is in use already")
	})
	return out, secret, err
}

// findUser finds a user of a directory by id or userName.
func findUser(r store.Reader, d store.Directory, idOrName string) (store.Resource, error) {
	user, err := r.Resource(d.Key, store.User, idOrName)
	if !errors.Is(err, store.ErrNotFound) {
		return user, err
	}
	page, err := r.Find(store.Query{
		Directory: d.Key, Type: store.User, Limit: 1,
		Where: store.Compare{Column: store.ByName, Op: store.Eq, Value: Fold(idOrName)},
	})
	if err == nil && len(page.Resources) == 0 {
		err = resourceMissing(store.ErrNotFound, "User", idOrName)
	}
	if err != nil {
		return store.Resource{}, err
	}
	return page.Resources[0], nil
}

// CreateAdminKey makes an administrator key and gives its secret. Asking again
// for the same secret changes nothing.
func (s *Service) CreateAdminKey(ctx context.Context, label, secret string) (string, error) {
	if secret == "" {
		secret = s.Secret()
	}
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		t := s.newToken(store.ScopeAdmin, 0, label, secret)
		if _, err := tx.Token(t.Hash); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return tx.AddToken(&t)
	})
	return secret, err
}

// HasAdminKey tells whether any administrator key was ever made.
func (s *Service) HasAdminKey(ctx context.Context) (has bool, err error) {
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		has, err = r.HasAdminKey()
		return err
	})
	return has, err
}

// RevokeToken ends a token at once.
func (s *Service) RevokeToken(ctx context.Context, id string, _ store.Cause) error {
	return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return missing(tx.RevokeToken(id, s.now()), "token", id)
	})
}

func (s *Service) newToken(scope store.TokenScope, directory int64, label, secret string) store.Token {
	return store.Token{
		ID: s.NewID(), Scope: scope, Directory: directory, Label: label,
		Hash: sha256.Sum256([]byte(secret)), Created: s.now(),
	}
}

// missing turns a record that does not exist into a refusal that names it.
func missing(err error, noun, name string) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse(NotFound, noun, "", "%s %q does not exist", noun, name)
	}
	return err
}

// taken turns a unique value that is in use into a refusal.
func taken(err error, field, text string) error {
	if errors.Is(err, store.ErrExists) {
		return refuse(Taken, field, "", "%s", text)
	}
	return err
}
