package idp

import (
	"slices"
	"strings"
)

// State is what a provider wants the directory to hold.
type State struct {
	People []Person
	Groups []Group
}

// Person is one user.
type Person struct {
	Key                             string // the provider's own name for it, never changed
	UserName, GivenName, FamilyName string
	Email, Title, Department        string
	Manager                         string // a Key, or empty
	Active                          bool
}

// Group is one group. Members are keys of people, in the order of joining.
type Group struct {
	Key, Name string
	Members   []string
}

// DisplayName is the given and the family name.
func (p Person) DisplayName() string {
	return strings.TrimSpace(p.GivenName + " " + p.FamilyName)
}

// GroupsOf lists the names of the groups that hold the person of that key.
func (s State) GroupsOf(key string) []string {
	var names []string
	for _, g := range s.Groups {
		if slices.Contains(g.Members, key) {
			names = append(names, g.Name)
		}
	}
	return names
}

func (s State) clone() State {
	s.People, s.Groups = slices.Clone(s.People), slices.Clone(s.Groups)
	for i := range s.Groups {
		s.Groups[i].Members = slices.Clone(s.Groups[i].Members)
	}
	return s
}

func (s State) people() map[string]Person {
	byKey := make(map[string]Person, len(s.People))
	for _, p := range s.People {
		byKey[p.Key] = p
	}
	return byKey
}

func (s State) groups() map[string]Group {
	byKey := make(map[string]Group, len(s.Groups))
	for _, g := range s.Groups {
		byKey[g.Key] = g
	}
	return byKey
}

// without gives the elements of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(one string) bool { return slices.Contains(b, one) })
}
