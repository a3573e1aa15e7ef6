package provision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// machine drives a real Service and the model side by side.
type machine struct {
	*model
	t      *rapid.T
	ctx    context.Context
	s      *provision.Service
	keys   map[string]int64           // of parents and orgs, by name
	stores map[string]store.Directory // by name
	ids    map[string]string          // "okta/u:…" and "okta/g:…" → resource id
	told   map[string]int64           // parent → the last event seen
	kept   map[string]int             // parent → rows of history seen
	before map[string]map[int]memberModel
	then   []moment
}

// moment is what was at a time.
type moment struct {
	at   time.Time
	were map[string]map[int]memberModel
}

var (
	admin = testenv.Admin
	// push is what an identity provider does; the guards tell it from settings.
	push = store.Cause{Kind: "scim", Actor: "okta", Request: "r"}

	parents = []string{"acme", "globex"}
)

// start sets up acme, with three orgs and a directory, and globex.
func start(t *rapid.T, tb testing.TB) *machine {
	m := &machine{
		model: &model{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), parents: map[string]parentModel{}},
		t:     t, ctx: context.Background(), s: testenv.NewService(tb),
		keys: map[string]int64{}, stores: map[string]store.Directory{}, ids: map[string]string{},
		told: map[string]int64{}, kept: map[string]int{},
	}
	m.s.Now = func() time.Time { return m.now }
	t.Cleanup(func() { m.must(m.s.Store.Close()) }) // not only when all checks are done
	for _, name := range parents {
		p, err := m.s.CreateParent(m.ctx, name, "enterprise", admin)
		m.must(err)
		m.keys[name], m.parents[name] = p.Key, parentModel{plan: "enterprise"}
	}
	for _, in := range []provision.OrgInput{
		{Parent: "acme", Name: "claude-a", Product: "claude", Plan: "enterprise"},
		{Parent: "acme", Name: "claude-b", Product: "claude", Plan: "enterprise"},
		{Parent: "acme", Name: "console", Product: "console", Plan: "console"},
	} {
		o, err := m.s.CreateOrg(m.ctx, in, admin)
		m.must(err)
		m.keys[in.Name] = o.Key
		m.orgs = append(m.orgs, orgModel{
			name: in.Name, parent: in.Parent, product: catalogue(in.Product), plan: in.Plan, mode: "manual",
			guards: guardsModel{10, 20, time.Hour, "mappings"},
			rows:   map[rowModel]bool{}, pools: map[string]int{}, members: map[int]memberModel{},
			pins: map[int]pinModel{}, barred: map[int]bool{}, gone: map[string][]time.Time{},
		})
	}
	m.before = m.standings()
	m.directory("okta")
	return m
}

