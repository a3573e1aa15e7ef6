package scene

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// Scene is a customer, acme, with whatever the lines have brought about.
type Scene struct {
	*provision.Service
	Clock *testenv.Clock

	tb          testing.TB
	parents     []string
	directories map[string]store.Directory
	ids         map[string]string              // "okta/ann", "okta/@eng" → SCIM id
	users       map[string]provision.UserInput // as the identity provider has them
	moments     map[string]time.Time
	told        map[string]int64 // parent → events that were shown
	lines       int
	actor       string
	knowing     bool
	damaged     bool // a line has broken the fixpoint on purpose
	plan        store.Plan

	// What plan, explain and report lines have shown.
	Preview, Explanation, Access strings.Builder
}

// New starts with the customer acme on an enterprise plan, and the directory
// okta.
func New(tb testing.TB) *Scene {
	tb.Helper()
	clock := testenv.NewClock()
	s := &Scene{
		Service: testenv.NewServiceAt(tb, clock), Clock: clock, tb: tb,
		directories: map[string]store.Directory{}, ids: map[string]string{}, users: map[string]provision.UserInput{},
		moments: map[string]time.Time{}, told: map[string]int64{},
	}
	s.Do("parent acme plan=enterprise", "directory okta")
	return s
}

// Do plays lines, each of which has to come out as it says, and leave a
// fixpoint behind (M-9). Empty lines and comments are allowed.
func (s *Scene) Do(lines ...string) {
	s.tb.Helper()
	for _, line := range strings.Split(strings.Join(lines, "\n"), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := s.play(line); err != nil {
			s.tb.Fatalf("%s\n\t%v", line, err)
		}
		s.verify(line)
	}
}

// Step plays lines as a step of a story, named by a sentence; the story ends
// where one fails.
func (s *Scene) Step(t *testing.T, sentence string, lines ...string) {
	t.Helper()
	s.Act(t, sentence, func(*testing.T) { s.Do(lines...) })
}

// Act is Step for what lines cannot say.
func (s *Scene) Act(t *testing.T, sentence string, fn func(t *testing.T)) {
	t.Helper()
	whole := s.tb
	defer func() { s.tb = whole }()
	done := t.Run(sentence, func(t *testing.T) {
		s.tb = t
		fn(t)
	})
	if !done {
		t.FailNow()
	}
}

// play carries out one line and holds the outcome to what the line says of it.
func (s *Scene) play(line string) error {
	s.lines++
	line, rule, refused := cutLast(line, " ! ")
	line, answer, _ := cutLast(line, " -> ")
	s.actor, s.knowing = "root", false
	a, err := parse(line)
	if err != nil {
		return err
	}
	for {
		switch {
		case a.take("knowing"):
			s.knowing = true
			continue
		case a.take("as"):
			s.actor = a.word()
			continue
		}
		break
	}
	a.answer = answer
	verb := a.word()
	do, known := verbs[verb]
	if !known {
		step, settings := steps[verb]
		if !settings {
			return fmt.Errorf("no such verb: %s", verb)
		}
		do = step.run
	}
	err = do(s, a)
	if err == nil {
		err = a.rest()
	}
	if refused {
		return refusedBy(err, rule)
	}
	return err
}

// reasons are what a line may name where the refusal cites no rule.
var reasons = map[string]provision.Reason{
	"not_found": provision.NotFound, "taken": provision.Taken, "invalid": provision.Invalid,
}

func refusedBy(err error, rule string) error {
	var e *provision.Error
	switch reason, named := reasons[rule]; {
	case err == nil:
		return fmt.Errorf("got no refusal, want one by %s", rule)
	case !errors.As(err, &e):
		return err
	case named && e.Reason == reason, e.Rule == rule:
		return nil
	}
	return fmt.Errorf("got a refusal by %q: %w, want one by %s", e.Rule, err, rule)
}

// verify recomputes everything (M-9).
func (s *Scene) verify(line string) {
	s.tb.Helper()
	if s.damaged {
		return
	}
	for _, parent := range s.parents {
		differences, err := s.Verify(s.tb.Context(), parent)
		if err != nil {
			s.tb.Fatalf("%s\n\tverify: %v", line, err)
		}
		for _, d := range differences {
			s.tb.Errorf("%s\n\torg %s, person %s: stored %s, recomputed %s", line, d.Org, d.Account, d.Stored, d.Recomputed)
		}
	}
}

// ctx is that of an administrator's request.
func (s *Scene) ctx() context.Context {
	if s.knowing {
		return provision.Acknowledge(s.tb.Context())
	}
	return s.tb.Context()
}

func (s *Scene) admin() store.Cause { return store.Cause{Kind: provision.ByAdmin, Actor: s.actor} }

// pushed is the cause of what an identity provider says.
func (s *Scene) pushed(detail string) store.Cause {
	return store.Cause{Kind: "scim", Actor: "token", Request: fmt.Sprintf("r%d", s.lines), Detail: detail}
}

func (s *Scene) view(fn func(store.Reader) error) error {
	return s.View(s.tb.Context(), func(_ context.Context, r store.Reader) error { return fn(r) })
}

// parentOf names the parent of an org; a parent is its own, and "" is acme.
func (s *Scene) parentOf(org string) (name string, err error) {
	if org == "" {
		return s.parents[0], nil
	}
	if slices.Contains(s.parents, org) {
		return org, nil
	}
	err = s.view(func(r store.Reader) error {
		o, err := r.FindOrg(org)
		if err != nil {
			return fmt.Errorf("org %s: %w", org, err)
		}
		p, err := r.Parent(o.Parent)
		name = p.Name
		return err
	})
	return name, err
}

func document(in provision.UserInput) []byte {
	body, _ := json.Marshal(map[string]any{
		"userName": in.UserName, "active": in.Active, "externalId": in.ExternalID, "email": in.Email,
	})
	return body
}
