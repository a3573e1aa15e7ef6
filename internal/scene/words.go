package scene

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// args are the words of a line; who takes one has understood it.
type args struct {
	words  []string
	values map[string]string
	line   string // as it stands, without what is behind ->
	answer string // behind ->
}

func parse(line string) (*args, error) {
	a := &args{values: map[string]string{}, line: line}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end := strings.IndexByte(line, ' ')
		if quote := strings.IndexByte(line, '"'); quote >= 0 && (end < 0 || quote < end) {
			closing := strings.IndexByte(line[quote+1:], '"')
			if closing < 0 {
				return nil, fmt.Errorf("a quote is not closed: %s", line)
			}
			end = quote + closing + 2
		}
		if end < 0 {
			end = len(line)
		}
		word := line[:end]
		line = line[end:]
		if name, value, ok := strings.Cut(word, "="); ok {
			a.values[name] = strings.Trim(value, `"`)
			continue
		}
		a.words = append(a.words, strings.Trim(word, `"`))
	}
	return a, nil
}

// word takes the next word, "" if there is none.
func (a *args) word() string {
	if len(a.words) == 0 {
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// all takes the words that are left.
func (a *args) all() []string {
	words := a.words
	a.words = nil
	return words
}

// take takes the next word if it is this one.
func (a *args) take(word string) bool {
	if len(a.words) == 0 || a.words[0] != word {
		return false
	}
	a.word()
	return true
}

// flag takes a word wherever it stands.
func (a *args) flag(word string) bool {
	i := slices.Index(a.words, word)
	if i < 0 {
		return false
	}
	a.words = slices.Delete(slices.Clone(a.words), i, i+1)
	return true
}

// parts takes the lines that stand between semicolons behind a verb.
func (a *args) parts(verb string) (parts []*args, line string, err error) {
	_, line, _ = strings.Cut(a.line, verb+" ")
	a.words, a.values = nil, nil
	for _, part := range strings.Split(line, ";") {
		p, err := parse(part)
		if err != nil {
			return nil, "", err
		}
		parts = append(parts, p)
	}
	return parts, line, nil
}

// value takes name=value, "" if it is not there.
func (a *args) value(name string) string {
	v := a.values[name]
	delete(a.values, name)
	return v
}

// optional is value for a setting that nil leaves.
func optional[T any](a *args, name string, read func(string) (T, error)) (*T, error) {
	if _, ok := a.values[name]; !ok {
		return nil, nil
	}
	v, err := read(a.value(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &v, nil
}

func asIs(s string) (string, error) { return s, nil }

func list(s string) ([]string, error) {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' }), nil
}

// numbers reads "premium=2 standard=-1" into a map; every value that is left.
func (a *args) numbers() (map[string]int, error) {
	out := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(a.values)) {
		n, err := strconv.Atoi(a.value(name))
		if err != nil {
			return nil, err
		}
		if name == "seats" {
			name = "" // of a product without tiers
		}
		out[name] = n
	}
	return out, nil
}

// rest is an error if something was not understood.
func (a *args) rest() error {
	if len(a.words) > 0 || len(a.values) > 0 {
		return fmt.Errorf("not understood: %v %v", a.words, a.values)
	}
	return nil
}

// cutLast cuts at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+len(sep):]), true
}
