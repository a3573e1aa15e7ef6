package idp

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

const defaultCycle = 10

// Simulator is a provider at work against one server. It remembers what it
// pushed, as the provider does; its methods must not overlap.
type Simulator struct {
	provider Provider
	cfg      Config
	dialect  dialect
	speaker  *conversation
	reader   *conversation // plain, apart from the provider

	users, groups *links              // nil before the first cycle
	wanted        State               // as last pushed
	pushed        map[string][]string // members, ids, by key of the group
	names         map[string]string   // of groups, by key

	mu          sync.Mutex
	done, total int
}

// Report is the outcome of a run.
type Report struct {
	State     State // the state the provider wants in the end
	Requests  int
	Throttled int      // answers with 429
	Findings  []string // what the provider would complain about, and what differs
	Elapsed   time.Duration
}

// Connect gives a simulator for the server of cfg. It sends nothing yet.
func (p Provider) Connect(cfg Config) *Simulator {
	found := &findings{}
	speaker := &conversation{newWire(cfg, p.manners), found}
	return &Simulator{
		provider: p, cfg: cfg, dialect: p.speak(speaker), speaker: speaker,
		reader: &conversation{newWire(cfg, manners{agent: readerAgent}), found},
		pushed: map[string][]string{}, names: map[string]string{},
	}
}

// Test is the provider's connection test. An error is why it would refuse to go
// on.
func (s *Simulator) Test(ctx context.Context) error { return s.dialect.test(ctx) }

// Findings are what the provider would complain about so far.
func (s *Simulator) Findings() []string { return s.speaker.complaints() }

// Run plays a whole life: the connection test, the first push of everything,
// cycles of changes, and a reading of the directory in the end. The error tells
// that it could not go on.
func (s *Simulator) Run(ctx context.Context) (Report, error) {
	start := time.Now()
	tenant := s.provider.Tenant(s.cfg)
	differences, err := s.run(ctx, tenant)
	return Report{
		State: tenant.State(), Requests: s.speaker.requests, Throttled: s.speaker.throttled,
		Findings: append(s.Findings(), abridge(differences)...), Elapsed: time.Since(start),
	}, err
}

// abridge keeps the first differences: one lost request often makes many.
func abridge(differences []string) []string {
	const kept = 10
	if n := len(differences) - kept; n > 0 {
		differences = append(differences[:kept], fmt.Sprintf("%d more differences", n))
	}
	for i, d := range differences {
		differences[i] = "in the end " + d
	}
	return differences
}

func (s *Simulator) run(ctx context.Context, tenant *Tenant) (differences []string, err error) {
	if err := s.Test(ctx); err != nil {
		return nil, err
	}
	now := tenant.State()
	first := len(now.People) + len(now.Groups)
	s.total = first + s.cfg.Churn
	if err := s.push(ctx, State{}, now, func() { s.advance(1) }); err != nil {
		return nil, err
	}
	s.advance(first - s.done) // groups that the provider does not push
	size := cmp.Or(s.cfg.Cycle, defaultCycle)
	for left := s.cfg.Churn; left > 0; left -= size {
		was := now
		for range min(size, left) {
			tenant.Change()
		}
		now = tenant.State()
		if err := s.Push(ctx, was, now); err != nil {
			return nil, err
		}
		s.advance(min(size, left))
	}
	return s.Converged(ctx)
}

// Push is one incremental cycle: it makes the server equal to the state to, if
// it was equal to from. What failed in an earlier cycle is tried again. An
// error tells that the provider could not go on.
func (s *Simulator) Push(ctx context.Context, from, to State) error {
	return s.push(ctx, from, to, func() {})
}

func (s *Simulator) push(ctx context.Context, from, to State, step func()) error {
	if err := s.recall(ctx); err != nil {
		return err
	}
	if err := s.dialect.survey(ctx); err != nil {
		return err
	}
	from, to = s.provider.able.express(from), s.provider.able.express(to)
	s.wanted = to
	c := &cycle{Simulator: s, was: from.people(), to: to, people: to.people(), step: step, linked: map[string]bool{}}
	return c.run(ctx, from)
}

// recall notes what the server holds before the first cycle. A tenant that was
// here before thus remembers what it made in its earlier life, and what it
// never made is not held against the server.
func (s *Simulator) recall(ctx context.Context) error {
	if s.users != nil {
		return nil
	}
	users, groups, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.users, s.groups = newLinks(users), newLinks(groups)
	return nil
}

func (s *Simulator) advance(steps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += steps
	if s.cfg.Progress != nil && steps > 0 {
		s.cfg.Progress(s.done, s.total)
	}
}
