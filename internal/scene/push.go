package scene

import (
	"fmt"
	"strings"

	"scimd/provision"
	"scimd/store"
)

// place splits directory/name; without a directory it is okta's.
func (s *Scene) place(name string) (store.Directory, string, error) {
	directory, rest, ok := strings.Cut(name, "/")
	if !ok {
		directory, rest = "okta", name
	}
	d, known := s.directories[directory]
	if !known {
		return d, "", fmt.Errorf("no such directory: %s", directory)
	}
	return d, rest, nil
}

func key(d store.Directory, name string) string { return d.Name + "/" + name }

func (s *Scene) id(d store.Directory, name string) (string, error) {
	id, known := s.ids[key(d, name)]
	if !known {
		return "", fmt.Errorf("directory %s has no %s", d.Name, name)
	}
	return id, nil
}

// user pushes a user, whole: new, or in place of what was known of them.
func (s *Scene) user(a *args) error {
	d, name, err := s.place(a.word())
	if err != nil {
		return err
	}
	in := provision.UserInput{
		UserName: name, Display: name, Email: a.value("email"), ExternalID: a.value("external"), Active: !a.flag("inactive"),
	}
	if _, known := s.ids[key(d, name)]; known {
		return s.put(d, name, in, "PUT User "+name)
	}
	in.Document = document(in)
	u, err := s.CreateUser(s.tb.Context(), d, in, s.pushed("POST User "+name))
	if err == nil {
		s.ids[key(d, name)], s.users[key(d, name)] = u.ID, in
	}
	return err
}

// put replaces a user that the directory knows under a name.
func (s *Scene) put(d store.Directory, name string, in provision.UserInput, detail string) error {
	id, err := s.id(d, name)
	if err != nil {
		return err
	}
	in.Document = document(in)
	_, err = s.ChangeUser(s.tb.Context(), d, id, s.pushed(detail), func(store.Resource) (provision.UserInput, error) { return in, nil })
	if err == nil {
		delete(s.ids, key(d, name))
		delete(s.users, key(d, name))
		s.ids[key(d, in.UserName)], s.users[key(d, in.UserName)] = id, in
	}
	return err
}

func activate(active bool) func(*Scene, *args) error {
	return func(s *Scene, a *args) error {
		for _, word := range a.all() {
			d, name, err := s.place(word)
			if err != nil {
				return err
			}
			in := s.users[key(d, name)]
			in.Active = active
			if err := s.put(d, name, in, fmt.Sprintf("PATCH User %s active=%t", name, active)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (s *Scene) rename(a *args) error {
	d, name, err := s.place(a.word())
	if err != nil {
		return err
	}
	to := a.word()
	if group, ok := strings.CutPrefix(name, "@"); ok {
		if err := s.changeGroup(d, group, to, nil); err != nil {
			return err
		}
		s.ids[key(d, "@"+to)] = s.ids[key(d, name)]
		delete(s.ids, key(d, name))
		return nil
	}
	in := s.users[key(d, name)]
	in.UserName = to
	return s.put(d, name, in, "PATCH User "+name+" userName="+to)
}

func (s *Scene) remove(a *args) error {
	for _, word := range a.all() {
		d, name, err := s.place(word)
		if err != nil {
			return err
		}
		id, err := s.id(d, name)
		if err != nil {
			return err
		}
		if group, ok := strings.CutPrefix(name, "@"); ok {
			err = s.DeleteGroup(s.tb.Context(), d, id, s.pushed("DELETE Group "+group), nil)
		} else {
			err = s.DeleteUser(s.tb.Context(), d, id, s.pushed("DELETE User "+name), nil)
		}
		if err != nil {
			return err
		}
		delete(s.ids, key(d, name))
	}
	return nil
}

// group pushes a group, whole.
func (s *Scene) group(a *args) error {
	d, name, err := s.place(a.word())
	if err != nil {
		return err
	}
	members, err := s.memberIDs(d, a.all())
	if err != nil {
		return err
	}
	if _, known := s.ids[key(d, "@"+name)]; known {
		return s.changeGroup(d, name, name, []provision.MemberStep{{Op: provision.ReplaceMembers, IDs: members}})
	}
	in := provision.GroupInput{DisplayName: name, Document: []byte("{}")}
	g, err := s.CreateGroup(s.tb.Context(), d, in, members, provision.Policy{}, s.pushed("POST Group "+name))
	if err == nil {
		s.ids[key(d, "@"+name)] = g.ID
	}
	return err
}

func patchGroup(op provision.MemberOp) func(*Scene, *args) error {
	return func(s *Scene, a *args) error {
		d, name, err := s.place(a.word())
		if err != nil {
			return err
		}
		members, err := s.memberIDs(d, a.all())
		if err != nil {
			return err
		}
		return s.changeGroup(d, name, name, []provision.MemberStep{{Op: op, IDs: members}})
	}
}

func (s *Scene) changeGroup(d store.Directory, name, next string, members []provision.MemberStep) error {
	id, err := s.id(d, "@"+name)
	if err != nil {
		return err
	}
	_, err = s.ChangeGroup(s.tb.Context(), d, id, provision.Policy{}, s.pushed("PATCH Group "+name),
		func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
			return provision.GroupInput{DisplayName: next, Document: cur.Document}, members, nil
		})
	return err
}

func (s *Scene) memberIDs(d store.Directory, names []string) ([]string, error) {
	ids := make([]string, len(names))
	for i, name := range names {
		id, err := s.id(d, name)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}
