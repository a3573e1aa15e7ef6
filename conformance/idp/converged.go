package idp

import (
	"context"
	"fmt"
	"slices"
)

const (
	readerAgent = "scimd-conformance" // tells its requests from the provider's
	readerPage  = 100
)

// Converged reads the directory page by page, apart from the provider, and
// gives a sentence for each difference from what was pushed last. Who was
// there before and was never linked is none of its business. It fails if the
// directory cannot be read.
func (s *Simulator) Converged(ctx context.Context) ([]string, error) {
	if s.users == nil {
		return nil, nil // nothing was pushed
	}
	users, groups, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return append(s.compareUsers(users), s.compareGroups(groups)...), nil
}

// read gives all users, and all groups with their members.
func (s *Simulator) read(ctx context.Context) (users, groups []resource, err error) {
	if users, err = s.reader.all(ctx, "/Users", readerPage); err != nil || !s.provider.able.groups {
		return users, nil, err
	}
	if groups, err = s.reader.all(ctx, "/Groups", readerPage); err != nil {
		return nil, nil, err
	}
	for i := range groups {
		if len(groups[i].Members) > 0 {
			continue
		}
		// Some servers leave members out of lists.
		whole, _, err := s.reader.read(ctx, "/Groups/"+groups[i].ID)
		if err != nil {
			return nil, nil, err
		}
		if whole != nil {
			groups[i] = *whole
		}
	}
	return users, groups, nil
}

func (s *Simulator) compareUsers(users []resource) (differences []string) {
	found := byID(users)
	for _, p := range s.wanted.People {
		r, ok := found[s.users.id(p.Key)]
		if !ok {
			differences = append(differences, fmt.Sprintf("user %s is missing", p.UserName))
			continue
		}
		for _, d := range s.compareUser(r, p) {
			differences = append(differences, fmt.Sprintf("user %s has %s", p.UserName, d))
		}
	}
	people := s.wanted.people()
	for _, r := range users {
		key := s.users.key(r.ID)
		switch _, wanted := people[key]; {
		case wanted, s.users.isStrange(r.ID):
		case key == "":
			differences = append(differences, fmt.Sprintf("user %s should not be there", r.UserName))
		case r.Active:
			differences = append(differences, fmt.Sprintf("user %s left and is active", r.UserName))
		}
	}
	for _, key := range s.users.keys() {
		if _, wanted := people[key]; !wanted && found[s.users.id(key)].ID == "" {
			differences = append(differences, fmt.Sprintf("user %s was deactivated and is gone", key))
		}
	}
	return differences
}

func (s *Simulator) compareUser(r resource, p Person) (differences []string) {
	var email string
	if len(r.Emails) == 1 {
		email = r.Emails[0].Value
	}
	able := s.provider.able
	for _, a := range []struct {
		name      string
		sent      bool
		got, want any
	}{
		{"userName", true, r.UserName, p.UserName},
		{"name.givenName", true, r.Name.GivenName, p.GivenName},
		{"name.familyName", true, r.Name.FamilyName, p.FamilyName},
		{"displayName", true, r.DisplayName, p.DisplayName()},
		{"one e-mail", true, email, p.Email},
		{"title", able.title, r.Title, p.Title},
		{"department", able.department, r.Enterprise.Department, p.Department},
		{"manager", able.manager, r.Enterprise.Manager.Value, s.users.id(p.Manager)},
		{"active", true, r.Active, p.Active},
	} {
		if a.sent && a.got != a.want {
			differences = append(differences, fmt.Sprintf("%s %q, want %q", a.name, fmt.Sprint(a.got), fmt.Sprint(a.want)))
		}
	}
	return differences
}

func (s *Simulator) compareGroups(groups []resource) (differences []string) {
	found := byID(groups)
	for _, g := range s.wanted.Groups {
		r, ok := found[s.groups.id(g.Key)]
		if !ok {
			differences = append(differences, fmt.Sprintf("group %s is missing", g.Name))
			continue
		}
		if r.DisplayName != g.Name {
			differences = append(differences, fmt.Sprintf("group %s is called %q", g.Name, r.DisplayName))
		}
		differences = append(differences, s.compareMembers(r, g)...)
	}
	wanted := s.wanted.groups()
	for _, r := range groups {
		key := s.groups.key(r.ID)
		switch _, is := wanted[key]; {
		case is, s.groups.isStrange(r.ID):
		case key == "":
			differences = append(differences, fmt.Sprintf("group %s should not be there", r.DisplayName))
		default:
			differences = append(differences, s.compareMembers(r, Group{Name: r.DisplayName})...)
		}
	}
	return differences
}

// compareMembers leaves out members whom the provider does not know.
func (s *Simulator) compareMembers(r resource, g Group) (differences []string) {
	got := r.memberIDs()
	for _, key := range g.Members {
		if id := s.users.id(key); !slices.Contains(got, id) {
			differences = append(differences, fmt.Sprintf("group %s lacks %s", g.Name, key))
		}
	}
	for i, id := range got {
		key := s.users.key(id)
		if !s.users.isStrange(id) && (key == "" || !slices.Contains(g.Members, key)) {
			differences = append(differences, fmt.Sprintf("group %s has the member %s (%s), who should not be in it", g.Name, id, key))
		}
		if slices.Contains(got[:i], id) {
			differences = append(differences, fmt.Sprintf("group %s has the member %s twice", g.Name, id))
		}
	}
	return differences
}

func byID(all []resource) map[string]resource {
	found := make(map[string]resource, len(all))
	for _, r := range all {
		found[r.ID] = r
	}
	return found
}
