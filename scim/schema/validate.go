package schema

import (
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// Mode says what a validated body is for.
type Mode int

// The modes.
const (
	Create  Mode = iota // POST
	Replace             // PUT
	Patched             // the result of a PATCH, before it is stored
)

// legacy maps schema URNs of the drafts (quirk.LegacySchemas).
var legacy = map[string]string{
	"urn:scim:schemas:core:1.0":                      "",
	"urn:scim:schemas:core:2.0":                      "",
	"urn:scim:schemas:core:2.0:user":                 UserURN,
	"urn:scim:schemas:core:2.0:group":                GroupURN,
	"urn:scim:schemas:extension:enterprise:1.0":      EnterpriseURN,
	"urn:scim:schemas:extension:enterprise:2.0":      EnterpriseURN,
	"urn:scim:schemas:extension:enterprise:2.0:user": EnterpriseURN,
}

// Validate reads a body of type t: it resolves names to their canonical
// spelling, applies quirks, drops null, [] and readOnly values, checks types
// and required attributes, and gives a new canonical object whose schemas are
// derived from the data. For Replace and Patched, prev is the stored object:
// immutable values must not change, writeOnly ones are kept.
func Validate(t *ResourceType, in, prev *resource.Object, mode Mode, q quirk.Set) (*resource.Object, error) {
	v := validation{t: t, checker: checker{q}, out: &resource.Object{}, containers: map[string]*resource.Object{}}
	if err := v.schemas(in); err != nil {
		return nil, err
	}
	for name, value := range in.All() {
		if err := v.member(name, value); err != nil {
			return nil, err
		}
	}
	if mode != Create && prev != nil {
		if err := v.compare(prev, mode); err != nil {
			return nil, err
		}
	}
	v.finish()
	if err := v.required(); err != nil {
		return nil, err
	}
	return v.out, nil
}

type validation struct {
	t *ResourceType
	checker
	out        *resource.Object
	containers map[string]*resource.Object // extension data by URN
}

func (v *validation) schemas(in *resource.Object) error {
	raw, ok := in.Lookup("schemas")
	list, isArray := raw.(resource.Array)
	if !ok || raw == nil || isArray && len(list) == 0 {
		if v.quirks.Has(quirk.MissingSchemas) {
			return nil
		}
		return scimerr.InvalidSyntax("schemas is required")
	}
	if !isArray {
		return scimerr.InvalidValue("schemas must be an array of URNs")
	}
	base := false
	for _, e := range list {
		urn, ok := e.(string)
		if !ok {
			return scimerr.InvalidValue("schemas must be an array of URNs")
		}
		urn = v.urn(urn)
		switch {
		case resource.EqualName(urn, v.t.Schema.ID):
			base = true
		case v.t.Extension(urn) != nil:
		case !v.quirks.Has(quirk.UnknownSchemas):
			return scimerr.InvalidValue("schemas: %q is not known for %s", urn, v.t.Name)
		}
	}
	if !base && !v.quirks.Has(quirk.MissingSchemas) {
		return scimerr.InvalidValue("schemas must contain %s", v.t.Schema.ID)
	}
	return nil
}

// urn reads a schema URN of the drafts as the RFC's.
func (v *validation) urn(urn string) string {
	if !v.quirks.Has(quirk.LegacySchemas) {
		return urn
	}
	current, old := legacy[strings.ToLower(urn)]
	switch {
	case !old:
		return urn
	case current == "":
		return v.t.Schema.ID
	}
	return current
}

func (v *validation) member(name string, value resource.Value) error {
	if urn := v.urn(name); v.t.Extension(urn) != nil {
		return v.extension(v.t.Extension(urn), value)
	}
	ref, err := v.t.Resolve(name)
	qualified := strings.ContainsAny(name, ":.")
	switch {
	case err != nil && IsURN(name) && !v.quirks.Has(quirk.UnknownSchemas):
		return scimerr.InvalidValue("%q is no extension of %s", name, v.t.Name)
	case err != nil, qualified && !v.quirks.Has(quirk.DottedKeys), !qualified && ref.Extension != nil,
		ref.Sub != nil && ref.Attribute.MultiValued: // "emails.value" tells no element
		return v.unknown(name)
	}
	return v.set(ref, value)
}

// IsURN tells whether a key names a schema or an attribute by its URN.
func IsURN(key string) bool { return hasPrefixFold(key, "urn:") }

// unknown ignores an attribute that no schema has, unless the directory
// wants it refused.
func (v *validation) unknown(name string) error {
	if v.quirks.Has(quirk.RefuseUnknown) {
		return Unknown(name)
	}
	return nil
}

func (v *validation) extension(ext *Schema, value resource.Value) error {
	if value == nil {
		return nil
	}
	in, ok := value.(*resource.Object)
	if !ok {
		return scimerr.InvalidValue("%s must be an object", ext.ID)
	}
	for name, value := range in.All() {
		var err error
		if a := find(ext.Attributes, name); a != nil {
			err = v.set(Ref{Extension: ext, Attribute: a}, value)
		} else {
			err = v.unknown(ext.ID + ":" + name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set checks a value and puts it where it belongs.
func (v *validation) set(ref Ref, value resource.Value) error {
	if ref.Attribute.Mutability == ReadOnly || ref.Sub != nil && ref.Sub.Mutability == ReadOnly {
		return nil
	}
	checked, err := v.value(ref.Leaf(), value, ref.Leaf().Path)
	if err != nil || checked == nil {
		return err
	}
	if list, ok := checked.(resource.Array); ok && len(list) == 0 {
		return nil
	}
	into := v.container(ref.Extension)
	if ref.Sub != nil {
		parent, ok := into.Get(ref.Attribute.Name).(*resource.Object)
		if !ok {
			parent = &resource.Object{}
			into.Set(ref.Attribute.Name, parent)
		}
		parent.Set(ref.Sub.Name, checked)
		return nil
	}
	into.Set(ref.Attribute.Name, union(into.Get(ref.Attribute.Name), checked))
	return nil
}

// union adds to an object that a dotted key began; anything else is replaced.
func union(old, value resource.Value) resource.Value {
	into, ok := old.(*resource.Object)
	from, also := value.(*resource.Object)
	if !ok || !also {
		return value
	}
	for name, v := range from.All() {
		into.Set(name, v)
	}
	return into
}

func (v *validation) container(ext *Schema) *resource.Object {
	if ext == nil {
		return v.out
	}
	if v.containers[ext.ID] == nil {
		v.containers[ext.ID] = &resource.Object{}
	}
	return v.containers[ext.ID]
}

// finish adds the containers that hold anything and derives schemas.
func (v *validation) finish() {
	out := &resource.Object{}
	schemas := resource.Array{v.t.Schema.ID}
	out.Set("schemas", nil)
	for name, value := range v.out.All() {
		out.Set(name, value)
	}
	for _, e := range v.t.Extensions {
		if c := v.containers[e.Schema.ID]; c != nil && c.Len() > 0 {
			schemas = append(schemas, e.Schema.ID)
			out.Set(e.Schema.ID, c)
		}
	}
	out.Set("schemas", schemas)
	v.out = out
}

func (v *validation) required() error {
	if err := missing(v.t.Schema.Attributes, v.out); err != nil {
		return err
	}
	for _, e := range v.t.Extensions {
		c, ok := v.out.Get(e.Schema.ID).(*resource.Object)
		if !ok {
			if e.Required {
				return scimerr.InvalidValue("%s is required", e.Schema.ID)
			}
			continue
		}
		if err := missing(e.Schema.Attributes, c); err != nil {
			return err
		}
	}
	return nil
}

// missing finds a required attribute without a value, also inside elements.
func missing(attributes []*Attribute, o *resource.Object) error {
	for _, a := range attributes {
		value := o.Get(a.Name)
		if value == nil {
			if a.Required && a.Mutability != ReadOnly {
				return scimerr.InvalidValue("%s is required", a.Path)
			}
			continue
		}
		elements, ok := value.(resource.Array)
		if !ok {
			elements = resource.Array{value}
		}
		for _, e := range elements {
			if e, ok := e.(*resource.Object); ok {
				if err := missing(a.Sub, e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
