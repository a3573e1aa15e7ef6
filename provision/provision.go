// Package provision holds the use cases: each exported verb of Service is one
// transaction that changes the directory or the settings, decides everyone it
// touches and writes members, history and events (M-9). It is the only place
// where mapping and store meet, and must not know HTTP or SCIM's schemas.
package provision

import (
	"log/slog"
	"time"

	"scimd/mapping"
	"scimd/password"
	"scimd/store"
)

// Service carries out the use cases over a store.
type Service struct {
	Store     store.Store
	Catalogue *mapping.Catalogue
	Now       func() time.Time // any zone and precision; Service truncates
	NewID     func() string    // UUIDv7
	Secret    func() string    // 256 random bits, printable
	Quirks    []string         // names that a directory may switch
	Log       *slog.Logger
	Passwords *password.Hasher // nil: none are kept
	// TokenLifetime is that of a token for which none is asked; 0: no end.
	TokenLifetime time.Duration
	// PlanLifetime is how long a plan may be applied; 0: the constant.
	PlanLifetime time.Duration
	// Retention is how long what is known of someone stays after they left the
	// last directory and org; 0: until they are erased by hand (I-3).
	Retention time.Duration
	// Committed is called after a transaction that wrote events of a parent;
	// nil is allowed.
	Committed func(parent int64)

	bounds bounds // zero: the usual ones
	known  known
}

// now is the one owner of time: UTC, in microseconds as the store keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }
