package provision

import (
	"time"

	"scimd/mapping"
	"scimd/store"
)

// line is what was read of those who stand in line in an org. Who is admitted
// leaves it, and nobody joins it meanwhile: it is read on from where the last
// one stood, since a database walks again over all who left within the same
// transaction.
type line struct {
	classes []store.LineClass
	behind  map[store.LineClass]store.Place // the last one admitted
	limit   int                             // of each class at a time
	waiting map[store.LineClass][]store.Member
	more    map[store.LineClass]bool // behind those who were read
	aside   map[int64]store.Change
}

// maxLine bounds what is read of each class of the line at a time.
const maxLine = 512

// admit gives free seats to the line, first come first served, until none is
// free that anyone in line would take (S-3 to S-5, S-7).
func (w *work) admit(o *org) error {
	pools := mapping.Pools{Owned: o.owned, Used: map[string]int{}}
	if len(o.owned) > 0 { // without a pool every seat is free
		var err error
		if pools.Used, err = w.tx.SeatsUsed(w.parent.Key, o.Key); err != nil {
			return err
		}
	}
	for {
		again, err := w.admitAll(o, pools)
		if err != nil || !again {
			return err
		}
	}
}

// admitAll is admit until one stands in line still, in another class.
func (w *work) admitAll(o *org, pools mapping.Pools) (again bool, err error) {
	l := line{behind: map[store.LineClass]store.Place{}, limit: 2}
	if l.classes, err = w.tx.LineClasses(w.parent.Key, o.Key); err != nil {
		return false, err
	}
	for len(l.classes) > 0 {
		if err := w.readLine(o, &l); err != nil {
			return false, err
		}
		again, done, err := w.admitFrom(o, &l, pools)
		if err != nil || again || done {
			return again, err
		}
		l.limit = min(l.limit*8, maxLine)
	}
	return false, nil
}

// readLine reads on in every class.
func (w *work) readLine(o *org, l *line) (err error) {
	if err := w.relieve(); err != nil {
		return err
	}
	l.waiting, l.more = map[store.LineClass][]store.Member{}, map[store.LineClass]bool{}
	var accounts []int64
	for _, c := range l.classes {
		rows, err := w.tx.Line(w.parent.Key, o.Key, c, l.behind[c], l.limit)
		if err != nil {
			return err
		}
		if l.more[c] = len(rows) == l.limit; len(rows) > 0 {
			l.waiting[c] = rows
		}
		for _, row := range rows {
			accounts = append(accounts, row.Account)
		}
	}
	l.aside, err = w.setAsideOf(o.Key, accounts)
	return err
}

// admitFrom admits from what was read of the line. It is done when no seat is
// free that anyone would take, and not when more has to be read.
func (w *work) admitFrom(o *org, l *line, pools mapping.Pools) (again, done bool, err error) {
	for {
		next, tier, ok := mapping.NextSeat(o.product, mapping.FullTier(o.FullTier), pools, inLine(l.heads()))
		if !ok {
			return false, true, nil
		}
		c := store.LineClass{Want: next.Want, State: Waiting}
		if next.Active {
			c.State, c.Tier = Active, next.Tier
		}
		row := l.waiting[c][0]
		if err := w.seat(o, &row, l.aside, tier, pools); err != nil {
			return false, false, err
		}
		if next.Want != store.AnyTier && next.Want != tier {
			return true, false, nil
		}
		l.behind[c] = row.Place()
		if l.waiting[c] = l.waiting[c][1:]; len(l.waiting[c]) > 0 {
			continue
		}
		if delete(l.waiting, c); l.more[c] {
			return false, false, nil
		}
	}
}

// heads gives the first of each class.
func (l *line) heads() []store.Member {
	heads := make([]store.Member, 0, len(l.waiting))
	for _, rows := range l.waiting {
		heads = append(heads, rows[0])
	}
	return heads
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

// seat gives one in line a seat.
func (w *work) seat(o *org, row *store.Member, aside map[int64]store.Change, tier string, pools mapping.Pools) error {
	m := w.memberFrom(o.Key, row.Account, row, aside)
	// One whom the verb itself did not touch moves because a seat came free.
	if m.why == "" {
		m.cause, m.why = w.cause, "a seat came free and they were next in line (S-4)"
		m.cause.Kind = BySeat
	}
	next := *m.member
	if next.State == Active {
		pools.Used[next.Tier]--
	}
	pools.Used[tier]++
	if next.Want == store.AnyTier || next.Want == tier {
		next.Want, next.WaitingSince = "", time.Time{}
	}
	next.State, next.Tier = Active, tier
	next.Changed, next.Cause = w.now, m.cause
	m.member = &next
	return w.tx.PutMembers(next)
}

// nextSeat tells whom the line of an org would admit as it is stored, or once
// a member has gone, if any.
func nextSeat(r store.Reader, o *org, gone *store.Member) (mapping.InLine, string, bool, error) {
	used, err := r.SeatsUsed(o.Parent, o.Key)
	if err != nil {
		return mapping.InLine{}, "", false, err
	}
	if gone != nil {
		used[gone.Tier]--
	}
	classes, err := r.LineClasses(o.Parent, o.Key)
	if err != nil {
		return mapping.InLine{}, "", false, err
	}
	var heads []store.Member
	for _, c := range classes {
		first, err := r.Line(o.Parent, o.Key, c, store.Place{}, 1)
		if err != nil {
			return mapping.InLine{}, "", false, err
		}
		heads = append(heads, first...)
	}
	who, tier, ok := mapping.NextSeat(o.product, mapping.FullTier(o.FullTier), mapping.Pools{Owned: o.owned, Used: used}, inLine(heads))
	return who, tier, ok, nil
}
