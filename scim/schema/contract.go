package schema

// The functions below are built by the schema helper; signatures are fixed.

import (
	"scimd/scim/quirk"
	"scimd/scim/resource"
)

// Registry is the set of resource types and schemas that a directory offers.
type Registry struct {
	Types   []*ResourceType
	Schemas []*Schema
}

// Core gives the built-in registry: User with the Enterprise extension, Group.
func Core() *Registry { panic("todo") }

// Mode says what a validated body is for.
type Mode int

// The modes.
const (
	Create  Mode = iota // POST
	Replace             // PUT
	Patched             // the result of a PATCH, before it is stored
)

// Validate reads a body of type t: it resolves names to their canonical
// spelling, applies quirks, drops null, [] and readOnly values, checks types
// and required attributes, and gives a new canonical object whose schemas are
// derived from the data. For Replace and Patched, prev is the stored object:
// immutable values must not change, writeOnly ones are kept.
func Validate(t *ResourceType, in, prev *resource.Object, mode Mode, q quirk.Set) (*resource.Object, error) {
	panic("todo")
}

// CheckValue validates one value for the attribute (an element or a whole
// array if it is multi-valued), as PATCH needs it, and gives its canonical form.
func CheckValue(a *Attribute, v resource.Value, q quirk.Set) (resource.Value, error) { panic("todo") }

// Projection is what a request wants returned (RFC 7644 §3.9).
type Projection struct{}

// ParseProjection reads the two parameters. Unknown names are ignored; both
// given is invalidValue. written lists what the request itself wrote,
// for returned=request.
func ParseProjection(t *ResourceType, attributes, excluded []string) (*Projection, error) {
	panic("todo")
}

// Wants tells whether a top-level attribute ("members") will be returned, so
// that what is not wanted need not be read.
func (p *Projection) Wants(a *Attribute) bool { panic("todo") }

// Apply gives a copy of o without what must not or need not be returned.
func (p *Projection) Apply(t *ResourceType, o *resource.Object) *resource.Object { panic("todo") }
