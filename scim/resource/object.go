// Package resource is the value tree of a SCIM resource: JSON objects that
// keep the order, the case and the exact numbers that the client sent. It owns
// strict decoding and encoding and must not know any schema.
package resource

import (
	"iter"
	"slices"
)

// A value is one of: nil (JSON null), string, bool, Number, *Object or Array.
type (
	// Value is any of the kinds above.
	Value = any
	// Number is a JSON number as written.
	Number string
	// Array is a JSON array.
	Array []Value
)

// Object is a JSON object. Its zero value is empty and ready for use.
// Names are exact here; Lookup is for names as clients spell them.
type Object struct {
	members []member
}

type member struct {
	name  string
	value Value
}

// Sized gives an empty object with room for members.
func Sized(members int) *Object { return &Object{make([]member, 0, members)} }

// Len is the number of members.
func (o *Object) Len() int { return len(o.members) }

// All walks the members in order. The object must not be changed meanwhile.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, m := range o.members {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

// Get gives the value under the exact name, or nil.
func (o *Object) Get(name string) Value {
	if o == nil {
		return nil
	}
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value
		}
	}
	return nil
}

// Lookup finds a name ignoring ASCII case (RFC 7643 §2.1); ok tells a null
// from an absent member.
func (o *Object) Lookup(name string) (v Value, ok bool) {
	for i := range o.members {
		if EqualName(o.members[i].name, name) {
			return o.members[i].value, true
		}
	}
	return nil, false
}

// Set replaces or appends a member.
func (o *Object) Set(name string, v Value) {
	for i := range o.members {
		if o.members[i].name == name {
			o.members[i].value = v
			return
		}
	}
	o.members = append(o.members, member{name, v})
}

// Delete removes a member if it is there.
func (o *Object) Delete(name string) {
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
}

// Clone is a deep copy.
func (o *Object) Clone() *Object { return Clone(o).(*Object) }

// Clone copies a value deeply.
func Clone(v Value) Value {
	switch v := v.(type) {
	case *Object:
		c := &Object{members: make([]member, len(v.members))}
		for i, m := range v.members {
			c.members[i] = member{m.name, Clone(m.value)}
		}
		return c
	case Array:
		c := make(Array, len(v))
		for i := range v {
			c[i] = Clone(v[i])
		}
		return c
	default:
		return v
	}
}

// Equal compares two values: members of objects in any order
// (RFC 7643 §2.3.8), elements of arrays in order, numbers as written.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for _, m := range a.members {
			i := slices.IndexFunc(b.members, func(n member) bool { return n.name == m.name })
			if i < 0 || !Equal(m.value, b.members[i].value) {
				return false
			}
		}
		return true
	case Array:
		b, ok := b.(Array)
		return ok && slices.EqualFunc(a, b, Equal)
	default:
		switch b.(type) {
		case *Object, Array:
			return false
		}
		return a == b
	}
}

// EqualName compares attribute names and URNs: ASCII letters without case.
// Unicode folding would let U+212A pass for k.
func EqualName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
