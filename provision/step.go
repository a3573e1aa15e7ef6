package provision

import (
	"context"

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

// do carries a step out; it names whom it touches, and settle does the rest.
func (s Step) do(w *work) error {
	verbs := []struct {
		set bool
		do  func() error
	}{
		{s.Parent != nil, func() error { return w.changeParent(*s.Parent) }},
		{s.CreateOrg != nil, func() error { _, err := w.createOrg(*s.CreateOrg); return err }},
		{s.Org != nil, func() error { return w.changeOrg(s.Org.Org, s.Org.OrgChange) }},
		{s.MoveOrg != nil, func() error { return w.moveOrg(*s.MoveOrg) }},
		{s.AddMapping != nil, func() error { _, err := w.addMapping(*s.AddMapping); return err }},
		{s.RemoveMapping != nil, func() error { return w.removeMapping(*s.RemoveMapping) }},
		{s.CreateDirectory != nil, func() error { return w.createDirectory(*s.CreateDirectory) }},
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
	for _, s := range steps {
		if err := s.do(w); err != nil {
			return err
		}
	}
	return nil
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
