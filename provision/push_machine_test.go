package provision_test

import (
	"context"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"scimd/provision"
	"scimd/store"
)

// What identity providers push, logins, and what is done by hand.

func (u userModel) input() provision.UserInput {
	return provision.UserInput{
		UserName: u.name, Display: u.name, Email: u.email, Active: u.active,
		Document: fmt.Appendf(nil, `{"userName":%q,"email":%q,"active":%t}`, u.name, u.email, u.active),
	}
}

// PutUser creates a user or changes one: deactivated, reactivated (M-8),
// renamed, with another e-mail (I-2).
func (m *machine) PutUser() {
	dir, handle := m.anyDir(), m.userHandle()
	u, known := m.dir(dir).users[handle]
	if !known {
		u = userModel{name: userName(int(handle[1] - '0')), email: m.anyEmail(), active: true}
	}
	switch m.draw("change", 6) {
	case 0:
		u.name = userName(m.draw("userName", 6))
	case 1:
		u.email = m.anyEmail()
	default:
		u.active = !m.oneIn(3, "inactive")
	}
	m.putUser(dir, handle, u)
}

// anyEmail is one of few, so that people share them (I-1).
func (m *machine) anyEmail() string {
	return pick(m, "email", "", "a@acme.example", "a@acme.example", "c@else.example")
}

func (m *machine) putUser(dir, handle string, u userModel) {
	id, known := m.ids[dir+"/u:"+handle]
	m.run(verb{
		cause: push,
		do:    func(m *model, _ *turn) provision.Reason { return m.putUser(dir, handle, u) },
		call: func(ctx context.Context, cause store.Cause) error {
			if !known {
				r, err := m.s.CreateUser(ctx, m.stores[dir], u.input(), cause)
				id = r.ID
				return err
			}
			_, err := m.s.ChangeUser(ctx, m.stores[dir], id, cause, func(store.Resource) (provision.UserInput, error) { return u.input(), nil })
			return err
		},
		expected: func(*model, *turn) { m.ids[dir+"/u:"+handle] = id },
	})
}

func (m *machine) DeleteUser() {
	dir := m.anyDir()
	handle := pick(m, "user", sortedKeys(m.dir(dir).users)...)
	key := dir + "/u:" + handle
	m.run(verb{
		cause: push,
		do: func(m *model, t *turn) provision.Reason {
			m.deleteUser(dir, handle, t)
			return accepted
		},
		call: func(ctx context.Context, cause store.Cause) error {
			return m.s.DeleteUser(ctx, m.stores[dir], m.ids[key], cause, nil)
		},
		expected: func(*model, *turn) { delete(m.ids, key) },
	})
}

func (m *machine) CreateGroup() {
	dir, handle := m.anyDir(), m.groupHandle()
	if m.dir(dir).groups[handle] != nil {
		m.t.Skip("there already")
	}
	m.createGroup(dir, handle)
}

func (m *machine) createGroup(dir, handle string) {
	m.run(verb{
		cause: push,
		do: func(m *model, _ *turn) provision.Reason {
			m.dir(dir).groups[handle] = set{}
			return accepted
		},
		call: func(ctx context.Context, cause store.Cause) error {
			g, err := m.s.CreateGroup(ctx, m.stores[dir], provision.GroupInput{DisplayName: handle, Document: []byte("{}")}, nil, provision.Policy{}, cause)
			m.ids[dir+"/g:"+handle] = g.ID
			return err
		},
	})
}

func (m *machine) DeleteGroup() {
	dir := m.anyDir()
	handle := pick(m, "group", sortedKeys(m.dir(dir).groups)...)
	m.run(verb{
		cause: push,
		do: func(m *model, _ *turn) provision.Reason {
			m.deleteGroup(dir, handle)
			return accepted
		},
		call: func(ctx context.Context, cause store.Cause) error {
			return m.s.DeleteGroup(ctx, m.stores[dir], m.ids[dir+"/g:"+handle], cause, nil)
		},
		expected: func(*model, *turn) { delete(m.ids, dir+"/g:"+handle) },
	})
}

// ChangeMembers carries out a few steps on a group; groups nest, also in cycles.
func (m *machine) ChangeMembers() {
	dir := m.anyDir()
	group := pick(m, "group", sortedKeys(m.dir(dir).groups)...)
	var known []string
	for _, u := range sortedKeys(m.dir(dir).users) {
		known = append(known, "u:"+u)
	}
	for _, g := range sortedKeys(m.dir(dir).groups) {
		known = append(known, "g:"+g)
	}
	var ops []provision.MemberOp
	var named [][]string
	for range rapid.IntRange(1, 2).Draw(m.t, "steps") {
		ops = append(ops, provision.MemberOp(m.draw("op", 3)))
		named = append(named, rapid.SliceOfNDistinct(rapid.SampledFrom(known), 0, min(3, len(known)), rapid.ID).Draw(m.t, "members"))
	}
	m.changeMembers(dir, group, ops, named)
}

func (m *machine) changeMembers(dir, group string, ops []provision.MemberOp, named [][]string) {
	var steps []provision.MemberStep
	for i, op := range ops {
		step := provision.MemberStep{Op: op}
		for _, n := range named[i] {
			step.IDs = append(step.IDs, m.ids[dir+"/"+n])
		}
		steps = append(steps, step)
	}
	m.run(verb{
		cause: push,
		do: func(m *model, _ *turn) provision.Reason {
			members := m.dir(dir).groups[group]
			for i, op := range ops {
				if op == provision.ReplaceMembers {
					clear(members)
				}
				for _, n := range named[i] {
					if members[n] = true; op == provision.RemoveMembers {
						delete(members, n)
					}
				}
			}
			return accepted
		},
		call: func(ctx context.Context, cause store.Cause) error {
			_, err := m.s.ChangeGroup(ctx, m.stores[dir], m.ids[dir+"/g:"+group], provision.Policy{}, cause,
				func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
					return provision.GroupInput{DisplayName: group, Document: cur.Document}, steps, nil
				})
			return err
		},
	})
}

