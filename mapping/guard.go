package mapping

import "slices"

// MassRemoval is the threshold of the guard against mass removal (P-4).
type MassRemoval struct{ Count, Percent int }

// Trips tells whether so many of so many members leaving is more than both
// bounds allow.
func (g MassRemoval) Trips(leaving, members int) bool {
	return leaving > g.Count && leaving*100 > g.Percent*members
}

// LastAdministrator says which removals and demotions of an org's last
// administrative member are stopped (P-5).
type LastAdministrator string

// The policies.
const (
	Always     LastAdministrator = "always"
	ByMappings LastAdministrator = "mappings" // but a leaver leaves
	Off        LastAdministrator = "off"
)

// Stops tells whether the policy stops the last administrative member from
// going; leaver is one whom the identity provider deactivated or deleted.
func (l LastAdministrator) Stops(leaver bool) bool {
	return l == Always || l != Off && !leaver
}

// Administers tells whether a role is administrative.
func (p Product) Administers(role string) bool { return slices.Contains(p.Administrative, role) }
