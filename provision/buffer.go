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
	joining map[int64]struct{}      // those of members who are not stored
	unbar   []int64
	classes []store.LineClass // stored, as last read; nil: they were not
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

// AddToOrg is store.Tx's. Who comes in need not be stored to stand in line, nor to
// be given a seat.
func (b *buffer) AddToOrg(members ...store.Member) error {
	for _, m := range members {
		in := b.in(m.Parent, m.Org)
		if _, kept := in.members[m.Account]; !kept { // else they go out and come in again
			in.joining[m.Account] = struct{}{}
		}
		in.members[m.Account] = &m
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
		b.orgs[key] = &unwritten{members: map[int64]*store.Member{}, joining: map[int64]struct{}{}}
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
	var added []store.Member
	for _, key := range orgs {
		all := b.orgs[key]
		if err := b.writeIn(key, all); err != nil {
			return err
		}
		for _, account := range slices.Sorted(maps.Keys(all.joining)) {
			added = append(added, *all.members[account])
		}
	}
	if err := b.Tx.AddToOrg(added...); err != nil {
		return err
	}
	clear(b.orgs)
	b.kept = 0
	return nil
}

// writeIn lets go first, so that no pool is over meanwhile (S-2). Who is joining
// comes after all others.
func (b *buffer) writeIn(key orgOf, all *unwritten) error {
	if err := b.Tx.Unbar(key.parent, key.org, all.unbar...); err != nil {
		return err
	}
	var out []int64
	put := make([]store.Member, 0, len(all.members))
	for _, account := range slices.Sorted(maps.Keys(all.members)) {
		m := all.members[account]
		switch _, joining := all.joining[account]; {
		case joining:
		case m == nil:
			out = append(out, account)
		default:
			put = append(put, *m)
		}
	}
	if err := b.Tx.RemoveFromOrg(key.parent, key.org, out...); err != nil {
		return err
	}
	return b.Tx.PutMembers(put...)
}

// onlyJoining gives what is kept of an org if it need not be written before the
// line is read: nothing, or people who are coming in.
func (b *buffer) onlyJoining(parent, org int64) (*unwritten, error) {
	in := b.orgs[orgOf{parent, org}]
	if in == nil || len(in.joining) == len(in.members) {
		return in, nil
	}
	return nil, b.write()
}

// inLine lists who is joining and stands in line.
func (u *unwritten) inLine() []store.Member {
	var line []store.Member
	if u != nil {
		for account := range u.joining {
			if m := u.members[account]; m.Want != "" {
				line = append(line, *m)
			}
		}
	}
	return line
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
	if _, err := b.onlyJoining(parent, org); err != nil { // nobody is held who has just come
		return nil, err
	}
	return b.Tx.HeldMembers(parent, org, guard, after, limit)
}

func (b *buffer) ActiveMembers(parent, org int64, roles []string, limit int) ([]store.Member, error) {
	return written(b, func() ([]store.Member, error) { return b.Tx.ActiveMembers(parent, org, roles, limit) })
}

func (b *buffer) SeatsUsed(parent, org int64) (map[string]int, error) {
	in, err := b.onlyJoining(parent, org)
	if err != nil {
		return nil, err
	}
	used, err := b.Tx.SeatsUsed(parent, org)
	if err != nil || in == nil {
		return used, err
	}
	for account := range in.joining {
		if m := in.members[account]; m.State != Waiting {
			used[m.Tier]++
		}
	}
	return used, nil
}

func (b *buffer) SeatsWanted(parent, org int64) (map[string]int, error) {
	return written(b, func() (map[string]int, error) { return b.Tx.SeatsWanted(parent, org) })
}

func (b *buffer) LineClasses(parent, org int64) ([]store.LineClass, error) {
	in, err := b.onlyJoining(parent, org)
	if err != nil {
		return nil, err
	}
	classes, err := b.Tx.LineClasses(parent, org)
	if err != nil || in == nil {
		return classes, err
	}
	in.classes = append([]store.LineClass{}, classes...)
	for _, m := range in.inLine() {
		if !slices.Contains(classes, m.Class()) {
			classes = append(classes, m.Class())
		}
	}
	return classes, nil
}

func (b *buffer) Line(parent, org int64, c store.LineClass, behind store.Place, limit int) ([]store.Member, error) {
	in, err := b.onlyJoining(parent, org)
	if err != nil {
		return nil, err
	}
	var line []store.Member
	if in == nil || in.classes == nil || slices.Contains(in.classes, c) {
		if line, err = b.Tx.Line(parent, org, c, behind, limit); err != nil {
			return nil, err
		}
	}
	for _, m := range in.inLine() {
		if m.Class() == c && m.Place().Compare(behind) > 0 {
			line = append(line, m)
		}
	}
	slices.SortFunc(line, func(a, b store.Member) int { return a.Place().Compare(b.Place()) })
	return line[:min(limit, len(line))], nil
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
