// Package declare describes a parent as one document: it writes what is there
// down, and says which steps lead from there to what a document wants. It must
// not know which step is refused, nor what becomes of people: those are
// provision's, which tries the steps.
package declare

import "time"

// Document is a parent with its settings, directories and orgs. A nil field
// leaves what it stands for as it is; a list that is there is complete.
type Document struct {
	Parent              string      `json:"parent" yaml:"parent" doc:"its name"`
	Plan                *string     `json:"plan,omitempty" yaml:"plan,omitempty" doc:"the customer's contract; empty: none"`
	Domains             *[]string   `json:"domains,omitempty" yaml:"domains,omitempty,flow" doc:"verified domains, all of them (C-4)"`
	AdmitOutside        *bool       `json:"admitOutside,omitempty" yaml:"admitOutside,omitempty" doc:"let in those outside the domains, flagged"`
	SecondAdministrator *bool       `json:"secondAdministrator,omitempty" yaml:"secondAdministrator,omitempty" doc:"every plan needs a second administrator's approval (P-1)"`
	Login               *Login      `json:"login,omitempty" yaml:"login,omitempty,flow" doc:"whose ID tokens are believed; empty: nobody's"`
	Directories         []Directory `json:"directories,omitempty" yaml:"directories,omitempty" doc:"one that is not named is left alone"`
	Orgs                []Org       `json:"orgs,omitempty" yaml:"orgs,omitempty" doc:"one that is not named is left alone"`

	absent bool // there is no such parent
}

// Login names the OpenID provider of a parent; it is taken as a whole.
type Login struct {
	Issuer      string `json:"issuer,omitempty" yaml:"issuer,omitempty"`
	Audience    string `json:"audience,omitempty" yaml:"audience,omitempty"`
	GroupsClaim string `json:"groupsClaim,omitempty" yaml:"groupsClaim,omitempty" doc:"empty: groups"`
}

// Directory is a connection of the parent.
type Directory struct {
	Name     string           `json:"name" yaml:"name"`
	Kind     string           `json:"kind,omitempty" yaml:"kind,omitempty" doc:"who writes it: scim (default) or workos; it cannot be changed"`
	Profile  *string          `json:"profile,omitempty" yaml:"profile,omitempty" doc:"interop or strict"`
	Quirks   *map[string]bool `json:"quirks,omitempty" yaml:"quirks,omitempty,flow" doc:"all deviations from the profile"`
	Attached *bool            `json:"attached,omitempty" yaml:"attached,omitempty" doc:"false: it entitles nobody"`
	Members  string           `json:"members,omitempty" yaml:"members,omitempty" doc:"on detaching: keep (pinned) or remove those whom nothing else entitles (P-8)"`

	wrong bool // as in Org
}

// Org is a workspace of the parent.
type Org struct {
	Name          string         `json:"name" yaml:"name"`
	Product       string         `json:"product,omitempty" yaml:"product,omitempty" doc:"needed for a new one; it cannot be changed"`
	Plan          *string        `json:"plan,omitempty" yaml:"plan,omitempty" doc:"needed for a new one"`
	Mode          *string        `json:"mode,omitempty" yaml:"mode,omitempty" doc:"manual, jit or scim"`
	GroupMappings *bool          `json:"groupMappings,omitempty" yaml:"groupMappings,omitempty" doc:"whether groups decide roles and tiers"`
	Members       string         `json:"members,omitempty" yaml:"members,omitempty" doc:"on leaving scim: keep (as manual) or remove (P-8)"`
	Paused        *bool          `json:"paused,omitempty" yaml:"paused,omitempty"`
	FullTier      *string        `json:"fullTier,omitempty" yaml:"fullTier,omitempty" doc:"wait or next"`
	Seats         map[string]int `json:"seats,omitempty" yaml:"seats,omitempty,flow" doc:"seats owned, by tier; -1: without limit; a tier that is not named is left alone"`
	Guards        *Guards        `json:"guards,omitempty" yaml:"guards,omitempty,flow"`
	Mappings      *[]Mapping     `json:"mappings,omitempty" yaml:"mappings,omitempty" doc:"all of them"`
	Pins          *[]Pin         `json:"pins,omitempty" yaml:"pins,omitempty" doc:"all of them"`

	wrong bool // Resolve has told why it cannot be compared
}

// Guards are those of an org (P-4, P-5).
type Guards struct {
	Count             *int    `json:"count,omitempty" yaml:"count,omitempty" doc:"more removals than this, and"`
	Percent           *int    `json:"percent,omitempty" yaml:"percent,omitempty" doc:"more than this part of the members,"`
	Window            *string `json:"window,omitempty" yaml:"window,omitempty" doc:"within this time, as in 1h, are held"`
	LastAdministrator *string `json:"lastAdministrator,omitempty" yaml:"lastAdministrator,omitempty" doc:"always, mappings or off"`
}

// Mapping is a row from a group, or from a name in login claims, to a role or
// a tier.
type Mapping struct {
	Group     string `json:"group,omitempty" yaml:"group,omitempty" doc:"displayName, or id where that is not unique"`
	Directory string `json:"directory,omitempty" yaml:"directory,omitempty" doc:"of the group; needed where several have one of the name"`
	Claim     string `json:"claim,omitempty" yaml:"claim,omitempty" doc:"in place of group: a group as login claims name it"`
	Role      string `json:"role,omitempty" yaml:"role,omitempty"`
	Tier      string `json:"tier,omitempty" yaml:"tier,omitempty"`

	id    string // of the row
	group string // id
}

// Time is a time that a file may have wrong without hiding what else is wrong
// in it.
type Time struct{ time.Time }

// Pin is what is set for a person against the directory (M-5, M-11).
type Pin struct {
	Person  string `json:"person" yaml:"person" doc:"userName, e-mail or account id"`
	Role    string `json:"role,omitempty" yaml:"role,omitempty"`
	Tier    string `json:"tier,omitempty" yaml:"tier,omitempty"`
	Member  bool   `json:"member,omitempty" yaml:"member,omitempty" doc:"pins the membership of one whom the directory does not entitle (M-11)"`
	Why     string `json:"why" yaml:"why"`
	Expires Time   `json:"expires,omitzero" yaml:"expires,omitempty" doc:"once this is over the pin counts as not written"`

	account int64 // 0: the parent does not know the person
}
