package filter

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"

	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
	"scimd/store"
)

// comparison is an operator with its operand in the form that the type of the
// attribute asks for. ne is not among the operators: it is compiled to not eq.
type comparison struct {
	op        store.Op
	typ       schema.Type
	exact     bool   // strings: compare with case
	text      string // folded unless exact
	bool      bool
	time      time.Time
	num       *big.Rat
	orMissing bool // a missing value satisfies it too: primary is false then (7643-2.4-R02)
}

var ops = map[fp.CompareOperator]store.Op{
	fp.EQ: store.Eq, fp.NE: store.Eq, fp.CO: store.Co, fp.SW: store.Sw, fp.EW: store.Ew,
	fp.GT: store.Gt, fp.GE: store.Ge, fp.LT: store.Lt, fp.LE: store.Le, fp.PR: store.Pr,
}

// compileComparison checks operator and operand against the definition.
func compileComparison(a *schema.Attribute, e *fp.AttributeExpression, q quirk.Set) (comparison, error) {
	op, ok := ops[e.Operator]
	if !ok {
		return comparison{}, scimerr.InvalidFilter("the operator %q is unknown", e.Operator)
	}
	c := comparison{op: op, typ: a.Type, exact: isExact(a)}
	if op == store.Pr {
		return c, nil
	}
	if e.CompareValue == nil { // null
		if op != store.Eq {
			return c, scimerr.InvalidFilter("%s null on %q: null takes eq and ne only", e.Operator, a.Path)
		}
		c.op = store.Pr
		return c, nil
	}
	if !suits(op, a.Type) {
		return c, scimerr.InvalidFilter("the operator %s does not suit %q of type %s", e.Operator, a.Path, a.Type)
	}
	if !c.setOperand(e.CompareValue, q) {
		return c, scimerr.InvalidFilter("the value %.60v does not suit %q of type %s", e.CompareValue, a.Path, a.Type)
	}
	c.orMissing = a.Name == "primary" && a.Parent != nil && a.Type == schema.Boolean && !c.bool
	return c, nil
}

// suits tells which operators a type has (RFC 7644 §3.4.2.2, table 3).
func suits(op store.Op, typ schema.Type) bool {
	switch op {
	case store.Co, store.Sw, store.Ew:
		return typ == schema.String || typ == schema.Reference || typ == schema.Binary
	case store.Gt, store.Ge, store.Lt, store.Le:
		return typ != schema.Boolean && typ != schema.Binary && typ != schema.Complex
	case store.Eq, store.Pr:
	}
	return typ != schema.Complex
}

func (c *comparison) setOperand(v any, q quirk.Set) (ok bool) {
	switch c.typ {
	case schema.Boolean:
		if s, isText := v.(string); isText && q.Has(quirk.BooleanStrings) {
			c.bool = resource.EqualName(s, "true")
			return c.bool || resource.EqualName(s, "false")
		}
		c.bool, ok = v.(bool)
	case schema.Integer, schema.Decimal:
		if n, isNumber := v.(json.Number); isNumber {
			c.num, ok = rational(string(n))
		}
	case schema.DateTime:
		if s, isText := v.(string); isText {
			c.time, ok = schema.Instant(s)
		}
	case schema.String, schema.Binary, schema.Reference, schema.Complex:
		c.text, ok = operandText(v, q)
		c.text = c.form(c.text)
	}
	return ok
}

// operandText lets the unquoted 701984 be a string where a string is due.
func operandText(v any, q quirk.Set) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), q.Has(quirk.UnquotedLiterals)
	}
	return "", false
}

// isExact: references and binary are compared with case whatever a schema
// says (RFC 7643 §2.3.6, §2.3.7).
func isExact(a *schema.Attribute) bool {
	return a.CaseExact || a.Type == schema.Binary || a.Type == schema.Reference
}

func (c *comparison) form(s string) string {
	if c.exact {
		return store.Exact(s)
	}
	return store.Fold(s)
}

// any tells whether the value, or one element of an array, satisfies c. A
// missing value satisfies nothing.
func (c *comparison) any(v resource.Value) bool {
	if c.op == store.Pr {
		return present(v)
	}
	if v == nil {
		return c.orMissing
	}
	if array, ok := v.(resource.Array); ok {
		for _, e := range array {
			if c.one(e) {
				return true
			}
		}
		return false
	}
	return c.one(v)
}

func (c *comparison) one(v resource.Value) bool {
	switch v := v.(type) {
	case bool:
		return c.typ == schema.Boolean && c.bool == v
	case resource.Number:
		if c.num == nil {
			return false
		}
		n, ok := rational(string(v))
		return ok && ordered(c.op, n.Cmp(c.num))
	case string:
		return c.str(v)
	}
	return false
}

func (c *comparison) str(s string) bool {
	switch c.typ {
	case schema.Boolean, schema.Integer, schema.Decimal:
		return false
	case schema.DateTime:
		t, ok := schema.Instant(s)
		return ok && ordered(c.op, t.Compare(c.time))
	case schema.String, schema.Binary, schema.Reference, schema.Complex:
	}
	s = c.form(s)
	switch c.op {
	case store.Co:
		return strings.Contains(s, c.text)
	case store.Sw:
		return strings.HasPrefix(s, c.text)
	case store.Ew:
		return strings.HasSuffix(s, c.text)
	case store.Eq, store.Gt, store.Ge, store.Lt, store.Le, store.Pr:
	}
	return ordered(c.op, strings.Compare(s, c.text))
}

func ordered(op store.Op, sign int) bool {
	switch op {
	case store.Eq:
		return sign == 0
	case store.Gt:
		return sign > 0
	case store.Ge:
		return sign >= 0
	case store.Lt:
		return sign < 0
	case store.Le:
		return sign <= 0
	case store.Co, store.Sw, store.Ew, store.Pr:
	}
	return false
}

// present is RFC 7644's pr: a non-empty value, or a complex or multi-valued
// one that holds such a value.
func present(v resource.Value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case resource.Array:
		for _, e := range v {
			if present(e) {
				return true
			}
		}
		return false
	case *resource.Object:
		if v == nil {
			return false
		}
		for _, e := range v.All() {
			if present(e) {
				return true
			}
		}
		return false
	}
	return true
}

// maxExponent bounds exact arithmetic: 1e999999999 has a gigabyte of digits.
const maxExponent = 400

func rational(s string) (*big.Rat, bool) {
	if !isNumber(s) {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}
