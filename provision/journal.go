package provision

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"scimd/store"
)

// bounds say when a verb changes to the ways that are meant for very many.
type bounds struct {
	moved   int // members on their way in memory; the rest is set aside in the store
	below   int // people touched in an org, from which it is decided whole: a census costs less for each
	portion int // people who are read and written together
}

func (s *Service) bound() bounds {
	return bounds{cmp.Or(s.bounds.moved, 10_000), cmp.Or(s.bounds.below, 1000), cmp.Or(s.bounds.portion, portionSize)}
}

// portionSize is from where on more people at a time cost no less for each.
const portionSize = 500

// member finds the member on its way, or starts it from what is stored. It is
// good until relieve is called.
func (w *work) member(org, account int64) (*move, error) {
	if m, ok := w.moved[seat{org, account}]; ok {
		return m, nil
	}
	err := w.begin(org, []int64{account})
	return w.moved[seat{org, account}], err
}

// begin starts many members, in their order.
func (w *work) begin(org int64, accounts []int64) error {
	accounts = slices.DeleteFunc(slices.Clone(accounts), func(account int64) bool { return w.moved[seat{org, account}] != nil })
	known := accounts
	if !w.aside {
		known = slices.DeleteFunc(slices.Clone(accounts), func(account int64) bool { _, fresh := w.fresh[account]; return fresh })
	}
	rows, err := w.tx.MembersByKey(w.parent.Key, org, known)
	if err != nil {
		return err
	}
	stored := make(map[int64]*store.Member, len(rows))
	for i := range rows {
		stored[rows[i].Account] = &rows[i]
	}
	return w.beginFrom(org, accounts, stored)
}

// beginFrom is begin for those whose rows have been read, if they have any.
func (w *work) beginFrom(org int64, accounts []int64, stored map[int64]*store.Member) error {
	aside, err := w.setAsideOf(org, accounts)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		w.memberFrom(org, account, stored[account], aside)
	}
	return nil
}

// setAsideOf finds what was set aside of members.
func (w *work) setAsideOf(org int64, accounts []int64) (map[int64]store.Change, error) {
	if !w.aside {
		return nil, nil
	}
	changes, err := w.tx.Aside(w.parent.Key, org, accounts)
	found := make(map[int64]store.Change, len(changes))
	for _, c := range changes {
		found[c.Account] = c
	}
	return found, err
}

// memberFrom is member for one whose row has been read, and what was set aside
// of it.
func (w *work) memberFrom(org, account int64, row *store.Member, aside map[int64]store.Change) *move {
	key := seat{org, account}
	if m, ok := w.moved[key]; ok {
		return m
	}
	m := &move{member: row, before: standing(row)}
	if c, ok := aside[account]; ok {
		m.before, m.cause, m.why, m.decided = c.Before, c.Cause, c.Why, c.Decided
	}
	w.moved[key] = m
	w.order = append(w.order, key)
	return m
}

// inPortions visits people of an org, of whom so many are read together.
func (w *work) inPortions(org int64, accounts []int64, visit func(account int64) error) error {
	for some := range slices.Chunk(accounts, w.s.bound().portion) {
		if err := errors.Join(w.relieve(), w.meet(some), w.begin(org, some)); err != nil {
			return err
		}
		for _, account := range some {
			if err := visit(account); err != nil {
				return err
			}
		}
	}
	return nil
}

// relieve sets aside what memory should not hold. It is called between one
// portion of people and the next.
func (w *work) relieve() error {
	if len(w.people) > w.s.bound().moved {
		maps.DeleteFunc(w.people, func(_ int64, p *person) bool { return p.Login == nil }) // what a login says is said once
	}
	if len(w.moved) <= w.s.bound().moved {
		return nil
	}
	return w.setAside()
}

func (w *work) setAside() error {
	changes := make([]store.Change, 0, len(w.order))
	for _, key := range w.order {
		m := w.moved[key]
		if m.why == "" {
			continue // untouched
		}
		changes = append(changes, store.Change{
			Parent: w.parent.Key, Org: key.org, Account: key.account,
			Before: m.before, Cause: m.cause, Why: m.why, Decided: m.decided,
		})
	}
	w.aside = w.aside || len(changes) > 0
	clear(w.moved)
	w.order = w.order[:0]
	return w.tx.SetAside(changes...)
}

// inOrder visits everyone whose standing the verb has moved, by org and account.
func (w *work) inOrder(visit func(store.Change) error) error {
	if w.aside {
		return w.eachAside(visit)
	}
	keys := slices.Clone(w.order)
	slices.SortFunc(keys, func(a, b seat) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.account, b.account))
	})
	return w.eachMove(keys, visit)
}

// eachChange visits everyone whose standing the verb has moved, as it came
// about; by org and account if they are too many to know.
func (w *work) eachChange(visit func(store.Change) error) error {
	if w.aside {
		return w.eachAside(visit)
	}
	return w.eachMove(slices.Clone(w.order), visit)
}

func (w *work) eachAside(visit func(store.Change) error) error {
	if err := w.setAside(); err != nil {
		return err
	}
	var org, account int64
	for {
		page, err := w.tx.AllAside(w.parent.Key, org, account, pageSize)
		if err != nil {
			return err
		}
		for _, c := range page {
			org, account = c.Org, c.Account
			if c.At = w.now; !moved(c.Before, c.After) {
				continue
			}
			if err := visit(c); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

func (w *work) eachMove(keys []seat, visit func(store.Change) error) error {
	for _, key := range keys {
		m := w.moved[key]
		if !m.changed() {
			continue
		}
		err := visit(store.Change{
			Parent: w.parent.Key, Org: key.org, Account: key.account, At: w.now,
			Before: m.before, After: standing(m.member), Cause: m.cause, Why: m.why, Decided: m.decided,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *move) changed() bool { return moved(m.before, standing(m.member)) }

func moved(before, after *store.Standing) bool {
	return (before == nil) != (after == nil) || after != nil && *before != *after
}
