package patch

import (
	"slices"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// multi gives the new value of a multi-valued attribute.
func (op Op) multi(v resource.Value, q quirk.Set) (resource.Value, error) {
	a := op.Ref.Attribute
	list, _ := v.(resource.Array)
	if op.Kind == Remove {
		return op.removeFrom(list)
	}
	if op.Filter == nil && op.Ref.Sub == nil {
		values, _ := op.Value.(resource.Array)
		if op.Kind == Replace {
			list = nil
		}
		list, touched, err := appendNew(a, list, resource.Clone(values).(resource.Array))
		if err != nil {
			return nil, err
		}
		return onePrimary(a, list, touched)
	}
	touched := map[int]bool{}
	for i, e := range list {
		if op.Filter != nil && !op.Filter.Match(e) {
			continue
		}
		changed, err := op.element(e)
		if err != nil {
			return nil, err
		}
		list[i], touched[i] = changed, true
	}
	if len(touched) > 0 {
		return onePrimary(a, list, touched)
	}
	if op.Value == nil {
		return list, nil // nothing there to clear
	}
	e, err := op.create(q)
	if err != nil {
		return nil, err
	}
	list, touched, err = appendNew(a, list, resource.Array{e})
	if err != nil {
		return nil, err
	}
	return onePrimary(a, list, touched)
}

// element gives the changed form of a selected element. Replace without a
// sub-attribute keeps nothing of the old element.
func (op Op) element(e resource.Value) (resource.Value, error) {
	o, _ := e.(*resource.Object)
	sub := op.Ref.Sub
	if sub == nil {
		update, ok := op.Value.(*resource.Object)
		if !ok {
			return op.Value, nil
		}
		if op.Kind == Replace {
			o = nil
		}
		return mergeElement(op.Ref.Attribute, o, update)
	}
	if o == nil {
		return nil, scimerr.NoTarget("%q has no sub-attributes", op.Ref.Attribute.Path)
	}
	update := &resource.Object{}
	update.Set(sub.Name, op.Value)
	return mergeElement(op.Ref.Attribute, o, update)
}

// mergeElement merges into an element that stays, so that what is immutable in
// it stays too.
func mergeElement(a *schema.Attribute, o, update *resource.Object) (resource.Value, error) {
	for name, v := range update.All() {
		if err := checkImmutable(a.SubAttribute(name), o.Get(name), v); err != nil {
			return nil, err
		}
	}
	return merge(o, update), nil
}

// create makes the element that a value path failed to find: what its filter
// requires of it, and the value (A-02; on replace by leniency, A-03).
func (op Op) create(q quirk.Set) (resource.Value, error) {
	a := op.Ref.Attribute
	o := &resource.Object{}
	if op.Filter != nil {
		wanted, ok := op.Filter.Equalities()
		if !ok || op.Kind == Replace && !q.Has(quirk.CreateOnReplace) {
			return nil, scimerr.NoTarget("no value of %q matches the path", a.Path)
		}
		for _, sub := range a.Sub {
			if v, ok := wanted[sub.Name]; ok {
				o.Set(sub.Name, v)
			}
		}
	}
	if a.Type != schema.Complex {
		return op.Value, nil
	}
	update, ok := op.Value.(*resource.Object)
	if op.Ref.Sub != nil || !ok {
		if op.Ref.Sub == nil {
			return nil, scimerr.InvalidValue("%q must hold objects", a.Path)
		}
		update = &resource.Object{}
		update.Set(op.Ref.Sub.Name, op.Value)
	}
	return merge(o, update), nil
}

func (op Op) removeFrom(list resource.Array) (resource.Value, error) {
	leaf := op.Ref.Leaf()
	if leaf.Required && (op.Ref.Sub != nil || op.Filter == nil && !op.HasValue) {
		return nil, scimerr.Mutability("%q is required and cannot be removed", leaf.Path)
	}
	var kept resource.Array
	listed := selectorOf(op.Value)
	for _, e := range list {
		hit := op.Filter == nil || op.Filter.Match(e)
		if op.HasValue {
			hit = listed(e)
		}
		if !hit {
			kept = append(kept, e)
			continue
		}
		o, ok := e.(*resource.Object)
		if op.Ref.Sub == nil || !ok {
			continue
		}
		if err := checkImmutable(op.Ref.Sub, o.Get(op.Ref.Sub.Name), nil); err != nil {
			return nil, err
		}
		if o.Delete(op.Ref.Sub.Name); o.Len() > 0 {
			kept = append(kept, o)
		}
	}
	if op.Ref.Attribute.Required && len(kept) == 0 {
		return nil, scimerr.Mutability("%q is required and cannot be removed", op.Ref.Attribute.Path)
	}
	return kept, nil
}

// selectorOf matches elements listed in a remove: by value, and by type if it
// is given; elements without a value by all they name.
func selectorOf(v resource.Value) func(resource.Value) bool {
	list, _ := v.(resource.Array)
	exact := map[string]bool{} // keys of value and type
	loose := map[string]bool{} // keys of value alone
	var shapes []*resource.Object
	for _, e := range list {
		o, ok := e.(*resource.Object)
		if !ok {
			loose[encode(e)] = true
			continue
		}
		value, _ := o.Lookup("value")
		typ, _ := o.Lookup("type")
		switch {
		case value != nil && typ != nil:
			exact[encode(value)+encode(typ)] = true
		case value != nil:
			loose[encode(value)] = true
		case o.Len() > 0:
			shapes = append(shapes, o)
		}
	}
	return func(e resource.Value) bool {
		o, ok := e.(*resource.Object)
		if !ok {
			return loose[encode(e)]
		}
		value := encode(o.Get("value"))
		return loose[value] || exact[value+encode(o.Get("type"))] ||
			slices.ContainsFunc(shapes, func(s *resource.Object) bool { return covers(o, s) })
	}
}

func covers(o, shape *resource.Object) bool {
	for name, want := range shape.All() {
		if got, _ := o.Lookup(name); !resource.Equal(got, want) {
			return false
		}
	}
	return true
}

func encode(v resource.Value) string { return string(resource.AppendJSON(nil, v)) }

// key identifies an element: by value and type, or whole without a value.
func key(e resource.Value) string {
	o, ok := e.(*resource.Object)
	if !ok {
		return encode(e)
	}
	if v := o.Get("value"); v != nil {
		return encode(v) + encode(o.Get("type"))
	}
	var parts []string
	for name, v := range o.All() {
		if name != "primary" {
			parts = append(parts, encode(name)+encode(v))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// appendNew appends the values that are not there yet and merges into those
// that are. It tells the indexes it wrote to.
func appendNew(a *schema.Attribute, list, values resource.Array) (resource.Array, map[int]bool, error) {
	index := make(map[string]int, len(list)+len(values))
	for i, e := range list {
		index[key(e)] = i
	}
	touched := make(map[int]bool, len(values))
	for _, e := range values {
		k := key(e)
		i, ok := index[k]
		if !ok {
			i = len(list)
			index[k] = i
			list = append(list, e)
		} else if o, ok := list[i].(*resource.Object); ok {
			merged, err := mergeElement(a, o, e.(*resource.Object))
			if err != nil {
				return nil, nil, err
			}
			list[i] = merged
		}
		touched[i] = true
	}
	return list, touched, nil
}

// onePrimary keeps primary on the one element that the operation made so
// (RFC 7644 §3.5.2).
func onePrimary(a *schema.Attribute, list resource.Array, touched map[int]bool) (resource.Value, error) {
	primary := -1
	for i, e := range list {
		if o, ok := e.(*resource.Object); touched[i] && ok && o.Get("primary") == true {
			if primary >= 0 {
				return nil, scimerr.InvalidValue("one operation makes two values of %q primary", a.Path)
			}
			primary = i
		}
	}
	if primary < 0 {
		return list, nil
	}
	for i, e := range list {
		if o, ok := e.(*resource.Object); ok && i != primary && o.Get("primary") == true {
			o.Set("primary", false)
		}
	}
	return list, nil
}
