package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// model is a naive scimd: plain maps, and after each verb everything is
// recomputed from nothing but the facts, the members and the line.
type model struct {
	step     int
	people   []string        // by first appearance: the order of accounts
	users    map[string]bool // userName → active
	groups   map[string]set  // name → members: "u:…" or "g:…"
	orgs     map[string]*orgModel
	orgOrder []string
}

type set map[string]bool

type orgModel struct {
	roles, tiers []string
	mode         string
	mappings     bool
	next         bool
	rows         map[string][2]string // mapping id → group, "role:…" or "tier:…"
	pools        map[string]int
	members      map[string]memberModel
}

type memberModel struct {
	store.Standing
	since int
}

// inside tells whether a person is in a group, directly or through nesting (M-3).
func (m *model) inside(person, group string, seen set) bool {
	if seen[group] {
		return false
	}
	seen[group] = true
	for member := range m.groups[group] {
		if member == "u:"+person || member[:2] == "g:" && m.inside(person, member[2:], seen) {
			return true
		}
	}
	return false
}

// best gives the highest of what the person's groups are mapped to (M-1, M-2).
func (m *model) best(o *orgModel, person, kind string, ranked []string) (best string, mapped bool) {
	rank := len(ranked)
	for _, row := range o.rows {
		if !m.inside(person, row[0], set{}) {
			continue
		}
		mapped = true
		if row[1][:5] == kind {
			if i := slices.Index(ranked, row[1][5:]); i < rank {
				rank, best = i, ranked[i]
			}
		}
	}
	return best, mapped
}

// recompute decides everyone in every org, then gives out seats one at a time.
func (m *model) recompute() {
	for _, name := range m.orgOrder {
		o := m.orgs[name]
		if o.mode == "scim" {
			for _, person := range m.people {
				m.decide(o, person)
			}
		}
		for m.admit(o) {
		}
	}
}

func (m *model) decide(o *orgModel, person string) {
	active := m.users[person]
	role, mapped := m.best(o, person, "role:", o.roles)
	tier, _ := m.best(o, person, "tier:", o.tiers)
	have, is := o.members[person]
	if !active || o.mappings && !mapped {
		delete(o.members, person)
		return
	}
	if !is {
		have = memberModel{store.Standing{State: "waiting", Want: "*"}, m.step}
	}
	switch {
	case o.mappings && role != "":
		have.Role = role
	case o.mappings || !is:
		have.Role = o.roles[len(o.roles)-1]
	}
	if o.mappings {
		m.ask(&have, tier)
	}
	o.members[person] = have
}

// ask puts a member in line for a tier (S-4, S-5); "" asks for none (M-2).
func (m *model) ask(have *memberModel, tier string) {
	if have.State == "waiting" {
		have.Want = tier
		if tier == "" {
			have.Want = "*"
		}
		return
	}
	if tier == "" || tier == have.Tier {
		have.Want, have.since = "", 0
	} else if tier != have.Want {
		have.Want, have.since = tier, m.step
	}
}

// admit gives one seat, to the first in line who can have one.
func (m *model) admit(o *orgModel) bool {
	line := slices.DeleteFunc(slices.Clone(m.people), func(p string) bool { return o.members[p].Want == "" })
	slices.SortStableFunc(line, func(a, b string) int { return o.members[a].since - o.members[b].since })
	used := map[string]int{}
	for _, x := range o.members {
		if x.State == "active" {
			used[x.Tier]++
		}
	}
	for _, person := range line {
		x := o.members[person]
		for _, tier := range o.wouldTake(x) {
			if owned, limited := o.pools[tier]; limited && used[tier] >= owned {
				continue
			}
			x.State, x.Tier = "active", tier
			if x.Want == "*" || x.Want == tier {
				x.Want, x.since = "", 0
			}
			o.members[person] = x
			return true
		}
	}
	return false
}

func (o *orgModel) wouldTake(x memberModel) []string {
	if len(o.tiers) == 0 {
		return []string{""}
	}
	if x.Want == "*" {
		return o.tiers
	}
	wanted := slices.Index(o.tiers, x.Want)
	if !o.next {
		return o.tiers[wanted : wanted+1]
	}
	if held := slices.Index(o.tiers, x.Tier); x.State == "active" && held > wanted {
		return o.tiers[wanted:held] // S-7: only up
	}
	return o.tiers[wanted:]
}

// standings is what can be compared: org → person → standing.
func (m *model) standings() map[string]map[string]store.Standing {
	out := map[string]map[string]store.Standing{}
	for name, o := range m.orgs {
		out[name] = map[string]store.Standing{}
		for person, x := range o.members {
			out[name][person] = x.Standing
		}
	}
	return out
}

