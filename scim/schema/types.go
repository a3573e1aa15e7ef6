package schema

import (
	"regexp"
	"slices"

	"scimd/scim/resource"
)

var (
	typeName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	typeEndpoint = regexp.MustCompile(`^/[A-Za-z][A-Za-z0-9_-]*$`)
)

// taken are the endpoints of the protocol itself (RFC 7644 §3.2), and the one
// below which each directory has its own.
var taken = []string{"/Bulk", "/Me", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/d", "/.search"}

// describing are the types of the documents that describe a server.
var describing = []string{"ServiceProviderConfig", "ResourceType", "Schema"}

// addType adds a resource type, or extensions to a built-in one.
func (r *Registry) addType(d document) {
	checkKeywords(d.root, resourceTypeKeywords, d.add)
	name := textOf(d.root, "name")
	if id := textOf(d.root, "id"); id != "" && id != name {
		d.add("id must be the name, or absent")
	}
	if name == "User" || name == "Group" {
		r.extendBuiltIn(d, name)
		return
	}
	t := &ResourceType{
		Name: name, Endpoint: textOf(d.root, "endpoint"), Description: textOf(d.root, "description"), common: commonAttributes(),
	}
	r.checkName(d, t)
	if t.Schema = r.named(d, "schema", textOf(d.root, "schema")); t.Schema != nil && (t.Schema.ID == UserURN || t.Schema.ID == GroupURN) {
		d.add("schema %q belongs to a built-in type", t.Schema.ID)
	}
	t.Extensions = r.extensions(d, t, nil)
	if len(d.list) > 0 {
		return
	}
	t.Schema.shorten()
	r.Types = append(r.Types, t)
}

// extendBuiltIn leaves everything but the extensions as it is.
func (r *Registry) extendBuiltIn(d document, name string) {
	i := slices.IndexFunc(r.Types, func(t *ResourceType) bool { return t.Name == name })
	t := *r.Types[i]
	if s := textOf(d.root, "schema"); s != "" && !resource.EqualName(s, t.Schema.ID) {
		d.add("schema of %s is %q", name, t.Schema.ID)
	}
	if e := textOf(d.root, "endpoint"); e != "" && e != t.Endpoint {
		d.add("endpoint of %s is %q", name, t.Endpoint)
	}
	t.Extensions = r.extensions(d, &t, t.Extensions)
	if len(d.list) == 0 {
		r.Types[i] = &t
	}
}

func (r *Registry) checkName(d document, t *ResourceType) {
	same := func(name string) bool { return resource.EqualName(name, t.Name) }
	other := func(o *ResourceType) bool { return same(o.Name) }
	switch {
	case !typeName.MatchString(t.Name):
		d.add("name %q must be a letter followed by letters, digits, - and _", t.Name)
	case slices.ContainsFunc(r.Types, other), slices.ContainsFunc(describing, same):
		d.add("name %q belongs to another resource type", t.Name)
	}
	same = func(endpoint string) bool { return resource.EqualName(endpoint, t.Endpoint) }
	other = func(o *ResourceType) bool { return same(o.Endpoint) }
	switch {
	case slices.ContainsFunc(taken, same):
		d.add("endpoint %q is reserved", t.Endpoint)
	case !typeEndpoint.MatchString(t.Endpoint):
		d.add("endpoint %q must be a slash and one name, as in /Widgets", t.Endpoint)
	case slices.ContainsFunc(r.Types, other):
		d.add("endpoint %q belongs to another resource type", t.Endpoint)
	}
}

// named finds a schema that a resource type refers to.
func (r *Registry) named(d document, keyword, urn string) *Schema {
	s := r.Schema(urn)
	switch {
	case urn == "":
		d.add("%s is missing", keyword)
	case s == nil:
		d.add("%s %q is no schema of this folder or the server", keyword, urn)
	case isDiscoverySchema(s.ID):
		d.add("%s %q describes the server, not resources", keyword, s.ID)
	}
	return s
}

// extensions adds those of the document to have. One that is there already may
// become required.
func (r *Registry) extensions(d document, t *ResourceType, have []Extension) []Extension {
	out := slices.Clone(have)
	var seen []*Schema
	for _, o := range objectsOf(d.root, "schemaExtensions") {
		checkKeywords(o, extensionKeywords, func(format string, args ...any) { d.add("schemaExtensions: "+format, args...) })
		s := r.named(d, "schemaExtensions.schema", textOf(o, "schema"))
		switch {
		case s == nil:
			continue
		case s == t.Schema:
			d.add("schemaExtensions.schema %q is the schema itself", s.ID)
		case slices.Contains(seen, s):
			d.add("schemaExtensions.schema %q is named twice", s.ID)
		}
		seen = append(seen, s)
		required, _ := o.Get("required").(bool)
		if i := slices.IndexFunc(out, func(e Extension) bool { return e.Schema == s }); i >= 0 {
			out[i].Required = required
			continue
		}
		out = append(out, Extension{Schema: s, Required: required})
	}
	return out
}
