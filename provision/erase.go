package provision

import (
	"context"

	"scimd/store"
)

// Erase replaces every personal value of someone by a pseudonym: in the
// account, in history and in events, whose number and order stay (I-3). One
// who is in a directory or a member anywhere has to leave first.
func (s *Service) Erase(ctx context.Context, parent, person string, cause store.Cause) (pseudonym string, err error) {
	key, err := s.findParent(ctx, parent)
	if err != nil {
		return "", err
	}
	err = s.update(ctx, key, cause, func(w *work) error {
		a, err := findPerson(w.tx, key, person)
		if err != nil {
			return err
		}
		users, err := w.tx.UsersOfAccount(key, a.Key)
		if err != nil {
			return err
		}
		members, err := w.tx.MembersOfAccount(key, a.Key)
		if err != nil {
			return err
		}
		if len(users) > 0 || len(members) > 0 {
			return refuse(WrongMode, "person", "I-3", "%q is in %d directories and a member of %d orgs: they have to leave first", person, len(users), len(members))
		}
		pins, err := w.tx.PinsOfAccount(key, a.Key)
		if err != nil {
			return err
		}
		for _, p := range pins {
			if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
				return err
			}
		}
		pseudonym = "erased-" + a.ID
		if err := w.tx.Erase(key, a.Key, pseudonym); err != nil {
			return err
		}
		return w.event("account.erased", struct {
			Account AccountName `json:"account"`
			Cause   store.Cause `json:"cause"`
		}{AccountName{ID: a.ID, UserName: pseudonym}, w.cause})
	})
	return pseudonym, err
}
