package scene

import (
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"scimd/provision"
	"scimd/store"
)

// Crowd pushes many users at once, a thousand in a transaction, and then puts
// them into a group that is there.
func (s *Scene) Crowd(group string, names []string) {
	s.tb.Helper()
	d := s.directories["okta"]
	for batch := range slices.Chunk(names, 1000) {
		err := s.Push(s.tb.Context(), d, s.pushed("many users"), func(p *provision.Push) error {
			for _, name := range batch {
				in := provision.UserInput{UserName: name, Display: name, Active: true}
				in.Document = document(in)
				u, err := p.CreateUser(in)
				if err != nil {
					return err
				}
				s.ids[key(d, name)], s.users[key(d, name)] = u.ID, in
			}
			return nil
		})
		if err != nil {
			s.tb.Fatal(err)
		}
	}
	s.Do("join " + group + " " + strings.Join(names, " "))
}

// SetActive patches each of the users, a request for everyone, as fast as the
// server takes them: thirty at a time.
func (s *Scene) SetActive(active bool, names []string) {
	s.tb.Helper()
	d := s.directories["okta"]
	var pushes errgroup.Group
	pushes.SetLimit(30)
	for _, name := range names {
		s.lines++
		id, in, cause := s.ids[key(d, name)], s.turned(active, name), s.pushed("PATCH User "+name)
		pushes.Go(func() error {
			_, err := s.ChangeUser(s.tb.Context(), d, id, cause, func(store.Resource) (provision.UserInput, error) { return in, nil })
			return err
		})
	}
	if err := pushes.Wait(); err != nil {
		s.tb.Fatal(err)
	}
	s.verify("after the pushes")
}

// SetActiveTogether does the same in a few large pushes.
func (s *Scene) SetActiveTogether(active bool, names []string) {
	s.tb.Helper()
	d := s.directories["okta"]
	for batch := range slices.Chunk(names, 1000) {
		err := s.Push(s.tb.Context(), d, s.pushed("many users"), func(p *provision.Push) error {
			for _, name := range batch {
				in := s.turned(active, name)
				if _, err := p.ChangeUser(s.ids[key(d, name)], func(store.Resource) (provision.UserInput, error) { return in, nil }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.tb.Fatal(err)
		}
	}
	s.verify("after the pushes")
}

// turned is a user of okta, active or not from now on.
func (s *Scene) turned(active bool, name string) provision.UserInput {
	in := s.users["okta/"+name]
	in.Active = active
	in.Document = document(in)
	s.users["okta/"+name] = in
	return in
}
