// Package schema is the registry: resource types, their schemas and the
// resolution and validation of attributes. The model, its JSON loader and the
// leaf checks are elimity's; this is the only package that touches them. It
// must not know HTTP, filters or the store.
package schema

import (
	"strings"

	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// URNs of the built-in schemas (RFC 7643 §8.7).
const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// Type is a data type of RFC 7643 §2.3.
type Type string

// The data types.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Binary    Type = "binary"
	Reference Type = "reference"
	Complex   Type = "complex"
)

// Mutability, Returned and Uniqueness are characteristics of RFC 7643 §7.
type (
	Mutability string
	Returned   string
	Uniqueness string
)

// The characteristics.
const (
	ReadWrite Mutability = "readWrite"
	ReadOnly  Mutability = "readOnly"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"

	Always    Returned = "always"
	Default   Returned = "default"
	Never     Returned = "never"
	OnRequest Returned = "request"

	None   Uniqueness = "none"
	Server Uniqueness = "server"
	Global Uniqueness = "global"
)

// Attribute is a resolved attribute definition. It is read-only once loaded.
type Attribute struct {
	Name           string // canonical spelling
	Schema         string // URN; "" for the common attributes of RFC 7643 §3.1
	Path           string // "emails.type", or "URN:attr[.sub]" in an extension
	Type           Type
	MultiValued    bool
	Required       bool
	CaseExact      bool
	Mutability     Mutability
	Returned       Returned
	Uniqueness     Uniqueness
	Canonical      []string
	ReferenceTypes []string
	Sub            []*Attribute // of a complex attribute
	Parent         *Attribute   // of a sub-attribute

	check func(v any) bool // leaf check by elimity; nil for complex
}

// SubAttribute finds a sub-attribute ignoring case, or nil.
func (a *Attribute) SubAttribute(name string) *Attribute { return find(a.Sub, name) }

func find(list []*Attribute, name string) *Attribute {
	for _, a := range list {
		if resource.EqualName(a.Name, name) {
			return a
		}
	}
	return nil
}

// Schema is one published schema.
type Schema struct {
	ID, Name, Description string
	Attributes            []*Attribute
	JSON                  []byte // as published on /Schemas, without meta
}

// Extension is a schema that a resource type may or must carry.
type Extension struct {
	Schema   *Schema
	Required bool
}

// ResourceType is an endpoint and the schemas of its resources.
type ResourceType struct {
	Name, Endpoint, Description string // "User", "/Users"
	Schema                      *Schema
	Extensions                  []Extension
	common                      []*Attribute // schemas, id, externalId, meta
}

// Common lists the attributes of RFC 7643 §3 and §3.1: schemas, id,
// externalId, meta.
func (t *ResourceType) Common() []*Attribute { return t.common }

// HasMembers tells whether resources of the type have members, which are kept
// apart from the rest of them: it is the Group of RFC 7643 §4.2.
func (t *ResourceType) HasMembers() bool { return t.Name == "Group" }

// Extension finds an extension by URN ignoring case, or nil.
func (t *ResourceType) Extension(urn string) *Schema {
	for _, e := range t.Extensions {
		if resource.EqualName(e.Schema.ID, urn) {
			return e.Schema
		}
	}
	return nil
}

// Ref is a resolved attribute notation (RFC 7644 §3.10): an attribute, a
// sub-attribute of it, or an extension as a whole.
type Ref struct {
	Extension *Schema    // the container that holds it; nil for core and common
	Attribute *Attribute // nil: the extension as a whole
	Sub       *Attribute // nil: the attribute itself
}

// Leaf is the definition that decides the type: Sub if set, else Attribute.
func (r Ref) Leaf() *Attribute {
	if r.Sub != nil {
		return r.Sub
	}
	return r.Attribute
}

// Resolve reads an attribute notation: "userName", "name.givenName", any of
// them behind a URN, or an extension's URN alone. Names and URNs are matched
// ignoring case; the longest known URN wins. An extension's attribute need not
// be qualified where no other has its name: Entra asks for manager alone
// (7644-3.10-R02). The error is invalidPath and names what is unknown.
func (t *ResourceType) Resolve(notation string) (Ref, error) {
	for _, e := range t.Extensions {
		if rest, ok := cutURN(notation, e.Schema.ID); ok {
			if rest == "" {
				return Ref{Extension: e.Schema}, nil
			}
			return resolveIn(notation, rest, e.Schema, e.Schema.Attributes)
		}
	}
	if rest, ok := cutURN(notation, t.Schema.ID); ok {
		if rest == "" {
			return Ref{}, scimerr.InvalidPath("%q names a schema, not an attribute", notation)
		}
		return resolveIn(notation, rest, nil, t.Schema.Attributes)
	}
	for _, attributes := range [][]*Attribute{t.Schema.Attributes, t.common} {
		if ref, err := resolveIn(notation, notation, nil, attributes); err == nil {
			return ref, nil
		}
	}
	for _, e := range t.Extensions {
		if ref, err := resolveIn(notation, notation, e.Schema, e.Schema.Attributes); err == nil {
			return ref, nil
		}
	}
	return resolveIn(notation, notation, nil, t.Schema.Attributes)
}

func cutURN(notation, urn string) (rest string, ok bool) {
	if len(notation) < len(urn) || !resource.EqualName(notation[:len(urn)], urn) {
		return "", false
	}
	if len(notation) == len(urn) {
		return "", true
	}
	if notation[len(urn)] != ':' {
		return "", false
	}
	return notation[len(urn)+1:], len(notation) > len(urn)+1
}

func resolveIn(notation, path string, ext *Schema, attributes []*Attribute) (Ref, error) {
	name, subName, dotted := strings.Cut(path, ".")
	a := find(attributes, name)
	if a == nil {
		return Ref{}, scimerr.InvalidPath("no attribute %q is known", notation)
	}
	if !dotted {
		return Ref{Extension: ext, Attribute: a}, nil
	}
	sub := a.SubAttribute(subName)
	if sub == nil {
		return Ref{}, scimerr.InvalidPath("%q has no sub-attribute %q", a.Name, subName)
	}
	return Ref{Extension: ext, Attribute: a, Sub: sub}, nil
}
