package idp

import (
	"fmt"
	"slices"
	"strings"
)

// Change is one thing that happened in a tenant.
type Change struct {
	Kind Kind
	Who  string // key of the person or group
}

// Kind is a kind of change.
type Kind string

// The kinds of change.
const (
	Move        Kind = "move"   // between groups, or into or out of one
	Join        Kind = "join"   // a new person
	Leave       Kind = "leave"  // unassigned or suspended: may be rehired
	Rehire      Kind = "rehire" // of somebody who left
	Delete      Kind = "delete" // of a person, for good
	Return      Kind = "return" // of a deleted person under the old userName
	Rename      Kind = "rename" // by marriage: name, userName and e-mail
	Readdress   Kind = "readdress"
	Promote     Kind = "promote"
	Transfer    Kind = "transfer" // to another department
	NewManager  Kind = "manager"  // to another manager, or to nobody
	CreateGroup Kind = "create group"
	RenameGroup Kind = "rename group"
	DeleteGroup Kind = "delete group"
)

// kinds says how often each kind happens and who can express it. Happen gives
// the key of whom it happened to, or "" if it can happen to nobody now.
var kinds = []struct {
	kind   Kind
	weight int
	able   func(ability) bool
	happen func(*Tenant) string
}{
	{Move, 10, expressesGroups, (*Tenant).move},
	{Join, 3, anyone, (*Tenant).join},
	{Leave, 3, anyone, (*Tenant).leave},
	{Rehire, 3, anyone, (*Tenant).rehire},
	{Delete, 2, anyone, (*Tenant).delete},
	{Return, 1, anyone, (*Tenant).comeBack},
	{Rename, 1, anyone, (*Tenant).rename},
	{Readdress, 1, anyone, (*Tenant).readdress},
	{Promote, 1, func(a ability) bool { return a.title }, (*Tenant).promote},
	{Transfer, 1, func(a ability) bool { return a.department }, (*Tenant).transfer},
	{NewManager, 2, func(a ability) bool { return a.manager }, (*Tenant).newManager},
	{CreateGroup, 1, expressesGroups, (*Tenant).createGroup},
	{RenameGroup, 1, expressesGroups, (*Tenant).renameGroup},
	{DeleteGroup, 1, expressesGroups, (*Tenant).deleteGroup},
}

func anyone(ability) bool            { return true }
func expressesGroups(a ability) bool { return a.groups }

// tries bounds the search for a change that can happen; only a tenant of
// hardly anyone needs so many.
const tries = 100

// Change lets one thing happen, of a kind the provider can express. It gives
// false when nothing can.
func (t *Tenant) Change() (Change, bool) {
	var total int
	for _, k := range kinds {
		total += k.weight
	}
	for range tries {
		at, i := t.random.IntN(total), 0
		for ; at >= kinds[i].weight; i++ {
			at -= kinds[i].weight
		}
		if !kinds[i].able(t.able) {
			continue
		}
		if who := kinds[i].happen(t); who != "" {
			return Change{kinds[i].kind, who}, true
		}
	}
	return Change{}, false
}

func (t *Tenant) move() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	var in, out []*Group
	for i := range t.state.Groups {
		if g := &t.state.Groups[i]; slices.Contains(g.Members, p.Key) {
			in = append(in, g)
		} else {
			out = append(out, g)
		}
	}
	if len(in)+len(out) == 0 {
		return ""
	}
	if len(in) > 0 {
		left := in[t.random.IntN(len(in))]
		left.Members = without(left.Members, []string{p.Key})
	}
	if len(out) > 0 {
		joined := out[t.random.IntN(len(out))]
		joined.Members = append(joined.Members, p.Key)
	}
	return p.Key
}

func (t *Tenant) join() string {
	if len(t.state.People) >= t.users+t.users/4 {
		return ""
	}
	return t.hire().Key
}

func (t *Tenant) leave() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	p.Active = false
	return p.Key
}

func (t *Tenant) rehire() string {
	p := t.someone(false)
	if p == nil {
		return ""
	}
	p.Active = true
	return p.Key
}

func (t *Tenant) delete() string {
	if len(t.state.People) <= t.users/2 {
		return ""
	}
	i := t.random.IntN(len(t.state.People))
	gone := t.state.People[i]
	t.state.People = slices.Delete(t.state.People, i, i+1)
	t.forget(gone.Key)
	t.former = append(t.former, gone)
	return gone.Key
}

func (t *Tenant) comeBack() string {
	if len(t.former) == 0 {
		return ""
	}
	i := t.random.IntN(len(t.former))
	p := t.former[i]
	t.former = slices.Delete(t.former, i, i+1)
	p.Active, p.Manager = true, ""
	t.state.People = append(t.state.People, p)
	t.place(p.Key)
	return p.Key
}

func (t *Tenant) rename() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	p.FamilyName = t.pickOther(familyNames, p.FamilyName)
	p.UserName = fmt.Sprintf("%s.%d@Acme.example", p.Key, t.version(p.Key))
	p.Email = strings.ToLower(p.UserName)
	return p.Key
}

func (t *Tenant) readdress() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	p.Email = fmt.Sprintf("%s.%d@acme.example", strings.ToLower(p.Key), t.version(p.Key))
	return p.Key
}

func (t *Tenant) promote() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	p.Title = t.pickOther(titles, p.Title)
	return p.Key
}

func (t *Tenant) transfer() string {
	p := t.someone(true)
	if p == nil {
		return ""
	}
	p.Department = t.pickOther(departments, p.Department)
	return p.Key
}

func (t *Tenant) newManager() string {
	p, boss := t.someone(true), t.someone(true)
	if p == nil {
		return ""
	}
	if p.Manager != "" && t.random.IntN(2) == 0 || boss == p {
		p.Manager = ""
	} else {
		p.Manager = boss.Key
	}
	return p.Key
}

func (t *Tenant) createGroup() string {
	if len(t.state.Groups) < len(fixedGroups) || len(t.state.Groups) > t.groups {
		return ""
	}
	return t.found().Key
}

func (t *Tenant) renameGroup() string {
	g := t.team()
	if g == nil {
		return ""
	}
	g.Name = fmt.Sprintf("%s v%d", g.Key, t.version(g.Key))
	return g.Key
}

func (t *Tenant) deleteGroup() string {
	g := t.team()
	if g == nil || len(t.state.Groups) < t.groups {
		return ""
	}
	key := g.Key
	t.state.Groups = slices.DeleteFunc(t.state.Groups, func(one Group) bool { return one.Key == key })
	return key
}
