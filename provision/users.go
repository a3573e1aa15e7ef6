package provision

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"scimd/store"
)

// UserInput is a directory user as a front door hands it over.
type UserInput struct {
	UserName, ExternalID string
	Display              string // what a reference to the user shows
	Email                string // the primary e-mail, or ""
	Active               bool
	Document             []byte        // canonical JSON without id, meta and groups
	Values               []store.Value // indexed values, folded
	Unique               []store.UniqueValue
}

// Fold is the lookup form of userNames, e-mails and group names.
func Fold(s string) string { return store.Fold(s) }

func (in UserInput) fill(r *store.Resource) {
	r.Type, r.Name, r.Display = store.User, Fold(in.UserName), in.Display
	r.ExternalID, r.Active = store.Exact(in.ExternalID), in.Active
	r.Document, r.Values, r.Unique = in.Document, in.Values, in.Unique
}

// CreateUser adds a user to a directory, links it to a person (I-1) and lets
// the person into every org that now entitles them. A userName that is taken
// is Taken.
func (s *Service) CreateUser(ctx context.Context, d store.Directory, in UserInput, cause store.Cause) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) (err error) {
		if out, err = w.createUser(d, in); err != nil {
			return err
		}
		return w.meetNewcomer(d, out.Account, in)
	})
	return out, err
}

// meetNewcomer is meet for one who has come with the only verb of the work: they
// are in no group yet, and if the account was made for them, nothing else is known
// of it.
func (w *work) meetNewcomer(d store.Directory, account int64, in UserInput) error {
	if _, fresh := w.fresh[account]; !fresh {
		return nil
	}
	if _, err := w.loadOrgs(); err != nil || !slices.Contains(w.attached, d.Key) {
		return err
	}
	p := &person{}
	p.Present, p.Active = true, in.Active
	p.Outside = refusesOutside(w.parent) && outside(w.parent, store.Account{UserName: in.UserName, FoldedEmail: Fold(in.Email)})
	w.people[account] = p
	return nil
}

func (w *work) createUser(d store.Directory, in UserInput) (store.Resource, error) {
	r := store.Resource{Directory: d.Key, ID: w.s.NewID(), Created: w.now, Modified: w.now, Version: 1}
	in.fill(&r)
	account, err := w.link(d, in)
	if err != nil {
		return r, err
	}
	r.Account = account
	if err := w.tx.AddResource(&r); err != nil {
		return r, userNameTaken(err, in.UserName)
	}
	w.touch(account)
	if !r.Active {
		return r, nil
	}
	return r, w.assigned(account)
}

// assigned lets jit have one again who was taken out: the identity provider
// has assigned them anew (P-8).
func (w *work) assigned(account int64) error { return w.unbar(0, account) }

func (w *work) unbar(org, account int64) error {
	if _, fresh := w.fresh[account]; fresh {
		return nil
	}
	if p := w.people[account]; p != nil && !p.unwelcome && w.pushed { // no push bars anyone
		return nil
	}
	return w.tx.Unbar(w.parent.Key, org, account)
}

// ChangeUser replaces a user by what change makes of the current row, inside
// the transaction, so that no concurrent change is lost. change may run twice.
// An equal result changes nothing: version and lastModified stay.
func (s *Service) ChangeUser(ctx context.Context, d store.Directory, id string, cause store.Cause, change func(cur store.Resource) (UserInput, error)) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) (err error) {
		out, err = w.changeUser(d, id, change)
		return err
	})
	return out, err
}

func (w *work) changeUser(d store.Directory, id string, change func(cur store.Resource) (UserInput, error)) (store.Resource, error) {
	cur, err := w.tx.Resource(d.Key, store.User, id)
	if err != nil {
		return cur, resourceMissing(err, "User", id)
	}
	in, err := change(cur)
	if err != nil {
		return cur, err
	}
	next := cur
	in.fill(&next)
	if sameResource(cur, next) {
		return cur, nil
	}
	next.Modified, next.Version = w.now, cur.Version+1
	if err := w.setResource(cur, next); err != nil {
		return cur, userNameTaken(err, in.UserName)
	}
	if next.Active != cur.Active { // of a user no decision sees anything else
		w.touch(cur.Account)
	}
	if next.Active && !cur.Active {
		if err := w.assigned(cur.Account); err != nil {
			return cur, err
		}
	}
	return next, w.rename(cur.Account, in)
}

// DeleteUser removes a user and ends what the directory gave (I-3); the
// account stays. check, if any, may refuse the row as it is then.
func (s *Service) DeleteUser(ctx context.Context, d store.Directory, id string, cause store.Cause, check func(cur store.Resource) error) error {
	return s.push(ctx, d.Parent, cause, func(w *work) error { return w.deleteUser(d, id, check) })
}

func (w *work) deleteUser(d store.Directory, id string, check func(cur store.Resource) error) error {
	cur, err := w.tx.Resource(d.Key, store.User, id)
	if err != nil {
		return resourceMissing(err, "User", id)
	}
	if err := allowed(check, cur); err != nil {
		return err
	}
	w.touch(cur.Account)
	w.deleted[cur.Account] = struct{}{}
	return w.tx.RemoveResource(d.Key, cur.Key)
}

// allowed asks a check that need not be there.
func allowed(check func(cur store.Resource) error, cur store.Resource) error {
	if check == nil {
		return nil
	}
	return check(cur)
}

func sameResource(a, b store.Resource) bool {
	return a.Name == b.Name && a.Display == b.Display && a.ExternalID == b.ExternalID &&
		a.Active == b.Active && bytes.Equal(a.Document, b.Document)
}

// setResource stores what became of a resource that is not the same.
func (w *work) setResource(cur, next store.Resource) error {
	if next.Name == cur.Name && next.Display == cur.Display && next.ExternalID == cur.ExternalID && next.Active == cur.Active {
		return w.tx.SetDocument(next)
	}
	return w.tx.SetResource(next)
}

func resourceMissing(err error, typ, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return refuse(NotFound, "id", "", "%s %q does not exist", typ, id)
	}
	return err
}

func userNameTaken(err error, userName string) error {
	var taken *store.TakenError
	if errors.Is(err, store.ErrExists) && !errors.As(err, &taken) {
		return refuse(Taken, "userName", "", "userName %q is taken by another user", userName)
	}
	return valueTaken(err)
}
