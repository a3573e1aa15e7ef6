package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// work is one verb under way: its transaction, its moment and cause, and the
// people whose standing it may have moved.
type work struct {
	s      *Service
	tx     store.Tx
	parent store.Parent
	now    time.Time
	cause  store.Cause

	orgs    []*org                       // loaded once, by key
	touched map[int64]struct{}           // accounts to decide in every scim org
	within  map[int64]map[int64]struct{} // org → accounts to decide there only
	line    map[int64]struct{}           // orgs whose seats or line moved
	people  map[int64]mapping.Person     // facts, once for all orgs
	moved   map[seat]*move
	order   []seat // moved, by first touch
	events  []store.Event
}

// org is an organization with what its decisions need.
type org struct {
	store.Org
	product  mapping.Product
	settings mapping.Settings
	owned    map[string]int
}

type seat struct{ org, account int64 }

// move is a member on its way through the verb.
type move struct {
	before *store.Standing
	member *store.Member // nil: no member (any more)
	cause  store.Cause
	why    string
}

// update runs one verb of a parent: what fn changes, what follows from it for
// people, and what is told about it, in one transaction.
func (s *Service) update(ctx context.Context, parent int64, cause store.Cause, fn func(*work) error) error {
	told := false
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		p, err := tx.Parent(parent)
		if err != nil {
			return err
		}
		w := &work{
			s: s, tx: tx, parent: p, now: s.now(), cause: cause,
			touched: map[int64]struct{}{}, within: map[int64]map[int64]struct{}{},
			line: map[int64]struct{}{}, people: map[int64]mapping.Person{}, moved: map[seat]*move{},
		}
		if err := fn(w); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
		told = len(w.events) > 0
		return w.tell()
	})
	if err == nil && told && s.Committed != nil {
		s.Committed(parent)
	}
	return err
}

func (w *work) touch(accounts ...int64) {
	for _, a := range accounts {
		w.touched[a] = struct{}{}
	}
}

func (w *work) touchIn(org int64, accounts ...int64) {
	if w.within[org] == nil {
		w.within[org] = map[int64]struct{}{}
	}
	for _, a := range accounts {
		w.within[org][a] = struct{}{}
	}
}

// touchEveryone recomputes an org whole: all who may come in or go out.
func (w *work) touchEveryone(org int64) error {
	accounts, err := w.tx.AccountsInDirectories(w.parent.Key)
	if err != nil {
		return err
	}
	w.touchIn(org, accounts...)
	members, err := w.tx.MembersOfOrg(w.parent.Key, org, 0, 0)
	if err != nil {
		return err
	}
	for _, m := range members {
		w.touchIn(org, m.Account)
	}
	return nil
}

// loadOrgs reads the orgs of the parent with their settings.
func (w *work) loadOrgs() ([]*org, error) {
	if w.orgs != nil {
		return w.orgs, nil
	}
	orgs, err := loadOrgs(w.tx, w.s.Catalogue, w.parent.Key)
	w.orgs = orgs
	return orgs, err
}

func loadOrgs(r store.Reader, c *mapping.Catalogue, parent int64) ([]*org, error) {
	rows, err := r.Orgs(parent)
	if err != nil {
		return nil, err
	}
	orgs := make([]*org, 0, len(rows))
	for _, row := range rows {
		o, err := loadOrg(r, c, row)
		if err != nil {
			return nil, err
		}
		orgs = append(orgs, o)
	}
	return orgs, nil
}

func loadOrg(r store.Reader, c *mapping.Catalogue, row store.Org) (*org, error) {
	product, ok := c.Product(row.Product)
	if !ok {
		return nil, fmt.Errorf("org %s: product %q is not in the catalogue", row.Name, row.Product)
	}
	o := &org{Org: row, product: product, settings: mapping.Settings{
		Mode: mapping.Mode(row.Mode), GroupMappings: row.GroupMappings,
	}}
	rows, err := r.Mappings(row.Parent, row.Key)
	if err != nil {
		return nil, err
	}
	for _, m := range rows {
		o.settings.Rows = append(o.settings.Rows, mapping.Row{ID: m.ID, Group: m.Group, Role: m.Role, Tier: m.Tier})
	}
	o.owned, err = r.Pools(row.Parent, row.Key)
	return o, err
}

