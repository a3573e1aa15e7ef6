package provision

import (
	"maps"
	"slices"
	"strings"

	"scimd/mapping"
	"scimd/store"
)

// person is what is known of someone for every org of the parent.
type person struct {
	mapping.Person
	pins   map[int64]store.Pin // by org
	barred map[int64]bool      // likewise; only looked up at a login
	// unwelcome tells that there is some org that they are barred from.
	unwelcome bool
}

// in gives the facts that count in one org.
func (p *person) in(org int64) mapping.Person {
	who := p.Person
	who.Pin, who.Barred = pinOf(p.pins[org]), p.barred[org]
	return who
}

func pinOf(p store.Pin) mapping.Pin {
	return mapping.Pin{Role: p.Role, Tier: p.Tier, Against: mapping.Basis(p.Against)}
}

// facts reads what the directories and pins say about accounts (M-3, M-5, M-7,
// I-4).
func facts(r store.Reader, parent store.Parent, accounts []int64) (map[int64]*person, error) {
	people := make(map[int64]*person, len(accounts))
	for _, account := range accounts {
		people[account] = &person{}
	}
	if err := addUsers(r, parent, people, accounts); err != nil {
		return nil, err
	}
	if refusesOutside(parent) {
		found, err := r.AccountsByKey(parent.Key, accounts)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			people[a.Key].Outside = outside(parent, a)
		}
	}
	pins, barred, err := r.MarksOf(parent.Key, accounts)
	if err != nil {
		return nil, err
	}
	for _, account := range barred {
		people[account].unwelcome = true
	}
	for _, pin := range pins {
		p := people[pin.Account]
		if p.pins == nil {
			p.pins = map[int64]store.Pin{}
		}
		p.pins[pin.Org] = pin
	}
	return people, nil
}

func addUsers(r store.Reader, parent store.Parent, people map[int64]*person, accounts []int64) error {
	users, err := r.AttachedUsersOf(parent.Key, accounts)
	if err != nil {
		return err
	}
	active := map[int64][]int64{} // by directory
	for _, u := range users {
		p := people[u.Account]
		p.Present = true
		if u.Active {
			p.Active = true
			active[u.Directory] = append(active[u.Directory], u.Key)
		}
	}
	for directory, keys := range active {
		groups, err := r.GroupsOf(directory, keys, true)
		if err != nil {
			return err
		}
		for _, u := range users {
			p := people[u.Account]
			for _, g := range groups[u.Key] {
				p.Groups = append(p.Groups, mapping.Group{Key: g.Key, ID: g.ID, Name: g.Display, Indirect: g.Indirect})
			}
		}
	}
	return nil
}

func factsOf(r store.Reader, parent store.Parent, account int64) (*person, error) {
	people, err := facts(r, parent, []int64{account})
	return people[account], err
}

func (w *work) person(account int64) (*person, error) {
	if err := w.meet([]int64{account}); err != nil {
		return nil, err
	}
	return w.people[account], nil
}

// meet reads the facts of people who are not known yet.
func (w *work) meet(accounts []int64) error {
	unknown := slices.DeleteFunc(slices.Clone(accounts), func(account int64) bool { return w.people[account] != nil })
	if len(unknown) == 0 {
		return nil
	}
	people, err := facts(w.tx, w.parent, unknown)
	maps.Copy(w.people, people)
	return err
}

func refusesOutside(p store.Parent) bool { return len(p.Domains) > 0 && !p.AdmitOutside }

// outside tells whether an account lies outside of the verified domains: by
// its userName or its e-mail, or because neither has a domain (C-4).
func outside(p store.Parent, a store.Account) bool {
	if len(p.Domains) == 0 {
		return false
	}
	placed := false
	for _, address := range []string{Fold(a.UserName), a.FoldedEmail} {
		_, domain, ok := strings.Cut(address, "@")
		if !ok {
			continue
		}
		if !slices.Contains(p.Domains, domain) {
			return true
		}
		placed = true
	}
	return !placed
}
