package mapping

import (
	"cmp"
	"slices"
)

// Row maps a group to a role or to a tier; the other is "".
type Row struct {
	ID    string
	Group int64
	Role  string
	Tier  string
}

// Settings are what an org contributes to a decision.
type Settings struct {
	Mode          Mode
	GroupMappings bool // C-3
	Rows          []Row
}

// Group is a group that a person is in, directly or through nesting (M-3).
type Group struct {
	Key      int64
	ID, Name string
	Indirect bool
}

// Person is what the directories of the parent say about someone (M-7, I-4).
type Person struct {
	Present bool    // in at least one directory
	Active  bool    // active in at least one
	Groups  []Group // of the directories in which the person is active
}

// Basis says what a decision rests on.
type Basis string

// The bases.
const (
	ByHand      Basis = "by_hand"     // the mode leaves it to people or logins
	NotPresent  Basis = "not_present" // in no directory of the parent
	Deactivated Basis = "deactivated" // M-8
	NoGroup     Basis = "no_group"    // in no mapped group
	Assigned    Basis = "assigned"    // scim: assigned in the IdP
	Mapped      Basis = "mapped"      // scim + mappings: in a mapped group
)

// Reason is a mapping row that counts for the person, with the group it names.
type Reason struct {
	Row   Row
	Group Group
}

// Decision is what an org gives a person.
type Decision struct {
	// Governed is false where the mode decides nothing on a push: the member
	// stays as it is.
	Governed bool
	Entitled bool
	// Role is the role by mapping, or "" where it is by hand: the default role
	// for a newcomer, otherwise the one the member has.
	Role string
	// Tier is the tier by mapping, or "": the highest with a free seat for a
	// newcomer, otherwise the one the member has (M-2).
	Tier  string
	Basis Basis
	Why   []Reason // every row that matches: roles by rank, then tiers by rank
}

// Decide is pure and total (M-10): push, login, preview, sync and explain all
// call it.
func Decide(p Product, s Settings, who Person) Decision {
	if s.Mode != SCIM {
		return Decision{Basis: ByHand}
	}
	d := Decision{Governed: true}
	switch {
	case !who.Present:
		d.Basis = NotPresent
		return d
	case !who.Active:
		d.Basis = Deactivated
		return d
	case !s.GroupMappings:
		d.Entitled, d.Basis = true, Assigned
		return d
	}
	d.Why = matches(p, s.Rows, who.Groups)
	if len(d.Why) == 0 {
		d.Basis = NoGroup
		return d
	}
	d.Entitled, d.Basis, d.Role = true, Mapped, p.DefaultRole
	if i := slices.IndexFunc(d.Why, func(r Reason) bool { return r.Row.Role != "" }); i >= 0 {
		d.Role = d.Why[i].Row.Role // M-1
	}
	if i := slices.IndexFunc(d.Why, func(r Reason) bool { return r.Row.Tier != "" }); i >= 0 {
		d.Tier = d.Why[i].Row.Tier // M-2
	}
	return d
}

// matches sorts by rank, then by row, so that the answer does not hang on the
// order of any input.
func matches(p Product, rows []Row, groups []Group) []Reason {
	byKey := make(map[int64]Group, len(groups))
	for _, g := range groups {
		byKey[g.Key] = g
	}
	var why []Reason
	for _, row := range rows {
		if g, ok := byKey[row.Group]; ok && p.knows(row) {
			why = append(why, Reason{row, g})
		}
	}
	slices.SortFunc(why, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(p.rank(a.Row), p.rank(b.Row)), cmp.Compare(a.Row.ID, b.Row.ID))
	})
	return why
}

// knows leaves out a row whose role or tier the catalogue no longer has: it
// gives nothing rather than an unknown role.
func (p Product) knows(r Row) bool {
	if r.Role != "" {
		return slices.Contains(p.Roles, r.Role)
	}
	return slices.Contains(p.Tiers, r.Tier)
}

func (p Product) rank(r Row) int {
	if r.Role != "" {
		return slices.Index(p.Roles, r.Role)
	}
	return len(p.Roles) + slices.Index(p.Tiers, r.Tier)
}
