package provision

import (
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
	var token store.Token
	var d store.Directory
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		var err error
		if token, err = r.Token(sha256.Sum256([]byte(secret))); err != nil {
			return err
		}
		if token.Directory == 0 {
			return nil
		}
		d, err = r.Directory(token.Directory)
		return err
	})
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

// CreateToken makes a token for a directory and gives its secret, which is
// stored nowhere. An empty secret asks for a new one; expires may be zero. A
// directory that a source feeds has no token that writes.
func (s *Service) CreateToken(ctx context.Context, directory, label string, scope store.TokenScope, secret string, expires time.Time, _ store.Cause) (store.Token, string, error) {
	if scope != store.ScopeSCIM && scope != store.ScopeSCIMRead {
		return store.Token{}, "", refuse(Invalid, "scope", "", "scope %q is not one of scim, scim.read", scope)
	}
	if secret == "" {
		secret = s.Secret()
	}
	var out store.Token
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		d, err := tx.FindDirectory(directory)
		if err != nil {
			return missing(err, "directory", directory)
		}
		if d.Kind == store.KindWorkOS && scope == store.ScopeSCIM {
			return refuse(WrongMode, "scope", "", "directory %s is written by WorkOS alone: a token for it can only read (scim.read)", d.Name)
		}
		out = s.newToken(scope, d.Key, label, secret)
		out.Expires = expires
		return taken(tx.AddToken(&out), "secret", "the secret is in use already")
	})
	return out, secret, err
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
