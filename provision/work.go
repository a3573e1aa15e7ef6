package provision

import (
	"cmp"
	"context"
	"errors"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// work is one verb under way: its transaction, its moment and cause, and the
// people whose standing it may have moved.
type work struct {
	s      *Service
	tx     *buffer
	parent store.Parent
	now    time.Time
	cause  store.Cause

	rehearsal    bool // nothing of it stays
	planned      bool // it carries out a plan
	acknowledged bool // P-6
	settings     bool // the settings of the parent moved
	pushed       bool // by a directory or a login: settings may be remembered ones

	orgs         []*org                       // loaded once, by key
	attached     []int64                      // directories of a push, loaded with orgs
	read         *settings                    // as they were when loaded, to be remembered
	touched      map[int64]struct{}           // accounts to decide in every governed org
	within       map[int64]map[int64]struct{} // org → accounts to decide there only
	line         map[int64]struct{}           // orgs whose seats or line moved
	everyone     map[int64]bool               // orgs to decide whole
	people       map[int64]*person            // facts, once for all orgs
	moved        map[seat]*move
	order        []seat             // moved, by first touch
	aside        bool               // some of moved was set aside in the store
	deliberate   map[int64]struct{} // orgs whose removals an administrator chose (P-8)
	named        map[seat]struct{}  // whom an administrator took out by name
	fresh        map[int64]struct{} // accounts made by this verb for a pushed user: no member, pin or bar names them
	deleted      map[int64]struct{} // accounts of whom the directory deletes a user
	leaving      map[int64]int      // org → removals of the same cause beyond this transaction
	self         int64              // the administrator who changes settings, if a person of the parent
	own          []int64            // orgs in which the administrator loses their own role (P-6)
	changes      []store.Change
	events       []store.Event
	alarms       []store.Event
	told         bool
	memberEvents memberEvents
	counts       map[int64]*OrgSummary // by org, of a plan
	then         []func() error        // what is answered once all is settled
	also         *work                 // of the other parent, when an org moves
}

type seat struct{ org, account int64 }

// move is a member on its way through the verb.
type move struct {
	before  *store.Standing
	member  *store.Member // nil: no member (any more)
	cause   store.Cause
	why     string
	decided bool // by the engine
}

func (s *Service) newWork(ctx context.Context, tx store.Tx, parent int64, cause store.Cause) (*work, error) {
	p, err := tx.LockParent(parent)
	w := workIn(s, newBuffer(tx, s.bound().portion), p, s.now(), cause)
	w.acknowledged = acknowledged(ctx)
	return w, err
}

func workIn(s *Service, tx *buffer, p store.Parent, now time.Time, cause store.Cause) *work {
	return &work{
		s: s, tx: tx, parent: p, now: now, cause: cause,
		touched: map[int64]struct{}{}, within: map[int64]map[int64]struct{}{},
		line: map[int64]struct{}{}, people: map[int64]*person{}, moved: map[seat]*move{},
		deliberate: map[int64]struct{}{}, named: map[seat]struct{}{}, deleted: map[int64]struct{}{},
		leaving: map[int64]int{}, everyone: map[int64]bool{}, fresh: map[int64]struct{}{},
	}
}

// beside is the part of a verb that happens in another parent.
func (w *work) beside(to store.Parent) *work {
	w.also = workIn(w.s, w.tx, to, w.now, w.cause)
	w.also.acknowledged, w.also.rehearsal, w.also.planned = w.acknowledged, w.rehearsal, w.planned
	return w.also
}

// update runs one verb of a parent: what fn changes, what follows from it for
// people, and what is told about it, in one transaction.
func (s *Service) update(ctx context.Context, parent int64, cause store.Cause, fn func(*work) error) error {
	return s.transact(ctx, parent, cause, fn, false)
}

// push is update for a verb of a directory or a login, which changes no
// settings but for mappings that go with their group.
func (s *Service) push(ctx context.Context, parent int64, cause store.Cause, fn func(*work) error) error {
	return s.transact(ctx, parent, cause, fn, true)
}

func (s *Service) transact(ctx context.Context, parent int64, cause store.Cause, fn func(*work) error, pushed bool) error {
	var done *work
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) (err error) {
		if done, err = s.newWork(ctx, tx, parent, cause); err != nil {
			return err
		}
		done.pushed = pushed
		return done.run(fn)
	})
	if err != nil {
		return err
	}
	if done.read != nil && !done.settings {
		s.known.keep(done.parent, *done.read)
	}
	done.wake()
	return nil
}

// rehearse runs fn as update would and undoes all of it; look sees what came
// of it. It holds up no other verb.
func (s *Service) rehearse(ctx context.Context, parents []int64, cause store.Cause, fn, look func(*work) error) error {
	return s.Store.Rehearse(ctx, parents, func(_ context.Context, tx store.Tx) error {
		w, err := s.newWork(ctx, tx, parents[0], cause)
		if err != nil {
			return err
		}
		w.rehearsal = true
		if err := w.compute(fn); err != nil {
			return err
		}
		return look(w)
	})
}

