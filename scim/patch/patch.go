// Package patch owns the PATCH message of RFC 7644 §3.5.2: it normalises the
// dialects of the IdPs and applies the operations atomically, in memory, to
// one resource. Group membership leaves it as a delta, so that a large group
// need not be read to change one member. It must not know HTTP or the store.
package patch

import (
	"scimd/scim/filter"
	"scimd/scim/resource"
	"scimd/scim/schema"
)

// MessageURN names the PATCH message.
const MessageURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// Kind is what an operation does.
type Kind int

// The kinds.
const (
	Add Kind = iota
	Remove
	Replace
)

// Op is one operation on one attribute; a path-less operation of the message
// becomes one Op for each attribute it names.
type Op struct {
	Kind     Kind
	Ref      schema.Ref             // Attribute is nil only where a whole extension is removed
	Filter   *filter.ElementProgram // nil: every element
	Value    resource.Value         // checked and canonical; nil unassigns
	HasValue bool                   // tells an explicit null from no value

	repeats bool // a readOnly attribute in a path-less value, see CheckRepeated

	ids      []string // of members: those listed, or those an eq filter names
	hasIDs   bool     // ids are all that Filter asks for, or all there is
	narrowed bool     // none but ids can satisfy Filter
}
