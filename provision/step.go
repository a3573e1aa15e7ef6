package provision

import (
	"context"
	"errors"

	"scimd/store"
)

// Step is one change of settings: what a plan is made of, and what the verbs
// that change settings at once carry out. Exactly one field is set.
type Step struct {
	Parent          *ParentChange   `json:"parent,omitempty"`
	CreateOrg       *OrgInput       `json:"createOrg,omitempty"`
	Org             *OrgStep        `json:"org,omitempty"`
	MoveOrg         *OrgMove        `json:"moveOrg,omitempty"`
	AddMapping      *MappingInput   `json:"addMapping,omitempty"`
	RemoveMapping   *MappingRef     `json:"removeMapping,omitempty"`
	CreateDirectory *DirectoryInput `json:"createDirectory,omitempty"`
	Directory       *DirectoryStep  `json:"directory,omitempty"`
	Detach          *Detachment     `json:"detach,omitempty"`
	Attach          *DirectoryRef   `json:"attach,omitempty"`
	Pin             *PinInput       `json:"pin,omitempty"`
	Unpin           *MemberRef      `json:"unpin,omitempty"`
	Link            *UserLink       `json:"link,omitempty"`
	Unlink          *UserRef        `json:"unlink,omitempty"`
	Merge           *Merger         `json:"merge,omitempty"`
	Relink          *Relinking      `json:"relink,omitempty"`
}

// OrgStep is a change of one org's settings.
type OrgStep struct {
	Org string `json:"org" doc:"id or name"`
	OrgChange
}

// DirectoryStep is a change of how one directory speaks SCIM.
type DirectoryStep struct {
	DirectoryRef
	DirectoryChange
}

// do carries a step out; it names whom it touches, and settle does the rest.
func (s Step) do(w *work) error {
	verbs := []struct {
		set bool
		do  func() error
	}{
		{s.Parent != nil, func() error { return w.changeParent(*s.Parent) }},
		{s.CreateOrg != nil, func() error { return w.createOrgHere(*s.CreateOrg) }},
		{s.Org != nil, func() error { return w.changeOrg(s.Org.Org, s.Org.OrgChange) }},
		{s.MoveOrg != nil, func() error { return w.moveOrg(*s.MoveOrg) }},
		{s.AddMapping != nil, func() error { _, err := w.addMapping(*s.AddMapping); return err }},
		{s.RemoveMapping != nil, func() error { return w.removeMapping(*s.RemoveMapping) }},
		{s.CreateDirectory != nil, func() error { return w.createDirectory(*s.CreateDirectory) }},
		{s.Directory != nil, func() error { return w.changeDirectory(*s.Directory) }},
		{s.Detach != nil, func() error { return w.detach(*s.Detach) }},
		{s.Attach != nil, func() error { return w.attach(*s.Attach) }},
		{s.Pin != nil, func() error { return w.pin(*s.Pin) }},
		{s.Unpin != nil, func() error { return w.unpin(*s.Unpin) }},
		{s.Link != nil, func() error { return w.linkUser(*s.Link) }},
		{s.Unlink != nil, func() error { return w.unlinkUser(*s.Unlink) }},
		{s.Merge != nil, func() error { return w.merge(*s.Merge) }},
		{s.Relink != nil, func() error { return w.relink(*s.Relink) }},
	}
	var do func() error
	for _, v := range verbs {
		if !v.set {
			continue
		}
		if do != nil {
			return refuse(Invalid, "steps", "", "a step changes one thing: this one names two")
		}
		do = v.do
	}
	if do == nil {
		return refuse(Invalid, "steps", "", "a step that changes nothing")
	}
	return do()
}

// Change carries out steps on a parent in one transaction, at once. A parent
// that wants a second administrator's approval refuses it (P-1).
func (s *Service) Change(ctx context.Context, parent string, steps []Step, cause store.Cause) error {
	key, err := s.findParent(ctx, parent)
	if err != nil {
		return err
	}
	return s.update(ctx, key, cause, func(w *work) error { return w.carryOut(steps) })
}

// changeIn is Change for the parent of an org.
func (s *Service) changeIn(ctx context.Context, org string, cause store.Cause, fn func(*work) error) error {
	parent, err := s.parentOf(ctx, org)
	if err != nil {
		return err
	}
	return s.update(ctx, parent, cause, func(w *work) error {
		if err := w.changesSettings(); err != nil {
			return err
		}
		return fn(w)
	})
}

func (w *work) carryOut(steps []Step) error {
	if err := w.changesSettings(); err != nil {
		return err
	}
	var refused []error
	for i, s := range steps {
		err := s.do(w)
		if err == nil {
			continue
		}
		var refusal *Error
		if !errors.As(err, &refusal) {
			return err
		}
		if refused = append(refused, &StepError{i, refusal}); !w.rehearsal {
			break // a rehearsal, of which nothing stays, tells all that is wrong
		}
	}
	return errors.Join(refused...)
}

// StepError says which of several steps was refused, from 0; errors.As finds
// the refusal itself.
type StepError struct {
	Step int
	Err  *Error
}

func (e *StepError) Error() string { return e.Err.Error() }
func (e *StepError) Unwrap() error { return e.Err }

// Try gives every refusal that steps would meet and keeps nothing, no plan
// either. A parent that does not exist is tried as a new one.
func (s *Service) Try(ctx context.Context, parent string, steps []Step, cause store.Cause) error {
	carryOut := func(w *work) error { return w.carryOut(steps) }
	parents, err := s.concerned(ctx, parent, steps)
	if err == nil {
		return s.rehearse(ctx, parents, cause, carryOut, func(*work) error { return nil })
	}
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Reason != NotFound {
		return err
	}
	return s.Store.Rehearse(ctx, nil, func(_ context.Context, tx store.Tx) error {
		p := store.Parent{ID: s.NewID(), Name: parent, Created: s.now()}
		if err := checkName(parent); err != nil {
			return err
		}
		if err := tx.AddParent(&p); err != nil {
			return taken(err, "name", "a parent of this name exists")
		}
		w := workIn(s, newBuffer(tx, s.bound().portion), p, p.Created, cause)
		w.rehearsal = true
		return w.compute(carryOut)
	})
}

// changesSettings moves the version that plans remember, and holds to the
// second administrator whom the parent may want (P-1).
func (w *work) changesSettings() (err error) {
	w.settings = true
	if w.self, err = w.oneself(); err != nil {
		return err
	}
	if w.parent.SecondAdministrator && !w.planned && !w.rehearsal {
		return refuse(NeedsPlan, "parent", "P-1", "parent %s wants a second administrator's approval: preview this as a plan, and have it approved", w.parent.Name)
	}
	return nil
}
