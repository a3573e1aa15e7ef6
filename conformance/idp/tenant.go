package idp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Tenant is a customer of a provider whose people come, go and move at random.
// What it wants depends on the seed alone and never on what a server answers.
type Tenant struct {
	state         State
	able          ability
	random        *rand.Rand
	users, groups int      // about as many are kept
	hired, teams  int      // numbers given so far
	former        []Person // deleted; they may come back
	versions      map[string]int
}

var (
	fixedGroups = []string{"eng", "admins", "billing"}
	// odds of belonging to each of the fixed groups; the rest are teams.
	odds = []float64{0.5, 0.05, 0.1}

	givenNames = []string{"Ada", "Björn", "Chloé", "Dmitri", "Eve", "Farida", "Grace", "Hiro", "Ines", "Joe", "Kofi", "Linus"}
	// asciiGiven keeps user names and addresses plain.
	asciiGiven  = []string{"Ada", "Bjorn", "Chloe", "Dmitri", "Eve", "Farida", "Grace", "Hiro", "Ines", "Joe", "Kofi", "Linus"}
	familyNames = []string{"Lovelace", "O'Malley", "Turing", "Núñez", "Hopper", "Ito", "Mensah", "Smith-Jones", "Torvalds", "Ångström"}
	titles      = []string{"Engineer", "Accountant", "Lead", "Captain", `"Acting" Lead`}
	departments = []string{"R&D", "Finance", "Sales", "C-Suite"}
)

// Tenant gives a new customer with the first people and groups in place.
func (p Provider) Tenant(cfg Config) *Tenant {
	t := &Tenant{
		able: p.able, users: cfg.Users, groups: cfg.Groups, versions: map[string]int{},
		random: rand.New(rand.NewPCG(cfg.Seed, 0x5c1f)), //nolint:gosec // reproducible, not secret
	}
	for i := range cfg.Groups {
		if i < len(fixedGroups) {
			t.state.Groups = append(t.state.Groups, Group{Key: fixedGroups[i], Name: fixedGroups[i]})
		} else {
			t.found()
		}
	}
	for range cfg.Users {
		t.hire()
	}
	return t
}

// State is what the tenant wants now.
func (t *Tenant) State() State { return t.state.clone() }

func (t *Tenant) hire() *Person {
	t.hired++
	name := t.random.IntN(len(givenNames))
	// Mixed case, because Okta asserts that it comes back unchanged (§3.7).
	key := fmt.Sprintf("%s.%05d", asciiGiven[name], t.hired)
	t.state.People = append(t.state.People, Person{
		Key: key, UserName: key + "@Acme.example", Email: strings.ToLower(key) + "@acme.example", Active: true,
		GivenName: givenNames[name], FamilyName: t.pick(familyNames), Title: t.pick(titles), Department: t.pick(departments),
	})
	t.place(key)
	return &t.state.People[len(t.state.People)-1]
}

// place puts a newcomer into groups: the fixed ones by chance, and one team.
func (t *Tenant) place(key string) {
	for g := range min(len(t.state.Groups), len(fixedGroups)) {
		if t.random.Float64() < odds[g] {
			t.state.Groups[g].Members = append(t.state.Groups[g].Members, key)
		}
	}
	if team := t.team(); team != nil {
		team.Members = append(team.Members, key)
	}
}

func (t *Tenant) found() *Group {
	t.teams++
	name := fmt.Sprintf("team %02d", t.teams)
	t.state.Groups = append(t.state.Groups, Group{Key: name, Name: name})
	return &t.state.Groups[len(t.state.Groups)-1]
}

// team is one of the groups that are not fixed, or nil.
func (t *Tenant) team() *Group {
	teams := len(t.state.Groups) - len(fixedGroups)
	if teams <= 0 {
		return nil
	}
	return &t.state.Groups[len(fixedGroups)+t.random.IntN(teams)]
}

// version numbers the names that a person or group has had, so that none is
// ever used twice.
func (t *Tenant) version(key string) int {
	t.versions[key]++
	return t.versions[key] + 1
}

// isVersion tells whether a tenant gave the name to what has that key.
func isVersion(name, key string) bool {
	rest, ok := strings.CutPrefix(name, key)
	return ok && (rest == "" || strings.ContainsRune(" .@", rune(rest[0])))
}

// someone is a random person who is active, or who is not; nil if there is
// none.
func (t *Tenant) someone(active bool) *Person {
	var such []int
	for i, p := range t.state.People {
		if p.Active == active {
			such = append(such, i)
		}
	}
	if len(such) == 0 {
		return nil
	}
	return &t.state.People[such[t.random.IntN(len(such))]]
}

// pick is a random one of the words.
func (t *Tenant) pick(words []string) string { return words[t.random.IntN(len(words))] }

// pickOther is a random one that differs from what was.
func (t *Tenant) pickOther(words []string, was string) string {
	return t.pick(without(words, []string{was}))
}

// forget takes a key out of every group and every manager attribute.
func (t *Tenant) forget(key string) {
	for i := range t.state.Groups {
		g := &t.state.Groups[i]
		g.Members = slices.DeleteFunc(g.Members, func(m string) bool { return m == key })
	}
	for i := range t.state.People {
		if t.state.People[i].Manager == key {
			t.state.People[i].Manager = ""
		}
	}
}
