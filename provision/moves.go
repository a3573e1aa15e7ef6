package provision

import (
	"errors"
	"slices"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// OrgMove joins an org to another parent: it comes there on manual, without
// mappings and pins, which name groups and decisions of the old one.
type OrgMove struct {
	Org     string `json:"org" doc:"id or name"`
	To      string `json:"to" doc:"the parent to join, id or name"`
	Members string `json:"members,omitempty" doc:"keep or remove; needed if the org has members (P-8)"`
}

func (w *work) moveOrg(in OrgMove) error {
	o, err := w.org(in.Org)
	if err != nil {
		return err
	}
	to, err := w.tx.FindParent(in.To)
	if err != nil {
		return missing(err, "parent", in.To)
	}
	if to.Key == w.parent.Key || w.also != nil {
		return refuse(Invalid, "to", "", "org %s is joined to %s already, or a step before moves another org", o.Name, to.Name)
	}
	if to, err = w.tx.LockParent(to.Key); err != nil {
		return err
	}
	there := w.beside(to)
	if err := there.changesSettings(); err != nil {
		return err
	}
	members, err := w.leaveParent(o, to, in.Members)
	if err != nil {
		return err
	}
	moved := *o
	moved.Parent = to.Key
	moved.setMode(mapping.Manual, false)
	moved.Paused, moved.settings.Rows, moved.Tripped = false, nil, time.Time{}
	if err := w.tx.MoveOrg(w.parent.Key, o.Key, to.Key); err != nil {
		return err
	}
	if err := w.tx.SetOrg(moved.Org); err != nil {
		return err
	}
	if _, err := there.loadOrgs(); err != nil {
		return err
	}
	o.Paused = true // nothing of it is decided here any more
	o.left = in.Members == KeepMembers
	if err := there.join(&moved, w.parent, members); err != nil {
		return err
	}
	return errors.Join(
		w.event("org.left", orgMoved{o.named(), Named{to.ID, to.Name}, w.cause}),
		there.event("org.joined", orgMoved{o.named(), Named{w.parent.ID, w.parent.Name}, w.cause}))
}

type orgMoved struct {
	Org    Named       `json:"org"`
	Parent Named       `json:"parent"` // joined, or left
	Cause  store.Cause `json:"cause"`
}

// leaveParent takes out all members with their pins and the mapping rows, and
// gives those who are to come along.
func (w *work) leaveParent(o *org, to store.Parent, choice string) ([]store.Member, error) {
	if !slices.Contains([]string{"", KeepMembers, DropMembers}, choice) {
		return nil, refuse(Invalid, "members", "P-8", "members %q is not one of keep, remove", choice)
	}
	var members []store.Member
	err := w.eachMember(o, func(store.Member) bool { return true }, func(m store.Member) *store.Member {
		members = append(members, m)
		return nil
	}, "org "+o.Name+" moved to parent "+to.Name)
	if err != nil {
		return nil, err
	}
	if choice == "" && len(members) > 0 {
		return nil, refuse(Undecided, "members", "P-8", "org %s has members: say what becomes of them, keep or remove", o.Name)
	}
	if choice != KeepMembers {
		if err := w.bar(members); err != nil {
			return nil, err
		}
		members = nil
	}
	pins, err := w.tx.Pins(w.parent.Key, o.Key)
	if err != nil {
		return nil, err
	}
	for _, p := range pins {
		if err := w.tx.RemovePin(p.Parent, p.Org, p.Account); err != nil {
			return nil, err
		}
	}
	rows, err := w.tx.Mappings(w.parent.Key, o.Key)
	if err != nil {
		return nil, err
	}
	for _, m := range rows {
		if err := w.tx.RemoveMapping(m.Parent, m.Org, m.Key); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// join takes the org's members in: each is the account of the same userName,
// else the only one of the same e-mail, else a new one (I-1). Seats and places
// in line come along.
func (w *work) join(o *org, from store.Parent, members []store.Member) error {
	for _, m := range members {
		a, err := w.tx.Account(from.Key, m.Account)
		if err != nil {
			return err
		}
		account, err := w.accountLike(a)
		if err != nil {
			return err
		}
		there, err := w.member(o.Key, account)
		if err != nil {
			return err
		}
		if there.member != nil {
			continue // two of the old parent are one person here
		}
		next := released(m)
		next.Source = ByHand
		if err := w.put(o, account, there, &next, "came with org "+o.Name+" from parent "+from.Name); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) accountLike(a store.Account) (int64, error) {
	if a.FoldedUserName != "" {
		found, err := w.tx.AccountByUserName(w.parent.Key, a.FoldedUserName)
		if !errors.Is(err, store.ErrNotFound) {
			return found.Key, err
		}
	}
	if a.FoldedEmail != "" {
		found, err := w.tx.AccountsByEmail(w.parent.Key, a.FoldedEmail)
		if err != nil || len(found) == 1 {
			return only(found), err
		}
	}
	a.Key, a.Parent, a.ID, a.Created, a.Into = 0, w.parent.Key, w.s.NewID(), w.now, 0
	err := w.tx.AddAccount(&a)
	return a.Key, err
}

func only(accounts []store.Account) int64 {
	if len(accounts) != 1 {
		return 0
	}
	return accounts[0].Key
}
