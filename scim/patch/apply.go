package patch

import (
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// Apply carries out the operations in order on a copy of cur; cur is never
// changed. Membership changes are given as steps and not made. The caller
// validates next as a whole.
func Apply(t *schema.ResourceType, cur *resource.Object, ops []Op, q quirk.Set) (next *resource.Object, steps []MemberStep, err error) {
	next = cur.Clone()
	for _, op := range ops {
		switch {
		case op.repeats:
			continue
		case isMembers(t, op.Ref):
			steps = append(steps, op.step())
			continue
		}
		if err := op.apply(next, q); err != nil {
			return nil, nil, err
		}
	}
	return next, steps, nil
}

// CheckRepeated holds the readOnly attributes that path-less values repeat to
// what the resource shows: one that differs is mutability.
func CheckRepeated(ops []Op, shown func() *resource.Object) error {
	for _, op := range ops {
		if name := op.Ref.Leaf(); op.repeats && !resource.Equal(op.Value, shown().Get(name.Name)) {
			return scimerr.Mutability("%q is readOnly", name.Path)
		}
	}
	return nil
}

func (op Op) apply(root *resource.Object, q quirk.Set) error {
	if op.Ref.Attribute == nil {
		return removeExtension(root, op.Ref.Extension)
	}
	home := root
	if ext := op.Ref.Extension; ext != nil {
		home, _ = root.Get(ext.ID).(*resource.Object)
		if home == nil {
			home = &resource.Object{}
		}
	}
	a := op.Ref.Attribute
	before := resource.Clone(home.Get(a.Name))
	var after resource.Value
	var err error
	if a.MultiValued {
		after, err = op.multi(home.Get(a.Name), q)
	} else {
		after, err = op.single(home.Get(a.Name))
	}
	if err != nil {
		return err
	}
	if err := checkImmutable(a, before, after); err != nil {
		return err
	}
	put(home, a.Name, after)
	if ext := op.Ref.Extension; ext != nil {
		put(root, ext.ID, home)
	}
	return nil
}

// put sets a value, or deletes the name where nothing is left of it.
func put(o *resource.Object, name string, v resource.Value) {
	if isEmpty(v) {
		o.Delete(name)
		return
	}
	o.Set(name, v)
}

func isEmpty(v resource.Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case *resource.Object:
		return v.Len() == 0
	case resource.Array:
		return len(v) == 0
	}
	return false
}

func checkImmutable(a *schema.Attribute, before, after resource.Value) error {
	if a.Mutability == schema.Immutable && before != nil && !resource.Equal(before, after) {
		return scimerr.Mutability("%q is immutable and already has a value", a.Path)
	}
	old, ok := before.(*resource.Object)
	if !ok {
		return nil
	}
	now, _ := after.(*resource.Object)
	for _, sub := range a.Sub {
		if err := checkImmutable(sub, old.Get(sub.Name), now.Get(sub.Name)); err != nil {
			return err
		}
	}
	return nil
}

func removeExtension(root *resource.Object, ext *schema.Schema) error {
	home, _ := root.Get(ext.ID).(*resource.Object)
	for _, a := range ext.Attributes {
		if home.Get(a.Name) == nil {
			continue
		}
		if a.Required || a.Mutability == schema.Immutable || a.Mutability == schema.ReadOnly {
			return scimerr.Mutability("%q cannot be removed", a.Path)
		}
	}
	root.Delete(ext.ID)
	return nil
}

// single gives the new value of a singular attribute; add and replace are the
// same there.
func (op Op) single(v resource.Value) (resource.Value, error) {
	leaf := op.Ref.Leaf()
	if op.Kind == Remove && leaf.Required {
		return nil, scimerr.Mutability("%q is required and cannot be removed", leaf.Path)
	}
	if op.Ref.Sub == nil {
		if update, ok := op.Value.(*resource.Object); ok && op.Kind != Remove {
			o, _ := v.(*resource.Object)
			return merge(o, update), nil
		}
		if op.Kind == Remove {
			return nil, nil
		}
		return op.Value, nil
	}
	update := &resource.Object{}
	update.Set(leaf.Name, nil)
	if op.Kind != Remove {
		update.Set(leaf.Name, op.Value)
	}
	o, _ := v.(*resource.Object)
	return merge(o, update), nil
}

// merge writes the named sub-attributes into o; null clears. A $ref belongs to
// its value and must not outlive it.
func merge(o, update *resource.Object) *resource.Object {
	if o == nil {
		o = &resource.Object{}
	}
	if v, ok := update.Lookup("value"); ok && !resource.Equal(v, o.Get("value")) {
		o.Delete("$ref")
	}
	for name, v := range update.All() {
		put(o, name, resource.Clone(v))
	}
	return o
}
