package mapping

import (
	"cmp"
	"slices"
)

// Row maps a group, or a name that login claims give, to a role or to a tier;
// the others are "" or 0.
type Row struct {
	ID    string
	Group int64
	Claim string // folded
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

// Person is what is known of someone: by the directories of the parent (M-7,
// I-4), by a login, and by what administrators set.
type Person struct {
	Present bool    // in at least one attached directory
	Active  bool    // active in at least one
	Groups  []Group // of the directories in which the person is active
	Outside bool    // of the verified domains, and the parent refuses those (C-4)
	Barred  bool    // was taken out for good and not assigned since (P-8)
	Pin     Pin
	Login   *Login // nil on a push
}

// Login is what a login says of the person who logs in.
type Login struct {
	Assigned bool     // to the application, in the identity provider
	Groups   []string // folded
}

// Pin is what an administrator set against the directory; the zero Pin is
// none (M-5, M-11).
type Pin struct {
	Role, Tier string
	Against    Basis // the refusal that the membership outlives, or ""
}

// Basis says what a decision rests on.
type Basis string

// The bases.
const (
	ByHand      Basis = "by_hand"      // the mode leaves it to people or logins
	NotPresent  Basis = "not_present"  // in no directory of the parent
	Deactivated Basis = "deactivated"  // M-8
	Outside     Basis = "outside"      // of the verified domains (C-4)
	NoGroup     Basis = "no_group"     // in no mapped group
	NotAssigned Basis = "not_assigned" // jit: the login says so
	Barred      Basis = "barred"       // jit: taken out, and not assigned since (P-8)
	Assigned    Basis = "assigned"     // assigned in the IdP
	Mapped      Basis = "mapped"       // in a mapped group
	Pinned      Basis = "pinned"       // by a pin alone
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
	// Role is the role by mapping or pin, or "" where it is by hand: the default
	// role for a newcomer, otherwise the one the member has.
	Role string
	// Tier is the tier by mapping or pin, or "": the highest with a free seat
	// for a newcomer, otherwise the one the member has (M-2).
	Tier  string
	Basis Basis
	Why   []Reason // every row that matches: roles by rank, then tiers by rank
	Pin   Pin      // as far as it counts
}

// Decide is pure and total (M-10): push, login, preview, sync and explain all
// call it.
func Decide(p Product, s Settings, who Person) Decision {
	if s.Mode == Manual || s.Mode == JIT && who.Login == nil {
		return Decision{Basis: ByHand}
	}
	if s.Mode == SCIM {
		who.Login = nil // the next push would not know of it
	}
	d := Decision{Governed: true}
	if d.Basis = refusal(s, who); d.Basis == "" {
		d.grant(p, s, who)
	}
	if d.Basis == who.Pin.Against && !d.Entitled {
		d.Entitled, d.Basis, d.Pin.Against = true, Pinned, who.Pin.Against
	}
	if d.Entitled && (s.GroupMappings || d.Basis == Pinned) {
		d.pin(p, who.Pin)
	}
	return d
}

// refusal is what keeps a person out whatever their groups, or "".
func refusal(s Settings, who Person) Basis {
	switch {
	case s.Mode == JIT && !who.Login.Assigned:
		return NotAssigned
	case s.Mode == SCIM && !who.Present:
		return NotPresent
	case who.Present && !who.Active:
		return Deactivated
	case who.Outside:
		return Outside
	case s.Mode == JIT && who.Barred:
		return Barred
	}
	return ""
}

func (d *Decision) grant(p Product, s Settings, who Person) {
	if !s.GroupMappings {
		d.Entitled, d.Basis = true, Assigned
		return
	}
	d.Why = matches(p, s, who)
	if len(d.Why) == 0 {
		d.Basis = NoGroup
		return
	}
	d.Entitled, d.Basis, d.Role = true, Mapped, p.DefaultRole
	if i := slices.IndexFunc(d.Why, func(r Reason) bool { return r.Row.Role != "" }); i >= 0 {
		d.Role = d.Why[i].Row.Role // M-1
	}
	if i := slices.IndexFunc(d.Why, func(r Reason) bool { return r.Row.Tier != "" }); i >= 0 {
		d.Tier = d.Why[i].Row.Tier // M-2
	}
}

// pin puts what is pinned before what is mapped (M-5). What the catalogue no
// longer has gives nothing.
func (d *Decision) pin(p Product, pin Pin) {
	if slices.Contains(p.Roles, pin.Role) {
		d.Role, d.Pin.Role = pin.Role, pin.Role
	}
	if slices.Contains(p.Tiers, pin.Tier) {
		d.Tier, d.Pin.Tier = pin.Tier, pin.Tier
	}
}

// matches sorts by rank, then by row, so that the answer does not hang on the
// order of any input.
func matches(p Product, s Settings, who Person) []Reason {
	var why []Reason
	for _, row := range s.Rows {
		if g, ok := who.group(row); ok && p.knows(row) {
			why = append(why, Reason{row, g})
		}
	}
	slices.SortFunc(why, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(p.rank(a.Row), p.rank(b.Row)), cmp.Compare(a.Row.ID, b.Row.ID))
	})
	return why
}

// group finds the group of the person that a row names. Names in claims count
// only at the login that brings them.
func (who Person) group(row Row) (Group, bool) {
	if row.Claim != "" {
		return Group{Name: row.Claim}, who.Login != nil && slices.Contains(who.Login.Groups, row.Claim)
	}
	i := slices.IndexFunc(who.Groups, func(g Group) bool { return g.Key == row.Group })
	if i < 0 {
		return Group{}, false
	}
	return who.Groups[i], true
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
