package provision

import (
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

// facts reads what the directories and pins say about an account (M-3, M-5,
// M-7, I-4).
func facts(r store.Reader, parent store.Parent, account int64) (*person, error) {
	p := &person{}
	users, err := r.AttachedUsersOfAccount(parent.Key, account)
	if err != nil {
		return nil, err
	}
	p.Present = len(users) > 0
	for _, u := range users {
		if !u.Active {
			continue
		}
		p.Active = true
		groups, err := r.Groups(u.Directory, u.Key, true)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			p.Groups = append(p.Groups, mapping.Group{Key: g.Key, ID: g.ID, Name: g.Display, Indirect: g.Indirect})
		}
	}
	if refusesOutside(parent) {
		a, err := r.Account(parent.Key, account)
		if err != nil {
			return nil, err
		}
		p.Outside = outside(parent, a)
	}
	pins, err := r.PinsOfAccount(parent.Key, account)
	if err != nil {
		return nil, err
	}
	p.pins = pinsByOrg(pins)
	return p, nil
}

func pinsByOrg(pins []store.Pin) map[int64]store.Pin {
	if len(pins) == 0 {
		return nil
	}
	out := make(map[int64]store.Pin, len(pins))
	for _, p := range pins {
		out[p.Org] = p
	}
	return out
}

func (w *work) person(account int64) (*person, error) {
	if p, ok := w.people[account]; ok {
		return p, nil
	}
	p, err := facts(w.tx, w.parent, account)
	if err == nil {
		w.people[account] = p
	}
	return p, err
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
