package workos

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"scimd/provision"
	"scimd/store"
)

// hearing is one event on its way into the directory. Its verbs give the
// reason why there was nothing to do, or "".
type hearing struct {
	p     *provision.Push
	event envelope
}

func (h *hearing) directory() int64 { return h.p.Directory().Key }

const timeless = unusable("the event has no time to order it by")

// said takes the snapshot that the event is.
func (h *hearing) said(typ store.ResourceType) (string, error) {
	stamp := store.Stamp{At: snapshotTime(h.event.data, h.event), Event: h.event.id}
	if stamp.At.IsZero() {
		return "", timeless
	}
	o, err := h.object(typ, h.event.data)
	if err != nil {
		return "", err
	}
	if reason := stale(o, stamp); reason != "" {
		return reason, nil
	}
	return "", h.apply(o, h.event.data, stamp)
}

// snapshotTime is when an object was as the event has it.
func snapshotTime(data object, e envelope) time.Time {
	if at := data.time("updated_at"); !at.IsZero() {
		return at
	}
	return e.at
}

// object finds what is known of a user or group of WorkOS.
func (h *hearing) object(typ store.ResourceType, data object) (store.SourceObject, error) {
	id := data.text("id")
	if id == "" {
		return store.SourceObject{}, unusable("the event does not say whom or what it is about")
	}
	o, err := h.p.Tx().SourceObject(h.directory(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.SourceObject{Directory: h.directory(), ID: id, Type: typ}, nil
	case err == nil && o.Type != typ:
		return o, unusable(fmt.Sprintf("%s was of another type before", id))
	}
	return o, err
}

func stale(o store.SourceObject, stamp store.Stamp) string {
	switch {
	case !o.Deleted.IsZero() && !stamp.At.After(o.Deleted):
		return "deleted at " + o.Deleted.Format(time.RFC3339Nano)
	case !o.Said.At.IsZero() && !stamp.After(o.Said):
		return "a state of " + o.Said.At.Format(time.RFC3339Nano) + " is applied"
	}
	return ""
}

// apply makes the resource what the snapshot says.
func (h *hearing) apply(o store.SourceObject, data object, stamp store.Stamp) error {
	write := h.writeGroup
	if o.Type == store.User {
		write = h.writeUser
	}
	r, err := write(o, data)
	if err != nil {
		return err
	}
	isNew := o.Resource == 0
	o.Resource, o.Said = r.Key, stamp
	if o.Data, err = json.Marshal(data, json.Deterministic(true)); err != nil {
		return err
	}
	if err := h.p.Tx().PutSourceObject(o); err != nil || !isNew {
		return err
	}
	return h.settleAll(o.ID)
}

func (h *hearing) writeUser(o store.SourceObject, data object) (store.Resource, error) {
	in, err := userInput(data)
	if err != nil {
		return store.Resource{}, err
	}
	if o.Resource == 0 {
		return h.p.CreateUser(in)
	}
	cur, err := h.p.Tx().ResourceByKey(h.directory(), o.Resource)
	if err != nil {
		return cur, err
	}
	return h.p.ChangeUser(cur.ID, func(store.Resource) (provision.UserInput, error) { return in, nil })
}

func (h *hearing) writeGroup(o store.SourceObject, data object) (store.Resource, error) {
	in, err := groupInput(data)
	if err != nil {
		return store.Resource{}, err
	}
	if o.Resource == 0 {
		return h.p.CreateGroup(in, nil, provision.Policy{})
	}
	cur, err := h.p.Tx().ResourceByKey(h.directory(), o.Resource)
	if err != nil {
		return cur, err
	}
	return h.p.ChangeGroup(cur.ID, provision.Policy{}, func(store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		return in, nil, nil
	})
}

// deleted removes the resource and leaves a tombstone. A deletion is dated by
// its event: the object in it is as it was before.
func (h *hearing) deleted(typ store.ResourceType) (string, error) {
	at := h.event.at
	if at.IsZero() {
		at = h.event.data.time("updated_at")
	}
	if at.IsZero() {
		return "", timeless
	}
	o, err := h.object(typ, h.event.data)
	if err != nil {
		return "", err
	}
	if !at.After(o.Deleted) {
		return "deleted at " + o.Deleted.Format(time.RFC3339Nano), nil
	}
	o.Deleted = at
	if o.Said.At.After(at) {
		if err := h.p.Tx().PutSourceObject(o); err != nil {
			return "", err
		}
		return "a state of " + o.Said.At.Format(time.RFC3339Nano) + " is applied", h.settleAll(o.ID)
	}
	if err := h.remove(o); err != nil {
		return "", err
	}
	o.Resource, o.Data = 0, nil
	return "", h.p.Tx().PutSourceObject(o)
}

func (h *hearing) remove(o store.SourceObject) error {
	if o.Resource == 0 {
		return nil
	}
	cur, err := h.p.Tx().ResourceByKey(h.directory(), o.Resource)
	if err != nil {
		return err
	}
	if o.Type == store.User {
		return h.p.DeleteUser(cur.ID)
	}
	return h.p.DeleteGroup(cur.ID)
}

// linked notes that the WorkOS directory came or went. Its people stay: WorkOS
// sends no deletion for any of them, and a slip in its dashboard must not put
// a whole customer out.
func (h *hearing) linked(state store.LinkState) (string, error) {
	if h.event.at.IsZero() {
		return "", timeless
	}
	applied, err := h.p.SetLink(state, store.Stamp{At: h.event.at, Event: h.event.id})
	if err == nil && !applied {
		return "a later event is applied", nil
	}
	return "", err
}
