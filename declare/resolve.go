package declare

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

// Against compares a document with what is there at a time. Faults, if any,
// come with the difference as far as it could be told.
func Against(r store.Reader, c *mapping.Catalogue, want Document, now time.Time) (Difference, error) {
	have := Document{Parent: want.Parent, absent: true}
	parent, err := r.FindParent(want.Parent)
	if err == nil {
		have, err = Export(r, c, parent)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Difference{}, err
	}
	var lost, wrong Faults
	want, err = Resolve(r, parent, want)
	if err != nil && !errors.As(err, &lost) {
		return Difference{}, err
	}
	diff, err := Compare(c, have.live(now), want.live(now))
	if err != nil && !errors.As(err, &wrong) {
		return diff, err
	}
	diff.Version = parent.Version
	return diff, append(lost, wrong...).err()
}

// live leaves out the pins whose time is over: they count for nothing, whether
// or not the upkeep has cleared them yet.
func (d Document) live(now time.Time) Document {
	d.Orgs = slices.Clone(d.Orgs)
	for i, o := range d.Orgs {
		if o.Pins == nil {
			continue
		}
		live := slices.DeleteFunc(slices.Clone(*o.Pins), func(p Pin) bool { return !p.Expires.IsZero() && !p.Expires.After(now) })
		d.Orgs[i].Pins = &live
	}
	return d
}

// Resolve finds what a document names: directories and orgs of the parent,
// groups and people. A zero parent is one that does not exist yet.
func Resolve(r store.Reader, parent store.Parent, want Document) (Document, error) {
	directories, err := r.Directories(parent.Key)
	if err != nil {
		return want, err
	}
	s := resolver{r: r, parent: parent, directories: map[string]int64{}}
	for _, d := range directories {
		s.directories[d.Name] = d.Key
	}
	if want.Parent == "" {
		s.faults.add("parent", "the file names no parent")
	}
	if parent.Key != 0 && parent.Name != want.Parent {
		s.faults.add("parent", "parent %q is called %s: write its name", want.Parent, parent.Name)
	}
	want.Directories, want.Orgs = slices.Clone(want.Directories), slices.Clone(want.Orgs)
	if err := s.names(want); err != nil {
		return want, err
	}
	for i := range want.Orgs {
		if err := s.org(&want.Orgs[i], at("orgs[%d]", i)); err != nil {
			return want, err
		}
	}
	return want, s.faults.err()
}

type resolver struct {
	r           store.Reader
	parent      store.Parent
	directories map[string]int64 // by name; 0: the document makes it
	faults      Faults
}

// names marks what is there twice, or belongs to another parent.
func (s *resolver) names(want Document) error {
	seen := map[string]bool{}
	for i := range want.Directories {
		d, path := &want.Directories[i], at("directories[%d].name", i)
		other, err := s.r.FindDirectory(d.Name)
		if err == nil && other.Parent == s.parent.Key && other.Name == d.Name {
			err = store.ErrNotFound // nobody else's
		}
		if d.wrong, err = s.taken("directory", d.Name, path, seen, other.Parent, err); err != nil {
			return err
		}
		if _, known := s.directories[d.Name]; !known {
			s.directories[d.Name] = 0
		}
	}
	clear(seen)
	for i := range want.Orgs {
		o, path := &want.Orgs[i], at("orgs[%d].name", i)
		other, err := s.r.FindOrg(o.Name)
		if err == nil && other.Parent == s.parent.Key && other.Name == o.Name {
			err = store.ErrNotFound
		}
		if o.wrong, err = s.taken("org", o.Name, path, seen, other.Parent, err); err != nil {
			return err
		}
	}
	return nil
}

// taken tells whether a name cannot be used; found is nil if something else
// has it, of which of is the parent.
func (s *resolver) taken(noun, name, path string, seen map[string]bool, of int64, found error) (bool, error) {
	switch {
	case name == "":
		s.faults.add(path, "one %s has no name", noun)
	case seen[name]:
		s.faults.add(path, "%s %s is there twice", noun, name)
	case errors.Is(found, store.ErrNotFound):
		seen[name] = true
		return false, nil
	case found != nil:
		return true, found
	case of == s.parent.Key:
		s.faults.add(path, "%q is an id: write the name of the %s", name, noun)
	default:
		other, err := s.r.Parent(of)
		if err != nil {
			return true, err
		}
		s.faults.add(path, "%s %s belongs to parent %s: a file does not move it", noun, name, other.Name)
	}
	return true, nil
}

func (s *resolver) org(o *Org, path string) error {
	if o.Mappings != nil {
		rows := slices.Clone(*o.Mappings)
		for i := range rows {
			if err := s.mapping(o, &rows[i], at("%s.mappings[%d]", path, i)); err != nil {
				return err
			}
			if slices.ContainsFunc(rows[:i], rows[i].same) {
				s.faults.add(at("%s.mappings[%d]", path, i), "org %s: %s is there twice", o.Name, rows[i])
			}
		}
		o.Mappings = &rows
	}
	if o.Pins != nil {
		pins := slices.Clone(*o.Pins)
		for i := range pins {
			if err := s.pin(o, pins[:i], &pins[i], at("%s.pins[%d]", path, i)); err != nil {
				return err
			}
		}
		o.Pins = &pins
	}
	return nil
}

func (s *resolver) mapping(o *Org, m *Mapping, path string) error {
	m.Claim = provision.Fold(m.Claim)
	if m.Group == "" {
		return nil // what is missing is provision's to say
	}
	among, known := s.directories, true
	if m.Directory != "" {
		var key int64
		if key, known = s.directories[m.Directory]; known {
			among = map[string]int64{m.Directory: key}
		}
	}
	if !known {
		s.faults.add(path, "org %s: group %q: parent %s has no directory %s, and the file makes none", o.Name, m.Group, s.parent.Name, m.Directory)
		return nil
	}
	var found []store.Resource
	var in []string
	for _, name := range slices.Sorted(maps.Keys(among)) {
		if among[name] == 0 {
			continue
		}
		groups, err := groupsNamed(s.r, among[name], m.Group)
		if err != nil {
			return err
		}
		for _, g := range groups {
			found, in = append(found, g), append(in, name+" ("+g.ID+")")
		}
	}
	switch len(found) {
	case 0:
		who := "no directory of the parent has"
		if m.Directory != "" {
			who = "directory " + m.Directory + " has not"
		}
		s.faults.add(path, "org %s: %s pushed a group %q yet: leave the row out until it has", o.Name, who, m.Group)
	case 1:
		m.group = found[0].ID
		for name, key := range among {
			if key == found[0].Directory {
				m.Directory = name
			}
		}
	default:
		s.faults.add(path, "org %s: group %q is in %s: name the directory, or give the id for the name", o.Name, m.Group, strings.Join(in, " and in "))
	}
	return nil
}

func (s *resolver) pin(o *Org, before []Pin, p *Pin, path string) error {
	p.Expires = Time{p.Expires.UTC().Truncate(time.Microsecond)} // as the store keeps it
	if p.Person == "" {
		s.faults.add(path, "org %s: a pin names no person", o.Name)
		return nil
	}
	a, err := s.r.FindAccount(s.parent.Key, provision.Fold(p.Person))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if p.account = a.Key; err != nil && !p.Member {
		s.faults.add(path, "org %s: pin of %s: the parent does not know this person yet", o.Name, p.Person)
	}
	if slices.ContainsFunc(before, p.of) {
		s.faults.add(path, "org %s: %s has two pins", o.Name, p.Person)
	}
	return nil
}
