package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// lookup finds the value at a path such as $.name.givenName, $.emails[0].value
// or $["urn:…:User"].department. Nothing there is nil, like a JSON null. With
// the suffix #len it is the length of the array, 0 for nothing.
func lookup(document any, path string) any {
	path, wantLen := strings.CutSuffix(path, "#len")
	value := document
	rest := strings.TrimPrefix(path, "$")
	for rest != "" {
		key, index, tail := nextStep(rest)
		rest = tail
		switch container := value.(type) {
		case map[string]any:
			value = container[key]
		case []any:
			if index < 0 || index >= len(container) {
				value = nil
			} else {
				value = container[index]
			}
		default:
			value = nil
		}
	}
	if wantLen {
		return length(value)
	}
	return value
}

// nextStep splits the first step off a path: .key, [0] or ["key"]. The quoted
// form exists for extension URNs, whose names hold dots. The index is -1 where
// the step is a key.
func nextStep(path string) (key string, index int, rest string) {
	if quoted, ok := strings.CutPrefix(path, `["`); ok {
		key, rest, _ = strings.Cut(quoted, `"]`)
		return key, -1, rest
	}
	if bracketed, ok := strings.CutPrefix(path, "["); ok {
		number, rest, _ := strings.Cut(bracketed, "]")
		index, err := strconv.Atoi(number)
		if err != nil {
			index = -1
		}
		return "", index, rest
	}
	path = strings.TrimPrefix(path, ".")
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return path[:end], -1, path[end:]
}

// length is a float64 because that is what decoded JSON numbers are.
func length(value any) any {
	switch v := value.(type) {
	case nil:
		return 0.0
	case []any:
		return float64(len(v))
	}
	return fmt.Sprintf("not an array: %s", asJSON(value))
}

// equal is exact: case matters, and "1" is not 1. A want of nil accepts both
// an absent value and a null.
func equal(got, want any) bool { return reflect.DeepEqual(got, want) }

// scalar turns a saved value into the text of a variable.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, v != ""
	case float64, bool:
		return asJSON(v), true
	}
	return "", false
}

// expand replaces every ${name}; an unknown name is an error.
func expand(text string, vars map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		value, known := vars[name]
		if !closed || !known {
			return out.String() + "${" + after, fmt.Errorf("no variable %q", name)
		}
		out.WriteString(value)
		text = rest
	}
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
