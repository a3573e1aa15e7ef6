package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/elimity-com/scim/schema"

	"scimd/scim/resource"
)

//go:embed core/*.json
var coreFiles embed.FS

// Registry is the set of resource types and schemas that a directory offers.
type Registry struct {
	Types   []*ResourceType
	Schemas []*Schema // every published schema, by URN
}

// Core gives the built-in registry: User with the Enterprise extension, Group,
// and the schemas of the discovery endpoints.
var Core = sync.OnceValue(func() *Registry {
	r := &Registry{}
	files, err := fs.Sub(coreFiles, "core")
	if err == nil {
		r.Schemas, err = Load(files)
	}
	if err != nil {
		panic(fmt.Sprintf("the embedded schemas do not load: %v", err)) // a fault of the build
	}
	enterprise := r.Schema(EnterpriseURN)
	r.Types = []*ResourceType{
		{
			Name: "User", Endpoint: "/Users", Description: "User Account", Schema: r.Schema(UserURN),
			Extensions: []Extension{{Schema: enterprise}}, common: commonAttributes(),
		},
		{Name: "Group", Endpoint: "/Groups", Description: "Group", Schema: r.Schema(GroupURN), common: commonAttributes()},
	}
	return r
})

// Type finds a resource type by its name, or nil.
func (r *Registry) Type(name string) *ResourceType {
	i := slices.IndexFunc(r.Types, func(t *ResourceType) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return r.Types[i]
}

// Schema finds a published schema by URN ignoring case, or nil.
func (r *Registry) Schema(urn string) *Schema {
	i := slices.IndexFunc(r.Schemas, func(s *Schema) bool { return resource.EqualName(s.ID, urn) })
	if i < 0 {
		return nil
	}
	return r.Schemas[i]
}

// Load reads every *.json file of a folder as a schema in the form of
// RFC 7643 §7. An error names the file and the attribute.
func Load(files fs.FS) ([]*Schema, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	var out []*Schema
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		s, err := parseSchema(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		out = append(out, s)
	}
	return out, nil
}

// metaURN is the one schema whose sub-attributes are complex (7643-7-R03).
const metaURN = "urn:ietf:params:scim:schemas:core:2.0:Schema"

func parseSchema(data []byte) (*Schema, error) {
	var raw rawSchema
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	if raw.ID == "" || raw.Name == "" {
		return nil, fmt.Errorf("id and name are required")
	}
	if raw.ID != metaURN {
		if err := checkAttributes("", raw.Attributes); err != nil {
			return nil, err
		}
	}
	var model schema.Schema
	if err := model.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	s := &Schema{ID: model.ID, Name: raw.Name, Description: raw.Description, JSON: data}
	prefix := ""
	if !strings.HasPrefix(s.ID, "urn:ietf:params:scim:schemas:core:") {
		prefix = s.ID + ":"
	}
	for _, a := range model.Attributes {
		s.Attributes = append(s.Attributes, newAttribute(a, s.ID, prefix, nil))
	}
	return s, nil
}

// rawSchema is what the library's loader does not check.
type rawSchema struct {
	ID, Name, Description string
	Attributes            []rawAttribute
}

type rawAttribute struct {
	Name, Type, Mutability, Returned, Uniqueness string
	SubAttributes                                []rawAttribute
}

// unknown gives the first keyword with a value of no meaning, or "". The
// library refuses it too, but does not say where.
func (a rawAttribute) unknown() string {
	switch {
	case !slices.Contains([]Type{String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex}, Type(a.Type)):
		return "type"
	case !slices.Contains([]Mutability{"", ReadWrite, ReadOnly, Immutable, WriteOnly}, Mutability(a.Mutability)):
		return "mutability"
	case !slices.Contains([]Returned{"", Always, Default, Never, OnRequest}, Returned(a.Returned)):
		return "returned"
	case !slices.Contains([]Uniqueness{"", None, Server, Global}, Uniqueness(a.Uniqueness)):
		return "uniqueness"
	}
	return ""
}

// attributeName is ATTRNAME of RFC 7643 §2.1, with $ref as the one exception.
var attributeName = regexp.MustCompile(`^(\$ref|[A-Za-z][A-Za-z0-9_-]*)$`)

func checkAttributes(parent string, list []rawAttribute) error {
	seen := map[string]bool{}
	for _, a := range list {
		folded := strings.ToLower(a.Name)
		switch {
		case !attributeName.MatchString(a.Name):
			return fmt.Errorf("attribute %q: not a valid name", parent+a.Name)
		case seen[folded]:
			return fmt.Errorf("attribute %q: defined twice", parent+a.Name)
		case a.unknown() != "":
			return fmt.Errorf("attribute %q: unknown %s", parent+a.Name, a.unknown())
		case parent != "" && a.Type == string(Complex):
			return fmt.Errorf("attribute %q: a sub-attribute cannot be complex", parent+a.Name)
		case a.Type == string(Complex) && len(a.SubAttributes) == 0:
			return fmt.Errorf("attribute %q: complex without subAttributes", parent+a.Name)
		case a.Type != string(Complex) && len(a.SubAttributes) > 0:
			return fmt.Errorf("attribute %q: subAttributes without type complex", parent+a.Name)
		}
		seen[folded] = true
		if err := checkAttributes(a.Name+".", a.SubAttributes); err != nil {
			return err
		}
	}
	return nil
}

func newAttribute(a schema.CoreAttribute, urn, prefix string, parent *Attribute) *Attribute {
	out := &Attribute{
		Name: a.Name(), Schema: urn, Path: prefix + a.Name(), Type: Type(a.AttributeType()),
		MultiValued: a.MultiValued(), Required: a.Required(), CaseExact: a.CaseExact(),
		Mutability: Mutability(a.Mutability()), Returned: Returned(a.Returned()), Uniqueness: Uniqueness(a.Uniqueness()),
		Canonical: slices.Clone(a.CanonicalValues()), Parent: parent,
	}
	for _, r := range a.ReferenceTypes() {
		out.ReferenceTypes = append(out.ReferenceTypes, string(r))
	}
	if out.Type != Complex {
		out.check = func(v any) bool { _, err := a.ValidateSingular(v); return err == nil }
	}
	for _, s := range a.SubAttributes() {
		out.Sub = append(out.Sub, newAttribute(s, urn, out.Path+".", out))
	}
	return out
}

// commonAttributes are RFC 7643 §3 and §3.1; no schema defines them.
func commonAttributes() []*Attribute {
	simple := func(name string, t Type, m Mutability, r Returned) *Attribute {
		return &Attribute{
			Name: name, Path: name, Type: t, CaseExact: true, Mutability: m, Returned: r, Uniqueness: None,
			check: func(v any) bool { _, ok := v.(string); return ok },
		}
	}
	schemas := simple("schemas", Reference, ReadOnly, Always)
	schemas.MultiValued = true
	meta := &Attribute{Name: "meta", Path: "meta", Type: Complex, Mutability: ReadOnly, Returned: Default}
	for name, t := range map[string]Type{
		"resourceType": String, "created": DateTime, "lastModified": DateTime, "location": Reference, "version": String,
	} {
		s := simple(name, t, ReadOnly, Default)
		s.Path, s.Parent = "meta."+name, meta
		meta.Sub = append(meta.Sub, s)
	}
	slices.SortFunc(meta.Sub, func(a, b *Attribute) int { return strings.Compare(a.Name, b.Name) })
	return []*Attribute{
		schemas, simple("id", String, ReadOnly, Always), simple("externalId", String, ReadWrite, Default), meta,
	}
}
