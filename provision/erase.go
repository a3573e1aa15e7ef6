package provision

import (
	"context"
	"time"

	"scimd/store"
)

// Erase replaces every personal value of someone by a pseudonym, which it
// gives: in the account, in history and in events, whose number and order stay
// (I-3). One who is in a directory or a member anywhere has to leave first.
// Plans name people: all of the parent go.
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
		pseudonym, err = w.erase(a)
		return err
	})
	return pseudonym, err
}

func (w *work) erase(a store.Account) (pseudonym string, err error) {
	users, err := w.tx.UsersOfAccount(a.Parent, a.Key)
	if err != nil {
		return "", err
	}
	members, err := w.tx.MembersOfAccount(a.Parent, a.Key)
	if err != nil {
		return "", err
	}
	if len(users) > 0 || len(members) > 0 {
		return "", refuse(WrongMode, "person", "I-3", "%q has %d users in directories and is a member of %d orgs: they have to leave first", a.UserName, len(users), len(members))
	}
	pins, err := w.tx.PinsOf(a.Parent, []int64{a.Key})
	if err != nil {
		return "", err
	}
	for _, p := range pins {
		if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
			return "", err
		}
	}
	// What was merged into the account is the same person by other names.
	merged, err := w.tx.MergedInto(a.Parent, a.Key)
	if err != nil {
		return "", err
	}
	for _, m := range merged {
		if _, err := w.erase(m); err != nil {
			return "", err
		}
	}
	if err := w.tx.DropPlans(a.Parent, endOfTime); err != nil {
		return "", err
	}
	pseudonym = "erased-" + a.ID
	if err := w.tx.Erase(a.Parent, a.Key, pseudonym); err != nil {
		return "", err
	}
	return pseudonym, w.event("account.erased", struct {
		Account AccountName `json:"account"`
		Cause   store.Cause `json:"cause"`
	}{AccountName{ID: a.ID, UserName: pseudonym}, w.cause})
}

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