// facts tells what the directories say about an account (M-3, M-7, I-4).
func facts(r store.Reader, parent, account int64) (mapping.Person, error) {
	users, err := r.UsersOfAccount(parent, account)
	if err != nil {
		return mapping.Person{}, err
	}
	who := mapping.Person{Present: len(users) > 0}
	for _, u := range users {
		if !u.Active {
			continue
		}
		who.Active = true
		groups, err := r.Groups(u.Directory, u.Key, true)
		if err != nil {
			return mapping.Person{}, err
		}
		for _, g := range groups {
			who.Groups = append(who.Groups, mapping.Group{Key: g.Key, ID: g.ID, Name: g.Display, Indirect: g.Indirect})
		}
	}
	return who, nil
}

func (w *work) facts(account int64) (mapping.Person, error) {
	if who, ok := w.people[account]; ok {
		return who, nil
	}
	who, err := facts(w.tx, w.parent.Key, account)
	w.people[account] = who
	return who, err
}

// settle decides everyone touched, in every org that decides on a push, and
// then gives out the seats that are free.
func (w *work) settle() error {
	if len(w.touched) == 0 && len(w.within) == 0 && len(w.line) == 0 {
		return nil
	}
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if o.settings.Mode == mapping.SCIM {
			if err := w.decideAll(o); err != nil {
				return err
			}
		}
		if _, ok := w.line[o.Key]; ok {
			if err := w.admit(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) decideAll(o *org) error {
	accounts := slices.Collect(maps.Keys(w.touched))
	accounts = slices.AppendSeq(accounts, maps.Keys(w.within[o.Key]))
	slices.Sort(accounts)
	for _, account := range slices.Compact(accounts) {
		who, err := w.facts(account)
		if err != nil {
			return err
		}
		m, err := w.member(o.Key, account)
		if err != nil {
			return err
		}
		d := mapping.Decide(o.product, o.settings, who)
		if err := w.put(o, account, m, follow(o, m.member, d, w.now), because(d)); err != nil {
			return err
		}
	}
	return nil
}

// follow gives the member that a decision makes of the present one; nil is no
// member. It is a fixpoint: following the same decision again changes nothing.
func follow(o *org, m *store.Member, d mapping.Decision, now time.Time) *store.Member {
	if !d.Governed {
		return m
	}
	if !d.Entitled {
		return nil
	}
	if m == nil {
		return &store.Member{
			Role: cmp.Or(d.Role, o.product.DefaultRole), State: Waiting, Source: BySCIM,
			Want: cmp.Or(d.Tier, store.AnyTier), WaitingSince: now, Joined: now,
		}
	}
	next := *m
	next.Source = BySCIM // M-6: adopted, not doubled
	next.Role = cmp.Or(d.Role, m.Role)
	if o.settings.GroupMappings {
		want(&next, d.Tier, now)
	}
	return &next
}

// want puts a member in line for a tier, or out of it. One who waits for a
// first seat keeps the place, whatever tier is asked (S-4); one who holds a
// seat keeps it meanwhile (S-5). tier "" asks for none in particular (M-2).
func want(m *store.Member, tier string, now time.Time) {
	switch {
	case m.State == Waiting:
		m.Want = cmp.Or(tier, store.AnyTier)
	case tier == "" || tier == m.Tier:
		m.Want, m.WaitingSince = "", time.Time{}
	case tier != m.Want:
		m.Want, m.WaitingSince = tier, now
	}
}

// The states and sources of a member, as stored.
const (
	Active  = "active"
	Waiting = "waiting"

	ByHand = "manual"
	BySCIM = "scim"
)

// member finds the member on its way, or starts it from what is stored.
func (w *work) member(org, account int64) (*move, error) {
	key := seat{org, account}
	if m, ok := w.moved[key]; ok {
		return m, nil
	}
	m := &move{}
	row, err := w.tx.Member(w.parent.Key, org, account)
	switch {
	case err == nil:
		m.member, m.before = &row, standing(&row)
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	w.moved[key] = m
	w.order = append(w.order, key)
	return m, nil
}

func standing(m *store.Member) *store.Standing {
	if m == nil {
		return nil
	}
	return &store.Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want}
}

// put stores what became of a member, if anything did.
func (w *work) put(o *org, account int64, m *move, next *store.Member, why string) error {
	if m.member == nil && next == nil || m.member != nil && next != nil && *m.member == *next {
		return nil
	}
	w.line[o.Key] = struct{}{}
	m.cause, m.why = w.cause, why
	if next == nil {
		m.member = nil
		return w.tx.RemoveMember(w.parent.Key, o.Key, account)
	}
	next.Parent, next.Org, next.Account = w.parent.Key, o.Key, account
	next.Changed, next.Cause = w.now, w.cause
	m.member = next
	return w.tx.PutMember(*next)
}

// admit gives free seats to the line, first come first served, until none is
// free that anyone in line would take (S-3 to S-5, S-7).
func (w *work) admit(o *org) error {
	used, err := w.tx.SeatsUsed(w.parent.Key, o.Key)
	if err != nil {
		return err
	}
	pools := mapping.Pools{Owned: o.owned, Used: used}
	for {
		heads, err := w.tx.LineHeads(w.parent.Key, o.Key)
		if err != nil {
			return err
		}
		next, tier, ok := mapping.NextSeat(o.product, mapping.FullTier(o.FullTier), pools, inLine(heads))
		if !ok {
			return nil
		}
		if err := w.seat(o, next, tier, pools); err != nil {
			return err
		}
	}
}

func inLine(heads []store.Member) []mapping.InLine {
	line := make([]mapping.InLine, len(heads))
	for i, h := range heads {
		line[i] = mapping.InLine{
			Account: h.Account, Since: h.WaitingSince, Want: h.Want, Active: h.State == Active, Tier: h.Tier,
		}
	}
	return line
}

func (w *work) seat(o *org, who mapping.InLine, tier string, pools mapping.Pools) error {
	m, err := w.member(o.Key, who.Account)
	if err != nil {
		return err
	}
	// One whom the verb itself did not touch moves because a seat came free.
	if m.why == "" {
		m.cause, m.why = w.cause, "a seat came free and they were next in line (S-4)"
		m.cause.Kind = BySeat
	}
	next := *m.member
	if who.Active {
		pools.Used[who.Tier]--
	}
	pools.Used[tier]++
	next.State, next.Tier = Active, tier
	if who.Want == store.AnyTier || who.Want == tier {
		next.Want, next.WaitingSince = "", time.Time{}
	}
	next.Changed, next.Cause = w.now, m.cause
	m.member = &next
	return w.tx.PutMember(next)
}

// BySeat is the cause of one whom a freed seat admits.
const BySeat = "seat"

// tell writes history and events of everyone whose standing moved (T-2, T-3).
func (w *work) tell() error {
	for _, key := range w.order {
		m := w.moved[key]
		after := standing(m.member)
		if m.before == nil && after == nil || m.before != nil && after != nil && *m.before == *after {
			continue
		}
		change := store.Change{
			Parent: w.parent.Key, Org: key.org, Account: key.account, At: w.now,
			Before: m.before, After: after, Cause: m.cause, Why: m.why,
		}
		if err := w.tx.AddChange(change); err != nil {
			return err
		}
		if err := w.tellMember(change); err != nil {
			return err
		}
	}
	if len(w.events) == 0 {
		return nil
	}
	return w.tx.AddEvents(w.parent.Key, w.events)
}

// MemberEvent is the data of member.added, member.changed and member.removed.
type MemberEvent struct {
	Org     Named           `json:"org"`
	Account AccountName     `json:"account"`
	Before  *store.Standing `json:"before"`
	After   *store.Standing `json:"after"`
	Cause   store.Cause     `json:"cause"`
	Why     string          `json:"why"`
}

// Named identifies an org in an event.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// AccountName identifies a person in an event.
type AccountName struct {
	ID       string `json:"id"`
	UserName string `json:"userName"`
	Email    string `json:"email,omitempty"`
}

func (w *work) tellMember(c store.Change) error {
	o, err := w.tx.Org(w.parent.Key, c.Org)
	if err != nil {
		return err
	}
	a, err := w.tx.Account(w.parent.Key, c.Account)
	if err != nil {
		return err
	}
	typ := "member.changed"
	switch {
	case c.Before == nil:
		typ = "member.added"
	case c.After == nil:
		typ = "member.removed"
	}
	return w.event(typ, MemberEvent{
		Org: Named{o.ID, o.Name}, Account: AccountName{a.ID, a.UserName, a.Email},
		Before: c.Before, After: c.After, Cause: c.Cause, Why: c.Why,
	})
}

func (w *work) event(typ string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	w.events = append(w.events, store.Event{Parent: w.parent.Key, ID: w.s.NewID(), At: w.now, Type: typ, Data: body})
	return nil
}
