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

// CreateDirectory adds a SCIM connection of a parent.
func (s *Service) CreateDirectory(ctx context.Context, parent, name, profile string, _ store.Cause) (store.Directory, error) {
	if profile == "" {
		profile = "interop"
	}
	d := store.Directory{ID: s.NewID(), Name: name, Profile: profile, Created: s.now()}
	if err := checkName(name); err != nil {
		return d, err
	}
	if err := checkProfile(profile); err != nil {
		return d, err
	}
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		p, err := tx.FindParent(parent)
		if err != nil {
			return missing(err, "parent", parent)
		}
		d.Parent = p.Key
		return taken(tx.AddDirectory(&d), "name", "a directory of this name exists")
	})
	return d, err
}

// DirectoryChange is what to change of a directory; nil leaves the profile, and
// gives a quirk back to it.
type DirectoryChange struct {
	Profile *string
	Quirks  map[string]*bool
}

// ChangeDirectory changes how a directory speaks SCIM, from its next request
// on. An unknown profile or quirk is Invalid and the error lists the known ones.
func (s *Service) ChangeDirectory(ctx context.Context, name string, c DirectoryChange, _ store.Cause) (store.Directory, error) {
	if c.Profile != nil {
		if err := checkProfile(*c.Profile); err != nil {
			return store.Directory{}, err
		}
	}
	for _, quirk := range slices.Sorted(maps.Keys(c.Quirks)) {
		if !slices.Contains(s.Quirks, quirk) {
			return store.Directory{}, refuse(Invalid, "quirks", "", "quirk %q is not one of %s", quirk, strings.Join(s.Quirks, ", "))
		}
	}
	var d store.Directory
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) (err error) {
		if d, err = tx.FindDirectory(name); err != nil {
			return missing(err, "directory", name)
		}
		if c.Profile != nil {
			d.Profile = *c.Profile
		}
		quirks := maps.Clone(d.Quirks)
		if quirks == nil {
			quirks = map[string]bool{}
		}
		for quirk, on := range c.Quirks {
			if on == nil {
				delete(quirks, quirk)
			} else {
				quirks[quirk] = *on
			}
		}
		d.Quirks = quirks
		return tx.SetDirectory(d)
	})
	return d, err
}

func checkProfile(profile string) error {
	if !slices.Contains(profiles, profile) {
		return refuse(Invalid, "profile", "", "profile %q is not one of %s", profile, strings.Join(profiles, ", "))
	}
	return nil
}
