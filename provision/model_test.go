package provision_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

// model is a naive scimd: plain maps, and after each verb everything is
// recomputed from nothing but the facts, the members and the line. It is
// written from docs/domain.md and the ADRs, not from the code.
//
// A person is a place in accounts; a user or a group of a directory has a
// handle that no rename changes.
type model struct {
	now      time.Time
	parents  map[string]parentModel
	accounts []accountModel // of all parents, by creation
	dirs     []dirModel     // all of acme
	orgs     []orgModel     // by creation
}

type parentModel struct {
	plan    string
	domains []string
	admit   bool // those outside of the domains (C-4)
	second  bool // a second administrator approves plans
	version int  // moves with every change of settings (P-2)
}

type accountModel struct {
	parent string
	name   string // unique in the parent; "" where another has it
	shown  string // userName as shown
	email  string
	into   int // the account that it was merged into, or nobody
}

const nobody = -1

type dirModel struct {
	name     string
	detached bool
	users    map[string]userModel // by handle
	groups   map[string]set       // handle → "u:…" or "g:…"
}

type userModel struct {
	name, email string
	active      bool
	account     int
}

type set map[string]bool

type orgModel struct {
	name, parent           string
	product                mapping.Product
	plan, mode             string
	mappings, next, paused bool
	rows                   map[rowModel]bool
	pools                  map[string]int
	guards                 guardsModel
	tripped                time.Time              // the last time that the guard against mass removal held someone
	gone                   map[string][]time.Time // parent → when the engine took someone out (P-4)
	members                map[int]memberModel
	pins                   map[int]pinModel
	barred                 map[int]bool // P-8
}

// rowModel maps a group of a directory, or one of login claims (dir ""), to a
// role or to a tier.
type rowModel struct{ dir, group, role, tier string }

type guardsModel struct {
	count, percent int
	window         time.Duration
	last           string
}

type memberModel struct {
	store.Standing
	Source string
	Hold   holdModel
	since  time.Time // in line
}

type holdModel struct{ Guard, Action, Basis string }

type pinModel struct {
	role, tier string
	against    string // the refusal that the membership outlives
	expires    time.Time
}

// clone is deep, so that a verb that turns out to be refused leaves no trace.
func (m *model) clone() *model {
	next := *m
	next.parents = maps.Clone(m.parents)
	next.accounts = slices.Clone(m.accounts)
	next.dirs = slices.Clone(m.dirs)
	for i, d := range m.dirs {
		next.dirs[i].users = maps.Clone(d.users)
		next.dirs[i].groups = maps.Clone(d.groups)
		for name, members := range d.groups {
			next.dirs[i].groups[name] = maps.Clone(members)
		}
	}
	next.orgs = slices.Clone(m.orgs)
	for i, o := range m.orgs {
		n := &next.orgs[i]
		n.rows, n.pools, n.gone = maps.Clone(o.rows), maps.Clone(o.pools), maps.Clone(o.gone)
		n.members, n.pins, n.barred = maps.Clone(o.members), maps.Clone(o.pins), maps.Clone(o.barred)
	}
	return &next
}

func (m *model) org(name string) *orgModel {
	return &m.orgs[slices.IndexFunc(m.orgs, func(o orgModel) bool { return o.name == name })]
}

func (m *model) dir(name string) *dirModel {
	return &m.dirs[slices.IndexFunc(m.dirs, func(d dirModel) bool { return d.name == name })]
}

// people are the accounts of a parent, in order.
func (m *model) people(parent string) []int {
	var out []int
	for i, a := range m.accounts {
		if a.parent == parent && a.into == nobody {
			out = append(out, i)
		}
	}
	return out
}

// facts are what is known of someone for every org of their parent.
type factsModel struct {
	present, active, outside bool
	claims                   *provision.Claims // nil on a push
	groups                   set               // "directory/group" of the directories in which they are active
}

// facts takes the union of the attached directories (M-3, M-7, I-4).
func (m *model) facts(who int) factsModel {
	f := factsModel{outside: m.outside(m.accounts[who]), groups: set{}}
	for _, d := range m.dirs {
		if d.detached {
			continue
		}
		for handle, u := range d.users {
			if u.account != who {
				continue
			}
			f.present, f.active = true, f.active || u.active
			for group := range d.groups {
				if u.active && d.inside("u:"+handle, group, set{}) {
					f.groups[d.name+"/"+group] = true
				}
			}
		}
	}
	return f
}

// inside tells whether a user is in a group, directly or through nesting (M-3).
func (d *dirModel) inside(user, group string, seen set) bool {
	if seen[group] {
		return false
	}
	seen[group] = true
	for member := range d.groups[group] {
		if member == user || member[:2] == "g:" && d.inside(user, member[2:], seen) {
			return true
		}
	}
	return false
}

// outside tells whether the verified domains keep a person out (C-4).
func (m *model) outside(a accountModel) bool {
	p := m.parents[a.parent]
	if len(p.domains) == 0 || p.admit {
		return false
	}
	inside := false
	for _, address := range []string{a.shown, a.email} {
		if _, domain, ok := strings.Cut(address, "@"); ok {
			if !slices.Contains(p.domains, domain) {
				return true
			}
			inside = true
		}
	}
	return !inside
}

// standings is what can be compared: org → person → member.
func (m *model) standings() map[string]map[int]memberModel {
	out := map[string]map[int]memberModel{}
	for _, o := range m.orgs {
		out[o.name] = map[int]memberModel{}
		for person, x := range o.members {
			x.since = time.Time{}
			out[o.name][person] = x
		}
	}
	return out
}

// line is who stands in line, first come first served (S-4). One whom a guard
// holds keeps the place but takes no seat.
func (m *model) line(o *orgModel) []int {
	line := slices.DeleteFunc(m.people(o.parent), func(p int) bool {
		return o.members[p].Want == "" || o.members[p].State == "held"
	})
	slices.SortStableFunc(line, func(a, b int) int { return o.members[a].since.Compare(o.members[b].since) })
	return line
}

// find resolves what a verb calls a person: a userName, else an e-mail.
func (m *model) find(parent, name string) int {
	for _, key := range []func(accountModel) string{
		func(a accountModel) string { return a.name },
		func(a accountModel) string { return a.email },
	} {
		for _, p := range m.people(parent) {
			if key(m.accounts[p]) == name {
				return p
			}
		}
	}
	return nobody
}

// findOrAdd makes an account of one whom the parent does not know.
func (m *model) findOrAdd(parent, name string) int {
	if p := m.find(parent, name); p != nobody {
		return p
	}
	email := ""
	if strings.Contains(name, "@") {
		email = name
	}
	return m.addAccount(accountModel{parent: parent, name: name, shown: name, email: email})
}

func (m *model) addAccount(a accountModel) int {
	a.into = nobody
	m.accounts = append(m.accounts, a)
	return len(m.accounts) - 1
}
