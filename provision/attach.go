package provision

import (
	"errors"
	"slices"
	"time"

	"scimd/store"
)

// DirectoryRef names a directory of the parent.
type DirectoryRef struct {
	Directory string `json:"directory" doc:"id or name"`
}

// Detachment ends what a directory gives; what it is pushed is still stored
// and acknowledged (P-8).
type Detachment struct {
	DirectoryRef
	// Members says what becomes of those whom nothing else entitles: keep
	// pins them, remove lets them go.
	Members string `json:"members,omitempty" doc:"keep (pinned) or remove; needed if anyone would lose access"`
}

func (w *work) directory(idOrName string) (store.Directory, error) {
	d, err := w.tx.FindDirectory(idOrName)
	if err == nil && d.Parent != w.parent.Key {
		err = store.ErrNotFound
	}
	return d, missing(err, "directory", idOrName)
}

func (w *work) detach(in Detachment) error {
	d, err := w.directory(in.Directory)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", KeepMembers, DropMembers}, in.Members) {
		return refuse(Invalid, "members", "P-8", "members %q is not one of keep, remove", in.Members)
	}
	if !d.Detached.IsZero() {
		return nil
	}
	d.Detached = w.now
	if err := w.setAttached(d, "directory.detached"); err != nil {
		return err
	}
	if in.Members != DropMembers {
		if err := w.keepOrAsk(d, in.Members); err != nil {
			return err
		}
	}
	return w.decideScim(in.Members == DropMembers)
}

// attach makes a directory count again.
func (w *work) attach(in DirectoryRef) error {
	d, err := w.directory(in.Directory)
	if err != nil || d.Detached.IsZero() {
		return err
	}
	d.Detached = time.Time{}
	if err := w.setAttached(d, "directory.attached"); err != nil {
		return err
	}
	return w.decideScim(false)
}

func (w *work) setAttached(d store.Directory, event string) error {
	if err := w.tx.SetDirectory(d); err != nil {
		return err
	}
	clear(w.people)
	return w.event(event, struct {
		Directory Named       `json:"directory"`
		Cause     store.Cause `json:"cause"`
	}{Named{d.ID, d.Name}, w.cause})
}

func (w *work) decideScim(deliberate bool) error {
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if deliberate {
			w.deliberate[o.Key] = struct{}{}
		}
	}
	w.touchEveryone(orgs...)
	return nil
}

// keepOrAsk pins those whom the other directories do not entitle, or asks what
// is to become of them. A paused org is seen to as well: it goes on one day.
func (w *work) keepOrAsk(d store.Directory, members string) error {
	orgs, err := w.loadOrgs()
	if err != nil {
		return err
	}
	running := make([]*org, len(orgs))
	for i, o := range orgs {
		running[i] = &org{Org: o.Org, product: o.product, settings: o.settings, owned: o.owned}
		running[i].Paused = false
	}
	var pins []store.Pin
	why := "kept when directory " + d.Name + " was detached"
	err = drift(w.tx, w.parent, running, func(found []drifter) error {
		for _, f := range found {
			if f.stored == nil || f.next != nil || f.stored.State == Held && f.stored.Hold.Action == remove {
				continue
			}
			if members == "" {
				return refuse(Undecided, "members", "P-8", "people of org %s are in directory %s alone: say what becomes of them, keep or remove", f.o.Name, d.Name)
			}
			p := f.pin
			p.Parent, p.Org, p.Account = w.parent.Key, f.o.Key, f.account
			w.pinMembership(&p, string(f.decision.Basis), why)
			pins = append(pins, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range pins {
		i := slices.IndexFunc(orgs, func(o *org) bool { return o.Key == p.Org })
		if err := errors.Join(w.writePin(orgs[i], p, why), w.pinMoved(orgs[i], p.Account)); err != nil {
			return err
		}
	}
	return nil
}

// takeOver clears a pinned membership that the directory has taken over: a
// leaver of tomorrow must not be kept by the pin of today.
func (w *work) takeOver(o *org, p store.Pin) error {
	delete(w.people, p.Account)
	if p.Against = ""; p.Role != "" || p.Tier != "" {
		return w.tx.PutPin(p)
	}
	if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
		return err
	}
	return w.tellPin("pin.outlived", o, p)
}
