package suite

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// T is what a case works with. Its methods are for the goroutine of the case
// and for those that Together starts.
type T struct {
	Full *Client // the client that may do everything

	session *session
	ctx     context.Context
	row     Row
	alone   bool
	undo    []func()

	mu        sync.Mutex
	variant   string
	failures  []string
	unjudged  []string
	absences  []string
	notes     []string
	created   []created
	exchanges []Exchange
	omitted   int
}

// aborted ends a case or one of its variants; the verdict is recorded already.
type aborted struct{}

// Context ends with the case's time limit.
func (t *T) Context() context.Context { return t.ctx }

// Row is the requirement that is being judged.
func (t *T) Row() Row { return t.row }

// Errorf records a failure and goes on.
func (t *T) Errorf(format string, args ...any) { t.say(&t.failures, format, args) }

// Fatalf records a failure and ends the case, or the variant it is in.
func (t *T) Fatalf(format string, args ...any) {
	t.say(&t.failures, format, args)
	panic(aborted{})
}

// NotJudged ends the case, or the variant, with the reason why it has no
// verdict. A case with such a variant is not judged unless another one fails.
func (t *T) NotJudged(format string, args ...any) {
	t.say(&t.unjudged, format, args)
	panic(aborted{})
}

// Absent ends the case: the server advertises no such feature, and refuses it
// as it should.
func (t *T) Absent(format string, args ...any) {
	t.say(&t.absences, format, args)
	panic(aborted{})
}

// Notef records a choice of the server's or a warning; it is no verdict.
func (t *T) Notef(format string, args ...any) { t.say(&t.notes, format, args) }

func (t *T) say(list *[]string, format string, args []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	message := fmt.Sprintf(format, args...)
	if t.variant != "" {
		message = t.variant + ": " + message
	}
	*list = append(*list, message)
}

// Variant runs one variant of a check: its messages begin with the name, and
// what aborts it does not abort the others.
func (t *T) Variant(name string, check func()) {
	outer := t.setVariant(name)
	defer func() {
		t.setVariant(outer)
		if p := recover(); p != nil && p != (aborted{}) {
			panic(p)
		}
	}()
	check()
}

func (t *T) setVariant(name string) (before string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, t.variant = t.variant, name
	return before
}

// Together runs send n times at once and returns the answers in order.
func (t *T) Together(n int, send func(i int) *Response) []*Response {
	answers := make([]*Response, n)
	panics := make([]any, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			defer func() { panics[i] = recover() }()
			<-start
			answers[i] = send(i)
		})
	}
	close(start)
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return answers
}

// Wait lets the time pass. The case is not judged if its limit comes first.
func (t *T) Wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.ctx.Done():
		t.NotJudged("it takes %s of waiting, more than a case has", d)
	}
}

// Unique is a name that no other case and no other run uses: lower-case letters,
// digits and hyphens after the prefix.
func (t *T) Unique(prefix string) string {
	return fmt.Sprintf("%s-%s-%d", prefix, t.session.run, t.session.names.Add(1))
}

// guard runs fn; a panic of its own is a failure, one of ours is the end of it.
func (t *T) guard(fn func()) {
	defer func() {
		if p := recover(); p != nil && p != (aborted{}) {
			t.Errorf("the case panicked: %v\n%s", p, ownFrames(debug.Stack()))
		}
	}()
	fn()
}

// ownFrames cuts the machinery of the panic off a stack.
func ownFrames(stack []byte) string {
	lines := strings.Split(strings.TrimSpace(string(stack)), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") {
			lines = lines[min(i+2, len(lines)):]
			break
		}
	}
	return strings.Join(lines[:min(6, len(lines))], "\n")
}

func (t *T) outcome() (Outcome, []string) {
	switch {
	case len(t.failures) > 0:
		return Failed, t.failures
	case len(t.unjudged) > 0:
		return NotJudged, t.unjudged
	case len(t.absences) > 0:
		return Absent, t.absences
	}
	return Passed, nil
}