func (m *model) line(org string) []string {
	o := m.orgs[org]
	line := slices.DeleteFunc(slices.Clone(m.people), func(p string) bool { return o.members[p].Want == "" })
	slices.SortStableFunc(line, func(a, b string) int { return o.members[a].since - o.members[b].since })
	return line
}

// machine drives a real Service and the model side by side.
type machine struct {
	*model
	t      *rapid.T
	ctx    context.Context
	s      *provision.Service
	d      store.Directory
	parent int64
	ids    map[string]string // "u:name" or "g:name" → resource id
	orgKey map[string]int64
	after  int64 // the last event seen
	before map[string]map[string]store.Standing
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// refused tells whether a verb was refused for the reason; then nothing changed.
func (m *machine) refused(err error, reason provision.Reason) bool {
	m.t.Helper()
	var e *provision.Error
	if errors.As(err, &e) && e.Reason == reason {
		return true
	}
	m.must(err)
	return false
}

func newMachine(t *rapid.T, s *provision.Service) *machine {
	m := &machine{
		model: &model{users: map[string]bool{}, groups: map[string]set{}, orgs: map[string]*orgModel{}},
		t:     t, ctx: context.Background(), s: s, ids: map[string]string{}, orgKey: map[string]int64{},
	}
	p, err := s.CreateParent(m.ctx, "acme", "enterprise", testenv.Admin)
	m.must(err)
	m.parent = p.Key
	for _, in := range []provision.OrgInput{
		{Parent: "acme", Name: "claude-a", Product: "claude", Plan: "enterprise"},
		{Parent: "acme", Name: "claude-b", Product: "claude", Plan: "enterprise"},
		{Parent: "acme", Name: "console", Product: "console", Plan: "console"},
	} {
		o, err := s.CreateOrg(m.ctx, in, testenv.Admin)
		m.must(err)
		product, _ := s.Catalogue.Product(in.Product)
		m.orgKey[in.Name], m.orgOrder = o.Key, append(m.orgOrder, in.Name)
		m.orgs[in.Name] = &orgModel{
			roles: product.Roles, tiers: product.Tiers, mode: "manual",
			rows: map[string][2]string{}, pools: map[string]int{}, members: map[string]memberModel{},
		}
	}
	m.d, err = s.CreateDirectory(m.ctx, "acme", "okta", "", testenv.Admin)
	m.must(err)
	m.before = m.standings()
	m.populate()
	return m
}

// populate starts from a directory that matters: people in nested groups that
// two orgs map, so that the walk is not spent on getting there.
func (m *machine) populate() {
	on, mode := true, "scim"
	for _, name := range []string{"user0", "user1", "user2", "user3"} {
		m.putUser(name, true)
	}
	for _, name := range []string{"group0", "group1", "group2"} {
		m.createGroup(name)
	}
	m.changeMembers("group0", []provision.MemberOp{provision.AddMembers}, [][]string{{"u:user0", "g:group1"}})
	m.changeMembers("group1", []provision.MemberOp{provision.AddMembers}, [][]string{{"u:user1", "u:user2"}})
	for _, org := range []string{"claude-a", "console"} {
		_, err := m.s.ChangeOrg(m.ctx, org, provision.OrgChange{Mode: &mode, GroupMappings: &on}, testenv.Admin)
		m.must(err)
		m.orgs[org].mode, m.orgs[org].mappings = mode, on
	}
	m.addMapping(provision.MappingInput{Org: "claude-a", Group: "group0", Role: "admin"})
	m.addMapping(provision.MappingInput{Org: "claude-a", Group: "group1", Tier: "premium"})
	m.addMapping(provision.MappingInput{Org: "console", Group: "group1", Role: "developer"})
	m.recompute()
	m.step++
	m.before = m.standings()
	m.skipEvents()
}

func (m *machine) skipEvents() {
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) (err error) {
		m.after, err = r.LastEvent(m.parent)
		return err
	}))
}

func userInput(name string, active bool) provision.UserInput {
	return provision.UserInput{UserName: name, Display: name, Active: active, Document: fmt.Appendf(nil, `{"userName":%q,"active":%t}`, name, active)}
}

func (m *machine) user() string { return fmt.Sprintf("user%d", rapid.IntRange(0, 5).Draw(m.t, "user")) }
func (m *machine) group() string {
	return fmt.Sprintf("group%d", rapid.IntRange(0, 3).Draw(m.t, "group"))
}
func (m *machine) org() string { return rapid.SampledFrom(m.orgOrder).Draw(m.t, "org") }

