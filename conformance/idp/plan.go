package idp

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// plan is the whole push decided beforehand, so that it depends on the seed
// alone and never on what the server answers.
type plan struct {
	people []person
	groups []string
	events []event
}

type person struct {
	given, family, userName string
	start                   []int // groups joined in the first push
	active                  bool  // in the end
	groups                  []int // in the end
}

type event struct {
	kind     eventKind
	person   int
	from, to int // groups of a move; from is -1 for somebody who was in none
}

type eventKind int

const (
	move eventKind = iota
	leave
	rehire
)

var (
	fixedGroups = []string{"eng", "admins", "billing"}
	// odds of belonging to each of the fixed groups; the rest are teams.
	odds        = []float64{0.5, 0.05, 0.1}
	givenNames  = []string{"Ada", "Björn", "Chloé", "Dmitri", "Eve", "Farida", "Grace", "Hiro", "Ines", "Joe", "Kofi", "Linus"}
	familyNames = []string{"Lovelace", "O'Malley", "Turing", "Núñez", "Hopper", "Ito", "Mensah", "Smith-Jones", "Torvalds", "Ångström"}
	// asciiGiven keeps the e-mail addresses plain.
	asciiGiven = []string{"Ada", "Bjorn", "Chloe", "Dmitri", "Eve", "Farida", "Grace", "Hiro", "Ines", "Joe", "Kofi", "Linus"}
)

func newPlan(cfg Config) plan {
	random := rand.New(rand.NewPCG(cfg.Seed, 0x5c1f)) //nolint:gosec // reproducible, not secret
	var p plan
	for i := range cfg.Groups {
		p.groups = append(p.groups, groupName(i))
	}
	for i := range cfg.Users {
		p.people = append(p.people, p.newPerson(random, i))
	}
	if cfg.Users > 0 {
		for range cfg.Churn {
			p.events = append(p.events, p.churn(random))
		}
	}
	return p
}

func groupName(i int) string {
	if i < len(fixedGroups) {
		return fixedGroups[i]
	}
	return fmt.Sprintf("team %02d", i-len(fixedGroups)+1)
}

func (p plan) newPerson(random *rand.Rand, i int) person {
	given := random.IntN(len(givenNames))
	one := person{
		given: givenNames[given], family: familyNames[random.IntN(len(familyNames))], active: true,
		// Mixed case, because Okta asserts that it comes back unchanged.
		userName: fmt.Sprintf("%s.%05d@Acme.example", asciiGiven[given], i+1),
	}
	for g := range min(len(p.groups), len(fixedGroups)) {
		if random.Float64() < odds[g] {
			one.start = append(one.start, g)
		}
	}
	if teams := len(p.groups) - len(fixedGroups); teams > 0 {
		one.start = append(one.start, len(fixedGroups)+random.IntN(teams))
	}
	one.groups = slices.Clone(one.start)
	return one
}

// churn picks one event and applies it to the wanted state.
func (p plan) churn(random *rand.Rand) event {
	i := random.IntN(len(p.people))
	one := &p.people[i]
	switch {
	case !one.active:
		one.active = true
		return event{kind: rehire, person: i}
	case len(p.groups) < 2 || random.Float64() < 0.4:
		one.active = false
		return event{kind: leave, person: i}
	}
	from := -1
	if len(one.groups) > 0 {
		at := random.IntN(len(one.groups))
		from = one.groups[at]
		one.groups = slices.Delete(one.groups, at, at+1)
	}
	to := random.IntN(len(p.groups))
	for to == from || slices.Contains(one.groups, to) {
		// Everywhere already: the move is then only a departure.
		if len(one.groups) >= len(p.groups)-1 {
			return event{kind: move, person: i, from: from, to: -1}
		}
		to = random.IntN(len(p.groups))
	}
	one.groups = append(one.groups, to)
	return event{kind: move, person: i, from: from, to: to}
}

// members lists the people of a group after the first push, or in the end.
func (p plan) members(group int, atEnd bool) []int {
	var members []int
	for i, one := range p.people {
		groups := one.start
		if atEnd {
			groups = one.groups
		}
		if slices.Contains(groups, group) {
			members = append(members, i)
		}
	}
	return members
}
