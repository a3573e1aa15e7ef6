package schema

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
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
// RFC 7643 §7. The error joins all faults, each with its file and attribute.
func Load(files fs.FS) ([]*Schema, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	var out []*Schema
	var all []error
	for _, name := range names {
		f := &faults{file: name}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		root, err := resource.Parse(data)
		if err != nil {
			all = append(all, f.refused("%w", err))
			continue
		}
		s, err := newSchema(root, f)
		if err != nil {
			f.add("%w", err)
		}
		out, all = append(out, s), append(all, f.err())
	}
	return out, errors.Join(all...)
}

// newSchema checks a document and, unless it has faults, builds its schema.
func newSchema(root *resource.Object, f *faults) (*Schema, error) {
	if checkSchema(root, f); len(f.list) > 0 {
		return nil, nil
	}
	var model schema.Schema
	if err := model.UnmarshalJSON(withTypes(root).AppendJSON(nil)); err != nil {
		return nil, err
	}
	s := &Schema{ID: model.ID, Name: textOf(root, "name"), Description: textOf(root, "description"), JSON: root.AppendJSON(nil)}
	prefix := ""
	if !strings.HasPrefix(s.ID, "urn:ietf:params:scim:schemas:core:") {
		prefix = s.ID + ":"
	}
	for _, a := range model.Attributes {
		s.Attributes = append(s.Attributes, newAttribute(a, s.ID, prefix, nil))
	}
	return s, nil
}

// withTypes says the type where it is left out: it is string then (RFC 7643
// §2.2), which the library does not know.
func withTypes(o *resource.Object) *resource.Object {
	out := o.Clone()
	var fill func(*resource.Object, string)
	fill = func(o *resource.Object, list string) {
		for _, a := range objectsOf(o, list) {
			if a.Get("type") == nil {
				a.Set("type", string(String))
			}
			fill(a, "subAttributes")
		}
	}
	fill(out, "attributes")
	return out
}

// shorten drops the URN from the paths of a schema that is a resource type's
// own.
func (s *Schema) shorten() {
	var cut func([]*Attribute)
	cut = func(list []*Attribute) {
		for _, a := range list {
			a.Path = strings.TrimPrefix(a.Path, s.ID+":")
			cut(a.Sub)
		}
	}
	cut(s.Attributes)
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
	if out.Type == Binary || out.Type == Reference { // RFC 7643 §2.3.6, §2.3.7, whatever the document says
		out.CaseExact = true
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