func (m *machine) meet(person string) {
	if !slices.Contains(m.people, person) {
		m.people = append(m.people, person)
	}
}

// PutUser creates a user, or sets active (M-8).
func (m *machine) PutUser(t *rapid.T) {
	m.putUser(m.user(), rapid.Bool().Draw(t, "active"))
}

func (m *machine) putUser(name string, active bool) {
	id, known := m.ids["u:"+name]
	if !known {
		u, err := m.s.CreateUser(m.ctx, m.d, userInput(name, active), testenv.Admin)
		m.must(err)
		m.ids["u:"+name] = u.ID
		m.meet(name)
	} else {
		_, err := m.s.ChangeUser(m.ctx, m.d, id, testenv.Admin, func(store.Resource) (provision.UserInput, error) {
			return userInput(name, active), nil
		})
		m.must(err)
	}
	m.users[name] = active
}

// anyVersion is a delete without a condition.
func anyVersion(store.Resource) error { return nil }

func (m *machine) DeleteUser(t *rapid.T) {
	name := m.user()
	id, known := m.ids["u:"+name]
	if !known {
		t.Skip("no such user")
	}
	m.must(m.s.DeleteUser(m.ctx, m.d, id, testenv.Admin, anyVersion))
	delete(m.ids, "u:"+name)
	delete(m.users, name)
	for _, members := range m.groups {
		delete(members, "u:"+name)
	}
}

func (m *machine) CreateGroup(t *rapid.T) {
	name := m.group()
	if _, known := m.groups[name]; known {
		t.Skip("there already")
	}
	m.createGroup(name)
}

func (m *machine) createGroup(name string) {
	g, err := m.s.CreateGroup(m.ctx, m.d, provision.GroupInput{DisplayName: name, Document: []byte("{}")}, nil, provision.Policy{}, testenv.Admin)
	m.must(err)
	m.ids["g:"+name], m.groups[name] = g.ID, set{}
}

func (m *machine) DeleteGroup(t *rapid.T) {
	name := m.group()
	if _, known := m.groups[name]; !known {
		t.Skip("no such group")
	}
	m.must(m.s.DeleteGroup(m.ctx, m.d, m.ids["g:"+name], testenv.Admin, anyVersion))
	delete(m.ids, "g:"+name)
	delete(m.groups, name)
	for _, members := range m.groups {
		delete(members, "g:"+name)
	}
	for _, o := range m.orgs {
		maps.DeleteFunc(o.rows, func(_ string, row [2]string) bool { return row[0] == name })
	}
}

// ChangeMembers carries out a few steps on a group; groups nest, also in cycles.
func (m *machine) ChangeMembers(t *rapid.T) {
	name := m.group()
	if _, known := m.groups[name]; !known || len(m.ids) == 0 {
		t.Skip("no such group")
	}
	known := rapid.SampledFrom(slices.Sorted(maps.Keys(m.ids)))
	var ops []provision.MemberOp
	var named [][]string
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		ops = append(ops, provision.MemberOp(rapid.IntRange(0, 2).Draw(t, "op")))
		named = append(named, rapid.SliceOfNDistinct(known, 0, min(3, len(m.ids)), rapid.ID).Draw(t, "members"))
	}
	m.changeMembers(name, ops, named)
}

func (m *machine) changeMembers(name string, ops []provision.MemberOp, named [][]string) {
	next := maps.Clone(m.groups[name])
	var steps []provision.MemberStep
	for i, op := range ops {
		step := provision.MemberStep{Op: op}
		if op == provision.ReplaceMembers {
			clear(next)
		}
		for _, n := range named[i] {
			step.IDs = append(step.IDs, m.ids[n])
			if op == provision.RemoveMembers {
				delete(next, n)
			} else {
				next[n] = true
			}
		}
		steps = append(steps, step)
	}
	_, err := m.s.ChangeGroup(m.ctx, m.d, m.ids["g:"+name], provision.Policy{}, testenv.Admin,
		func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
			return provision.GroupInput{DisplayName: name, Document: cur.Document}, steps, nil
		})
	m.must(err)
	m.groups[name] = next
}

func (m *machine) AddMapping(t *rapid.T) {
	org, group := m.org(), m.group()
	o := m.orgs[org]
	if _, known := m.groups[group]; !known {
		t.Skip("no such group")
	}
	in := provision.MappingInput{Org: org, Group: group}
	if len(o.tiers) > 0 && rapid.Bool().Draw(t, "to a tier") {
		in.Tier = rapid.SampledFrom(o.tiers).Draw(t, "tier")
	} else {
		in.Role = rapid.SampledFrom(o.roles).Draw(t, "role")
	}
	m.addMapping(in)
}

