package provision

import (
	"context"
	"maps"
	"slices"
	"strings"

	"scimd/store"
)

// profiles are the named sets of quirks that a directory starts from.
var profiles = []string{"interop", "strict"}

// DirectoryInput describes a new SCIM connection of a parent.
type DirectoryInput struct {
	Name    string `json:"name"`
	Profile string `json:"profile,omitempty" doc:"interop (default) or strict"`
}

// CreateDirectory adds a SCIM connection of a parent.
func (s *Service) CreateDirectory(ctx context.Context, parent, name, profile string, _ store.Cause) (store.Directory, error) {
	d, err := s.newDirectory(name, profile)
	if err != nil {
		return d, err
	}
	return d, s.addDirectory(ctx, parent, &d, nil)
}

func (w *work) createDirectory(in DirectoryInput) error {
	d, err := w.s.newDirectory(in.Name, in.Profile)
	if err != nil {
		return err
	}
	d.Parent = w.parent.Key
	return directoryTaken(w.tx.AddDirectory(&d))
}

func directoryTaken(err error) error {
	return taken(err, "name", "a directory of this name exists")
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
		return tx.SetSigningSecrets(d.Key, []store.SigningSecret{{Directory: d.Key, Secret: secret, Created: d.Created}})
	})
	return d, secret, err
}

func (s *Service) newDirectory(name, profile string) (store.Directory, error) {
	if profile == "" {
		profile = "interop"
	}
	d := store.Directory{ID: s.NewID(), Name: name, Kind: store.KindSCIM, Profile: profile, Created: s.now()}
	if err := checkName(name); err != nil {
		return d, err
	}
	return d, checkProfile(profile)
}

func (s *Service) addDirectory(ctx context.Context, parent string, d *store.Directory, also func(store.Tx) error) error {
	return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		p, err := tx.FindParent(parent)
		if err != nil {
			return missing(err, "parent", parent)
		}
		d.Parent = p.Key
		if err := directoryTaken(tx.AddDirectory(d)); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
}

// lockDirectory finds a directory, as it is once nobody else changes its
// parent.
func lockDirectory(tx store.Tx, name string) (store.Directory, error) {
	d, err := tx.FindDirectory(name)
	if err == nil {
		_, err = tx.LockParent(d.Parent)
	}
	if err != nil {
		return d, missing(err, "directory", name)
	}
	return tx.Directory(d.Key)
}

// DirectoryChange is what to change of a directory; nil leaves the profile, and
// gives a quirk back to it.
type DirectoryChange struct {
	Profile *string          `json:"profile,omitempty"`
	Quirks  map[string]*bool `json:"quirks,omitempty"`
}

// ChangeDirectory changes how a directory speaks SCIM, from its next request
// on. An unknown profile or quirk is Invalid and the error lists the known ones.
func (s *Service) ChangeDirectory(ctx context.Context, name string, c DirectoryChange, _ store.Cause) (d store.Directory, err error) {
	err = s.Store.Update(ctx, func(_ context.Context, tx store.Tx) (err error) {
		if d, err = lockDirectory(tx, name); err != nil {
			return err
		}
		if err := s.speak(&d, c); err != nil {
			return err
		}
		return tx.SetDirectory(d)
	})
	return d, err
}

// changeDirectory concerns no person.
func (w *work) changeDirectory(in DirectoryStep) error {
	d, err := w.directory(in.Directory)
	if err != nil {
		return err
	}
	if err := w.s.speak(&d, in.DirectoryChange); err != nil {
		return err
	}
	return w.tx.SetDirectory(d)
}

func (s *Service) speak(d *store.Directory, c DirectoryChange) error {
	if c.Profile != nil {
		if err := checkProfile(*c.Profile); err != nil {
			return err
		}
		d.Profile = *c.Profile
	}
	quirks := maps.Clone(d.Quirks)
	if quirks == nil {
		quirks = map[string]bool{}
	}
	for _, quirk := range slices.Sorted(maps.Keys(c.Quirks)) {
		on := c.Quirks[quirk]
		switch {
		case !slices.Contains(s.Quirks, quirk):
			return refuse(Invalid, "quirks", "", "quirk %q is not one of %s", quirk, strings.Join(s.Quirks, ", "))
		case on == nil:
			delete(quirks, quirk)
		default:
			quirks[quirk] = *on
		}
	}
	d.Quirks = quirks
	return nil
}

func checkProfile(profile string) error {
	if !slices.Contains(profiles, profile) {
		return refuse(Invalid, "profile", "", "profile %q is not one of %s", profile, strings.Join(profiles, ", "))
	}
	return nil
}
