package resource

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"scimd/scim/scimerr"
)

// maxDepth and maxNames bound nesting and the names of one object: no SCIM
// message needs more than seven levels or a hundred names, and the search for
// duplicates is linear in each object.
const (
	maxDepth = 32
	maxNames = 1000
	usual    = 4 // members of an object
)

// Parse decodes one JSON object. Anything else is invalidSyntax: broken or
// trailing text, invalid UTF-8, a name that occurs twice in one object, also
// in another case, nesting beyond 32. U+0000 in a string is
// invalidValue (7644-5-R02).
func Parse(data []byte) (*Object, error) {
	// parseObject finds names that occur twice itself.
	d := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true))
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, scimerr.InvalidSyntax("the body must be a JSON object")
	}
	if len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return nil, scimerr.InvalidSyntax("text follows the JSON object")
	}
	return o, nil
}

func syntaxError(err error) error {
	var known *scimerr.Error
	if errors.As(err, &known) {
		return known
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return scimerr.InvalidSyntax("the body is not valid JSON at byte %d", syntactic.ByteOffset)
	}
	return scimerr.InvalidSyntax("the body is empty or ends early")
}

func parseValue(d *jsontext.Decoder, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, scimerr.InvalidSyntax("the body is nested more than %d levels deep", maxDepth)
	}
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case 'n':
		return nil, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case '"':
		s := t.String()
		if strings.IndexByte(s, 0) >= 0 {
			return nil, scimerr.InvalidValue("a string at %s holds the character U+0000", d.StackPointer())
		}
		return s, nil
	case '0':
		return Number(t.String()), nil
	case '{':
		return parseObject(d, depth)
	case '[':
		return parseArray(d, depth)
	case jsontext.KindInvalid, jsontext.KindEndObject, jsontext.KindEndArray:
	}
	return nil, fmt.Errorf("unexpected token %s", t)
}

func parseObject(d *jsontext.Decoder, depth int) (Value, error) {
	o := Sized(usual)
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		if o.Len() == maxNames {
			return nil, scimerr.InvalidSyntax("an object holds more than %d names", maxNames)
		}
		name := t.String()
		if _, twice := o.Lookup(name); twice {
			return nil, scimerr.InvalidSyntax("the body holds a name twice at %s: case does not tell names apart", d.StackPointer())
		}
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.members = append(o.members, member{name, v})
	}
	_, err := d.ReadToken()
	return o, err
}

func parseArray(d *jsontext.Decoder, depth int) (Value, error) {
	a := Array{}
	for d.PeekKind() != ']' {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := d.ReadToken()
	return a, err
}

// AppendJSON appends the object's canonical encoding.
func (o *Object) AppendJSON(b []byte) []byte {
	if b == nil {
		b = make([]byte, 0, 1<<10) // which most users fit into
	}
	return AppendJSON(b, o)
}

// AppendJSON appends the encoding of a value without needless escapes.
func AppendJSON(b []byte, v Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		if v {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case string:
		return appendString(b, v)
	case Number:
		return append(b, v...)
	case Text:
		return append(b, v...)
	case *Object:
		b = append(b, '{')
		for _, m := range v.members {
			b = AppendJSON(AppendName(b, m.name), m.value)
		}
		return append(b, '}')
	case Array:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, e)
		}
		return append(b, ']')
	}
	panic(fmt.Sprintf("resource: %T is no value", v))
}

// AppendName adds the name of the next member to an object that is being
// written.
func AppendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendString(b, name), ':')
}

// appendString cannot fail: Parse has refused invalid UTF-8, and other
// strings are the server's own.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
