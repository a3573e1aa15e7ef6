package workos

import (
	"errors"
	"time"

	"scimd/provision"
	"scimd/store"
)

// membership takes the word on one person in one group. user_added brings
// along what is not known yet; user_removed needs nobody.
func (h *hearing) membership(in bool) (string, error) {
	if h.event.at.IsZero() {
		return "", timeless
	}
	user, group := h.event.data.object("user"), h.event.data.object("group")
	m := store.SourceMember{
		Directory: h.directory(), Group: group.text("id"), User: user.text("id"),
		Said: store.Stamp{At: h.event.at, Event: h.event.id}, In: in,
	}
	if m.Group == "" || m.User == "" {
		return "", unusable("the event does not say who is in which group")
	}
	if in {
		if err := h.bring(store.User, user); err != nil {
			return "", err
		}
		if err := h.bring(store.Group, group); err != nil {
			return "", err
		}
	}
	before, err := h.p.Tx().SourceMember(m.Directory, m.Group, m.User)
	switch {
	case err == nil && !m.Said.After(before.Said):
		return "an event of " + before.Said.At.Format(time.RFC3339Nano) + " is applied", nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	if err := h.p.Tx().PutSourceMember(m); err != nil {
		return "", err
	}
	inside, err := h.settle(m)
	if err == nil && in && !inside {
		return "the user or the group is not there", nil
	}
	return "", err
}

// bring makes what an event of another kind mentions, unless it is there, was
// deleted since or cannot be made of what is mentioned. The event of its own
// wins over the mention of the same time.
func (h *hearing) bring(typ store.ResourceType, data object) error {
	o, err := h.object(typ, data)
	if err != nil || o.Resource != 0 {
		return err
	}
	stamp := store.Stamp{At: snapshotTime(data, h.event)}
	if stale(o, stamp) != "" {
		return nil
	}
	err = h.apply(o, data, stamp)
	var useless unusable
	if errors.As(err, &useless) {
		return nil
	}
	return err
}

// settleAll brings every membership of a user or group in line.
func (h *hearing) settleAll(id string) error {
	pairs, err := h.p.Tx().SourceMembersOf(h.directory(), id)
	if err != nil {
		return err
	}
	for _, m := range pairs {
		if _, err := h.settle(m); err != nil {
			return err
		}
	}
	return nil
}

// settle brings one membership in line with the last word on it: it holds if
// the word is later than what was deleted and both are there.
func (h *hearing) settle(m store.SourceMember) (inside bool, err error) {
	user, err := h.p.Tx().SourceObject(m.Directory, m.User)
	if err != nil {
		return false, unlessNotFound(err)
	}
	group, err := h.p.Tx().SourceObject(m.Directory, m.Group)
	if err != nil {
		return false, unlessNotFound(err)
	}
	if user.Resource == 0 || group.Resource == 0 {
		return false, nil
	}
	step := provision.MemberStep{Op: provision.RemoveMembers}
	inside = m.In && m.Said.At.After(user.Deleted) && m.Said.At.After(group.Deleted)
	if inside {
		step.Op = provision.AddMembers
	}
	u, err := h.p.Tx().ResourceByKey(m.Directory, user.Resource)
	if err != nil {
		return false, err
	}
	g, err := h.p.Tx().ResourceByKey(m.Directory, group.Resource)
	if err != nil {
		return false, err
	}
	step.IDs = []string{u.ID}
	_, err = h.p.ChangeGroup(g.ID, provision.Policy{}, func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		same := provision.GroupInput{DisplayName: cur.Display, ExternalID: cur.ExternalID, Document: cur.Document}
		return same, []provision.MemberStep{step}, nil
	})
	return inside, err
}

func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
