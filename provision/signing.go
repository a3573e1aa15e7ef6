package provision

import (
	"context"
	"time"

	"scimd/store"
)

// minSecret refuses a typing error, not a weak secret: WorkOS makes its own.
const minSecret = 16

// signingSecret is the given secret, or for "" a new one.
func (s *Service) signingSecret(given string) (string, error) {
	if given == "" {
		return s.Secret(), nil
	}
	if len(given) < minSecret {
		return "", refuse(Invalid, "secret", "", "a signing secret has at least %d characters", minSecret)
	}
	return given, nil
}

// RotateSecret gives a directory a further signing secret. The one before it
// lives on for the overlap, and any older one ends: at most two are live.
func (s *Service) RotateSecret(ctx context.Context, directory, given string, overlap time.Duration, _ store.Cause) (secret string, previousUntil time.Time, err error) {
	if secret, err = s.signingSecret(given); err != nil {
		return "", time.Time{}, err
	}
	if overlap < 0 {
		return "", time.Time{}, refuse(Invalid, "overlap", "", "the overlap is negative")
	}
	now := s.now()
	until := now.Add(overlap)
	err = s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		d, err := lockDirectory(tx, directory)
		if err != nil {
			return err
		}
		if d.Kind != store.KindWorkOS {
			return refuse(WrongMode, "directory", "", "directory %s is fed by SCIM: it has tokens, no signing secret", d.Name)
		}
		before, err := tx.SigningSecrets(d.Key)
		if err != nil {
			return err
		}
		next := []store.SigningSecret{{Directory: d.Key, Secret: secret, Created: now}}
		if n := len(before); n > 0 && overlap > 0 {
			last := before[n-1]
			last.Expires = until
			next = []store.SigningSecret{last, next[0]}
		}
		return tx.SetSigningSecrets(d.Key, next)
	})
	return secret, until, err
}

// SigningSecrets finds a directory that WorkOS feeds, with the secrets that
// are live.
func (s *Service) SigningSecrets(ctx context.Context, directory string) (d store.Directory, live []string, err error) {
	now := s.now()
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		d, err = r.FindDirectory(directory)
		if err != nil {
			return missing(err, "directory", directory)
		}
		if d.Kind != store.KindWorkOS {
			return refuse(NotFound, "directory", "", "directory %q is not fed by WorkOS", directory)
		}
		secrets, err := r.SigningSecrets(d.Key)
		for _, x := range secrets {
			if x.Expires.IsZero() || now.Before(x.Expires) {
				live = append(live, x.Secret)
			}
		}
		return err
	})
	return d, live, err
}
