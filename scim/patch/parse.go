package patch

import (
	"strings"

	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/filter"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

type parser struct {
	t   *schema.ResourceType
	q   quirk.Set
	ops []Op
}

// Parse reads a PATCH message for a resource of type t. Everything that can
// be judged without the stored resource is judged here.
func Parse(t *schema.ResourceType, body *resource.Object, q quirk.Set) ([]Op, error) {
	if err := checkSchemas(body, q); err != nil {
		return nil, err
	}
	v, _ := body.Lookup("Operations")
	list, ok := v.(resource.Array)
	if !ok || len(list) == 0 {
		return nil, scimerr.InvalidSyntax("Operations must be an array of at least one operation")
	}
	p := &parser{t: t, q: q}
	for _, e := range list {
		o, ok := e.(*resource.Object)
		if !ok {
			return nil, scimerr.InvalidSyntax("each of Operations must be an object")
		}
		if err := p.operation(o); err != nil {
			return nil, err
		}
	}
	return p.ops, nil
}

func checkSchemas(body *resource.Object, q quirk.Set) error {
	v, ok := body.Lookup("schemas")
	if (!ok || v == nil) && q.Has(quirk.MissingSchemas) {
		return nil
	}
	list, _ := v.(resource.Array)
	for _, e := range list {
		if s, ok := e.(string); ok && resource.EqualName(s, MessageURN) {
			return nil
		}
	}
	return scimerr.InvalidSyntax("schemas must hold %q", MessageURN)
}

func (p *parser) operation(o *resource.Object) error {
	name, _ := o.Lookup("op")
	kind, err := parseKind(name)
	if err != nil {
		return err
	}
	value, has := o.Lookup("value")
	if kind != Remove && !has {
		return scimerr.InvalidValue("op %q needs a value", name)
	}
	switch path, _ := o.Lookup("path"); path := path.(type) {
	case string:
		return p.path(kind, path, value, has)
	case nil:
		if kind == Remove {
			return scimerr.NoTarget("op remove needs a path")
		}
		values, ok := value.(*resource.Object)
		if !ok {
			return scimerr.InvalidValue("the value of an operation without path must be an object")
		}
		return p.keys(kind, "", values)
	default:
		return scimerr.InvalidPath("path must be a string")
	}
}

// parseKind folds case: Entra sends Add, Replace and Remove.
func parseKind(v resource.Value) (Kind, error) {
	s, _ := v.(string)
	switch {
	case resource.EqualName(s, "add"):
		return Add, nil
	case resource.EqualName(s, "remove"):
		return Remove, nil
	case resource.EqualName(s, "replace"):
		return Replace, nil
	}
	return 0, scimerr.InvalidSyntax("op must be add, remove or replace")
}

// keys takes the members of a path-less value, or of a schema's container in
// it, as operations of their own. prefix is the container's URN and a colon.
// Unknown names are ignored, as in any body.
func (p *parser) keys(kind Kind, prefix string, values *resource.Object) error {
	for key, v := range values.All() {
		if inner, ok := v.(*resource.Object); ok && prefix == "" && resource.EqualName(key, p.t.Schema.ID) {
			if err := p.keys(kind, key+":", inner); err != nil {
				return err
			}
			continue
		}
		container := prefix == "" && p.t.Extension(key) != nil
		if !container && !p.q.Has(quirk.DottedKeys) && strings.ContainsAny(key, ".:[") {
			if err := p.unknown(prefix, key); err != nil {
				return err
			}
			continue
		}
		op, err := p.target(kind, prefix+key)
		if err != nil {
			if strings.Contains(key, "[") {
				return err
			}
			if err := p.unknown(prefix, key); err != nil {
				return err
			}
			continue
		}
		if prefix == "" && repeatable(op.Ref) {
			if !p.q.Has(quirk.ReadOnlyInObject) {
				op.Value, op.repeats = v, true
				p.ops = append(p.ops, op)
			}
			continue
		}
		if err := p.add(op, v, true); err != nil {
			return err
		}
	}
	return nil
}

// unknown ignores a key that names no attribute, as in any body.
func (p *parser) unknown(prefix, key string) error {
	switch {
	case p.q.Has(quirk.RefuseUnknown):
		return schema.Unknown(prefix + key)
	case prefix == "" && schema.IsURN(key) && !p.q.Has(quirk.UnknownSchemas):
		if _, err := p.t.Resolve(key); err != nil {
			return scimerr.InvalidValue("%q is no extension of %s", key, p.t.Name)
		}
	}
	return nil
}

// repeatable are the readOnly attributes that clients send along.
func repeatable(r schema.Ref) bool {
	if r.Extension != nil || r.Attribute == nil {
		return false
	}
	switch r.Attribute.Name {
	case "id", "schemas", "meta", "groups":
		return true
	}
	return false
}

func (p *parser) path(kind Kind, path string, value resource.Value, has bool) error {
	op, err := p.target(kind, path)
	if err != nil {
		return err
	}
	return p.add(op, value, has)
}

// target resolves a path. Only value paths need the filter grammar; anything
// else that is malformed is also unknown, hence invalidPath from Resolve.
func (p *parser) target(kind Kind, path string) (Op, error) {
	op := Op{Kind: kind}
	if !strings.Contains(path, "[") {
		ref, err := p.t.Resolve(path)
		op.Ref = ref
		return op, err
	}
	parsed, err := filter.ParsePath(path, filter.DefaultLimits, p.q)
	if err != nil {
		return op, err
	}
	if op.Ref, err = p.t.Resolve(parsed.AttributePath.String()); err != nil {
		return op, err
	}
	a := op.Ref.Attribute
	if a == nil || op.Ref.Sub != nil || !a.MultiValued {
		return op, scimerr.InvalidPath("%q filters what is not a multi-valued attribute", path)
	}
	if name := parsed.SubAttributeName(); name != "" {
		if op.Ref.Sub = a.SubAttribute(name); op.Ref.Sub == nil {
			return op, scimerr.InvalidPath("%q has no sub-attribute %q", a.Name, name)
		}
	}
	if op.Filter, err = filter.CompileElement(a, parsed.ValueExpression, p.q); err != nil {
		return op, err
	}
	if p.isMembers(op.Ref) {
		ids, whole, ok := namedIDs(parsed.ValueExpression)
		op.ids, op.hasIDs, op.narrowed = distinct(ids), ok && whole, ok && !whole
		for i := range op.ids {
			if op.narrowed { // Match ignores case, and ids are written in lower case
				op.ids[i] = strings.ToLower(op.ids[i])
			}
		}
	}
	return op, nil
}

// namedIDs gives the ids that a member must have one of for a filter: ok is
// false if there are none such. The filter is whole if it asks for nothing else.
func namedIDs(e fp.Expression) (ids []string, whole, ok bool) {
	switch e := e.(type) {
	case *fp.AttributeExpression:
		id, text := e.CompareValue.(string)
		plain := e.AttributePath.URIPrefix == nil && e.AttributePath.SubAttribute == nil
		return []string{id}, true, text && plain && strings.EqualFold(string(e.Operator), string(fp.EQ)) &&
			resource.EqualName(e.AttributePath.AttributeName, "value")
	case *fp.LogicalExpression:
		left, wholeLeft, okLeft := namedIDs(e.Left)
		right, wholeRight, okRight := namedIDs(e.Right)
		switch {
		case strings.EqualFold(string(e.Operator), string(fp.OR)):
			return append(left, right...), wholeLeft && wholeRight, okLeft && okRight
		case okLeft:
			return left, false, true
		}
		return right, false, okRight
	}
	return nil, false, false
}

// add checks the operation's value and appends it.
func (p *parser) add(op Op, v resource.Value, has bool) error {
	a := op.Ref.Attribute
	if a == nil {
		return p.extension(op, v)
	}
	if readOnly(a) || op.Ref.Sub != nil && readOnly(op.Ref.Sub) {
		return scimerr.Mutability("%q is readOnly", op.Ref.Leaf().Path)
	}
	op.HasValue = has
	var err error
	switch {
	case p.isMembers(op.Ref):
		err = p.members(&op, v)
	case op.Kind == Remove:
		err = p.selector(&op, v)
	default:
		op.Value, err = p.value(op, v)
	}
	if err != nil {
		return err
	}
	p.ops = append(p.ops, op)
	return nil
}

func readOnly(a *schema.Attribute) bool {
	return a.Mutability == schema.ReadOnly || a.Schema == "" && a.Name == "schemas"
}

// extension writes an extension as a whole; like a complex attribute, what
// the value does not name stays.
func (p *parser) extension(op Op, v resource.Value) error {
	if op.Kind == Remove || v == nil && op.Kind == Replace {
		op.Kind = Remove
		p.ops = append(p.ops, op)
		return nil
	}
	values, ok := v.(*resource.Object)
	if !ok {
		return scimerr.InvalidValue("the value of %q must be an object", op.Ref.Extension.ID)
	}
	return p.keys(op.Kind, op.Ref.Extension.ID+":", values)
}

// selector reads the value of a remove, which lists what to remove. It
// must never fall back to removing everything.
func (p *parser) selector(op *Op, v resource.Value) error {
	a := op.Ref.Attribute
	if v == nil || !a.MultiValued || op.Ref.Sub != nil || op.Filter != nil {
		op.HasValue = false
		return nil
	}
	if !p.q.Has(quirk.RemoveByValue) {
		return scimerr.InvalidValue("op remove takes no value; name the elements of %q by a filter", a.Path)
	}
	list, ok := v.(resource.Array)
	if !ok {
		list = resource.Array{v}
	}
	op.Value = list
	return nil
}

// value checks a value to be written; nil unassigns.
func (p *parser) value(op Op, v resource.Value) (resource.Value, error) {
	leaf := op.Ref.Leaf()
	if op.Ref.Sub == nil && leaf.MultiValued {
		return p.elements(op, v)
	}
	if leaf.Type == schema.Complex {
		return p.complex(leaf, v)
	}
	// An empty secret is a wrong one, and must not clear what is set.
	if p.empty(v) && (v != "" || leaf.Mutability != schema.WriteOnly) {
		if leaf.Required {
			return nil, scimerr.InvalidValue("%q is required", leaf.Path)
		}
		return nil, nil
	}
	return schema.CheckValue(leaf, v, p.q)
}

func (p *parser) empty(v resource.Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" && p.q.Has(quirk.EmptyAsAbsent)
	case resource.Array:
		return len(v) == 0
	}
	return false
}

