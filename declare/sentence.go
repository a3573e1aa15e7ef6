package declare

import (
	"cmp"
	"fmt"
	"strings"
)

// sentence tells what changes of one thing.
type sentence struct {
	subject string
	parts   []string
}

func says(subject string) *sentence { return &sentence{subject: subject} }

func (s *sentence) add(what, from, to string) {
	s.parts = append(s.parts, what+" "+cmp.Or(from, "none")+" → "+cmp.Or(to, "none"))
}

func (s *sentence) text() string { return s.subject + ": " + strings.Join(s.parts, ", ") }

// moved adds a setting that changes; what it was may be unknown.
func moved[T any](s *sentence, what string, from, to *T) {
	switch {
	case to == nil:
	case from == nil:
		s.parts = append(s.parts, what+" "+cmp.Or(word(*to), "none"))
	default:
		s.add(what, word(*from), word(*to))
	}
}

func word(v any) string {
	switch v {
	case true:
		return "on"
	case false:
		return "off"
	}
	return fmt.Sprint(v)
}
