package schema

import (
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// compare holds immutable values to what is stored and keeps them and the
// writeOnly ones where a replacing body leaves them out, also with the
// whole of their extension or complex value.
func (v *validation) compare(prev *resource.Object, mode Mode) error {
	for _, a := range v.t.Schema.Attributes {
		if err := compareIn(a, v.out, prev, mode); err != nil {
			return err
		}
	}
	for _, e := range v.t.Extensions {
		old, _ := prev.Get(e.Schema.ID).(*resource.Object)
		for _, a := range e.Schema.Attributes {
			if err := compareIn(a, v.container(e.Schema), old, mode); err != nil {
				return err
			}
		}
	}
	return nil
}

func compareIn(a *Attribute, cur, prev *resource.Object, mode Mode) error {
	old := prev.Get(a.Name)
	if old == nil {
		return nil
	}
	now := cur.Get(a.Name)
	switch {
	case mode == Replace && now == nil && (a.Mutability == Immutable || a.Mutability == WriteOnly):
		cur.Set(a.Name, resource.Clone(old))
		return nil
	case a.Mutability == Immutable && !resource.Equal(now, old):
		return scimerr.Mutability("%s cannot be changed once set", a.Path)
	case a.MultiValued:
		return compareElements(a, now, old, mode)
	case a.Type == Complex:
		return compareComplex(a, cur, old, mode)
	}
	return nil
}

// compareComplex compares the parts of a complex value. One that is left out
// as a whole still keeps what is immutable in it.
func compareComplex(a *Attribute, cur *resource.Object, old resource.Value, mode Mode) error {
	before, _ := old.(*resource.Object)
	now, there := cur.Get(a.Name).(*resource.Object)
	if !there {
		now = &resource.Object{}
	}
	for _, sub := range a.Sub {
		if err := compareIn(sub, now, before, mode); err != nil {
			return err
		}
	}
	if !there && now.Len() > 0 {
		cur.Set(a.Name, now)
	}
	return nil
}

// compareElements compares the values that are there before and after, told
// apart by value and type. Others have come or gone, which is no change of them.
func compareElements(a *Attribute, now, old resource.Value, mode Mode) error {
	if a.SubAttribute("value") == nil {
		return nil
	}
	before := map[string]*resource.Object{}
	for _, e := range elements(old) {
		before[pairKey(e)] = e
	}
	for _, e := range elements(now) {
		same := before[pairKey(e)]
		if same == nil {
			continue
		}
		for _, sub := range a.Sub {
			if err := compareIn(sub, e, same, mode); err != nil {
				return err
			}
		}
	}
	return nil
}

func elements(v resource.Value) (out []*resource.Object) {
	list, _ := v.(resource.Array)
	for _, e := range list {
		if o, ok := e.(*resource.Object); ok && o.Get("value") != nil {
			out = append(out, o)
		}
	}
	return out
}
