package provision_test

import (
	"slices"

	"scimd/provision"
)

// putUser creates or replaces a directory user, and says who it is.
func (m *model) putUser(dir, handle string, in userModel) provision.Reason {
	d := m.dir(dir)
	for other, u := range d.users {
		if other != handle && u.name == in.name {
			return provision.Taken
		}
	}
	old, known := d.users[handle]
	in.account = old.account
	if known && in == old {
		return accepted
	}
	if !known {
		in.account = m.link(d, in)
	}
	d.users[handle] = in
	m.follows(in.account, in)
	if in.active && (!known || !old.active) {
		m.assigned(in.account)
	}
	return accepted
}

// link finds the account that a new user is: the same userName, else the only
// one of the same e-mail, else a new one (I-1). Two users of one directory are
// two people (ADR 2).
func (m *model) link(d *dirModel, in userModel) int {
	var mailed []int
	for _, p := range m.people("acme") {
		if d.has(p) {
			continue
		}
		if m.accounts[p].name == in.name {
			return p
		}
		if in.email != "" && m.accounts[p].email == in.email {
			mailed = append(mailed, p)
		}
	}
	if len(mailed) == 1 {
		return mailed[0]
	}
	return m.addAccount(accountModel{parent: "acme", name: m.freeName(in.name), shown: in.name, email: in.email})
}

// freeName gives a userName to a new account, unless another one has it.
func (m *model) freeName(name string) string {
	for _, p := range m.people("acme") {
		if m.accounts[p].name == name {
			return ""
		}
	}
	return name
}

func (d *dirModel) has(account int) bool {
	for _, u := range d.users {
		if u.account == account {
			return true
		}
	}
	return false
}

// follows: a renamed user keeps the link, and the account is called as its user
// is (I-2); but no two accounts of a parent have one userName.
func (m *model) follows(account int, u userModel) {
	a := &m.accounts[account]
	a.email = u.email
	if a.name != u.name && m.freeName(u.name) != "" {
		a.name, a.shown = u.name, u.name
	}
}

// assigned anew: jit may have them again (P-8).
func (m *model) assigned(account int) {
	for i := range m.orgs {
		delete(m.orgs[i].barred, account)
	}
}

func (m *model) deleteUser(dir, handle string, t *turn) {
	d := m.dir(dir)
	t.deleted[d.users[handle].account] = true
	delete(d.users, handle)
	for _, members := range d.groups {
		delete(members, "u:"+handle)
	}
}

func (m *model) deleteGroup(dir, handle string) {
	d := m.dir(dir)
	delete(d.groups, handle)
	for _, members := range d.groups {
		delete(members, "g:"+handle)
	}
	for i := range m.orgs {
		for row := range m.orgs[i].rows {
			if row.dir == dir && row.group == handle {
				delete(m.orgs[i].rows, row) // ADR 3
			}
		}
	}
}

// linkUser gives a directory user to another account (I-2).
func (m *model) linkUser(dir, handle string, to int) provision.Reason {
	d := m.dir(dir)
	u, known := d.users[handle]
	switch {
	case !known || to == nobody:
		return provision.NotFound
	case u.account == to:
		return accepted
	case d.has(to):
		return provision.Taken // ADR 2
	}
	u.account = to
	d.users[handle] = u
	return accepted
}

// unlinkUser makes a person of its own of a user: the one of its name, if that
// has no user in the directory.
func (m *model) unlinkUser(dir, handle string) provision.Reason {
	d := m.dir(dir)
	u, known := d.users[handle]
	if !known {
		return provision.NotFound
	}
	for _, p := range m.people("acme") {
		if m.accounts[p].name == u.name && !d.has(p) {
			u.account = p
			d.users[handle] = u
			return accepted
		}
	}
	email := m.accounts[u.account].email
	u.account = m.addAccount(accountModel{parent: "acme", name: m.freeName(u.name), shown: u.name, email: email})
	d.users[handle] = u
	return accepted
}

// merge makes one person of two: the users, memberships and pins of from
// become into's, which keeps what it has of its own (I-2).
func (m *model) merge(from, into int) provision.Reason {
	switch {
	case from == nobody || into == nobody:
		return provision.NotFound
	case from == into:
		return provision.Invalid
	}
	moved, own := false, slices.ContainsFunc(m.dirs, func(d dirModel) bool { return d.has(into) })
	for i := range m.dirs {
		d := &m.dirs[i]
		for handle, u := range d.users {
			if u.account != from {
				continue
			}
			if d.has(into) {
				return provision.Taken
			}
			u.account, moved = into, true
			d.users[handle] = u
		}
	}
	for i := range m.orgs {
		// Bars in an org that has left the parent are of the account as it was.
		if m.orgs[i].parent == "acme" {
			m.orgs[i].merge(from, into)
		}
	}
	a, b := &m.accounts[from], &m.accounts[into]
	if moved && !own { // the account is called as its user is
		b.shown = a.shown
		if a.name != "" {
			b.name = a.name
		}
		if a.email != "" {
			b.email = a.email
		}
	}
	a.into, a.name = into, ""
	return accepted
}

