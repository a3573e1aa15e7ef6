package schema

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scimd/scim/resource"
)

// URNs of the documents that define schemas and resource types.
const (
	metaURN         = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// faults are the mistakes found in one document, each under its name.
type faults struct {
	file string
	list []error
}

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: "+format, append([]any{f.file}, args...)...))
}

func (f *faults) attribute(path, format string, args ...any) {
	f.add("attribute %q: "+format, append([]any{path}, args...)...)
}

func (f *faults) err() error { return errors.Join(f.list...) }

// attributeName is ATTRNAME of RFC 7643 §2.1, with $ref as the one exception.
var attributeName = regexp.MustCompile(`^(\$ref|[A-Za-z][A-Za-z0-9$_-]*)$`)

// reserved are the attributes that every resource has (RFC 7643 §3, §3.1).
var reserved = []string{"schemas", "id", "externalId", "meta"}

// keyword is what a keyword of RFC 7643 §7 may hold.
type keyword int

const (
	isText keyword = iota
	isFlag
	isTexts
	isObjects
	isAnything
)

var holds = map[keyword]string{
	isText: "a string", isFlag: "true or false", isTexts: "an array of strings", isObjects: "an array of objects",
}

func (k keyword) fits(v resource.Value) bool {
	list, isArray := v.(resource.Array)
	switch k {
	case isText:
		_, ok := v.(string)
		return ok
	case isFlag:
		_, ok := v.(bool)
		return ok
	case isTexts:
		return isArray && !slices.ContainsFunc(list, func(e resource.Value) bool { _, ok := e.(string); return !ok })
	case isObjects:
		return isArray && !slices.ContainsFunc(list, func(e resource.Value) bool { _, ok := e.(*resource.Object); return !ok })
	case isAnything:
	}
	return true
}

var (
	schemaKeywords = map[string]keyword{
		"schemas": isTexts, "id": isText, "name": isText, "description": isText, "attributes": isObjects, "meta": isAnything,
	}
	attributeKeywords = map[string]keyword{
		"name": isText, "type": isText, "subAttributes": isObjects, "multiValued": isFlag, "description": isText,
		"required": isFlag, "canonicalValues": isTexts, "caseExact": isFlag, "mutability": isText, "returned": isText,
		"uniqueness": isText, "referenceTypes": isTexts,
	}
	resourceTypeKeywords = map[string]keyword{
		"schemas": isTexts, "id": isText, "name": isText, "description": isText, "endpoint": isText, "schema": isText,
		"schemaExtensions": isObjects, "meta": isAnything,
	}
	extensionKeywords = map[string]keyword{"schema": isText, "required": isFlag}
)

// checkKeywords tells each keyword that is unknown or holds the wrong kind.
func checkKeywords(o *resource.Object, known map[string]keyword, fault func(format string, args ...any)) {
	for name, v := range o.All() {
		k, ok := known[name]
		if !ok {
			fault("unknown keyword %q", name)
		} else if !k.fits(v) {
			fault("%s must be %s", name, holds[k])
		}
	}
}

// definition is an attribute as written, with the defaults of RFC 7643 §2.2.
type definition struct {
	name       string
	typ        Type
	mutability Mutability
	returned   Returned
	uniqueness Uniqueness
	required   bool
	caseExact  bool
	references []string
	subs       []*resource.Object
	sub        bool // it is a sub-attribute
}

func define(o *resource.Object, sub bool) definition {
	d := definition{name: textOf(o, "name"), typ: String, mutability: ReadWrite, returned: Default, uniqueness: None, sub: sub}
	if s, ok := o.Get("type").(string); ok {
		d.typ = Type(s)
	}
	if s, ok := o.Get("mutability").(string); ok {
		d.mutability = Mutability(s)
	}
	if s, ok := o.Get("returned").(string); ok {
		d.returned = Returned(s)
	}
	if s, ok := o.Get("uniqueness").(string); ok {
		d.uniqueness = Uniqueness(s)
	}
	d.required, _ = o.Get("required").(bool)
	d.caseExact, _ = o.Get("caseExact").(bool)
	d.references, d.subs = textsOf(o, "referenceTypes"), objectsOf(o, "subAttributes")
	return d
}

func textOf(o *resource.Object, name string) string {
	s, _ := o.Get(name).(string)
	return s
}

