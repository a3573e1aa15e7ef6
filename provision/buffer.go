package provision

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"scimd/store"
)

// buffer is a transaction that writes members in portions. What becomes of one
// is kept until there are enough of them, or until something is read or written
// that members have a part in.
type buffer struct {
	store.Tx
	portion int
	kept    int
	orgs    map[orgOf]*unwritten
}

type orgOf struct{ parent, org int64 }

// unwritten is what becomes of the members of an org.
type unwritten struct {
	members map[int64]*store.Member // by account; nil: goes out
	unbar   []int64
}

func newBuffer(tx store.Tx, portion int) *buffer {
	return &buffer{Tx: tx, portion: portion, orgs: map[orgOf]*unwritten{}}
}

// PutMembers is store.Tx's.
func (b *buffer) PutMembers(members ...store.Member) error {
	for _, m := range members {
		b.in(m.Parent, m.Org).members[m.Account] = &m
	}
	return b.keep(len(members))
}

// RemoveFromOrg is store.Tx's. That one is no member is found when it is written.
func (b *buffer) RemoveFromOrg(parent, org int64, accounts ...int64) error {
	if err := b.writeIf(parent, org, accounts); err != nil { // who is not stored yet cannot be removed
		return err
	}
	for _, account := range accounts {
		b.in(parent, org).members[account] = nil
	}
	return b.keep(len(accounts))
}

// Unbar is store.Tx's.
func (b *buffer) Unbar(parent, org int64, accounts ...int64) error {
	if org == 0 {
		return b.Tx.Unbar(parent, org, accounts...)
	}
	in := b.in(parent, org)
	in.unbar = append(in.unbar, accounts...)
	return b.keep(len(accounts))
}

func (b *buffer) in(parent, org int64) *unwritten {
	key := orgOf{parent, org}
	if b.orgs[key] == nil {
		b.orgs[key] = &unwritten{members: map[int64]*store.Member{}}
	}
	return b.orgs[key]
}

func (b *buffer) keep(more int) error {
	if b.kept += more; b.kept < b.portion {
		return nil
	}
	return b.write()
}

// write writes what is kept.
func (b *buffer) write() error {
	if b.kept == 0 {
		return nil
	}
	orgs := slices.SortedFunc(maps.Keys(b.orgs), func(x, y orgOf) int {
		return cmp.Or(cmp.Compare(x.parent, y.parent), cmp.Compare(x.org, y.org))
	})
	for _, key := range orgs {
		if err := b.writeIn(key, b.orgs[key]); err != nil {
			return err
		}
	}
	clear(b.orgs)
	b.kept = 0
	return nil
}

// writeIn lets go first, so that no pool is over meanwhile (S-2).
func (b *buffer) writeIn(key orgOf, all *unwritten) error {
	if err := b.Tx.Unbar(key.parent, key.org, all.unbar...); err != nil {
		return err
	}
	var out []int64
	put := make([]store.Member, 0, len(all.members))
	for _, account := range slices.Sorted(maps.Keys(all.members)) {
		if m := all.members[account]; m != nil {
			put = append(put, *m)
		} else {
			out = append(out, account)
		}
	}
	if err := b.Tx.RemoveFromOrg(key.parent, key.org, out...); err != nil {
		return err
	}
	return b.Tx.PutMembers(put...)
}

// writeIf writes what is kept if one of the accounts is of it.
func (b *buffer) writeIf(parent, org int64, accounts []int64) error {
	if all := b.orgs[orgOf{parent, org}]; all != nil {
		for _, account := range accounts {
			if _, kept := all.members[account]; kept {
				return b.write()
			}
		}
	}
	return nil
}

// written reads once what is kept has been written.
func written[T any](b *buffer, read func() (T, error)) (T, error) {
	if err := b.write(); err != nil {
		var none T
		return none, err
	}
	return read()
}

// The methods of store.Tx that members have a part in.

func (b *buffer) Member(parent, org, account int64) (store.Member, error) {
	if err := b.writeIf(parent, org, []int64{account}); err != nil {
		return store.Member{}, err
	}
	return b.Tx.Member(parent, org, account)
}

func (b *buffer) MembersByKey(parent, org int64, accounts []int64) ([]store.Member, error) {
	if err := b.writeIf(parent, org, accounts); err != nil {
		return nil, err
	}
	return b.Tx.MembersByKey(parent, org, accounts)
}

func (b *buffer) MembersOfOrg(parent, org, after int64, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.MembersOfOrg(parent, org, after, limit) })
}

func (b *buffer) MembersBriefly(parent, org, after int64, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.MembersBriefly(parent, org, after, limit) })
}

func (b *buffer) MembersOfAccount(parent, account int64) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.MembersOfAccount(parent, account) })
}

func (b *buffer) HeldMembers(parent, org int64, guard string, after int64, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.HeldMembers(parent, org, guard, after, limit) })
}

func (b *buffer) ActiveMembers(parent, org int64, roles []string, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.ActiveMembers(parent, org, roles, limit) })
}

func (b *buffer) SeatsUsed(parent, org int64) (map[string]int, error) {
	return written(b, func() (map[string]int, error) { return b.Tx.SeatsUsed(parent, org) })
}

func (b *buffer) SeatsWanted(parent, org int64) (map[string]int, error) {
	return written(b, func() (map[string]int, error) { return b.Tx.SeatsWanted(parent, org) })
}

func (b *buffer) LineClasses(parent, org int64) ([]store.LineClass, error) {
	return written(b, func() ([]store.LineClass, error) { return b.Tx.LineClasses(parent, org) })
}

func (b *buffer) Line(parent, org int64, c store.LineClass, behind store.Place, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.Line(parent, org, c, behind, limit) })
}

func (b *buffer) PlaceInLine(m store.Member) (int, error) {
	return written(b, func() (int, error) { return b.Tx.PlaceInLine(m) })
}

func (b *buffer) IdleAccounts(parent int64, before time.Time, limit int) ([]int64, error) {
	return written(b, func() ([]int64, error) { return b.Tx.IdleAccounts(parent, before, limit) })
}

func (b *buffer) AllAside(parent, org, account int64, limit int) ([]store.Change, error) {
	return written(b, func() ([]store.Change, error) { return b.Tx.AllAside(parent, org, account, limit) })
}

func (b *buffer) Barred(parent, org, account int64) (bool, error) {
	return written(b, func() (bool, error) { return b.Tx.Barred(parent, org, account) })
}

func (b *buffer) Bar(parent, org, account int64, at time.Time) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Tx.Bar(parent, org, account, at)
}

func (b *buffer) SetPool(parent, org int64, tier string, seats int) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Tx.SetPool(parent, org, tier, seats)
}

func (b *buffer) MoveOrg(from, org, to int64) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Tx.MoveOrg(from, org, to)
}

func (b *buffer) Erase(parent, account int64, pseudonym string) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Tx.Erase(parent, account, pseudonym)
}
