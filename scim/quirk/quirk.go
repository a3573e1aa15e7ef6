// Package quirk is the table of leniencies: every way in which scimd departs
// from the letter of an RFC because a real client needs it, each with a name,
// switchable alone. It must not know how a quirk is carried out.
package quirk

import (
	"fmt"
	"slices"
)

// Quirk is one leniency.
type Quirk uint8

// The quirks.
const (
	BooleanStrings   Quirk = iota // "true"/"false" in any case for booleans
	SingleAsArray                 // one object where an array is due
	ManagerString                 // manager as a bare string; "" clears
	RemoveByValue                 // remove with a value removes just those
	CreateOnReplace               // replace on a value path without match creates
	DottedKeys                    // "name.givenName" and "URN:attr" as keys
	LegacySchemas                 // pre-RFC schema URNs
	UnknownSchemas                // unknown entries in schemas are ignored
	MissingSchemas                // a body without schemas
	UnknownMembers                // group members that do not exist are skipped
	EmptyAsAbsent                 // "" on an optional attribute clears it
	ReadOnlyInObject              // id, schemas, meta, groups in a path-less value
	ValuelessDropped              // elements without a value are dropped
	UniqueGroupNames              // duplicate Group.displayName is refused
	LooseURLs                     // trailing or doubled slash, /users
	UnquotedLiterals              // userName eq bjensen
	FreeCountry                   // country need not be ISO 3166-1
	PatchNoContent                // 204 for a PATCH that succeeds
	MeNotImplemented              // /Me is 501
	SearchSchemas                 // .search without the SearchRequest URN
	JoinedNames                   // attributes as one string in .search
	FreeLocale                    // locale, preferredLanguage and timezone of any form
	NullAsOmitted                 // "active": null leaves the default
	RefuseUnknown                 // unknown attributes are refused
	numQuirks
)

// Entry describes a quirk; docs/divergences.md is checked against the table.
type Entry struct {
	Quirk  Quirk
	Name   string // as in settings
	Client string // who needs it
	Effect string
	Clause string   // what it bends
	Rows   []string // of the requirements matrix that a server with it fails
}

