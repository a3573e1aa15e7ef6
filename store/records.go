package store

import (
	"cmp"
	"time"
)

// Times are UTC with microsecond precision. Ids are UUIDv7 strings. Keys are
// the database's own integers and never leave the process.

// Parent is a customer: it owns directories and every org joined to it.
type Parent struct {
	Key  int64
	ID   string
	Name string
	Plan string // the customer's contract, as named in the catalogue ("" = none)
	ParentSettings
	// Version moves with every change of the settings of the parent or of
	// anything of it: a plan remembers the one it was computed from (P-1).
	Version int64
	Created time.Time
}

// ParentSettings are what a customer chooses for all of its orgs.
type ParentSettings struct {
	// Domains are verified and folded (C-4); none: nobody lies outside.
	Domains []string `json:"domains,omitempty"`
	// AdmitOutside lets those outside of Domains in, flagged.
	AdmitOutside bool `json:"admitOutside,omitempty"`
	// SecondAdministrator is asked to approve every plan (P-1).
	SecondAdministrator bool `json:"secondAdministrator,omitempty"`
	// Login says whose ID tokens are believed.
	Login LoginSettings `json:"login,omitzero"`
}

// LoginSettings name the OpenID provider of a parent; Issuer "" is none.
type LoginSettings struct {
	Issuer      string `json:"issuer,omitempty"`
	Audience    string `json:"audience,omitempty"`
	GroupsClaim string `json:"groupsClaim,omitempty"` // "": groups
}

// Org is one workspace of one product.
type Org struct {
	Key, Parent   int64
	ID            string
	Name          string
	Product, Plan string
	Mode          string // manual, jit, scim
	GroupMappings bool   // C-3
	FullTier      string // wait or next (S-7)
	Guards        Guards
	Paused        bool // P-7
	// Tripped is when the guard against mass removal last held someone; zero:
	// never, or an administrator has dealt with it.
	Tripped time.Time
	Created time.Time
}

// Guards stop what looks like an accident (P-4, P-5).
type Guards struct {
	// More than Count members and more than Percent of them leaving within
	// Window are held.
	Count   int           `json:"count"`
	Percent int           `json:"percent"`
	Window  time.Duration `json:"window"` // nanoseconds
	// LastAdministrator is always, mappings or off.
	LastAdministrator string `json:"lastAdministrator"`
}

// Mapping is a row group → role or group → tier; exactly one is set, and so is
// exactly one of Group and Claim.
type Mapping struct {
	Key, Parent, Org int64
	ID               string
	Directory        int64  // 0 with a Claim
	Group            int64  // resource key; a rename changes nothing
	Claim            string // a group as login claims name it
	Role, Tier       string
	Created          time.Time
}

// Directory is one connection of a parent to what knows its people.
type Directory struct {
	Key, Parent int64
	ID          string
	Name        string
	Kind        DirectoryKind
	Source      SourceLink      // of kinds other than KindSCIM
	Profile     string          // interop or strict
	Quirks      map[string]bool // deviations from the profile, by quirk name
	Created     time.Time
	Detached    time.Time // zero: attached; a detached one entitles nobody (P-8)
}

// DirectoryKind says who writes a directory.
type DirectoryKind string

// The kinds.
const (
	KindSCIM   DirectoryKind = "scim"   // an identity provider, by SCIM
	KindWorkOS DirectoryKind = "workos" // WorkOS Directory Sync, by its webhooks
)

// TokenScope says which front door a token opens.
type TokenScope string

// The scopes.
const (
	ScopeSCIM     TokenScope = "scim"      // read and write in one directory
	ScopeSCIMRead TokenScope = "scim.read" // read in one directory
	ScopeSCIMSelf TokenScope = "scim.self" // read and change one user of one directory
	ScopeAdmin    TokenScope = "admin"     // the administrators' API
)

// Token is a stored credential. The secret itself is never stored.
type Token struct {
	Key       int64
	ID        string
	Scope     TokenScope
	Directory int64  // 0 for ScopeAdmin
	Subject   string // id of the user that holds it, "" = none; /Me is that user
	Hash      [32]byte
	Label     string
	Created   time.Time
	Expires   time.Time // zero: none
	Revoked   time.Time // zero: live
}

// ResourceType numbers the SCIM resource types in the database. Those that a
// deployment defines are numbered by Tx.AddResourceType.
type ResourceType int

// The built-in resource types.
const (
	User  ResourceType = 1
	Group ResourceType = 2
)