func (m *machine) directory(name string) {
	d, err := m.s.CreateDirectory(m.ctx, "acme", name, "", admin)
	m.must(err)
	m.stores[name] = d
	m.dirs = append(m.dirs, dirModel{name: name, users: map[string]userModel{}, groups: map[string]set{}})
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// tick moves the clock: every verb has a moment of its own.
func (m *machine) tick() { m.now = m.now.Add(time.Minute) }

// verb runs one verb in the model and in the service, and holds the refusals of
// both together.
type verb struct {
	parent   string // whose settings the verb changes; "": none
	cause    store.Cause
	accept   bool // the administrator acknowledges the loss of their own role (P-6)
	do       func(*model, *turn) provision.Reason
	call     func(context.Context, store.Cause) error
	settled  func(*model) provision.Reason
	expected func(*model, *turn) // more to hold together, after a verb that was accepted
}

func (m *machine) run(v verb) {
	m.t.Helper()
	m.tick()
	next, t, reason := m.foresee(v)
	err := v.call(m.context(v), v.cause)
	m.sameRefusal(reason, err)
	if reason != accepted {
		return
	}
	m.model = next
	if v.expected != nil {
		v.expected(m.model, t)
	}
}

func (m *machine) context(v verb) context.Context {
	if v.accept {
		return provision.Acknowledge(m.ctx)
	}
	return m.ctx
}

// foresee gives what the model says that a verb comes to.
func (m *machine) foresee(v verb) (*model, *turn, provision.Reason) {
	next, t := m.clone(), newTurn()
	if reason := v.do(next, t); reason != accepted {
		return next, t, reason
	}
	next.settle(t)
	if v.parent == "" {
		return next, t, accepted
	}
	p := next.parents[v.parent]
	p.version++
	next.parents[v.parent] = p
	if !v.accept && m.ownLoss(v, next) {
		return next, t, provision.Unacknowledged
	}
	if v.settled != nil {
		return next, t, v.settled(next)
	}
	return next, t, accepted
}

// ownLoss tells whether the acting administrator loses their own role (P-6):
// they themselves, whatever account they are by now.
func (m *machine) ownLoss(v verb, next *model) bool {
	self := m.find(v.parent, v.cause.Actor)
	if self == nobody {
		return false
	}
	later := self
	if into := next.accounts[self].into; into != nobody {
		later = into
	}
	administers := func(o *orgModel, who int) bool {
		x, is := o.members[who]
		return is && x.State != "waiting" && o.administers(x)
	}
	for i := range m.orgs {
		if administers(&m.orgs[i], self) && !administers(&next.orgs[i], later) {
			return true
		}
	}
	return false
}

func (m *machine) sameRefusal(reason provision.Reason, err error) {
	m.t.Helper()
	var refused *provision.Error
	switch {
	case errors.As(err, &refused):
		if refused.Reason != reason {
			m.t.Fatalf("refused for reason %d (%s), want %d", refused.Reason, err, reason)
		}
	case err != nil:
		m.t.Fatal(err)
	case reason != accepted:
		m.t.Fatalf("was not refused, want reason %d", reason)
	}
}

// Check holds everything that is stored to the model after every verb.
func (m *machine) Check(t *rapid.T) {
	t.Helper()
	want := m.standings()
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		v := &view{m: m, r: r, people: map[int64]int{}}
		return errors.Join(v.accounts(), v.orgs(want), v.told(moves(m.before, want)))
	}))
	m.before = want
	m.then = append(m.then, moment{m.now, want})
	for _, parent := range parents {
		if !slices.ContainsFunc(m.orgs, func(o orgModel) bool { return o.parent == parent }) {
			continue
		}
		differences, err := m.s.Verify(m.ctx, parent)
		m.must(err)
		if len(differences) > 0 {
			t.Fatalf("M-9: the stored state is no fixpoint: %v", differences)
		}
	}
}

// same fails the test if the model and the store differ.
func (m *machine) same(what string, model, stored any) {
	m.t.Helper()
	if diff := cmp.Diff(model, stored, cmp.AllowUnexported(accountModel{}, pinModel{}, rowModel{}, guardsModel{}, memberModel{}, orgSettings{})); diff != "" {
		m.t.Fatalf("%s (-model +stored):\n%s", what, diff)
	}
}

// Draws.

func (m *machine) draw(what string, n int) int { return rapid.IntRange(0, n-1).Draw(m.t, what) }

func (m *machine) oneIn(n int, what string) bool { return m.draw(what, n) == 0 }

func pick[T any](m *machine, what string, from ...T) T {
	if len(from) == 0 {
		m.t.Skip("no " + what)
	}
	return rapid.SampledFrom(from).Draw(m.t, what)
}

// userName has some outside of the domain that acme may verify (C-4), and one
// in none.
func userName(i int) string {
	return fmt.Sprintf("user%d%s", i, []string{"@acme.example", "@acme.example", "@else.example", "@acme.example", "@acme.example", ""}[i%6])
}

func (m *machine) userHandle() string  { return fmt.Sprintf("u%d", m.draw("user", 6)) }
func (m *machine) groupHandle() string { return fmt.Sprintf("g%d", m.draw("group", 3)) }

func (m *machine) anyDir() string {
	names := make([]string, len(m.dirs))
	for i, d := range m.dirs {
		names[i] = d.name
	}
	return pick(m, "directory", names...)
}

// anyOrg draws one of those that which takes, or skips.
func (m *machine) anyOrg(which func(*orgModel) bool) *orgModel {
	var names []string
	for i := range m.orgs {
		if which == nil || which(&m.orgs[i]) {
			names = append(names, m.orgs[i].name)
		}
	}
	return m.org(pick(m, "org", names...))
}

// anyPerson draws a userName, mostly of someone whom the parent knows.
func (m *machine) anyPerson(parent string) string {
	known := m.named(m.people(parent))
	if len(known) == 0 || m.oneIn(4, "anyone") {
		return userName(m.draw("person", 6))
	}
	return pick(m, "person", known...)
}