// elements checks values of a multi-valued attribute: an array of them, or
// one element where a filter selects it.
func (p *parser) elements(op Op, v resource.Value) (resource.Value, error) {
	a := op.Ref.Attribute
	if p.empty(v) {
		if a.Required && op.Kind == Replace {
			return nil, scimerr.InvalidValue("%q is required", a.Path)
		}
		return nil, nil
	}
	list, isArray := v.(resource.Array)
	if op.Filter != nil {
		if isArray {
			if len(list) != 1 {
				return nil, scimerr.InvalidValue("a value path of %q takes one value", a.Path)
			}
			v = list[0]
		}
		return p.one(a, v)
	}
	if !isArray {
		// Add takes one value (RFC 7644 §3.5.2.1), replace by leniency.
		if op.Kind == Replace && !p.q.Has(quirk.SingleAsArray) {
			return nil, scimerr.InvalidValue("%q must be an array", a.Path)
		}
		list = resource.Array{v}
	}
	checked, err := schema.CheckValue(a, list, p.q)
	if checked == nil {
		return nil, err
	}
	return checked, err
}

// one checks the element that a value path selects. Of an object it keeps what
// is named, as for any complex value: one without a value may still add to an
// element that has it.
func (p *parser) one(a *schema.Attribute, v resource.Value) (resource.Value, error) {
	if a.Type == schema.Complex {
		return p.complex(a, v)
	}
	checked, err := schema.CheckValue(a, v, p.q)
	if list, ok := checked.(resource.Array); ok && len(list) == 1 {
		return list[0], err
	}
	return nil, err
}

