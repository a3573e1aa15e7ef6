package suite

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options narrow and pace a run. The zero value runs everything.
type Options struct {
	// Only are ids or their beginnings ("7644-3.3-R01", "7644-3.5.2"), and topics
	// by number ("17") or beginning ("17. PATCH").
	Only     []string
	Parallel int                   // cases at once; 0 is 4
	Limit    time.Duration         // of one case; 0 is a minute
	Progress func(done, total int) // never called twice at once
}

const (
	defaultParallel = 4
	defaultLimit    = time.Minute
)

// Error says why a server cannot be judged at all.
type Error struct {
	URL    string
	Status int // 0: no answer
	Err    error
}

func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s refuses the token: it answers %d", e.URL, e.Status)
	}
	return fmt.Sprintf("%s cannot be reached: %v", e.URL, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// session is what the cases of a run share.
type session struct {
	target Target
	base   string
	http   *http.Client
	facts  discovery
	run    string // makes the names of this run unique
	names  atomic.Int64
}

// Run judges the target. It writes to the server under unique names and deletes
// what it created. The error is an *Error; a failing case is none. When ctx
// ends, the rows still to come are not judged.
func Run(ctx context.Context, target Target, o Options) (*Report, error) {
	return run(ctx, target, o, Cases())
}

func run(ctx context.Context, target Target, o Options, cases []Case) (*Report, error) {
	s := newSession(target)
	answer, _, err := s.send(ctx, Request{Method: http.MethodGet, Path: "/Users?count=1", As: s.full()})
	switch {
	case err != nil:
		return nil, &Error{URL: s.base, Err: err}
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return nil, &Error{URL: s.base, Status: answer.Status}
	}
	s.facts = s.discover(ctx)
	cases = selected(cases, o.Only)
	report := &Report{URL: s.base, Started: time.Now(), Facts: s.describe(), Results: make([]Result, len(cases))}
	s.judgeAll(ctx, o, cases, report.Results)
	report.Elapsed = time.Since(report.Started)
	return report, nil
}

func newSession(target Target) *session {
	client := &http.Client{}
	if target.Client != nil {
		*client = *target.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &session{target: target, base: strings.TrimRight(target.URL, "/"), http: client, run: strings.ToLower(rand.Text()[:8])}
}

func (s *session) full() *Client { return &Client{name: clientFull, token: s.target.Token} }

func selected(cases []Case, only []string) []Case {
	if len(only) == 0 {
		return cases
	}
	return slices.DeleteFunc(slices.Clone(cases), func(c Case) bool {
		return !slices.ContainsFunc(only, func(want string) bool { return chosen(c.Row, want) })
	})
}

// chosen takes a bare number for a topic: ids begin with numbers too.
func chosen(row Row, want string) bool {
	if n, err := strconv.Atoi(want); err == nil {
		return row.TopicNumber() == n
	}
	return strings.HasPrefix(row.ID, want) || strings.HasPrefix(row.Topic, want)
}

// judgeAll runs the cases that bear company, then the others one by one.
func (s *session) judgeAll(ctx context.Context, o Options, cases []Case, results []Result) {
	var wg sync.WaitGroup
	var progress sync.Mutex
	done := 0
	slots := make(chan struct{}, max(1, cmp.Or(o.Parallel, defaultParallel)))
	start := func(i int) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = s.judge(ctx, cmp.Or(o.Limit, defaultLimit), cases[i])
			progress.Lock()
			defer progress.Unlock()
			if done++; o.Progress != nil {
				o.Progress(done, len(cases))
			}
		})
	}
	for i, c := range cases {
		if !c.Alone {
			start(i)
		}
	}
	wg.Wait()
	for i, c := range cases {
		if c.Alone {
			start(i)
			wg.Wait()
		}
	}
}

func (s *session) judge(ctx context.Context, limit time.Duration, c Case) Result {
	result := Result{Row: c.Row, Outcome: NotJudged}
	switch {
	case c.Run == nil:
		result.Messages = []string{"no case is written for this row yet"}
		return result
	case ctx.Err() != nil:
		result.Messages = []string{"the run was stopped"}
		return result
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := &T{session: s, ctx: limited, row: c.Row, alone: c.Alone}
	t.Full = s.full()
	t.Full.t = t
	start := time.Now()
	t.guard(func() { c.Run(t) })
	t.guard(t.cleanUp)
	result.Elapsed = time.Since(start)
	result.Outcome, result.Messages = t.outcome()
	result.Notes, result.Exchanges, result.Omitted = t.notes, t.exchanges, t.omitted
	return result
}

// describe lists what the verdicts depend on.
func (s *session) describe() []Fact {
	var facts []Fact
	add := func(name, value string) { facts = append(facts, Fact{name, value}) }
	yes := func(name string, have bool) {
		add(name, map[bool]string{true: "yes", false: "no"}[have])
	}
	if s.facts.config.ok() {
		c := newConfig(s.facts.config.response.Doc)
		for _, f := range []Feature{c.Patch, c.Bulk, c.Filter, c.ChangePassword, c.Sort, c.ETag, c.Cursor, c.SecurityEvents} {
			yes(f.Name, f.Supported)
		}
		add("filter.maxResults", strconv.Itoa(c.MaxResults))
	}
	if s.facts.types.ok() {
		var names []string
		for _, rt := range resourceTypes(s.facts.types.response.Doc) {
			names = append(names, rt.Name)
		}
		add("resource types", strings.Join(names, ", "))
	}
	t := s.target
	yes("client of another tenant", t.OtherToken != "")
	yes("read-only client", t.ReadOnlyToken != "")
	yes("self-service client", t.SubjectToken != "")
	yes("hook: issue token", t.Hooks.IssueToken != nil)
	yes("hook: data files", t.Hooks.Files != nil)
	yes("hook: logs", t.Hooks.Logs != nil)
	yes("hook: security events", t.Hooks.Events != nil)
	yes("hook: memory", t.Hooks.Memory != nil)
	yes("hook: storage fault", t.Hooks.Fault != nil)
	add("other readings", strings.Join(t.Readings, ", "))
	return facts
}
