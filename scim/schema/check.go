package schema

import (
	"encoding/json"
	"math/big"
	"strings"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// CheckValue validates one value for an attribute and gives its canonical
// form. For a multi-valued attribute it takes an array, or one element, and
// gives an Array. nil passes as nil. The error is invalidValue and names the
// attribute.
func CheckValue(a *Attribute, v resource.Value, q quirk.Set) (resource.Value, error) {
	if _, ok := v.(resource.Array); a.MultiValued && v != nil && !ok {
		v = resource.Array{v} // one element is no leniency here, unlike in a body
	}
	return checker{q}.value(a, v, a.Path)
}

type checker struct{ quirks quirk.Set }

func (c checker) value(a *Attribute, v resource.Value, at string) (resource.Value, error) {
	if v == nil {
		return nil, nil
	}
	if !a.MultiValued {
		return c.single(a, v, at)
	}
	list, ok := v.(resource.Array)
	if !ok {
		if !c.quirks.Has(quirk.SingleAsArray) {
			return nil, scimerr.InvalidValue("%s must be an array", at)
		}
		list = resource.Array{v}
	}
	return c.array(a, list, at)
}

func (c checker) array(a *Attribute, list resource.Array, at string) (resource.Value, error) {
	out := make(resource.Array, 0, len(list))
	seen := make(map[string]resource.Value, len(list))
	primaries := 0
	for _, e := range list {
		v, err := c.single(a, e, at)
		if err != nil {
			return nil, err
		}
		if v == nil || c.valueless(a, v) {
			continue
		}
		if o, ok := v.(*resource.Object); ok && o.Get("primary") == true {
			primaries++
		}
		key := pairKey(v)
		if first, twice := seen[key]; twice {
			keepPrimary(first, v)
			continue // 7643-2.4-R03
		}
		seen[key] = v
		out = append(out, v)
	}
	if primaries > 1 {
		return nil, scimerr.InvalidValue("%s has more than one primary value", at)
	}
	return out, nil
}

// keepPrimary saves the mark of a value that is dropped for the first of it.
func keepPrimary(first, dropped resource.Value) {
	o, ok := dropped.(*resource.Object)
	if into, also := first.(*resource.Object); ok && also && o.Get("primary") == true {
		into.Set("primary", true)
	}
}

// pairKey identifies an element by (type, value) where it has a value, else
// by all of it.
func pairKey(v resource.Value) string {
	if o, ok := v.(*resource.Object); ok && o.Get("value") != nil {
		return string(resource.AppendJSON(resource.AppendJSON(nil, o.Get("type")), o.Get("value")))
	}
	return string(resource.AppendJSON(nil, v))
}

// valueless tells whether an element lacks the value that makes it one.
func (c checker) valueless(a *Attribute, v resource.Value) bool {
	o, ok := v.(*resource.Object)
	if !ok || !c.quirks.Has(quirk.ValuelessDropped) || a.SubAttribute("value") == nil {
		return false
	}
	return o.Get("value") == nil
}

func (c checker) single(a *Attribute, v resource.Value, at string) (resource.Value, error) {
	if v == nil {
		return nil, nil
	}
	if a.Type == Complex {
		return c.complex(a, v, at)
	}
	if s, ok := v.(string); ok && a.Type == Boolean && c.quirks.Has(quirk.BooleanStrings) {
		switch {
		case strings.EqualFold(s, "true"):
			return true, nil
		case strings.EqualFold(s, "false"):
			return false, nil
		}
	}
	// An empty secret is a wrong one, and must not clear what is set.
	if s, ok := v.(string); ok && s == "" && !a.Required && a.Mutability != WriteOnly && c.quirks.Has(quirk.EmptyAsAbsent) {
		return nil, nil
	}
	if !fits(a, v) {
		return nil, scimerr.InvalidValue("%s must be %s", at, typeNames[a.Type])
	}
	return v, c.content(a, v, at)
}

var typeNames = map[Type]string{
	String: "a string", Boolean: "a boolean", Decimal: "a number", Integer: "an integer",
	DateTime: "a date and time as in 2008-01-23T04:56:22Z", Binary: "base64", Reference: "a URI", Complex: "an object",
}

// fits checks the JSON type and form; the leaf check itself is the library's
// wherever it is sound.
func fits(a *Attribute, v resource.Value) bool {
	switch v := v.(type) {
	case resource.Number:
		if a.Type == Decimal {
			return true
		}
		// The library would round what does not fit a float64.
		n, whole := new(big.Int).SetString(string(v), 10)
		return a.Type == Integer && whole && n.IsInt64() && a.check(json.Number(v))
	case string:
		switch a.Type {
		case Binary: // the library refuses unpadded text, which RFC 7643 §2.3.6 allows
			_, ok := fromBase64(v)
			return ok
		case Reference: // the library takes any text
			return isURI(v)
		case DateTime: // the library refuses 24:00:00 and takes "22." and +15:00
			_, ok := Instant(v)
			return ok
		case String, Boolean, Decimal, Integer, Complex:
		}
		return a.Type != Integer && a.Type != Decimal && a.check(v)
	case bool:
		return a.check(v)
	}
	return false
}

func (c checker) complex(a *Attribute, v resource.Value, at string) (resource.Value, error) {
	if s, ok := v.(string); ok && c.bareValue(a) {
		if s == "" {
			return nil, nil
		}
		o := &resource.Object{}
		o.Set("value", s)
		v = o
	}
	in, ok := v.(*resource.Object)
	if !ok {
		return nil, scimerr.InvalidValue("%s must be %s", at, typeNames[Complex])
	}
	if err := c.unknownSub(a, in, at); err != nil {
		return nil, err
	}
	out := &resource.Object{}
	for _, sub := range a.Sub {
		raw, ok := in.Lookup(sub.Name)
		if !ok || sub.Mutability == ReadOnly {
			continue
		}
		val, err := c.value(sub, raw, at+"."+sub.Name)
		if err != nil {
			return nil, err
		}
		if val != nil {
			out.Set(sub.Name, val)
		}
	}
	if id, ok := in.Lookup("managerId"); ok && out.Get("value") == nil && isManager(a) && c.quirks.Has(quirk.ManagerString) {
		if s, ok := id.(string); ok && s != "" {
			out.Set("value", s)
		}
	}
	if out.Len() == 0 {
		return nil, nil
	}
	return out, nil
}

// unknownSub refuses a sub-attribute that the schema does not have, where that
// is asked for.
func (c checker) unknownSub(a *Attribute, in *resource.Object, at string) error {
	if !c.quirks.Has(quirk.RefuseUnknown) {
		return nil
	}
	for name := range in.All() {
		managerID := isManager(a) && c.quirks.Has(quirk.ManagerString) && resource.EqualName(name, "managerId")
		if a.SubAttribute(name) == nil && !managerID {
			return Unknown(at + "." + name)
		}
	}
	return nil
}

// Unknown is the refusal of an attribute that no schema of the type has
// (quirk.RefuseUnknown).
func Unknown(name string) error { return scimerr.InvalidValue("there is no attribute %q", name) }

// bareValue tells whether a complex value may come as its value alone.
func (c checker) bareValue(a *Attribute) bool {
	if a.MultiValued {
		return c.quirks.Has(quirk.SingleAsArray) && a.SubAttribute("value") != nil
	}
	return isManager(a) && c.quirks.Has(quirk.ManagerString)
}

func isManager(a *Attribute) bool { return a.Schema == EnterpriseURN && a.Name == "manager" }
