package idp

import (
	"fmt"
	"sync"
)

// examples is how many complaints of one check are kept in full. The rest is
// counted: a server that lower-cases does so a thousand times.
const examples = 3

// findings are the complaints of the checks, by their formats.
type findings struct {
	mu     sync.Mutex
	checks []string // in order of first failure
	kept   map[string][]string
	more   map[string]int
}

// expect notes a finding unless ok, and gives ok back. It is the task or alert
// the provider would leave for its administrator.
func (f *findings) expect(ok bool, format string, args ...any) bool {
	if ok {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil {
		f.kept, f.more = map[string][]string{}, map[string]int{}
	}
	switch kept := f.kept[format]; {
	case len(kept) == examples:
		f.more[format]++
	default:
		if len(kept) == 0 {
			f.checks = append(f.checks, format)
		}
		f.kept[format] = append(kept, fmt.Sprintf(format, args...))
	}
	return false
}

// complaints gives a sentence for each, and for what was only counted.
func (f *findings) complaints() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, check := range f.checks {
		out = append(out, f.kept[check]...)
		if n := f.more[check]; n > 0 {
			out[len(out)-1] += fmt.Sprintf(" (and %d more like it)", n)
		}
	}
	return out
}
