package filter

import (
	"scimd/scim/resource"
	"scimd/scim/schema"
)

// Program is a filter resolved against a resource type. It is safe for
// concurrent use.
type Program struct {
	typ  *schema.ResourceType
	root node
}

// Match tells whether a rendered resource satisfies the filter.
func (p *Program) Match(o *resource.Object) bool {
	return o != nil && p.root.match(o)
}

// Reads tells whether the filter looks at the attribute, at a part of it or at
// what it is a part of.
func (p *Program) Reads(ref schema.Ref) bool { return p != nil && p.root.reads(placeOf(ref)) }

// A node is a condition on a scope: the resource, or within brackets one
// value of the attribute before them.
type node interface {
	match(scope resource.Value) bool
	// reads tells whether the node looks at the place or at what overlaps it.
	reads(at place) bool
}

type (
	and struct{ left, right node }
	or  struct{ left, right node }
	not struct{ node node }
	// constant is what is known without looking.
	constant bool

	// leaf compares the values of one attribute.
	leaf struct {
		path place
		cmp  comparison
	}
	// bracket holds when one and the same value satisfies inner.
	bracket struct {
		path  place
		inner node
	}
)

// place is where a value stands in its scope; extension and sub may be empty.
type place struct {
	extension, name, sub string
	self                 bool // the scope is a simple value
}

func (n and) match(scope resource.Value) bool { return n.left.match(scope) && n.right.match(scope) }
func (n or) match(scope resource.Value) bool  { return n.left.match(scope) || n.right.match(scope) }
func (n not) match(scope resource.Value) bool { return !n.node.match(scope) }
func (n constant) match(resource.Value) bool  { return bool(n) }

func (n *leaf) match(scope resource.Value) bool {
	v := n.path.find(scope)
	if n.path.sub == "" {
		return n.cmp.any(v)
	}
	return anyElement(v, func(e resource.Value) bool {
		o, _ := e.(*resource.Object)
		return n.cmp.any(o.Get(n.path.sub))
	})
}

func (n *bracket) match(scope resource.Value) bool {
	return anyElement(n.path.find(scope), n.inner.match)
}

// anyElement tries the elements of an array; another value is its own only
// element, and a missing one has none.
func anyElement(v resource.Value, test func(resource.Value) bool) bool {
	array, ok := v.(resource.Array)
	if !ok {
		return v != nil && test(v)
	}
	for _, e := range array {
		if test(e) {
			return true
		}
	}
	return false
}

// find gives what stands at the place, without regard to sub.
func (p place) find(scope resource.Value) resource.Value {
	if p.self {
		return scope
	}
	o, _ := scope.(*resource.Object)
	if p.extension != "" {
		v := o.Get(p.extension)
		if p.name == "" {
			return v
		}
		o, _ = v.(*resource.Object)
	}
	return o.Get(p.name)
}

// placeOf gives the place of an attribute outside brackets.
func placeOf(ref schema.Ref) (at place) {
	if ref.Extension != nil {
		at.extension = ref.Extension.ID
	}
	if ref.Attribute != nil {
		at.name = ref.Attribute.Name
	}
	if ref.Sub != nil {
		at.sub = ref.Sub.Name
	}
	return at
}

func (n and) reads(at place) bool   { return n.left.reads(at) || n.right.reads(at) }
func (n or) reads(at place) bool    { return n.left.reads(at) || n.right.reads(at) }
func (n not) reads(at place) bool   { return n.node.reads(at) }
func (n constant) reads(place) bool { return false }
func (n *leaf) reads(at place) bool { return n.path.overlaps(at) }
func (n *bracket) reads(at place) bool {
	if !n.path.overlaps(at) {
		return false
	}
	return at.sub == "" || n.inner.reads(place{name: at.sub})
}

// overlaps tells whether one of two places is the other or part of it.
func (p place) overlaps(other place) bool {
	meet := func(a, b string) bool { return a == "" || b == "" || a == b }
	return p.self || p.extension == other.extension && meet(p.name, other.name) && meet(p.sub, other.sub)
}
