// Package naive reads RFC 7644 §3.4.2.2 and §3.4.2.3 a second time: it makes
// filters, tells which resources they match and how a sort orders them, all by
// the text of the RFC and the choices of the requirements. It must not share
// any code with the engine that it is compared with, nor care for speed.
package naive

import (
	"encoding/json"
	"math/big"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Type is a data type of RFC 7643 §2.3.
type Type string

// The data types; binary and reference are compared as exact strings.
const (
	String   Type = "string"
	Boolean  Type = "boolean"
	Number   Type = "number"
	DateTime Type = "dateTime"
	Binary   Type = "binary"
	Whole    Type = "complex" // has presence only
)

// Attribute is what a filter can name.
type Attribute struct {
	URN    string // of the schema that defines it; "" for common ones
	Inside bool   // in an object of its own under URN
	Name   string // "" for all of an extension
	Sub    string
	Short  bool // a filter may leave out Sub, which is value
	Many   bool // several simple values
	Type   Type
	Exact  bool // compared with case
}

// Resource is a resource as a client sees it, decoded with json.Number.
type Resource = map[string]any

// elements gives the values of the attribute in front of any sub-attribute.
func (a *Attribute) elements(r Resource) []any {
	var v any = r
	if a.Inside {
		v = r[a.URN]
	}
	if a.Name != "" {
		o, _ := v.(map[string]any)
		v = o[a.Name]
	}
	return flat(v)
}

func flat(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// values gives all values of the attribute.
func (a *Attribute) values(r Resource) []any {
	if a.Sub == "" {
		return a.elements(r)
	}
	var all []any
	for _, e := range a.elements(r) {
		all = append(all, part(e, a.Sub)...)
	}
	return all
}

func part(element any, sub string) []any {
	o, _ := element.(map[string]any)
	if sub == "primary" && o[sub] == nil {
		return []any{unsaid{}}
	}
	return flat(o[sub])
}

// unsaid is the primary of a value that does not say: false when it is
// compared (7643-2.4-R02), and not there otherwise.
type unsaid struct{}

// filled is what pr asks for.
func filled(v any) bool {
	switch v := v.(type) {
	case nil, unsaid:
		return false
	case string:
		return v != ""
	case map[string]any:
		for _, e := range v {
			if filled(e) {
				return true
			}
		}
		return false
	case []any:
		for _, e := range v {
			if filled(e) {
				return true
			}
		}
		return false
	}
	return true
}

// compare orders two values of the attribute's type; ok is false for values
// that are not of it.
func (a *Attribute) compare(x, y any) (order int, ok bool) {
	switch a.Type {
	case Boolean:
		b, isBool := x.(bool)
		c, both := y.(bool)
		order := 0
		if b != c {
			order = 1
			if c {
				order = -1
			}
		}
		return order, isBool && both
	case Number:
		b, isNumber := rational(x)
		c, both := rational(y)
		if !isNumber || !both {
			return 0, false
		}
		return b.Cmp(c), true
	case DateTime:
		b, isTime := instant(x)
		c, both := instant(y)
		return b.Compare(c), isTime && both
	case String, Binary:
		b, isText := a.text(x)
		c, both := a.text(y)
		return strings.Compare(b, c), isText && both
	case Whole:
	}
	return 0, false
}

func rational(v any) (*big.Rat, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(n.String())
}

func instant(v any) (time.Time, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// text gives a string in the form in which it is compared.
func (a *Attribute) text(v any) (string, bool) {
	s, ok := v.(string)
	switch {
	case isASCII(s) && a.Exact:
		return s, ok
	case isASCII(s):
		return strings.ToLower(s), ok
	}
	s = norm.NFC.String(s)
	if !a.Exact {
		s = norm.NFC.String(strings.Map(lowest, s))
	}
	return s, ok
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// lowest gives one rune for all that differ in case alone: the small form of
// the first of them.
func lowest(r rune) rune {
	first := r
	for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
		first = min(first, c)
	}
	if unicode.SimpleFold(r) == r {
		return r
	}
	return unicode.ToLower(first)
}
