package filter

import (
	"errors"

	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// Compile resolves a filter against a resource type and checks each operator
// and operand against the type of its attribute. Every error is invalidFilter
// and names the attribute.
func Compile(t *schema.ResourceType, e fp.Expression, q quirk.Set) (*Program, error) {
	return compiler{typ: t, quirks: q}.program(e)
}

// CompileAmong is Compile for a query over several types, where an attribute
// that t does not know has no value (7644-3.4.2.1-R03).
func CompileAmong(t *schema.ResourceType, e fp.Expression, q quirk.Set) (*Program, error) {
	return compiler{typ: t, quirks: q, among: true}.program(e)
}

// compiler resolves names in a resource type or, within brackets, in an
// attribute.
type compiler struct {
	typ     *schema.ResourceType
	element *schema.Attribute // nil outside brackets
	quirks  quirk.Set
	among   bool // an unknown attribute has no value
}

func (c compiler) program(e fp.Expression) (*Program, error) {
	root, err := c.node(e)
	if err != nil {
		return nil, err
	}
	return &Program{typ: c.typ, root: root}, nil
}

func (c *compiler) node(e fp.Expression) (node, error) {
	switch e := e.(type) {
	case *fp.AttributeExpression:
		return c.leaf(e)
	case *fp.ValuePath:
		return c.bracket(e)
	case *fp.NotExpression:
		n, err := c.node(e.Expression)
		return not{n}, err
	case *fp.LogicalExpression:
		left, err := c.node(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := c.node(e.Right)
		if e.Operator == fp.OR {
			return or{left, right}, err
		}
		return and{left, right}, err
	}
	return nil, scimerr.InvalidFilter("the filter is empty")
}

// leaf compiles one comparison. ne is the complement of eq at the attribute,
// so that it is true where the value is missing; eq null is the
// complement of pr.
func (c *compiler) leaf(e *fp.AttributeExpression) (node, error) {
	absent := e.Operator == fp.EQ && e.CompareValue == nil
	differs := e.Operator == fp.NE && e.CompareValue != nil
	if !c.knows(&e.AttributePath) {
		return constant(absent || differs), nil
	}
	at, a, err := c.resolve(&e.AttributePath)
	if err != nil {
		return nil, err
	}
	isPresence := e.Operator == fp.PR || e.CompareValue == nil
	if a != nil && a.Type == schema.Complex && !isPresence {
		value := a.SubAttribute("value")
		if value == nil || at.sub != "" || !a.MultiValued && a.Name != "manager" {
			return nil, scimerr.InvalidFilter("%q is complex: name one of its sub-attributes", a.Path)
		}
		at.sub, a = value.Name, value
	}
	if a == nil { // an extension as a whole
		if !isPresence {
			return nil, scimerr.InvalidFilter("%q is an extension: name one of its attributes", at.extension)
		}
		a = &schema.Attribute{Path: at.extension, Type: schema.Complex}
	}
	cmp, err := compileComparison(a, e, c.quirks)
	if err != nil {
		return nil, err
	}
	n := &leaf{at, cmp}
	if absent || differs {
		return not{n}, nil
	}
	return n, nil
}

func (c *compiler) bracket(e *fp.ValuePath) (node, error) {
	if c.element != nil {
		return nil, scimerr.InvalidFilter("brackets within brackets")
	}
	if !c.knows(&e.AttributePath) {
		return constant(false), nil
	}
	at, a, err := c.resolve(&e.AttributePath)
	if err != nil {
		return nil, err
	}
	if a == nil || at.sub != "" || a.Type != schema.Complex && !a.MultiValued {
		return nil, scimerr.InvalidFilter("%q cannot take brackets", notation(&e.AttributePath))
	}
	within := compiler{element: a, quirks: c.quirks, among: c.among}
	inner, err := within.node(e.ValueFilter)
	if err != nil {
		return nil, err
	}
	return &bracket{at, inner}, nil
}

// resolve gives the place and the definition; the latter is nil for an
// extension as a whole.
func (c *compiler) resolve(path *fp.AttributePath) (place, *schema.Attribute, error) {
	if c.element != nil {
		return c.resolveWithin(path)
	}
	ref, err := c.typ.Resolve(notation(path))
	if err != nil {
		var known *scimerr.Error
		if errors.As(err, &known) {
			return place{}, nil, scimerr.InvalidFilter("%s", known.Wire.Detail)
		}
		return place{}, nil, err
	}
	at := placeOf(ref)
	if ref.Attribute == nil {
		return at, nil, nil
	}
	// What is never returned must not be found out by asking either.
	if ref.Attribute.Returned == schema.Never || ref.Leaf().Returned == schema.Never {
		return at, nil, scimerr.InvalidFilter("%q cannot be filtered", ref.Leaf().Path)
	}
	return at, ref.Leaf(), nil
}

// knows tells whether the attribute exists, or its absence is an error.
func (c *compiler) knows(path *fp.AttributePath) bool {
	switch {
	case !c.among:
		return true
	case c.element == nil:
		_, err := c.typ.Resolve(notation(path))
		return err == nil
	}
	name := notation(path)
	return c.element.SubAttribute(name) != nil || c.element.Type != schema.Complex && resource.EqualName(name, "value")
}

// resolveWithin resolves a sub-attribute; the only one of a simple value is
// the value itself.
func (c *compiler) resolveWithin(path *fp.AttributePath) (place, *schema.Attribute, error) {
	name := notation(path)
	if c.element.Type != schema.Complex && resource.EqualName(name, "value") {
		return place{self: true}, c.element, nil
	}
	sub := c.element.SubAttribute(name)
	if sub == nil {
		return place{}, nil, scimerr.InvalidFilter("%q has no sub-attribute %q", c.element.Path, name)
	}
	if sub.Returned == schema.Never {
		return place{}, nil, scimerr.InvalidFilter("%q cannot be filtered", sub.Path)
	}
	return place{name: sub.Name}, sub, nil
}

// notation writes the path again as the resolver reads it.
func notation(path *fp.AttributePath) string {
	s := path.AttributeName
	if path.URIPrefix != nil {
		s = *path.URIPrefix + ":" + s
	}
	if path.SubAttribute != nil {
		s += "." + *path.SubAttribute
	}
	return s
}
