package scim

import (
	"net/http"

	"scimd/scim/patch"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// verbs are the use cases of one resource type.
type verbs interface {
	create(q *request, o *resource.Object) (store.Resource, error)
	change(q *request, fn change) (store.Resource, error)
	remove(q *request) error
}

// change makes the next state of a resource from the row of the transaction,
// so that no concurrent change is lost. It may run twice. Membership comes as
// steps, never in the object.
type change func(cur store.Resource) (next *resource.Object, steps []patch.MemberStep, err error)

func (q *request) verbs() verbs {
	switch q.typ.Name {
	case "User":
		return users{q.h.Provision}
	case "Group":
		return groups{q.h.Provision}
	}
	return others{q.h.Provision}
}

// create answers POST on a collection (RFC 7644 §3.3).
func (h *Handler) create(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	o, err := schema.Validate(q.typ, body, nil, schema.Create, q.quirks)
	if err != nil {
		return err
	}
	password, err := q.secretIn(o)
	if err != nil {
		return err
	}
	password.apply(o)
	q.defaults(body, o)
	row, err := q.verbs().create(q, o)
	return q.respond(http.StatusCreated, row, p.WithWritten(schema.Written(q.typ, body)), err)
}

// replace answers PUT on a resource (RFC 7644 §3.5.1).
func (h *Handler) replace(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	password, err := q.secretOf(body)
	if err != nil {
		return err
	}
	row, err := q.verbs().change(q, func(cur store.Resource) (*resource.Object, []patch.MemberStep, error) {
		if err := q.conditions.check(cur); err != nil {
			return nil, nil, err
		}
		prev, err := resource.Parse(cur.Document)
		if err != nil {
			return nil, nil, err
		}
		o, err := schema.Validate(q.typ, body, prev, schema.Replace, q.quirks)
		if err != nil {
			return nil, nil, err
		}
		password.apply(o)
		q.defaults(body, o)
		return o, patch.ReplaceAll(q.typ, memberIDs(o)), nil
	})
	return q.respond(http.StatusOK, row, p.WithWritten(schema.Written(q.typ, body)), err)
}

// patch answers PATCH on a resource (RFC 7644 §3.5.2).
func (h *Handler) patch(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	ops, err := patch.Parse(q.typ, body, q.quirks)
	if err != nil {
		return err
	}
	if err := q.hashOps(ops); err != nil {
		return err
	}
	row, err := q.verbs().change(q, func(cur store.Resource) (*resource.Object, []patch.MemberStep, error) {
		if err := q.conditions.check(cur); err != nil {
			return nil, nil, err
		}
		return q.patched(cur, ops)
	})
	if err == nil && q.typ.HasMembers() && !q.names("attributes") && !q.names("excludedAttributes") && !q.withoutBody() {
		p, err = q.withoutLargeMembers(row, p)
	}
	return q.respond(http.StatusOK, row, p.WithWritten(written(ops)), err)
}

// written gives what the operations set.
func written(ops []patch.Op) []schema.Ref {
	var refs []schema.Ref
	for _, op := range ops {
		if op.Kind != patch.Remove {
			refs = append(refs, op.Ref)
		}
	}
	return refs
}

// defaults gives a user who is created or replaced active, unless the body
// says otherwise: null says so too (7644-3.3-R04).
func (q *request) defaults(body, o *resource.Object) {
	if q.typ.Name != "User" || o.Get("active") != nil {
		return
	}
	if _, given := body.Lookup("active"); !given || q.quirks.Has(quirk.NullAsOmitted) {
		o.Set("active", true)
	}
}

// patched applies the operations to the row of this very transaction, so that
// concurrent changes of other attributes are not lost.
func (q *request) patched(cur store.Resource, ops []patch.Op) (*resource.Object, []patch.MemberStep, error) {
	prev, err := resource.Parse(cur.Document)
	if err != nil {
		return nil, nil, err
	}
	err = patch.CheckRepeated(ops, func() *resource.Object {
		shown := prev.Clone()
		shown.Set("id", cur.ID)
		shown.Set("meta", resource.Decode(q.meta(cur)))
		return shown
	})
	if err != nil {
		return nil, nil, err
	}
	next, steps, err := patch.Apply(q.typ, prev, ops, q.quirks)
	if err != nil {
		return nil, nil, err
	}
	if resource.Equal(next, prev) { // a no-op keeps its bytes (RFC 7644 §3.5.2)
		return prev, steps, nil
	}
	o, err := schema.Validate(q.typ, next, prev, schema.Patched, q.quirks)
	return o, steps, err
}

// remove answers DELETE on a resource (RFC 7644 §3.6).
func (h *Handler) remove(q *request) error {
	if err := q.verbs().remove(q); err != nil {
		return err
	}
	q.write(http.StatusNoContent, nil)
	return nil
}

// get answers GET on a resource (RFC 7644 §3.4.1).
func (h *Handler) get(q *request) error {
	p, err := q.projection()
	if err != nil {
		return err
	}
	return q.writing(http.StatusOK, func(w *writing, r store.Reader) (more bool, err error) {
		row, err := r.Resource(q.directory.Key, q.storeType(), q.resource)
		if err != nil {
			return false, err
		}
		unchanged, err := q.conditions.unchanged(row)
		if err != nil {
			return false, err
		}
		if unchanged {
			w.status = http.StatusNotModified
		}
		if q.identify(w.status, row); unchanged {
			return false, nil
		}
		return false, w.resource(q, r, row, p)
	})
}

// input reads the parameters and the body of a write before anything is done.
func (q *request) input() (*schema.Projection, *resource.Object, error) {
	p, err := q.projection()
	if err != nil {
		return nil, nil, err
	}
	body, err := q.body()
	return p, body, err
}

// respond reads the written resource as it is now and sends it.
func (q *request) respond(status int, row store.Resource, p *schema.Projection, err error) error {
	if err != nil {
		return err
	}
	if q.withoutBody() {
		q.identify(http.StatusNoContent, row)
		if q.prefers("minimal") {
			q.w.Header().Set("Preference-Applied", "return=minimal")
		}
		q.write(http.StatusNoContent, nil)
		return nil
	}
	return q.writing(status, func(w *writing, r store.Reader) (more bool, err error) {
		q.identify(status, row)
		return false, w.resource(q, r, row, p)
	})
}

// stored drops what is kept in rows.
func stored(o *resource.Object) *resource.Object {
	doc := resource.Sized(o.Len())
	for name, v := range o.All() {
		switch name {
		case "id", "meta", "groups", "members": // of which there may be a million
		default:
			doc.Set(name, resource.Clone(v))
		}
	}
	return doc
}

func text(o *resource.Object, name string) string {
	s, _ := o.Get(name).(string)
	return s
}
