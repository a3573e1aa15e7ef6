package filter

import (
	"slices"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// Indexed lists the multi-valued core attributes whose values the store keeps
// for lookup.
var Indexed = []string{"emails", "phoneNumbers"}

// Query narrows the filter to what the store can decide. Every resource that
// Match accepts satisfies where (nil: all do); if exact, no other does, and
// Match need not run. The store must hold columns in the forms of Fold and
// store.Exact, and ids in lower case.
func (p *Program) Query() (where store.Expr, exact bool) {
	return p.narrow(p.root, false)
}

// narrow carries a negation down to the leaves: the complement of something
// too wide would be too narrow, so only exact leaves can be negated.
func (p *Program) narrow(n node, negate bool) (store.Expr, bool) {
	switch n := n.(type) {
	case not:
		return p.narrow(n.node, !negate)
	case and:
		return p.join(n.left, n.right, negate, !negate)
	case or:
		return p.join(n.left, n.right, negate, negate)
	case constant:
		return always(bool(n) != negate), true
	case *leaf:
		return negated(negate)(p.column(n))
	case *bracket:
		return negated(negate)(p.element(n))
	}
	return nil, false
}

// always is a condition that holds for all, or for none.
func always(holds bool) store.Expr {
	if holds {
		return store.And{}
	}
	return store.Or{}
}

// IsNever tells whether a condition is known to hold for none.
func IsNever(e store.Expr) bool {
	or, ok := e.(store.Or)
	return ok && len(or) == 0
}

func isAlways(e store.Expr) bool {
	and, ok := e.(store.And)
	return ok && len(and) == 0
}

func negated(negate bool) func(store.Expr, bool) (store.Expr, bool) {
	return func(e store.Expr, exact bool) (store.Expr, bool) {
		switch {
		case !negate:
			return e, exact
		case exact && IsNever(e):
			return always(true), true
		case exact && isAlways(e):
			return always(false), true
		case exact:
			return store.Not{Expr: e}, true
		}
		return nil, false
	}
}

// join combines two narrowed operands; De Morgan has already chosen which way.
func (p *Program) join(left, right node, negate, both bool) (store.Expr, bool) {
	l, lExact := p.narrow(left, negate)
	r, rExact := p.narrow(right, negate)
	exact := lExact && rExact
	switch {
	case both && (IsNever(l) || IsNever(r)):
		return always(false), true
	case !both && IsNever(l):
		return r, rExact
	case !both && IsNever(r):
		return l, lExact
	case both && l == nil:
		return r, exact
	case both && r == nil:
		return l, exact
	case both:
		return store.And{l, r}, exact
	case l == nil || r == nil:
		return nil, false
	}
	return store.Or{l, r}, exact
}

// column gives the condition for a comparison outside brackets.
func (p *Program) column(n *leaf) (store.Expr, bool) {
	if n.path.extension != "" {
		return nil, false
	}
	c := &n.cmp
	switch n.path.name {
	case "id":
		if c.op == store.Eq && c.exact {
			return store.Compare{Column: store.ByID, Op: store.Eq, Value: c.text}, true
		}
	case "userName", "displayName":
		if p.nameColumn(n) {
			return stringColumn(store.ByName, c)
		}
	case "externalId":
		if c.exact {
			return stringColumn(store.ByExternalID, c)
		}
	case "active":
		if p.typ.Name == "User" && c.typ == schema.Boolean && c.op == store.Eq {
			// A user without active has false in the column and no value in Match.
			return store.Compare{Column: store.ByActive, Op: store.Eq, Value: c.bool}, c.bool
		}
	case "meta":
		if n.path.sub == "resourceType" {
			return always(n.cmp.any(p.typ.Name)), true
		}
		return timeColumn(n)
	case "members", "groups":
		if p.isRow(n.path.name) {
			return rows(n.path.name, n.path.sub, c)
		}
	default:
		if p.typ.Name == "User" && slices.Contains(Indexed, n.path.name) && n.path.sub == "value" {
			return indexed(n.path.name, c, nil)
		}
	}
	return nil, false
}

// isRow tells whether an attribute is kept in membership rows; other types may
// have attributes of the same names.
func (p *Program) isRow(name string) bool {
	return p.typ.Name == "Group" && name == "members" || p.typ.Name == "User" && name == "groups"
}

func (p *Program) nameColumn(n *leaf) bool {
	return isNameColumn(p.typ, n.path.name) && n.cmp.typ == schema.String && !n.cmp.exact
}

// isNameColumn tells whether the store keeps the attribute as the name.
func isNameColumn(t *schema.ResourceType, name string) bool {
	return t.Name == "User" && name == "userName" || t.Name == "Group" && name == "displayName"
}

// stringColumn: an empty column means none, so a comparison that an empty
// value satisfies is left to Match.
func stringColumn(column store.Column, c *comparison) (store.Expr, bool) {
	if c.op == store.Pr {
		return store.Compare{Column: column, Op: store.Pr}, true
	}
	if c.str("") {
		return nil, false
	}
	return store.Compare{Column: column, Op: c.op, Value: c.text}, true
}

func timeColumn(n *leaf) (store.Expr, bool) {
	if n.cmp.op == store.Pr {
		return nil, false
	}
	switch n.path.sub {
	case "created":
		return store.Compare{Column: store.ByCreated, Op: n.cmp.op, Value: n.cmp.time}, true
	case "lastModified":
		return store.Compare{Column: store.ByModified, Op: n.cmp.op, Value: n.cmp.time}, true
	}
	return nil, false
}

// rows gives the condition for a comparison of a part of members or groups.
// Every member has a value and a type.
func rows(name, sub string, c *comparison) (store.Expr, bool) {
	switch {
	case name == "members" && c.op == store.Pr && (sub == "" || sub == "value" || sub == "type"):
		return store.HasMember{}, true
	case name == "members" && sub == "type" && c.op == store.Eq && !c.exact:
		return memberOf("", c.text)
	case sub == "value":
		return membership(name, c)
	}
	return nil, false
}

// memberOf is a member of a type, as its name is folded; nothing but users and
// groups is one.
func memberOf(id, typ string) (store.Expr, bool) {
	switch typ {
	case "user":
		return store.HasMember{ID: id, Type: store.User}, true
	case "group":
		return store.HasMember{ID: id, Type: store.Group}, true
	}
	return always(false), true
}

// membership: the text is folded where the schema ignores case, which is how
// ids are written.
func membership(name string, c *comparison) (store.Expr, bool) {
	switch {
	case c.op != store.Eq:
		return nil, false
	case name == "members":
		return store.HasMember{ID: c.text}, true
	}
	return store.InGroup{ID: c.text}, true
}

// indexed: pr is not exact, since the index may hold an empty value.
func indexed(name string, c *comparison, typ *string) (store.Expr, bool) {
	if c.exact || c.typ != schema.String {
		return nil, false
	}
	return store.HasValue{Attribute: name, Op: c.op, Value: c.text, Type: typ}, c.op != store.Pr
}

// element gives the condition for a bracket: terms joined by and, of which
// one comparison of value and one type eq can be expressed.
func (p *Program) element(n *bracket) (store.Expr, bool) {
	if n.path.extension != "" {
		return nil, false
	}
	var value, typ *leaf
	exact := collect(n.inner, &value, &typ)
	switch name := n.path.name; {
	case name == "members" && p.isRow(name) && typ != nil && (value == nil || value.cmp.op == store.Eq):
		id := ""
		if value != nil {
			id = value.cmp.text
		}
		where, _ := memberOf(id, typ.cmp.text)
		return where, exact
	case value == nil:
		return nil, false
	case p.isRow(name):
		where, ok := membership(name, &value.cmp)
		return where, ok && exact && typ == nil
	case p.typ.Name == "User" && slices.Contains(Indexed, name):
		var text *string
		if typ != nil {
			text = &typ.cmp.text
		}
		where, ok := indexed(name, &value.cmp, text)
		return where, ok && exact
	}
	return nil, false
}

// collect finds the two leaves and tells whether there is nothing else.
func collect(n node, value, typ **leaf) bool {
	switch n := n.(type) {
	case and:
		left := collect(n.left, value, typ)
		right := collect(n.right, value, typ)
		return left && right
	case *leaf:
		if n.path.name == "value" && *value == nil {
			*value = n
			return true
		}
		// An index without a type holds "", so that is left to Match.
		if n.path.name == "type" && *typ == nil && n.cmp.op == store.Eq && !n.cmp.exact && n.cmp.text != "" {
			*typ = n
			return true
		}
	}
	return false
}

// IndexedValues gives what has to be written for the Indexed attributes of a
// canonical object.
func IndexedValues(o *resource.Object) []store.Value {
	var values []store.Value
	for _, name := range Indexed {
		array, _ := o.Get(name).(resource.Array)
		for _, e := range array {
			element, _ := e.(*resource.Object)
			value, ok := element.Get("value").(string)
			if !ok {
				continue
			}
			typ, _ := element.Get("type").(string)
			values = append(values, store.Value{Attribute: name, Value: store.Fold(value), Type: store.Fold(typ)})
		}
	}
	return values
}
