package provision

import (
	"encoding/json"
	"strings"

	"scimd/store"
)

// tell writes history and events of everyone whose standing moved (T-2, T-3).
func (w *work) tell() error {
	err := w.eachChange(func(c store.Change) error {
		if err := w.tx.AddChange(c); err != nil {
			return err
		}
		if err := w.tellMember(c); err != nil {
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

// flush writes the events that have gathered.
func (w *work) flush() error {
	if len(w.events) == 0 {
		return nil
	}
	w.told = true
	defer func() { w.events = w.events[:0] }()
	return w.tx.AddEvents(w.parent.Key, w.events)
}

func standing(m *store.Member) *store.Standing {
	if m == nil {
		return nil
	}
	return &store.Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want, Guard: m.Hold.Guard}
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
	name, err := w.accountName(c.Account)
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
		Org: w.orgNamed(c.Org), Account: name,
		Before: c.Before, After: c.After, Cause: c.Cause, Why: c.Why,
	})
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
	return AccountName{a.ID, a.UserName, a.Email}, err
}

func (w *work) event(typ string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	e := store.Event{Parent: w.parent.Key, ID: w.s.NewID(), At: w.now, Type: typ, Data: body}
	if strings.HasPrefix(typ, "alarm.") {
		w.alarms = append(w.alarms, e) // after what it is about
		return nil
	}
	w.events = append(w.events, e)
	return nil
}