// Table lists every quirk, in the order of the constants.
var Table = []Entry{
	{BooleanStrings, "boolean_strings", "Entra, OneLogin", `"True" or "false" as a string is taken as a boolean, in bodies and in filters`, "RFC 7643 §2.3.2", []string{"7643-2.3.2-R01"}},
	{SingleAsArray, "single_as_array", "OneLogin", "one value of a multi-valued attribute need not stand in an array", "RFC 7643 §2.4", []string{"7643-2.3-R01"}},
	{ManagerString, "manager_string", "Entra", "manager may be a bare id; an empty one clears it", "RFC 7643 §4.3", []string{"7643-4.3-R02"}},
	{RemoveByValue, "remove_by_value", "Entra, JumpCloud", "remove with a value removes the values listed, never all", "RFC 7644 §3.5.2.2", nil},
	{CreateOnReplace, "create_on_replace", "Entra", "replace on a value path that matches nothing creates the value", "RFC 7644 §3.5.2.3", []string{"7644-3.5.2-R07", "7644-3.5.2.3-R07"}},
	{DottedKeys, "dotted_keys", "Entra", "the keys of a path-less value may be paths", "RFC 7644 §3.5.2", nil},
	{LegacySchemas, "legacy_schemas", "OneLogin, Google", "schema URNs of the drafts are read as those of the RFC", "RFC 7643 §3", nil},
	{UnknownSchemas, "unknown_schemas", "Entra", "unknown entries of schemas are ignored", "RFC 7643 §3", []string{"7643-3-R02"}},
	{MissingSchemas, "missing_schemas", "home-grown clients", "a body without schemas is read as the endpoint's type", "RFC 7643 §3.3", []string{"7643-3.3-R01"}},
	{UnknownMembers, "unknown_members", "Okta, Entra", "a member that does not exist is skipped if another member of the request exists", "RFC 7643 §2.3.7", nil},
	{EmptyAsAbsent, "empty_as_absent", "Entra, OneLogin", "an empty string unassigns an optional attribute", "RFC 7643 §2.5", nil},
	{ReadOnlyInObject, "read_only_in_object", "Okta", "id, schemas, meta and groups inside a path-less PATCH value are ignored", "RFC 7644 §3.5.2", []string{"7644-3.5.2-R08"}},
	{ValuelessDropped, "valueless_dropped", "Okta", "an element of emails or phoneNumbers without a value is dropped", "RFC 7643 §2.4", nil},
	{UniqueGroupNames, "unique_group_names", "Entra", "a second group of the same displayName is refused with 409", "RFC 7643 §4.2", nil},
	{LooseURLs, "loose_urls", "Okta, OneLogin", "a trailing or doubled slash and lower-case endpoints are accepted", "RFC 7644 §3.2", nil},
	{UnquotedLiterals, "unquoted_literals", "Entra", "a string in a filter may lack its quotes", "RFC 7644 §3.4.2.2", []string{"7644-3.4.2.2-R23", "7644-3.4.2.2-R27"}},
	{FreeCountry, "free_country", "Entra", "addresses.country need not be an ISO 3166-1 code", "RFC 7643 §4.1.2", []string{"7643-4.1.2-R06"}},
	{PatchNoContent, "patch_no_content", "by choice", "a successful PATCH is 204 unless attributes or Prefer: return=representation asks for the resource", "none: RFC 7644 §3.5.2 allows both", nil},
	{MeNotImplemented, "me_not_implemented", "by choice", "/Me is answered with 501", "none: RFC 7644 §3.11 allows it", nil},
	{SearchSchemas, "search_schemas", "home-grown clients", "the body of .search may name another schema or none", "RFC 7644 §3.4.3", []string{"7644-3.4.3-R02"}},
	{JoinedNames, "joined_names", "home-grown clients", "attributes and excludedAttributes of .search may be one string with commas", "RFC 7644 §3.4.3", nil},
	{FreeLocale, "free_locale", "Okta, agents for Active Directory", "locale, preferredLanguage and timezone may be any text, locale without blanks", "RFC 7643 §4.1.1", nil},
	{NullAsOmitted, "null_as_omitted", "clients that write every field", "active given as null on POST or PUT is true, as if left out", "RFC 7644 §3.3", []string{"7644-3.3-R04"}},
	{RefuseUnknown, "refuse_unknown_attributes", "none; it shows a client's mistakes", "an unknown attribute in a body is refused, not ignored", "RFC 7644 §3.3", nil},
}

// Set is the quirks in force for a directory.
type Set uint32

// Strict has no leniency.
const Strict Set = 0

// Interop has all that a known client needs; it is the default profile. A body
// without schemas has to be asked for: RFC 7643 §3.3 refuses it, and no
// identity provider sends one. The same goes for what is no leniency, but a
// choice that an RFC leaves or a help to find mistakes.
const Interop Set = (1<<numQuirks - 1) &^ (1<<MissingSchemas | 1<<PatchNoContent | 1<<MeNotImplemented | 1<<RefuseUnknown)

// Has tells whether q is in force.
func (s Set) Has(q Quirk) bool { return s&(1<<q) != 0 }

// With switches q on or off.
func (s Set) With(q Quirk, on bool) Set {
	if on {
		return s | 1<<q
	}
	return s &^ (1 << q)
}

// Names lists the quirks as settings name them.
func Names() []string {
	names := make([]string, len(Table))
	for i, e := range Table {
		names[i] = e.Name
	}
	return names
}

// Profile gives the quirks of a named profile with the deviations of a
// directory applied. An unknown profile or quirk name is an error.
func Profile(name string, deviations map[string]bool) (Set, error) {
	var s Set
	switch name {
	case "", "interop":
		s = Interop
	case "strict":
		s = Strict
	default:
		return 0, fmt.Errorf("unknown profile %q: want interop or strict", name)
	}
	for name, on := range deviations {
		i := slices.IndexFunc(Table, func(e Entry) bool { return e.Name == name })
		if i < 0 {
			return 0, fmt.Errorf("unknown quirk %q", name)
		}
		s = s.With(Table[i].Quirk, on)
	}
	return s, nil
}
