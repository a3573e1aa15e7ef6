package filter

import (
	"encoding/json"

	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
)

// ElementProgram is the filter of a value path, resolved against the attribute
// before the brackets.
type ElementProgram struct {
	root  node
	pairs map[string]resource.Value
}

// CompileElement resolves the filter within the brackets of a PATCH path. The
// names are sub-attributes; a simple attribute has only value.
func CompileElement(a *schema.Attribute, e fp.Expression, q quirk.Set) (*ElementProgram, error) {
	c := compiler{element: a, quirks: q}
	root, err := c.node(e)
	if err != nil {
		return nil, err
	}
	pairs := map[string]resource.Value{}
	if !c.equalities(e, pairs) {
		pairs = nil
	}
	return &ElementProgram{root, pairs}, nil
}

// Match tells whether one value of the attribute satisfies the filter.
func (p *ElementProgram) Match(v resource.Value) bool { return v != nil && p.root.match(v) }

// Equalities gives the sub-attributes and their values if the filter is eq
// terms joined by and: such a filter describes the element it looks for, so
// that a PATCH can create it. The map must not be changed.
func (p *ElementProgram) Equalities() (map[string]resource.Value, bool) {
	return p.pairs, p.pairs != nil
}

// equalities collects the pairs of an expression that has been compiled. Two
// values for one name describe no element.
func (c *compiler) equalities(e fp.Expression, pairs map[string]resource.Value) bool {
	switch e := e.(type) {
	case *fp.LogicalExpression:
		return e.Operator == fp.AND && c.equalities(e.Left, pairs) && c.equalities(e.Right, pairs)
	case *fp.AttributeExpression:
		if e.Operator != fp.EQ || e.CompareValue == nil {
			return false
		}
		at, a, err := c.resolveWithin(&e.AttributePath)
		if err != nil {
			return false
		}
		name := at.name
		if at.self {
			name = "value"
		}
		if _, twice := pairs[name]; twice {
			return false
		}
		pairs[name] = c.value(a, e.CompareValue)
		return true
	}
	return false
}

// value gives a literal, already checked, as a value of the attribute.
func (c *compiler) value(a *schema.Attribute, v any) resource.Value {
	var cmp comparison
	switch a.Type {
	case schema.Boolean:
		cmp.typ = a.Type
		cmp.setOperand(v, c.quirks)
		return cmp.bool
	case schema.Integer, schema.Decimal:
		if n, ok := v.(json.Number); ok {
			return resource.Number(n)
		}
	case schema.String, schema.DateTime, schema.Binary, schema.Reference, schema.Complex:
	}
	s, _ := operandText(v, quirk.Interop)
	return s
}