func (o *orgModel) merge(from, into int) {
	if x, is := o.members[from]; is {
		delete(o.members, from)
		if _, both := o.members[into]; !both {
			o.put(into, &x)
		}
	}
	if p, pinned := o.pins[from]; pinned {
		delete(o.pins, from)
		if _, both := o.pins[into]; !both {
			o.pins[into] = p
		}
	}
	// Who was taken out is not brought back under the other name (P-8).
	if _, is := o.members[into]; o.barred[from] && !is {
		o.barred[into] = true
	}
	delete(o.barred, from)
}

// detach ends what a directory gives (P-8); keep pins whom nothing else
// entitles.
func (m *model) detach(dir, members string, t *turn) provision.Reason {
	d := m.dir(dir)
	if d.detached {
		return accepted
	}
	d.detached = true
	for i := range m.orgs {
		o := &m.orgs[i]
		if o.parent != "acme" {
			continue
		}
		t.chosen[o.name] = members == "remove"
		if o.mode != "scim" || members == "remove" {
			continue
		}
		for _, person := range m.people("acme") {
			x, is := o.members[person]
			dec := m.decisionOn(o, person, t)
			if !is || dec.entitled || x.Hold.Action == "remove" {
				continue
			}
			if members == "" {
				return provision.Undecided
			}
			p := o.pins[person]
			p.against = dec.basis
			o.pins[person] = p
		}
	}
	return accepted
}

// login is what a login comes to (P-8 for the bars); answers are read off
// after settle.
func (m *model) login(c provision.Claims, scope string, t *turn) {
	t.claims, t.scope = &c, scope
	if t.login = m.identify(c); t.login == nobody {
		f := m.strangerFacts(c)
		if !slices.ContainsFunc(m.orgs, func(o orgModel) bool {
			return m.inScope(&o, scope) && o.mode == "jit" && !o.paused && m.decide(&o, f, pinModel{}, false).entitled
		}) {
			return
		}
		t.login = m.addAccount(accountModel{parent: "acme", name: c.UserName, shown: c.UserName, email: c.Email})
	}
	for i := range m.orgs {
		// Seen unassigned: the next assignment is a new one.
		if o := &m.orgs[i]; m.inScope(o, scope) && c.Assigned != nil && !*c.Assigned {
			delete(o.barred, t.login)
		}
	}
}

func (m *model) inScope(o *orgModel, scope string) bool {
	return o.parent == "acme" && (scope == "" || scope == o.name)
}

// identify: whom the directories know by the name, if that is one person, else
// as a directory user is linked (I-1).
func (m *model) identify(c provision.Claims) int {
	var known []int
	for _, d := range m.dirs {
		for _, u := range d.users {
			if u.name == c.UserName && !slices.Contains(known, u.account) {
				known = append(known, u.account)
			}
		}
	}
	if len(known) == 1 {
		return known[0]
	}
	var mailed []int
	for _, p := range m.people("acme") {
		if m.accounts[p].name == c.UserName {
			return p
		}
		if c.Email != "" && m.accounts[p].email == c.Email {
			mailed = append(mailed, p)
		}
	}
	if len(mailed) == 1 {
		return mailed[0]
	}
	return nobody
}

func (m *model) strangerFacts(c provision.Claims) factsModel {
	return factsModel{claims: &c, outside: m.outside(accountModel{parent: "acme", shown: c.UserName, email: c.Email})}
}

// reason is what a login to an org is told.
func (m *model) reason(o *orgModel, t *turn) provision.LoginReason {
	x, is := o.members[t.login]
	unassigned := t.claims.Assigned != nil && !*t.claims.Assigned
	switch {
	case is && unassigned && o.mode != "manual" && x.State != "held":
		return provision.LoginNotAssigned
	case is && x.State == "waiting":
		return provision.LoginNoSeat // S-3
	case is:
		return provision.LoginAllowed
	case o.mode == "manual":
		return provision.LoginNoMember
	}
	f, barred := m.strangerFacts(*t.claims), false
	if t.login != nobody {
		f = m.facts(t.login)
		f.claims, barred = t.claims, o.barred[t.login]
	}
	d := m.decide(o, f, o.pins[t.login], barred)
	if d.entitled { // and yet no member
		return provision.LoginPaused
	}
	return provision.LoginReason(d.basis)
}
