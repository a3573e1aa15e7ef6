package provision

import (
	"context"
	"time"

	"scimd/store"
)

// Push is several verbs on one directory in one transaction: what they change,
// what follows for people and what the front door keeps of them is there
// together or not at all.
type Push struct {
	w         *work
	directory store.Directory
}

// Push runs fn as one transaction on the directory. An error from fn undoes
// all of it. fn may run twice.
func (s *Service) Push(ctx context.Context, d store.Directory, cause store.Cause, fn func(*Push) error) error {
	return s.push(ctx, d.Parent, cause, func(w *work) error {
		current, err := w.tx.Directory(d.Key)
		if err != nil {
			return err
		}
		return fn(&Push{w, current})
	})
}

// Tx reads and writes what a front door keeps of its source.
func (p *Push) Tx() store.Tx { return p.w.tx }

// Now is the moment of the transaction.
func (p *Push) Now() time.Time { return p.w.now }

// Directory is the directory as it is in the transaction.
func (p *Push) Directory() store.Directory { return p.directory }

// CreateUser is Service.CreateUser's.
func (p *Push) CreateUser(in UserInput) (store.Resource, error) {
	return p.w.createUser(p.directory, in)
}

// ChangeUser is Service.ChangeUser's.
func (p *Push) ChangeUser(id string, change func(cur store.Resource) (UserInput, error)) (store.Resource, error) {
	return p.w.changeUser(p.directory, id, change)
}

// DeleteUser is Service.DeleteUser's.
func (p *Push) DeleteUser(id string) error { return p.w.deleteUser(p.directory, id, nil) }

// CreateGroup is Service.CreateGroup's.
func (p *Push) CreateGroup(in GroupInput, members []string, policy Policy) (store.Resource, error) {
	return p.w.createGroup(p.directory, in, members, policy)
}

// ChangeGroup is Service.ChangeGroup's.
func (p *Push) ChangeGroup(id string, policy Policy, change func(cur store.Resource) (GroupInput, []MemberStep, error)) (store.Resource, error) {
	return p.w.changeGroup(p.directory, id, policy, change)
}

// DeleteGroup is Service.DeleteGroup's.
func (p *Push) DeleteGroup(id string) error { return p.w.deleteGroup(p.directory, id, nil) }

// SetLink notes whether the source still feeds the directory, and tells of a
// change. It is false where a later word was heard already. Nobody comes in
// or goes out by it.
func (p *Push) SetLink(state store.LinkState, said store.Stamp) (bool, error) {
	before := p.directory.Source
	if !said.After(before.Said) {
		return false, nil
	}
	p.directory.Source.State, p.directory.Source.Said = state, said
	if err := p.w.tx.SetDirectory(p.directory); err != nil || state == before.State {
		return true, err
	}
	return true, p.w.event("directory."+string(state), struct {
		Directory Named       `json:"directory"`
		Source    string      `json:"source"`
		Cause     store.Cause `json:"cause"`
	}{Named{p.directory.ID, p.directory.Name}, p.directory.Source.ID, p.w.cause})
}