// Login is to one org or to all of acme, with what an identity provider may say
// of the person.
func (m *machine) Login() {
	in := provision.LoginInput{Parent: "acme", Claims: provision.Claims{UserName: m.anyPerson("acme")}}
	if m.oneIn(2, "one org") {
		in.Parent, in.Org = "", m.anyOrg(func(o *orgModel) bool { return o.parent == "acme" }).name
	}
	in.Email = pick(m, "email", "", "", "a@acme.example", "c@else.example")
	in.Groups = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"red", "blue"}), 0, 2, rapid.ID).Draw(m.t, "claims")
	if says := m.draw("assigned", 4); says < 2 {
		assigned := says == 1
		in.Assigned = &assigned
	}
	var answers []provision.LoginAnswer
	m.run(verb{
		do: func(m *model, t *turn) provision.Reason {
			m.login(in.Claims, in.Org, t)
			return accepted
		},
		call: func(ctx context.Context, cause store.Cause) (err error) {
			answers, err = m.s.Login(ctx, in, cause)
			return err
		},
		expected: func(model *model, t *turn) {
			want, got := map[string]provision.LoginReason{}, map[string]provision.LoginReason{}
			for i := range model.orgs {
				if o := &model.orgs[i]; model.inScope(o, in.Org) {
					want[o.name] = model.reason(o, t)
				}
			}
			for _, a := range answers {
				got[a.Org.Name] = a.Reason
				if a.Allowed != (a.Reason == provision.LoginAllowed) {
					m.t.Fatalf("login to %s: allowed %t, %s", a.Org.Name, a.Allowed, a.Reason)
				}
			}
			m.same("answers to the login", want, got)
		},
	})
}

// AddMember, SetMember and RemoveMember are by hand.
func (m *machine) AddMember() {
	o := m.anyOrg(m.mostlyByHand())
	in := provision.MemberInput{Org: o.name, Person: m.anyPerson(o.parent), Role: m.anyRole(o), Tier: m.anyTier(o)}
	m.run(verb{
		cause: admin,
		do:    func(m *model, _ *turn) provision.Reason { return m.addMember(in) },
		call: func(ctx context.Context, cause store.Cause) error {
			_, err := m.s.AddMember(ctx, in, cause)
			return err
		},
	})
}

// mostlyByHand leaves out the orgs in which the directory decides alone.
func (m *machine) mostlyByHand() func(*orgModel) bool {
	all := m.oneIn(4, "any org")
	return func(o *orgModel) bool { return all || o.mode != "scim" || len(o.pins) > 0 }
}

func (m *machine) SetMember() {
	o := m.anyOrg(nil)
	in := provision.MemberInput{Org: o.name, Person: m.anyMember(o), Role: m.anyRole(o), Tier: m.anyTier(o), Expires: m.anyExpiry()}
	v := verb{
		cause: admin,
		do:    func(m *model, _ *turn) provision.Reason { return m.setMember(in) },
		call: func(ctx context.Context, cause store.Cause) error {
			_, err := m.s.SetMember(ctx, in, cause)
			return err
		},
	}
	if o.mappings {
		v.parent = o.parent // a pin is a setting
	}
	m.run(v)
}

func (m *machine) RemoveMember() {
	o := m.anyOrg(m.mostlyByHand())
	name := m.anyMember(o)
	v := verb{
		cause: admin,
		do:    func(m *model, t *turn) provision.Reason { return m.removeMember(o.name, name, t) },
		call: func(ctx context.Context, cause store.Cause) error {
			return m.s.RemoveMember(ctx, o.name, name, cause)
		},
	}
	if o.mode == "scim" {
		v.parent = o.parent
	}
	m.run(v)
}

// DecideHolds decides on one whom a guard holds, or on all (P-4).
func (m *machine) DecideHolds() {
	o := m.anyOrg(func(o *orgModel) bool { return len(m.held(o)) > 0 })
	v := provision.Verdict{Org: o.name, Approve: m.oneIn(2, "approve")}
	if people := m.named(m.held(o)); len(people) > 0 && m.oneIn(2, "one") {
		v.People = []string{pick(m, "held", people...)}
	}
	m.run(verb{
		cause: admin,
		do:    func(m *model, _ *turn) provision.Reason { return m.decideHolds(v) },
		call: func(ctx context.Context, cause store.Cause) error {
			_, err := m.s.DecideHolds(ctx, v, cause)
			return err
		},
	})
}

func (m *machine) held(o *orgModel) []int {
	return slices.DeleteFunc(m.people(o.parent), func(p int) bool { return o.members[p].State != "held" })
}

// Upkeep ends the pins whose time is over.
func (m *machine) Upkeep() {
	m.run(verb{
		do: func(m *model, _ *turn) provision.Reason {
			m.expire()
			return accepted
		},
		call: func(ctx context.Context, _ store.Cause) error { return m.s.Upkeep(ctx) },
	})
}

// Wait lets windows, pins and plans run out.
func (m *machine) Wait() { m.now = m.now.Add(40 * 60 * 1e9) }

// Sync finds nothing to do (M-9).
func (m *machine) Sync() {
	m.run(verb{
		do: func(*model, *turn) provision.Reason { return accepted },
		call: func(ctx context.Context, cause store.Cause) error {
			report, err := m.s.Sync(ctx, "acme", "", cause)
			if report.Drifted != 0 || report.Changed != 0 {
				m.t.Fatalf("M-9: a sync repaired %+v", report)
			}
			return err
		},
	})
}
