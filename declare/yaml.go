package declare

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is a document as it was written.
type File struct {
	Document
	root *yaml.Node
}

// Read reads a file strictly: an error is Faults and names all that is wrong,
// with lines.
func Read(raw []byte) (File, error) {
	f := File{root: &yaml.Node{}}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := d.Decode(f.root); {
	case errors.Is(err, io.EOF):
		return f, Faults{{Text: "the file is empty"}}
	case err != nil:
		return f, syntax(err)
	}
	var faults Faults
	if !errors.Is(d.Decode(&yaml.Node{}), io.EOF) {
		faults.add("", "the file holds more than one document")
	}
	empty(f.root, &faults)
	strict := yaml.NewDecoder(bytes.NewReader(raw))
	strict.KnownFields(true)
	if err := strict.Decode(&f.Document); err != nil {
		faults = append(faults, syntax(err)...)
	}
	return f, faults.inOrder().err()
}

// empty finds keys without a value: whether nothing is meant or no matter what
// cannot be told, and for a list that is the difference between all and none.
func empty(n *yaml.Node, faults *Faults) {
	for i, c := range n.Content {
		if c.Tag == "!!null" && c.Kind == yaml.ScalarNode {
			what := "an entry"
			if n.Kind == yaml.MappingNode {
				what = strconv.Quote(n.Content[max(i-1, 0)].Value)
			}
			*faults = append(*faults, Fault{Line: c.Line, Text: what + " has no value: write [] for none, or leave it out to change nothing"})
		}
		empty(c, faults)
	}
}

var (
	located  = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	unknown  = regexp.MustCompile(`^field (\S+) not found in type declare\.(\w+)$`)
	mistyped = regexp.MustCompile("^cannot unmarshal !!\\w+ (?:(`.*`) )?into (.*)$")
)

// syntax puts what yaml says in the words of the file.
func syntax(err error) Faults {
	texts := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	var faults Faults
	for _, text := range texts {
		fault := Fault{Text: strings.TrimPrefix(text, "yaml: ")}
		if m := located.FindStringSubmatch(text); m != nil {
			fault.Line, _ = strconv.Atoi(m[1])
			fault.Text = m[2]
		}
		if m := unknown.FindStringSubmatch(fault.Text); m != nil {
			fault.Text = fmt.Sprintf("unknown key %q of %s", m[1], strings.ToLower(m[2]))
		}
		if m := mistyped.FindStringSubmatch(fault.Text); m != nil {
			fault.Text = cmp.Or(m[1], "this") + " is not " + kind(m[2])
		}
		faults = append(faults, fault)
	}
	return faults
}

// kind says in words what a Go type takes.
func kind(goType string) string {
	switch {
	case goType == "bool":
		return "true or false"
	case goType == "int":
		return "a number"
	case goType == "string":
		return "a text"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "a mapping of keys to values"
}

var step = regexp.MustCompile(`\w+`)

// Locate gives faults of the document the lines that their paths lead to.
func (f File) Locate(faults Faults) Faults {
	out := slices.Clone(faults)
	for i := range out {
		out[i].Line = f.Line(out[i].Path)
	}
	return out.inOrder()
}

// Line gives the line of what a fault's path leads to, as far as it is there.
func (f File) Line(path string) int {
	if f.root == nil || len(f.root.Content) == 0 || path == "" {
		return 0
	}
	n := f.root.Content[0]
	line := n.Line
	for _, part := range step.FindAllString(path, -1) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		value, key := child(n, part)
		if value == nil {
			break
		}
		n, line = value, key.Line
	}
	return line
}

// child gives a value, and where it begins.
func child(n *yaml.Node, part string) (value, key *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(part); err == nil && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == part {
			return n.Content[i+1], n.Content[i]
		}
	}
	return nil, nil
}

// YAML writes a document as a file that Read reads.
func (d Document) YAML() ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	err := errors.Join(e.Encode(d), e.Close())
	return out.Bytes(), err
}

// MarshalYAML writes a row on one line.
func (m Mapping) MarshalYAML() (any, error) {
	type plain Mapping
	return inline(plain(m))
}

// MarshalYAML writes a pin on one line.
func (p Pin) MarshalYAML() (any, error) {
	type plain Pin
	return inline(plain(p))
}

// UnmarshalYAML gives an error of the kind that yaml goes on after.
func (t *Time) UnmarshalYAML(n *yaml.Node) error {
	if err := n.Decode(&t.Time); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: `%s` is not a time such as 2026-12-31T00:00:00Z", n.Line, n.Value)}}
	}
	return nil
}

func inline(v any) (*yaml.Node, error) {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return nil, err
	}
	n.Style = yaml.FlowStyle
	return &n, nil
}
