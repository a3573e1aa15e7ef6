package resource

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Text is a value that is not decoded yet: its encoding by AppendJSON. Split
// and Open give it, and it must be opened before it is compared or changed.
type Text string

// Part is a member of an object.
type Part struct {
	Name string
	Text Text
}

// Split appends the members of an object that was parsed once and written by
// AppendJSON. Their values stay as they were written, so that nobody pays for
// what they do not look into. Any other encoding is parsed as a whole, and
// written anew.
func Split(parts []Part, data []byte) ([]Part, error) {
	text := string(data)
	if utf8.ValidString(text) && at(text, 0) == '{' {
		before := len(parts)
		if end := readObject(text, 0, &parts); end == len(text) {
			return parts, nil
		}
		parts = parts[:before]
	}
	o, err := Parse(data)
	if err != nil {
		return parts, err
	}
	for name, v := range o.All() {
		parts = append(parts, Part{name, Text(AppendJSON(nil, v))})
	}
	return parts, nil
}

// Parts are those of an object that is not decoded yet; none of any other value.
func (t Text) Parts() (parts []Part) {
	if t[0] != '{' {
		return nil
	}
	parts = make([]Part, 0, usual)
	if readObject(string(t), 0, &parts) != len(t) { // a name has an escape
		parts, _ = Split(nil, []byte(t)) // it was parsed before
	}
	return parts
}

// Open decodes a Text by one level, and gives any other value back.
func Open(v Value) Value {
	t, ok := v.(Text)
	if !ok {
		return v
	}
	switch text := string(t); text[0] {
	case '{':
		parts := t.Parts()
		o := Sized(len(parts))
		for _, p := range parts {
			o.members = append(o.members, member{p.Name, unopened(string(p.Text))})
		}
		return o
	case '[':
		a := Array{}
		if readArray(text, 0, &a) != len(text) {
			o, _ := Parse([]byte(`{"a":` + text + `}`))
			return o.Get("a")
		}
		return a
	default:
		s, _ := jsontext.AppendUnquote(nil, text) // it was read as a string
		return string(s)
	}
}

// Decode opens a Text, and all that is in it.
func Decode(t Text) Value {
	v := Open(t)
	switch v := v.(type) {
	case *Object:
		for i, m := range v.members {
			if inner, ok := m.value.(Text); ok {
				v.members[i].value = Decode(inner)
			}
		}
	case Array:
		for i, e := range v {
			if inner, ok := e.(Text); ok {
				v[i] = Decode(inner)
			}
		}
	}
	return v
}

// unopened gives the value of a text that was read, but for what is to be
// opened.
func unopened(text string) Value {
	switch text[0] {
	case 'n':
		return nil
	case 't':
		return true
	case 'f':
		return false
	case '{', '[', '"':
		return Text(text)
	}
	return Number(text)
}

// The readers give the end of what begins at a place, or -1 if it is not in the
// encoding of AppendJSON.

// readValue passes over a value.
func readValue(s string, i int) int {
	switch at(s, i) {
	case '{':
		return readObject(s, i, nil)
	case '[':
		return readArray(s, i, nil)
	case '"':
		return readString(s, i)
	}
	end := i
	for end < len(s) && strings.IndexByte(",]}", s[end]) < 0 {
		end++
	}
	switch literal := s[i:end]; {
	case literal == "null", literal == "true", literal == "false":
	case literal == "", strings.IndexByte("-0123456789", literal[0]) < 0, strings.TrimSpace(literal) != literal, !jsontext.Value(literal).IsValid():
		return -1
	}
	return end
}

// readObject appends the members to parts, unless it is nil. A name with an
// escape is left to Parse.
func readObject(s string, i int, parts *[]Part) int {
	if i++; at(s, i) == '}' {
		return i + 1
	}
	for {
		colon := readString(s, i)
		if colon < 0 || at(s, colon) != ':' || strings.IndexByte(s[i:colon], '\\') >= 0 {
			return -1
		}
		end := readValue(s, colon+1)
		if end < 0 {
			return -1
		}
		if parts != nil {
			*parts = append(*parts, Part{s[i+1 : colon-1], Text(s[colon+1 : end])})
		}
		switch i = end + 1; at(s, end) {
		case '}':
			return i
		case ',':
		default:
			return -1
		}
	}
}

// readArray adds the elements to a, unless it is nil.
func readArray(s string, i int, a *Array) int {
	if i++; at(s, i) == ']' {
		return i + 1
	}
	for {
		end := readValue(s, i)
		if end < 0 {
			return -1
		}
		if a != nil {
			*a = append(*a, unopened(s[i:end]))
		}
		switch i = end + 1; at(s, end) {
		case ']':
			return i
		case ',':
		default:
			return -1
		}
	}
}

// ending are the bytes that a string does not go on with as it is.
var ending = func() (special [256]bool) {
	for c := range ' ' {
		special[c] = true
	}
	special['"'], special['\\'] = true, true
	return special
}()

// readString leaves to Parse what AppendJSON writes otherwise, and \u, which it
// writes for few characters.
func readString(s string, i int) int {
	if at(s, i) != '"' {
		return -1
	}
	for i++; i < len(s); i++ {
		if !ending[s[i]] {
			continue
		}
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			if i++; strings.IndexByte(`"\bfnrt`, at(s, i)) < 0 {
				return -1
			}
		default:
			return -1
		}
	}
	return -1
}

// at is 0 behind the end.
func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}
