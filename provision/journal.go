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
	moved int // members on their way in memory; the rest is set aside in the store
	below int // people touched in an org, from which it is decided whole: a census costs less for each
}

func (s *Service) bound() bounds {
	return bounds{cmp.Or(s.bounds.moved, 10_000), cmp.Or(s.bounds.below, 1000)}
}

// member finds the member on its way, or starts it from what is stored. It is
// good until relieve is called.
func (w *work) member(org, account int64) (*move, error) {
	if m, ok := w.moved[seat{org, account}]; ok {
		return m, nil
	}
	if _, fresh := w.fresh[account]; fresh && !w.aside {
		return w.memberFrom(org, account, nil)
	}
	row, err := w.tx.Member(w.parent.Key, org, account)
	switch {
	case err == nil:
		return w.memberFrom(org, account, &row)
	case errors.Is(err, store.ErrNotFound):
		return w.memberFrom(org, account, nil)
	}
	return nil, err
}

// memberFrom is member for one whose row has been read.
func (w *work) memberFrom(org, account int64, row *store.Member) (*move, error) {
	key := seat{org, account}
	if m, ok := w.moved[key]; ok {
		return m, nil
	}
	m := &move{member: row, before: standing(row)}
	if w.aside {
		c, err := w.tx.Aside(w.parent.Key, org, account)
		switch {
		case err == nil:
			m.before, m.cause, m.why, m.decided = c.Before, c.Cause, c.Why, c.Decided
		case !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
	}
	w.moved[key] = m
	w.order = append(w.order, key)
	return m, nil
}

// relieve sets aside what memory should not hold. It is called between one
// person and the next.
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
	for _, key := range w.order {
		m := w.moved[key]
		if m.why == "" {
			continue // untouched
		}
		w.aside = true
		err := w.tx.SetAside(store.Change{
			Parent: w.parent.Key, Org: key.org, Account: key.account,
			Before: m.before, Cause: m.cause, Why: m.why, Decided: m.decided,
		})
		if err != nil {
			return err
		}
	}
	clear(w.moved)
	w.order = w.order[:0]
	return nil
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