// anyMember mostly draws one.
func (m *machine) anyMember(o *orgModel) string {
	var members []int
	for _, p := range m.people(o.parent) {
		if _, is := o.members[p]; is {
			members = append(members, p)
		}
	}
	known := m.named(members)
	if len(known) == 0 || m.oneIn(6, "no member") {
		return m.anyPerson(o.parent)
	}
	return pick(m, "member", known...)
}

// named are those whom a verb can call by a userName.
func (m *machine) named(people []int) []string {
	var out []string
	for _, p := range people {
		if name := m.accounts[p].name; name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (m *machine) anyRole(o *orgModel) string {
	// The administrative one and the others by halves.
	if m.oneIn(2, "administrative") {
		return o.product.Roles[0]
	}
	return pick(m, "role", o.product.Roles...)
}

// anyTier may be "".
func (m *machine) anyTier(o *orgModel) string {
	return pick(m, "tier", append([]string{""}, o.product.Tiers...)...)
}

// repeat walks through the named verbs; a number says how likely one is.
func (m *machine) repeat(names string) {
	all := m.verbs()
	actions := map[string]func(*rapid.T){"": m.Check}
	for _, name := range strings.Fields(names) {
		verb, times := strings.TrimRight(name, "23456789"), 1
		if verb != name {
			times = int(name[len(name)-1] - '0')
		}
		for i := range times {
			actions[verb+strings.Repeat("'", i)] = func(*rapid.T) { all[verb]() }
		}
	}
	m.skip()
	m.t.Repeat(actions)
	m.lookBack()
}

// skip passes over what is told of how the machine was set up.
func (m *machine) skip() {
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		for _, parent := range parents {
			last, err := r.LastEvent(m.keys[parent])
			if err != nil {
				return err
			}
			changes, err := r.History(m.keys[parent], 0, 0)
			if err != nil {
				return err
			}
			m.told[parent], m.kept[parent] = last, len(changes)
		}
		return nil
	}))
	m.before = m.standings()
}

// lookBack asks who was what at a moment of the walk (T-2).
func (m *machine) lookBack() {
	if len(m.then) == 0 {
		return
	}
	back := m.then[m.draw("moment", len(m.then))]
	ids := map[string]int{}
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		v := &view{m: m, r: r, people: map[int64]int{}}
		err := v.accounts()
		for id, who := range v.ids {
			ids[id] = who
		}
		return err
	}))
	for i := range m.orgs {
		o := &m.orgs[i]
		want, got := map[int]store.Standing{}, map[int]store.Standing{}
		for who, x := range back.were[o.name] {
			if m.accounts[who].parent == o.parent {
				want[who] = *standingIf(x, true)
			}
		}
		m.must(m.s.ReportAccess(m.ctx, o.name, back.at, func(a provision.Access) error {
			got[ids[a.Account.ID]] = a.Standing
			return nil
		}))
		m.same("T-2: members of "+o.name+" at "+back.at.String(), want, got)
	}
}

// verbs are all that a machine can do.
func (m *machine) verbs() map[string]func() {
	return map[string]func(){
		"PutUser": m.PutUser, "DeleteUser": m.DeleteUser, "CreateGroup": m.CreateGroup, "DeleteGroup": m.DeleteGroup, "ChangeMembers": m.ChangeMembers,
		"AddMember": m.AddMember, "SetMember": m.SetMember, "RemoveMember": m.RemoveMember,
		"DecideHolds": m.DecideHolds, "Upkeep": m.Upkeep, "Sync": m.Sync, "Wait": m.Wait,
		"Login":      m.Login,
		"AddMapping": m.settles(m.AddMapping), "RemoveMapping": m.settles(m.RemoveMapping), "SetMode": m.settles(m.SetMode),
		"SetSeats": m.settles(m.SetSeats), "SetFullTier": m.settles(m.SetFullTier), "SetGuards": m.settles(m.SetGuards),
		"SetPlan": m.settles(m.SetPlan), "Pause": m.settles(m.Pause), "Pin": m.settles(m.Pin), "Unpin": m.settles(m.Unpin),
		"ParentPlan": m.settles(m.ParentPlan), "Domains": m.settles(m.Domains), "SecondAdministrator": m.settles(m.SecondAdministrator),
		"Detach": m.settles(m.Detach), "Attach": m.settles(m.Attach), "MoveOrg": m.settles(m.MoveOrg),
		"Link": m.settles(m.Link), "Unlink": m.settles(m.Unlink), "Merge": m.settles(m.Merge),
	}
}

func sortedKeys[V any](of map[string]V) []string {
	out := make([]string, 0, len(of))
	for k := range of {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
