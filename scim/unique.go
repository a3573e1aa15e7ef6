package scim

import (
	"slices"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// uniqueValues gives what no other resource of the directory may have, for
// each attribute of uniqueness server or global (7643-7-R12).
func uniqueValues(t *schema.ResourceType, o *resource.Object) []store.UniqueValue {
	var u uniques
	u.collect("", t.Schema.Attributes, o)
	for _, e := range t.Extensions {
		if in, ok := o.Get(e.Schema.ID).(*resource.Object); ok {
			u.collect("", e.Schema.Attributes, in)
		}
	}
	return u
}

type uniques []store.UniqueValue

func (u *uniques) collect(parent string, attributes []*schema.Attribute, o *resource.Object) {
	for _, a := range attributes {
		value := o.Get(a.Name)
		elements, many := value.(resource.Array)
		if !many && value != nil {
			elements = resource.Array{value}
		}
		for _, e := range elements {
			if inner, ok := e.(*resource.Object); ok {
				u.collect(parent+a.Name+".", a.Sub, inner)
			} else if isUnique(a) {
				u.add(store.UniqueValue{Attribute: a.Schema + ":" + parent + a.Name, Value: lookupForm(a, e)})
			}
		}
	}
}

// add keeps one of each: a resource may hold its own value twice.
func (u *uniques) add(v store.UniqueValue) {
	if !slices.Contains(*u, v) {
		*u = append(*u, v)
	}
}

// isUnique leaves userName out: the store has an index for it.
func isUnique(a *schema.Attribute) bool {
	return a.Uniqueness != schema.None && (a.Schema != schema.UserURN || a.Name != "userName")
}

func lookupForm(a *schema.Attribute, v resource.Value) string {
	s, ok := v.(string)
	switch {
	case !ok:
		return string(resource.AppendJSON(nil, v))
	case a.CaseExact:
		return store.Exact(s)
	}
	return store.Fold(s)
}