func (m *machine) addMapping(in provision.MappingInput) {
	gives := "role:" + in.Role
	if in.Tier != "" {
		gives = "tier:" + in.Tier
	}
	row, err := m.s.AddMapping(m.ctx, in, testenv.Admin)
	if m.refused(err, provision.Taken) {
		return
	}
	m.orgs[in.Org].rows[row.ID] = [2]string{in.Group, gives}
}

func (m *machine) RemoveMapping(t *rapid.T) {
	org := m.org()
	rows := m.orgs[org].rows
	if len(rows) == 0 {
		t.Skip("no row")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(rows))).Draw(t, "row")
	m.must(m.s.RemoveMapping(m.ctx, org, id, testenv.Admin))
	delete(rows, id)
}

// SetMode switches between the modes and the mappings switch (C-3).
func (m *machine) SetMode(t *rapid.T) {
	org := m.org()
	mode := rapid.SampledFrom([]string{"manual", "jit", "scim", "scim", "scim"}).Draw(t, "mode")
	on := rapid.Bool().Draw(t, "mappings")
	_, err := m.s.ChangeOrg(m.ctx, org, provision.OrgChange{Mode: &mode, GroupMappings: &on}, testenv.Admin)
	if m.refused(err, provision.WrongMode) {
		if mode != "manual" || !on {
			t.Fatalf("mode %s with mappings %t was refused: %v", mode, on, err)
		}
		return
	}
	m.orgs[org].mode, m.orgs[org].mappings = mode, on
}

// SetSeats buys and returns seats (S-1, S-6).
func (m *machine) SetSeats(t *rapid.T) {
	org := m.org()
	o := m.orgs[org]
	tier := ""
	if len(o.tiers) > 0 {
		tier = rapid.SampledFrom(o.tiers).Draw(t, "tier")
	}
	seats := rapid.IntRange(-1, 4).Draw(t, "seats")
	used := 0
	for _, x := range o.members {
		if x.State == "active" && x.Tier == tier {
			used++
		}
	}
	_, err := m.s.ChangeOrg(m.ctx, org, provision.OrgChange{Seats: map[string]int{tier: seats}}, testenv.Admin)
	if m.refused(err, provision.SeatsInUse) {
		if seats >= used {
			t.Fatalf("%d seats with %d in use were refused: %v", seats, used, err)
		}
		return
	}
	if seats < 0 {
		delete(o.pools, tier)
	} else {
		o.pools[tier] = seats
	}
}

func (m *machine) SetFullTier(t *rapid.T) {
	org, next := m.org(), rapid.Bool().Draw(t, "next")
	policy := map[bool]string{false: "wait", true: "next"}[next]
	_, err := m.s.ChangeOrg(m.ctx, org, provision.OrgChange{FullTier: &policy}, testenv.Admin)
	m.must(err)
	m.orgs[org].next = next
}

// ByHand adds, sets or removes a member where the mode allows it.
func (m *machine) ByHand(t *rapid.T) {
	org, person := m.org(), m.user()
	o := m.orgs[org]
	in := provision.MemberInput{Org: org, Person: person, Role: rapid.SampledFrom(o.roles).Draw(t, "role")}
	if len(o.tiers) > 0 && rapid.Bool().Draw(t, "with tier") {
		in.Tier = rapid.SampledFrom(o.tiers).Draw(t, "tier")
	}
	have, is := o.members[person]
	switch {
	case !is:
		_, err := m.s.AddMember(m.ctx, in, testenv.Admin)
		if m.refused(err, provision.WrongMode) {
			return
		}
		m.meet(person)
		have = memberModel{store.Standing{Role: in.Role, State: "waiting", Want: "*"}, m.step}
		m.ask(&have, in.Tier)
		o.members[person] = have
	case rapid.Bool().Draw(t, "remove"):
		if m.refused(m.s.RemoveMember(m.ctx, org, person, testenv.Admin), provision.WrongMode) {
			return
		}
		delete(o.members, person)
	default:
		_, err := m.s.SetMember(m.ctx, in, testenv.Admin)
		if m.refused(err, provision.WrongMode) {
			return
		}
		have.Role = in.Role
		if in.Tier != "" {
			m.ask(&have, in.Tier)
		}
		o.members[person] = have
	}
}