// Resource is one SCIM resource of a directory. members and groups are never
// in Document: they are rows.
type Resource struct {
	Key, Directory int64
	Type           ResourceType
	ID             string
	Account        int64  // users: the linked account
	Name           string // folded userName (unique) or folded displayName of a group; "" = none, as for every other type
	Display        string // what a reference to the resource shows
	ExternalID     string
	Active         bool // all but users: always true
	Created        time.Time
	Modified       time.Time
	Version        int64 // 1 at creation, +1 with each change
	Document       []byte
	Values         []Value       // written, never read back
	Unique         []UniqueValue // likewise
}

// Value is an indexed value of a multi-valued attribute, folded for lookup.
type Value struct {
	Attribute string // "emails"
	Value     string
	Type      string
}

// UniqueValue is a value that no other resource of the directory may have in
// the same attribute, in its lookup form.
type UniqueValue struct {
	Attribute string // with the URN of its schema
	Value     string
}

// Reference is what a reference to a resource shows.
type Reference struct {
	Key      int64
	Type     ResourceType
	ID       string
	Display  string
	Indirect bool // of a group: through nesting
}

// LinkedUser is a user of a directory as decisions look at one.
type LinkedUser struct {
	Key, Directory int64
	Account        int64
	Active         bool
}

// Account is a person known to a parent.
type Account struct {
	Key, Parent int64
	ID          string
	UserName    string
	Email       string
	Display     string
	// FoldedUserName and FoldedEmail are the lookup forms; FoldedUserName is
	// unique within the parent when not empty.
	FoldedUserName, FoldedEmail string
	Created                     time.Time
	// Into is the account that this one was merged into, 0: none (I-2).
	Into int64
}

// Member is an account in an org.
type Member struct {
	Parent, Org, Account int64
	Role, Tier           string
	State                string // active, waiting, held
	Source               string // manual, jit, scim
	// Want is the tier that the member stands in line for: a tier's name,
	// AnyTier, or "" when not in line. An active member may be in line (S-5).
	Want         string
	WaitingSince time.Time // zero when not in line
	Joined       time.Time
	Changed      time.Time
	Cause        Cause // of the last change
	Hold         Hold  // of one whose State is held
}

// Standing is what the member is to others.
func (m Member) Standing() *Standing {
	return &Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want, Guard: m.Hold.Guard}
}

// Class is where the member stands in line.
func (m Member) Class() LineClass { return LineClass{m.Want, m.State, m.Tier} }

// Place is the member's within the class.
func (m Member) Place() Place { return Place{m.WaitingSince, m.Account} }

// LineClass is what those in line have in common who would take the same seats.
type LineClass struct{ Want, State, Tier string }

// Place is one in line: by time, then account key (S-4).
type Place struct {
	Since   time.Time
	Account int64
}

// Compare tells who comes first.
func (p Place) Compare(other Place) int {
	return cmp.Or(p.Since.Compare(other.Since), cmp.Compare(p.Account, other.Account))
}

// Hold is a removal or a demotion that a guard has stopped (P-4, P-5); the
// zero Hold is none.
type Hold struct {
	Guard  string    `json:"guard"`  // mass_removal, last_administrator
	Action string    `json:"action"` // remove, demote
	Basis  string    `json:"basis"`  // of the decision that it stopped
	Why    string    `json:"why"`    // the sentence of that decision
	Since  time.Time `json:"since"`
	Cause  Cause     `json:"cause"` // of that decision
}

// AnyTier is the Want of a member for whom no tier is asked (M-2), and of
// every waiting member of a product without tiers.
const AnyTier = "*"

// Cause says what led to a change (T-1, T-2).
type Cause struct {
	Kind    string `json:"kind"`              // scim, workos, admin, login, sync, seat, upkeep
	Actor   string `json:"actor,omitempty"`   // token id, administrator, event id
	Request string `json:"request,omitempty"` // request id
	Detail  string `json:"detail,omitempty"`  // e.g. "PATCH Group eng"
}

// Standing is what a member is in an org at a moment.
type Standing struct {
	Role  string `json:"role"`
	Tier  string `json:"tier,omitempty"`
	State string `json:"state"`
	Want  string `json:"want,omitempty"`
	Guard string `json:"guard,omitempty"` // that holds the member
}

// Change is one row of history: Before nil = came in, After nil = went out.
type Change struct {
	Parent, Org, Account int64
	At                   time.Time
	Before, After        *Standing
	Cause                Cause
	Why                  string // one plain sentence
	// Decided marks what the guard against mass removal counts, if it is a
	// removal (P-4): what the engine did, and not what a person did by hand, to
	// one who had access.
	Decided bool
}

// Event is one row of the outbox. Data is JSON.
type Event struct {
	Parent int64
	Seq    int64
	ID     string
	At     time.Time
	Type   string
	Data   []byte
}
