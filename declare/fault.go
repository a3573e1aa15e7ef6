package declare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a document.
type Fault struct {
	Path string // of the entry, as in orgs[0].mappings[2]; "" if there is none
	Line int    // of the file; 0 if unknown
	Text string
}

// Faults are all that is wrong, as one error.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		if lines[i] = fault.Text; fault.Line > 0 {
			lines[i] = fmt.Sprintf("line %d: %s", fault.Line, fault.Text)
		}
	}
	return strings.Join(lines, "\n")
}

func (f Faults) inOrder() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return f
}

// err keeps an empty list from becoming an error that is not nil.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f *Faults) add(path, format string, args ...any) {
	*f = append(*f, Fault{Path: path, Text: fmt.Sprintf(format, args...)})
}

func at(format string, args ...any) string { return fmt.Sprintf(format, args...) }
