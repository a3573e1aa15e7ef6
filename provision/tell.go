package provision

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"scimd/store"
)

// tell writes history and events of everyone whose standing moved (T-2, T-3).
func (w *work) tell() error {
	err := w.withAccounts(w.eachChange, func(c store.Change, a store.Account) error {
		w.changes = append(w.changes, c)
		if err := w.tellMember(c, a); err != nil {
			return err
		}
		if len(w.events) < pageSize {
			return nil
		}
		return w.flush()
	})
	if err != nil {
		return err
	}
	w.events, w.alarms = append(w.events, w.alarms...), nil
	if w.aside {
		if err := w.tx.DropAside(w.parent.Key); err != nil {
			return err
		}
	}
	return w.flush()
}

// flush writes the history and the events that have gathered.
func (w *work) flush() error {
	if len(w.events) == 0 {
		return nil
	}
	w.told = true
	defer func() { w.changes, w.events = w.changes[:0], w.events[:0] }()
	if err := w.tx.AddChanges(w.changes...); err != nil {
		return err
	}
	return w.tx.AddEvents(w.parent.Key, w.events)
}

// withAccounts visits what walk visits with the accounts, which are looked up
// in portions.
func (w *work) withAccounts(walk func(func(store.Change) error) error, visit func(store.Change, store.Account) error) error {
	var some []store.Change
	accounts := map[int64]store.Account{}
	show := func() error {
		if err := w.accounts(accounts, some); err != nil {
			return err
		}
		for _, c := range some {
			if err := visit(c, accounts[c.Account]); err != nil {
				return err
			}
		}
		some = some[:0]
		return nil
	}
	err := walk(func(c store.Change) error {
		if some = append(some, c); len(some) < w.s.bound().portion {
			return nil
		}
		return show()
	})
	if err != nil {
		return err
	}
	return show()
}

// accounts finds the accounts of changes. They are remembered, since most people
// change in several orgs, but for as many as memory should hold.
func (w *work) accounts(known map[int64]store.Account, changes []store.Change) error {
	if len(known) > w.s.bound().moved {
		clear(known)
	}
	var keys []int64
	for _, c := range changes {
		if _, ok := known[c.Account]; !ok {
			keys = append(keys, c.Account)
		}
	}
	slices.Sort(keys)
	rows, err := w.tx.AccountsByKey(w.parent.Key, slices.Compact(keys))
	for _, a := range rows {
		known[a.Key] = a
	}
	return err
}

func standing(m *store.Member) *store.Standing {
	if m == nil {
		return nil
	}
	return m.Standing()
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

func (w *work) tellMember(c store.Change, a store.Account) error {
	typ := "member.changed"
	switch {
	case c.Before == nil:
		typ = "member.added"
	case c.After == nil:
		typ = "member.removed"
	}
	data, err := w.memberEvents.of(c, a, w.orgNamed(c.Org))
	if err == nil {
		w.tellEncoded(typ, data)
	}
	return err
}

// memberEvents encodes the data of events. It remembers all of the last one but
// the person: most of those who change together change alike.
type memberEvents struct {
	last          store.Change
	before, after store.Standing
	head, tail    []byte
}

func (e *memberEvents) of(c store.Change, a store.Account, org Named) ([]byte, error) {
	if e.head == nil || !e.like(c) {
		all, err := json.Marshal(MemberEvent{Org: org, Before: c.Before, After: c.After, Cause: c.Cause, Why: c.Why})
		if err != nil {
			return nil, err
		}
		nobody, err := json.Marshal(AccountName{})
		if err != nil {
			return nil, err
		}
		e.head, e.tail, _ = bytes.Cut(all, nobody) // no text has a quote that is not escaped
		e.last = c
		if c.Before != nil {
			e.before = *c.Before
		}
		if c.After != nil {
			e.after = *c.After
		}
	}
	name, err := json.Marshal(nameOf(a))
	return slices.Concat(e.head, name, e.tail), err
}

// like tells whether a change is the last one but for whom it is of.
func (e *memberEvents) like(c store.Change) bool {
	l := e.last
	return l.Org == c.Org && l.Cause == c.Cause && l.Why == c.Why &&
		(l.Before == nil) == (c.Before == nil) && (c.Before == nil || *c.Before == e.before) &&
		(l.After == nil) == (c.After == nil) && (c.After == nil || *c.After == e.after)
}

// orgNamed names an org of the parent, or one that has just left it.
func (w *work) orgNamed(key int64) Named {
	for _, o := range w.orgs {
		if o.Key == key {
			return o.named()
		}
	}
	return Named{}
}

func (w *work) accountName(key int64) (AccountName, error) {
	a, err := w.tx.Account(w.parent.Key, key)
	return nameOf(a), err
}

func nameOf(a store.Account) AccountName { return AccountName{a.ID, a.UserName, a.Email} }

func (w *work) event(typ string, data any) error {
	body, err := json.Marshal(data)
	if err == nil {
		w.tellEncoded(typ, body)
	}
	return err
}

func (w *work) tellEncoded(typ string, body []byte) {
	e := store.Event{Parent: w.parent.Key, ID: w.s.NewID(), At: w.now, Type: typ, Data: body}
	if strings.HasPrefix(typ, "alarm.") {
		w.alarms = append(w.alarms, e) // after what it is about
		return
	}
	w.events = append(w.events, e)
}
