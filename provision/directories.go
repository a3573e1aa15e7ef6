package provision

import (
	"context"
	"time"

	"scimd/store"
)

// CreateDirectory adds a SCIM connection of a parent.
func (s *Service) CreateDirectory(ctx context.Context, parent, name, profile string, _ store.Cause) (store.Directory, error) {
	d, err := s.newDirectory(name, profile)
	if err != nil {
		return d, err
	}
	d.Kind = store.KindSCIM
	return d, s.addDirectory(ctx, parent, &d, nil)
}

// WorkOSInput describes a directory that WorkOS feeds.
type WorkOSInput struct {
	Parent, Name, Profile string
	Directory             string // WorkOS's id of it
	Secret                string // that WorkOS signs with; "" asks for a new one
}

// CreateWorkOSDirectory adds a directory that WorkOS Directory Sync feeds, and
// gives the secret that signs its deliveries.
func (s *Service) CreateWorkOSDirectory(ctx context.Context, in WorkOSInput, _ store.Cause) (store.Directory, string, error) {
	d, err := s.newDirectory(in.Name, in.Profile)
	if err != nil {
		return d, "", err
	}
	if in.Directory == "" {
		return d, "", refuse(Invalid, "workosDirectory", "", "a directory of kind workos needs the id of its WorkOS directory (directory_…): one endpoint hears of all directories of an environment")
	}
	secret, err := s.signingSecret(in.Secret)
	if err != nil {
		return d, "", err
	}
	d.Kind, d.Source = store.KindWorkOS, store.SourceLink{ID: in.Directory, State: store.Linked}
	err = s.addDirectory(ctx, in.Parent, &d, func(tx store.Tx) error {
		return tx.SetSecrets(d.Key, []store.Secret{{Directory: d.Key, Secret: secret, Created: d.Created}})
	})
	return d, secret, err
}

func (s *Service) newDirectory(name, profile string) (store.Directory, error) {
	if profile == "" {
		profile = "interop"
	}
	d := store.Directory{ID: s.NewID(), Name: name, Profile: profile, Created: s.now()}
	if err := checkName(name); err != nil {
		return d, err
	}
	if profile != "interop" && profile != "strict" {
		return d, refuse(Invalid, "profile", "", "profile %q is not one of interop, strict", profile)
	}
	return d, nil
}

func (s *Service) addDirectory(ctx context.Context, parent string, d *store.Directory, also func(store.Tx) error) error {
	return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		p, err := tx.FindParent(parent)
		if err != nil {
			return missing(err, "parent", parent)
		}
		d.Parent = p.Key
		if err := taken(tx.AddDirectory(d), "name", "a directory of this name exists"); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
}

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
		d, err := tx.FindDirectory(directory)
		if err != nil {
			return missing(err, "directory", directory)
		}
		if d.Kind != store.KindWorkOS {
			return refuse(WrongMode, "directory", "", "directory %s is fed by SCIM: it has tokens, no signing secret", d.Name)
		}
		before, err := tx.Secrets(d.Key)
		if err != nil {
			return err
		}
		next := []store.Secret{{Directory: d.Key, Secret: secret, Created: now}}
		if n := len(before); n > 0 && overlap > 0 {
			last := before[n-1]
			last.Expires = until
			next = []store.Secret{last, next[0]}
		}
		return tx.SetSecrets(d.Key, next)
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
		secrets, err := r.Secrets(d.Key)
		for _, x := range secrets {
			if x.Expires.IsZero() || now.Before(x.Expires) {
				live = append(live, x.Secret)
			}
		}
		return err
	})
	return d, live, err
}