func (w *work) run(fn func(*work) error) error {
	if err := w.compute(fn); err != nil {
		return err
	}
	for _, answer := range w.then {
		if err := answer(); err != nil {
			return err
		}
	}
	if w.also != nil {
		if err := w.also.tell(); err != nil {
			return err
		}
	}
	return w.tell()
}

// compute is all but the telling: a rehearsal does exactly this.
func (w *work) compute(fn func(*work) error) error {
	if err := fn(w); err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	if w.also != nil {
		if err := w.also.settle(); err != nil {
			return err
		}
	}
	if err := w.ownRole(); err != nil {
		return err
	}
	if w.also != nil {
		if err := w.also.age(); err != nil {
			return err
		}
	}
	if err := w.age(); err != nil {
		return err
	}
	return w.tx.write()
}

// age moves the version that plans remember, if settings changed.
func (w *work) age() error {
	if !w.settings {
		return nil
	}
	w.parent.Version++
	return w.tx.SetParent(w.parent)
}

// wake tells those who wait for events.
func (w *work) wake() {
	if w.also != nil {
		w.also.wake()
	}
	if w.told && w.s.Committed != nil {
		w.s.Committed(w.parent.Key)
	}
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

// touchEveryone has orgs decided whole, as their settings are in the end.
func (w *work) touchEveryone(orgs ...*org) {
	for _, o := range orgs {
		w.everyone[o.Key] = true
	}
}

type acknowledgedKey struct{}

// Acknowledge marks a request by which an administrator may lose their own
// administrative role, and who knows it (P-6).
func Acknowledge(ctx context.Context) context.Context {
	return context.WithValue(ctx, acknowledgedKey{}, true)
}

func acknowledged(ctx context.Context) bool { return ctx.Value(acknowledgedKey{}) != nil }

// oneself finds the account of the administrator who acts, before the verb
// merges or renames it: 0 if they are no person of the parent.
func (w *work) oneself() (int64, error) {
	if w.cause.Kind != ByAdmin || w.cause.Actor == "" {
		return 0, nil
	}
	return w.actor(w.cause.Actor)
}

// ownRole refuses settings by which the one who saves them loses their own
// administrative role, until they say that they know (P-6).
func (w *work) ownRole() error {
	if w.self == 0 {
		return nil
	}
	a, err := w.tx.Account(w.parent.Key, w.self)
	if err != nil {
		return err
	}
	for _, o := range w.orgs {
		if o.left {
			continue
		}
		was, err := w.member(o.Key, a.Key)
		if err != nil {
			return err
		}
		if !o.administers(was.before) {
			continue
		}
		is, err := w.member(o.Key, cmp.Or(a.Into, a.Key))
		if err != nil {
			return err
		}
		if o.administers(standing(is.member)) {
			continue
		}
		w.own = append(w.own, o.Key)
		if !w.rehearsal && !w.acknowledged {
			return refuse(Unacknowledged, "acknowledge", "P-6",
				"you would lose your own administrative role in org %s: acknowledge it to go on", o.Name)
		}
	}
	return nil
}

// actor is the account of an administrator who is a person of the parent, or 0.
func (w *work) actor(name string) (int64, error) {
	a, err := w.tx.FindAccount(w.parent.Key, Fold(name))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return a.Key, err
}

// administers tells whether someone of the standing can administer the org now.
func (o *org) administers(s *store.Standing) bool {
	return s != nil && s.State != Waiting && o.product.Administers(s.Role)
}

// find looks up a key before the transaction that needs it to begin.
func (s *Service) find(ctx context.Context, fn func(store.Reader) (int64, error)) (key int64, err error) {
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		key, err = fn(r)
		return err
	})
	return key, err
}

func (s *Service) findParent(ctx context.Context, idOrName string) (int64, error) {
	return s.find(ctx, func(r store.Reader) (int64, error) {
		p, err := r.FindParent(idOrName)
		return p.Key, missing(err, "parent", idOrName)
	})
}

// The kinds of causes that rules tell apart.
const (
	ByAdmin  = "admin"
	ByLogin  = "login"
	BySync   = "sync"
	ByUpkeep = "upkeep" // what time asks for
	BySeat   = "seat"   // a freed seat admits someone
)

// isLeaver tells whether a decision ends what someone had because the identity
// provider said that they leave (P-5): it deactivated them, or deletes them now.
func (w *work) isLeaver(account int64, d mapping.Decision) bool {
	_, deleted := w.deleted[account]
	return d.Basis == mapping.NotAssigned || d.Basis == mapping.Deactivated || d.Basis == mapping.NotPresent && deleted
}
