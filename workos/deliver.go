package workos

import (
	"context"
	"errors"
	"net/http"
	"time"

	"scimd/provision"
	"scimd/store"
)

// What is kept of past deliveries of one directory: the newest, and none for
// longer than the time, cut as new ones come. Older repetitions are still
// recognized, by their stamps.
const (
	keepDeliveries = 2000
	keepFor        = 30 * 24 * time.Hour
)

// result is what became of a delivery, and the answer to it.
type result struct {
	Event   string        `json:"event,omitempty"`
	Type    string        `json:"type,omitempty"`
	Outcome store.Outcome `json:"outcome"`
	Reason  string        `json:"reason,omitempty"`

	retry   bool // refused now; what it needs may come
	foreign bool // of another customer's directory: its body is not ours to keep
}

// envelope is the part that all events have.
type envelope struct {
	id, typ string
	at      time.Time
	data    object
}

func parseEnvelope(body []byte) (envelope, error) {
	o, err := parseObject(body)
	if err != nil {
		return envelope{}, err
	}
	e := envelope{o.text("id"), o.text("event"), o.time("created_at"), o.object("data")}
	if e.id == "" || e.typ == "" {
		return envelope{}, errors.New("no id or event")
	}
	return e, nil
}

// unusable is why an event of a known type cannot be carried out, ever.
type unusable string

func (u unusable) Error() string { return string(u) }

// take carries out one verified delivery and records it.
func (h *Handler) take(ctx context.Context, d store.Directory, body []byte, request string) (result, error) {
	e, err := parseEnvelope(body)
	cause := store.Cause{Kind: "workos", Actor: e.id, Request: request, Detail: e.typ}
	if err != nil {
		out := result{Outcome: store.Failed, Reason: "the body is no event of WorkOS"}
		if err := h.record(ctx, d, cause, out, body); err != nil {
			return out, err
		}
		return out, refuse(http.StatusBadRequest, "%s", out.Reason)
	}
	var out result
	err = h.Provision.Push(ctx, d, cause, func(p *provision.Push) error {
		out = result{Event: e.id, Type: e.typ}
		done, err := duplicate(p, &out)
		if err != nil {
			return err
		}
		if !done {
			if err := (&hearing{p, e}).hear(&out); err != nil {
				return err
			}
		}
		return record(p, out, body)
	})
	var useless unusable
	var refused *provision.Error
	switch {
	case errors.As(err, &useless):
		out = result{Event: e.id, Type: e.typ, Outcome: store.Failed, Reason: string(useless)}
	case errors.As(err, &refused):
		out = result{Event: e.id, Type: e.typ, Outcome: store.Failed, Reason: refused.Text, retry: true}
	default:
		return out, err
	}
	return out, h.record(ctx, d, cause, out, body)
}

// duplicate tells whether the event has its outcome. A failure is none: what
// was in the way may be gone.
func duplicate(p *provision.Push, out *result) (bool, error) {
	before, err := p.Tx().DeliveryOf(p.Directory().Key, out.Event)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil || before.Outcome == store.Failed:
		return false, err
	}
	out.Outcome, out.Reason = store.Duplicate, string(before.Outcome)+" at "+before.At.Format(time.RFC3339)
	return true, nil
}

// record is for a delivery that changes nothing.
func (h *Handler) record(ctx context.Context, d store.Directory, cause store.Cause, out result, body []byte) error {
	return h.Provision.Push(ctx, d, cause, func(p *provision.Push) error { return record(p, out, body) })
}

func record(p *provision.Push, out result, body []byte) error {
	if out.Outcome == store.Duplicate || out.foreign {
		body = nil
	}
	d := store.Delivery{
		Directory: p.Directory().Key, Event: out.Event, Type: out.Type, At: p.Now(),
		Outcome: out.Outcome, Reason: out.Reason, Body: body,
	}
	if err := p.Tx().AddDelivery(&d); err != nil {
		return err
	}
	return p.Tx().DropDeliveries(d.Directory, d.Seq-keepDeliveries, p.Now().Add(-keepFor))
}

// hear carries out an event of this directory.
func (h *hearing) hear(out *result) (err error) {
	verb := h.verb()
	switch home := h.home(); {
	case home != "" && home != h.p.Directory().Source.ID:
		out.Outcome, out.Reason, out.foreign = store.Skipped, "the event is of another WorkOS directory, "+home, true
		return nil
	case verb == nil:
		out.Outcome, out.Reason = store.Unknown, "the type of the event is not known"
		return nil
	case home == "":
		return unusable("the event does not say of which WorkOS directory it is")
	}
	out.Outcome = store.Applied
	if out.Reason, err = verb(); out.Reason != "" {
		out.Outcome = store.Skipped
	}
	return err
}

// verb is what to do for the type of the event, nil for an unknown one. It
// gives the reason if there is nothing to do.
func (h *hearing) verb() func() (string, error) {
	switch h.event.typ {
	case "dsync.user.created", "dsync.user.updated":
		return func() (string, error) { return h.said(store.User) }
	case "dsync.group.created", "dsync.group.updated":
		return func() (string, error) { return h.said(store.Group) }
	case "dsync.user.deleted":
		return func() (string, error) { return h.deleted(store.User) }
	case "dsync.group.deleted":
		return func() (string, error) { return h.deleted(store.Group) }
	case "dsync.group.user_added":
		return func() (string, error) { return h.membership(true) }
	case "dsync.group.user_removed":
		return func() (string, error) { return h.membership(false) }
	case "dsync.activated":
		return func() (string, error) { return h.linked(store.Linked) }
	case "dsync.deleted":
		return func() (string, error) { return h.linked(store.Unlinked) }
	case "dsync.token.created", "dsync.token.revoked":
		return func() (string, error) { return "the token is between the identity provider and WorkOS", nil }
	}
	return nil
}

// home is the WorkOS directory that the event is of, "" if it does not say.
func (h *hearing) home() string {
	data := h.event.data
	if h.event.typ == "dsync.activated" || h.event.typ == "dsync.deleted" {
		return data.text("id")
	}
	return firstOf(data.text("directory_id"), data.object("user").text("directory_id"), data.object("group").text("directory_id"))
}
