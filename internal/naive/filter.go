package naive

import "strings"

// Filter is a condition: a logical operation, a value path or a comparison.
type Filter struct {
	Text string

	op          string // and, or, not, [], or an operator of RFC 7644 §3.4.2.2
	left, right *Filter
	attribute   *Attribute
	value       any    // nil: null
	text        string // of value, as it is compared
}

// Matches tells whether the resource satisfies the filter.
func (f *Filter) Matches(r Resource) bool {
	return f.holds(func(a *Attribute) []any { return a.values(r) }, r)
}

// holds evaluates with the values of the scope: a resource or, in brackets,
// one value of the attribute before them.
func (f *Filter) holds(values func(*Attribute) []any, r Resource) bool {
	switch f.op {
	case "and":
		return f.left.holds(values, r) && f.right.holds(values, r)
	case "or":
		return f.left.holds(values, r) || f.right.holds(values, r)
	case "not":
		return !f.left.holds(values, r)
	case "[]":
		for _, e := range f.attribute.elements(r) {
			within := func(a *Attribute) []any {
				if a.Sub == "" { // a simple value is its own value
					return []any{e}
				}
				return part(e, a.Sub)
			}
			if f.left.holds(within, r) {
				return true
			}
		}
		return false
	case "pr":
		return filled(values(f.attribute))
	case "ne":
		if f.value == nil {
			return filled(values(f.attribute))
		}
		return !f.any("eq", values(f.attribute))
	case "eq":
		if f.value == nil {
			return !filled(values(f.attribute))
		}
	}
	return f.any(f.op, values(f.attribute))
}

// any: one value is enough (7644-3.4.2.2-R21).
func (f *Filter) any(op string, values []any) bool {
	for _, v := range values {
		if v == (unsaid{}) {
			v = false
		}
		if f.one(op, v) {
			return true
		}
	}
	return false
}

func (f *Filter) one(op string, v any) bool {
	if op == "co" || op == "sw" || op == "ew" {
		have, ok := f.attribute.text(v)
		switch op {
		case "co":
			return ok && strings.Contains(have, f.text)
		case "sw":
			return ok && strings.HasPrefix(have, f.text)
		}
		return ok && strings.HasSuffix(have, f.text)
	}
	order, ok := f.attribute.compare(v, f.value)
	switch op {
	case "gt":
		return ok && order > 0
	case "ge":
		return ok && order >= 0
	case "lt":
		return ok && order < 0
	case "le":
		return ok && order <= 0
	}
	return ok && order == 0
}