// complex checks the sub-attributes that a value names. It keeps nulls, since
// they clear just that sub-attribute.
func (p *parser) complex(a *schema.Attribute, v resource.Value) (resource.Value, error) {
	if p.q.Has(quirk.ManagerString) && a.SubAttribute("value") != nil {
		v = unwrapReference(v)
	}
	if v == nil {
		if a.Required {
			return nil, scimerr.InvalidValue("%q is required", a.Path)
		}
		return nil, nil
	}
	o, ok := v.(*resource.Object)
	if !ok {
		return nil, scimerr.InvalidValue("%q must be an object", a.Path)
	}
	checked := &resource.Object{}
	for name, v := range o.All() {
		sub := a.SubAttribute(name)
		if sub == nil && p.q.Has(quirk.RefuseUnknown) {
			return nil, schema.Unknown(a.Path + "." + name)
		}
		if sub == nil || readOnly(sub) {
			continue
		}
		if p.empty(v) {
			checked.Set(sub.Name, nil)
			continue
		}
		c, err := schema.CheckValue(sub, v, p.q)
		if err != nil {
			return nil, err
		}
		checked.Set(sub.Name, c)
	}
	return checked, nil
}

// unwrapReference reads Entra's manager: "id", "" or [{"value":"id"}].
func unwrapReference(v resource.Value) resource.Value {
	if list, ok := v.(resource.Array); ok && len(list) <= 1 {
		if len(list) == 0 {
			return nil
		}
		v = list[0]
	}
	s, ok := v.(string)
	if !ok {
		return v
	}
	if s == "" {
		return nil
	}
	o := &resource.Object{}
	o.Set("value", s)
	return o
}
