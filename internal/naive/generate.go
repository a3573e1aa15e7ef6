package naive

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"
)

// Generator makes filters about some resources: it compares with what they
// hold and with what is near to it.
type Generator struct {
	Random     *rand.Rand
	Attributes []*Attribute
	Resources  []Resource
}

// Leaves is every operator on every attribute in each way to write it.
func (g *Generator) Leaves(rounds int) []*Filter {
	var all []*Filter
	for _, a := range g.Attributes {
		for _, op := range operators(a.Type) {
			for range rounds {
				all = append(all, g.term(a, op, false), negation(g.term(a, op, false)))
				if a.Name != "" && (a.Sub != "" || a.Type != Whole) {
					if f := g.bracketed(a, op); f != nil {
						all = append(all, f)
					}
				}
			}
		}
	}
	return all
}

// Tree combines terms up to a depth.
func (g *Generator) Tree(depth int) *Filter {
	if depth == 0 || g.Random.IntN(8) == 0 {
		a := pick(g, g.Attributes)
		op := pick(g, operators(a.Type))
		if g.Random.IntN(3) == 0 {
			if f := g.bracketed(a, op); f != nil {
				return f
			}
		}
		return g.term(a, op, false)
	}
	if g.Random.IntN(5) == 0 {
		return negation(g.Tree(depth - 1))
	}
	return g.join(g.Tree(depth-1), g.Tree(depth-1))
}

func negation(f *Filter) *Filter {
	return &Filter{op: "not", left: f, Text: "not (" + f.Text + ")"}
}

// join puts parentheses where precedence needs them, and now and then where
// it does not.
func (g *Generator) join(left, right *Filter) *Filter {
	f := &Filter{op: pick(g, []string{"and", "or"}), left: left, right: right}
	side := func(x *Filter) string {
		needed := f.op == "and" && x.op == "or"
		if needed || g.Random.IntN(4) == 0 {
			return "(" + x.Text + ")"
		}
		return x.Text
	}
	// The grammar groups to the left, which is the same for and as for or.
	f.Text = side(left) + " " + g.anyCase(f.op) + " " + side(right)
	return f
}

func operators(t Type) []string {
	switch t {
	case Whole:
		return []string{"pr", "null", "notnull"}
	case Boolean:
		return []string{"eq", "ne", "pr", "null", "notnull"}
	case Number, DateTime:
		return []string{"eq", "ne", "gt", "ge", "lt", "le", "pr", "null", "notnull"}
	case Binary:
		return []string{"eq", "ne", "co", "sw", "ew", "pr", "null", "notnull"}
	case String:
	}
	return []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "null", "notnull"}
}

// term compares an attribute; within brackets by its last name alone.
func (g *Generator) term(a *Attribute, op string, within bool) *Filter {
	f := &Filter{op: op, attribute: a}
	name := g.path(a)
	if within {
		name = g.anyCase(a.Sub)
		if a.Sub == "" {
			name = "value"
		}
	}
	switch op {
	case "pr":
		f.Text = name + " " + g.anyCase("pr")
		return f
	case "null", "notnull":
		f.op = map[string]string{"null": "eq", "notnull": "ne"}[op]
		f.Text = name + " " + f.op + " null"
		return f
	}
	f.value = g.value(a, op)
	f.text, _ = a.text(f.value)
	literal, _ := json.Marshal(f.value) // of a string, number or bool
	f.Text = name + " " + g.anyCase(op) + " " + string(literal)
	return f
}

// bracketed puts the term in the brackets of its attribute, alone or with
// another one; nil where that is not possible.
func (g *Generator) bracketed(a *Attribute, op string) *Filter {
	inner := g.term(a, op, true)
	var siblings []*Attribute
	for _, s := range g.Attributes {
		if s.URN == a.URN && s.Name == a.Name && s.Sub != "" && s.Type != Whole {
			siblings = append(siblings, s)
		}
	}
	switch {
	case a.Sub == "" && !a.Many:
		return nil
	case len(siblings) > 0 && g.Random.IntN(2) == 0:
		s := pick(g, siblings)
		inner = g.join(inner, g.term(s, pick(g, operators(s.Type)), true))
	case g.Random.IntN(4) == 0:
		inner = negation(inner)
	}
	whole := *a
	whole.Sub, whole.Short = "", false
	return &Filter{op: "[]", attribute: &whole, left: inner, Text: g.path(&whole) + "[" + inner.Text + "]"}
}

// path writes the name of an attribute in one of the ways of RFC 7644 §3.10.
func (g *Generator) path(a *Attribute) string {
	name := a.Name
	if a.Sub != "" && (!a.Short || g.Random.IntN(2) == 0) {
		name += "." + a.Sub
	}
	urn := g.anyCase(a.URN)
	switch {
	case a.Name == "":
		return urn
	case a.URN != "" && (a.Inside || g.Random.IntN(4) == 0):
		return urn + ":" + g.anyCase(name)
	}
	return g.anyCase(name)
}

func (g *Generator) anyCase(s string) string {
	switch g.Random.IntN(6) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	}
	return s
}

// value takes one that some resource has, and for a text often a part of it
// or another spelling.
func (g *Generator) value(a *Attribute, op string) any {
	v := g.existing(a)
	s, ok := v.(string)
	if t, isTime := instant(v); isTime && a.Type == DateTime && g.Random.IntN(2) == 0 {
		return t.In(time.FixedZone("", 3600*(g.Random.IntN(5)-2))).Format(time.RFC3339Nano)
	}
	if !ok || a.Type == DateTime {
		return v
	}
	runes := []rune(s)
	if len(runes) > 1 && (op != "eq" && op != "ne" || g.Random.IntN(6) == 0) {
		from := g.Random.IntN(len(runes))
		to := from + 1 + g.Random.IntN(len(runes)-from)
		switch op {
		case "sw":
			from = 0
		case "ew":
			to = len(runes)
		}
		s = string(runes[from:to])
	}
	switch g.Random.IntN(6) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	case 2:
		return pick(g, []string{"", "x", "%", "_", `"\`, "' OR 1=1", "é", "e\u0301"})
	}
	return s
}

func (g *Generator) existing(a *Attribute) any {
	for range 20 {
		if values := a.values(pick(g, g.Resources)); len(values) > 0 {
			if v := pick(g, values); v != nil && v != (unsaid{}) {
				return v
			}
		}
	}
	return map[Type]any{
		Boolean: true, Number: json.Number("0"), DateTime: "2020-01-01T00:00:00Z", String: "none", Binary: "none",
	}[a.Type]
}

func pick[T any](g *Generator, list []T) T { return list[g.Random.IntN(len(list))] }