func textsOf(o *resource.Object, name string) (out []string) {
	list, _ := o.Get(name).(resource.Array)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func objectsOf(o *resource.Object, name string) (out []*resource.Object) {
	list, _ := o.Get(name).(resource.Array)
	for _, e := range list {
		if e, ok := e.(*resource.Object); ok {
			out = append(out, e)
		}
	}
	return out
}

// rule is a combination of characteristics that RFC 7643 rules out.
type rule struct {
	says   string
	broken func(d definition) bool
}

var rules = []rule{
	{"its name must be a letter followed by letters, digits, -, _ and $", func(d definition) bool { return !attributeName.MatchString(d.name) }},
	{"type must be one of string, boolean, decimal, integer, dateTime, binary, reference, complex", func(d definition) bool {
		return !slices.Contains([]Type{String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex}, d.typ)
	}},
	{"mutability must be one of readWrite, readOnly, immutable, writeOnly", func(d definition) bool {
		return !slices.Contains([]Mutability{ReadWrite, ReadOnly, Immutable, WriteOnly}, d.mutability)
	}},
	{"returned must be one of always, default, never, request", func(d definition) bool {
		return !slices.Contains([]Returned{Always, Default, Never, OnRequest}, d.returned)
	}},
	{"uniqueness must be one of none, server, global", func(d definition) bool {
		return !slices.Contains([]Uniqueness{None, Server, Global}, d.uniqueness)
	}},
	{"a sub-attribute cannot be complex", func(d definition) bool { return d.sub && d.typ == Complex }},
	{"complex needs subAttributes", func(d definition) bool { return d.typ == Complex && len(d.subs) == 0 }},
	{"only complex has subAttributes", func(d definition) bool { return d.typ != Complex && len(d.subs) > 0 }},
	{"reference needs referenceTypes", func(d definition) bool { return d.typ == Reference && len(d.references) == 0 }},
	{"only reference has referenceTypes", func(d definition) bool { return d.typ != Reference && len(d.references) > 0 }},
	{"writeOnly needs returned never", func(d definition) bool { return d.mutability == WriteOnly && d.returned != Never }},
	{"readOnly cannot be required: no client could give it", func(d definition) bool { return d.mutability == ReadOnly && d.required }},
	{"complex and boolean have no caseExact", func(d definition) bool { return d.caseExact && (d.typ == Complex || d.typ == Boolean) }},
	{"complex and boolean have no uniqueness", func(d definition) bool {
		return d.uniqueness != None && (d.typ == Complex || d.typ == Boolean)
	}},
}

// checkSchema finds what the library's loader lets pass (RFC 7643 §2 and §7).
// The schemas of the discovery endpoints describe themselves and are exempt
// from what no custom schema may do.
func checkSchema(o *resource.Object, f *faults) {
	checkKeywords(o, schemaKeywords, f.add)
	id := textOf(o, "id")
	if id == "" {
		f.add("id is missing")
	}
	if textOf(o, "name") == "" {
		f.add("name is missing")
	}
	if hasPrefixFold(id, "urn:ietf:params:scim:api:") {
		f.add("id %q is among the URNs of messages", id)
	}
	if isDiscoverySchema(id) {
		return
	}
	attributes := objectsOf(o, "attributes")
	if len(attributes) == 0 {
		f.add("attributes is missing")
	}
	checkAttributes("", attributes, f)
}

func checkAttributes(parent string, list []*resource.Object, f *faults) {
	var seen []string
	for _, o := range list {
		d := define(o, parent != "")
		path := parent + d.name
		fault := func(format string, args ...any) { f.attribute(path, format, args...) }
		checkKeywords(o, attributeKeywords, fault)
		same := func(name string) bool { return resource.EqualName(name, d.name) }
		if slices.ContainsFunc(seen, same) {
			fault("it is defined twice")
		}
		if parent == "" && slices.ContainsFunc(reserved, same) {
			fault("the name is reserved")
		}
		for _, r := range rules {
			if r.broken(d) {
				fault("%s", r.says)
			}
		}
		seen = append(seen, d.name)
		checkAttributes(path+".", d.subs, f)
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && resource.EqualName(s[:len(prefix)], prefix)
}

// isDiscoverySchema tells the schemas of the documents that describe a server.
func isDiscoverySchema(urn string) bool {
	rest, ok := strings.CutPrefix(urn, "urn:ietf:params:scim:schemas:core:2.0:")
	return ok && slices.Contains([]string{"Schema", "ResourceType", "ServiceProviderConfig"}, rest)
}
