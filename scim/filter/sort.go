package filter

import (
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
	"scimd/store"
)

// Sort is a sortBy resolved against a resource type (RFC 7644 §3.4.2.3). It is
// safe for concurrent use; of a nil Sort no resource has a value.
type Sort struct {
	typ       *schema.ResourceType
	attribute *schema.Attribute // that primary stands in
	leaf      *schema.Attribute
	path      place
}

// CompileSort resolves sortBy. A multi-valued complex attribute stands for its
// value; any other complex one has to be asked for by sub-attribute. The error
// is invalidValue and names the attribute.
func CompileSort(t *schema.ResourceType, sortBy string) (*Sort, error) {
	ref, err := t.Resolve(sortBy)
	if err != nil || ref.Attribute == nil {
		return nil, scimerr.InvalidValue("sortBy: no attribute %q is known", sortBy)
	}
	a, sub := ref.Attribute, ref.Sub
	if a.Type == schema.Complex && sub == nil && a.MultiValued {
		sub = a.SubAttribute("value")
	}
	ref.Sub = sub
	s := &Sort{typ: t, attribute: a, leaf: ref.Leaf(), path: placeOf(ref)}
	switch {
	case s.leaf.Type == schema.Complex:
		return nil, scimerr.InvalidValue("sortBy: %q is complex: name one of its sub-attributes", sortBy)
	case a.Returned == schema.Never || s.leaf.Returned == schema.Never:
		return nil, scimerr.InvalidValue("sortBy: %q cannot be sorted by", sortBy)
	}
	return s, nil
}

// Column gives the column of the store that sorts the same way, if any.
func (s *Sort) Column() (c store.Column, ok bool) {
	if s == nil || s.path.extension != "" {
		return store.ByKey, false
	}
	switch s.path {
	case place{name: "id"}:
		return store.ByID, true
	case place{name: "externalId"}:
		return store.ByExternalID, s.leaf.CaseExact
	case place{name: "meta", sub: "created"}:
		return store.ByCreated, true
	case place{name: "meta", sub: "lastModified"}:
		return store.ByModified, true
	}
	// A column does not tell a missing name from an empty one.
	return store.ByName, isNameColumn(s.typ, s.path.name) && s.leaf.Required && !s.leaf.CaseExact
}

// Reads tells whether Rank looks at the attribute.
func (s *Sort) Reads(ref schema.Ref) bool { return s != nil && s.path.overlaps(placeOf(ref)) }

// Rank gives the value that a rendered resource is sorted by as a text whose
// bytes sort the same way; a missing value is behind all others, as RFC 7644
// §3.4.2.3 has it.
func (s *Sort) Rank(o *resource.Object) string {
	if s == nil {
		return absent
	}
	at := s.path
	at.sub = ""
	v := first(at.find(o))
	if s.leaf != s.attribute {
		element, _ := v.(*resource.Object)
		v = first(element.Get(s.leaf.Name))
	}
	return rank(s.leaf, v)
}

// first gives the primary value of several, else the first.
func first(v resource.Value) resource.Value {
	array, several := v.(resource.Array)
	if !several {
		return v
	}
	for _, e := range array {
		if o, ok := e.(*resource.Object); ok && o.Get("primary") == true {
			return o
		}
	}
	if len(array) == 0 {
		return nil
	}
	return array[0]
}