// Check compares members, line and events with the model after every verb.
func (m *machine) Check(t *rapid.T) {
	m.recompute()
	m.step++
	want := m.standings()
	if diff := cmp.Diff(want, m.stored()); diff != "" {
		t.Fatalf("members (-model +stored):\n%s", diff)
	}
	for _, org := range m.orgOrder {
		if diff := cmp.Diff(m.line(org), m.storedLine(org)); diff != "" && len(m.line(org)) > 0 {
			t.Fatalf("line of %s (-model +stored):\n%s", org, diff)
		}
	}
	if diff := cmp.Diff(moves(m.before, want), m.events()); diff != "" {
		t.Fatalf("events (-model +stored):\n%s", diff)
	}
	m.before = want
	differences, err := m.s.Verify(m.ctx, "acme")
	m.must(err)
	if len(differences) > 0 {
		t.Fatalf("M-9: the stored state is no fixpoint: %v", differences)
	}
}

func (m *machine) stored() map[string]map[string]store.Standing {
	out := map[string]map[string]store.Standing{}
	m.eachMember(func(org, person string, x store.Member) {
		if out[org] == nil {
			out[org] = map[string]store.Standing{}
		}
		if person != "" {
			out[org][person] = store.Standing{Role: x.Role, Tier: x.Tier, State: x.State, Want: x.Want}
		}
	})
	return out
}

func (m *machine) storedLine(want string) []string {
	var line []store.Member
	names := map[int64]string{}
	m.eachMember(func(org, person string, x store.Member) {
		if org == want && x.Want != "" {
			line, names[x.Account] = append(line, x), person
		}
	})
	slices.SortFunc(line, func(a, b store.Member) int {
		if c := a.WaitingSince.Compare(b.WaitingSince); c != 0 {
			return c
		}
		return int(a.Account - b.Account)
	})
	out := make([]string, len(line))
	for i, x := range line {
		out[i] = names[x.Account]
	}
	return out
}

// eachMember also visits every org once with person "".
func (m *machine) eachMember(visit func(org, person string, x store.Member)) {
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		for name, key := range m.orgKey {
			visit(name, "", store.Member{})
			members, err := r.MembersOfOrg(m.parent, key, 0, 0)
			if err != nil {
				return err
			}
			for _, x := range members {
				a, err := r.Account(m.parent, x.Account)
				if err != nil {
					return err
				}
				visit(name, a.UserName, x)
			}
		}
		return nil
	}))
}

// moves lists who moved between two states, as events tell it.
func moves(before, after map[string]map[string]store.Standing) map[string]string {
	out := map[string]string{}
	for org := range after {
		people := maps.Clone(before[org])
		maps.Copy(people, after[org])
		for person := range people {
			b, was := before[org][person]
			a, is := after[org][person]
			switch {
			case !was:
				out[org+" "+person] = "member.added " + text(nil, &a)
			case !is:
				out[org+" "+person] = "member.removed " + text(&b, nil)
			case a != b:
				out[org+" "+person] = "member.changed " + text(&b, &a)
			}
		}
	}
	return out
}

func text(before, after *store.Standing) string {
	b, _ := json.Marshal([]*store.Standing{before, after})
	return string(b)
}

// events reads on from the cursor: no gap, nobody twice (T-3).
func (m *machine) events() map[string]string {
	out := map[string]string{}
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		events, err := r.Events(m.parent, m.after, 1000)
		for _, e := range events {
			if e.Seq != m.after+1 {
				m.t.Fatalf("event %d follows %d", e.Seq, m.after)
			}
			m.after = e.Seq
			if e.Type[:6] != "member" {
				continue
			}
			var data provision.MemberEvent
			if err := json.Unmarshal(e.Data, &data); err != nil {
				return err
			}
			key := data.Org.Name + " " + data.Account.UserName
			if _, twice := out[key]; twice {
				m.t.Fatalf("two events of one verb for %s", key)
			}
			out[key] = e.Type + " " + text(data.Before, data.After)
		}
		return err
	}))
	return out
}

// Any sequence of verbs leaves what a naive recomputation from scratch gives:
// members, roles, tiers, line and events (M-1 to M-4, M-7 to M-10, S-1 to S-7).
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(rt, testenv.NewService(t))
		rt.Repeat(map[string]func(*rapid.T){
			"":              m.Check,
			"PutUser":       m.PutUser,
			"DeleteUser":    m.DeleteUser,
			"CreateGroup":   m.CreateGroup,
			"DeleteGroup":   m.DeleteGroup,
			"ChangeMembers": m.ChangeMembers,
			"AddMapping":    m.AddMapping,
			"RemoveMapping": m.RemoveMapping,
			"SetMode":       m.SetMode,
			"SetSeats":      m.SetSeats,
			"SetFullTier":   m.SetFullTier,
			"ByHand":        m.ByHand,
		})
	})
}
