package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Doc is a JSON value that is read by path: "name.givenName", "emails.0.value",
// Enterprise+":manager.value". Names are spelled exactly. The empty path is the
// value itself.
type Doc struct{ value any }

func parse(data []byte) (Doc, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return Doc{value}, err
}

// Value is the value at the path: a string, json.Number, bool, []any,
// map[string]any, or nil for null and for nothing.
func (d Doc) Value(path string) any {
	value := d.value
	for path != "" && value != nil {
		value, path = step(value, path)
	}
	return value
}

// Has tells whether the path is assigned: neither absent, null nor [].
func (d Doc) Has(path string) bool {
	value := d.Value(path)
	list, isList := value.([]any)
	return value != nil && (!isList || len(list) > 0)
}

// String is the string at the path, or "".
func (d Doc) String(path string) string {
	text, _ := d.Value(path).(string)
	return text
}

// Int is the integer at the path, or -1.
func (d Doc) Int(path string) int {
	number, _ := d.Value(path).(json.Number)
	n, err := strconv.Atoi(number.String())
	if err != nil {
		return -1
	}
	return n
}

// Bool tells whether the path holds true.
func (d Doc) Bool(path string) bool { return d.Value(path) == true }

// List is the array at the path, or nil.
func (d Doc) List(path string) []Doc {
	array, _ := d.Value(path).([]any)
	list := make([]Doc, len(array))
	for i, value := range array {
		list[i] = Doc{value}
	}
	return list
}

// Item is the first element of the array at path whose member has the value:
// u.Item("emails", "type", "work").String("value").
func (d Doc) Item(path, member, value string) Doc {
	for _, item := range d.List(path) {
		if item.String(member) == value {
			return item
		}
	}
	return Doc{}
}

// Strings collects every string at the path, through all arrays on the way:
// Strings("emails.value").
func (d Doc) Strings(path string) []string { return collect(nil, d.value, path) }

// IDs are the ids of the resources of a list.
func (d Doc) IDs() []string { return d.Strings("Resources.id") }

// Total is totalResults, or -1.
func (d Doc) Total() int { return d.Int("totalResults") }

// Names are the names of the members of an object, sorted.
func (d Doc) Names() []string {
	object, _ := d.value.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// With is the document with the overrides, for the body of a PUT.
func (d Doc) With(overrides M) M {
	object, _ := d.value.(map[string]any)
	return merge(object, overrides)
}

// step goes down by the first name of the path.
func step(value any, path string) (next any, rest string) {
	switch value := value.(type) {
	case map[string]any:
		name, rest := splitName(value, path)
		return value[name], rest
	case []any:
		index, rest, _ := strings.Cut(path, ".")
		if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(value) {
			return value[i], rest
		}
	}
	return nil, ""
}

// splitName splits the first name off a path. A URN holds dots itself, so it is
// found among the members of the object.
func splitName(object map[string]any, path string) (name, rest string) {
	if strings.HasPrefix(path, "urn:") {
		for member := range object {
			after, ok := strings.CutPrefix(path, member)
			if ok && len(member) > len(name) && (after == "" || after[0] == ':' || after[0] == '.') {
				name, rest = member, strings.TrimLeft(after, ":.")
			}
		}
		return name, rest
	}
	name, rest, _ = strings.Cut(path, ".")
	return name, rest
}

func collect(found []string, value any, path string) []string {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			found = collect(found, item, path)
		}
	case []string:
		if path == "" {
			found = append(found, v...)
		}
	case map[string]any:
		if path != "" {
			next, rest := step(v, path)
			found = collect(found, next, rest)
		}
	case string:
		if path == "" {
			found = append(found, v)
		}
	}
	return found
}

// canonical brings Go values and decoded JSON to one form in which equal
// values are deeply equal: 1, 1.0 and 1e0 are the same number.
func canonical(value any) any {
	if d, ok := value.(Doc); ok {
		value = d.value
	}
	data, err := json.Marshal(value)
	if err != nil {
		return value
	}
	d, err := parse(data)
	if err != nil {
		return value
	}
	return canonicalNumbers(d.value)
}

func canonicalNumbers(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = canonicalNumbers(member)
		}
	case []any:
		for i, item := range v {
			v[i] = canonicalNumbers(item)
		}
	case json.Number:
		// A hostile exponent would fill the memory.
		if _, exponent, _ := strings.Cut(strings.ToLower(v.String()), "e"); len(exponent) > 4 {
			return v
		}
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			return json.Number(r.RatString())
		}
	}
	return value
}

func asJSON(value any) string {
	if d, ok := value.(Doc); ok {
		value = d.value
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(text.String())
}
