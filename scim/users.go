package scim

import (
	"context"
	"net/http"

	"scimd/provision"
	"scimd/scim/filter"
	"scimd/scim/patch"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// userInput takes what the use case needs out of a validated user.
func userInput(o *resource.Object) provision.UserInput {
	doc := stored(o)
	in := provision.UserInput{UserName: text(doc, "userName"), ExternalID: text(doc, "externalId"),
		Display: text(doc, "displayName"), Email: mainEmail(doc), Values: filter.IndexedValues(doc)}
	in.Active, _ = doc.Get("active").(bool)
	if in.Display == "" {
		in.Display = in.UserName
	}
	in.Document = doc.AppendJSON(nil)
	return in
}

// stored drops what is kept in rows or not kept at all: no password is ever
// stored, the IdP's placeholder least of all.
func stored(o *resource.Object) *resource.Object {
	doc := o.Clone()
	for _, name := range []string{"id", "meta", "groups", "members", "password"} {
		doc.Delete(name)
	}
	return doc
}

func text(o *resource.Object, name string) string {
	s, _ := o.Get(name).(string)
	return s
}

// mainEmail prefers the primary address, then the one for work, then the first.
func mainEmail(o *resource.Object) string {
	emails, _ := o.Get("emails").(resource.Array)
	best, rank := "", 0
	for _, e := range emails {
		e, ok := e.(*resource.Object)
		if !ok || text(e, "value") == "" {
			continue
		}
		r := 1
		if e.Get("primary") == true {
			r = 3
		} else if resource.EqualName(text(e, "type"), "work") {
			r = 2
		}
		if r > rank {
			best, rank = text(e, "value"), r
		}
	}
	return best
}

// defaultActive: a user is active unless said otherwise.
func defaultActive(o *resource.Object) {
	if o.Get("active") == nil {
		o.Set("active", true)
	}
}

func (h *Handler) createUser(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	o, err := schema.Validate(q.typ, body, nil, schema.Create, q.quirks)
	if err != nil {
		return err
	}
	defaultActive(o)
	row, err := h.Provision.CreateUser(q.Context(), q.directory, userInput(o), q.cause())
	return q.respond(http.StatusCreated, row, p, err)
}

func (h *Handler) replaceUser(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	row, err := h.Provision.ChangeUser(q.Context(), q.directory, q.resource, q.cause(), func(cur store.Resource) (provision.UserInput, error) {
		prev, err := resource.Parse(cur.Document)
		if err != nil {
			return provision.UserInput{}, err
		}
		o, err := schema.Validate(q.typ, body, prev, schema.Replace, q.quirks)
		if err != nil {
			return provision.UserInput{}, err
		}
		defaultActive(o)
		return userInput(o), nil
	})
	return q.respond(http.StatusOK, row, p, err)
}

func (h *Handler) patchUser(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	ops, err := patch.Parse(q.typ, body, q.quirks)
	if err != nil {
		return err
	}
	row, err := h.Provision.ChangeUser(q.Context(), q.directory, q.resource, q.cause(), func(cur store.Resource) (provision.UserInput, error) {
		o, _, err := q.patched(cur, ops)
		if err != nil {
			return provision.UserInput{}, err
		}
		return userInput(o), nil
	})
	return q.respond(http.StatusOK, row, p, err)
}

// patched applies the operations to the row of this very transaction, so that
// concurrent changes of other attributes are not lost.
func (q *request) patched(cur store.Resource, ops []patch.Op) (*resource.Object, []patch.MemberStep, error) {
	prev, err := resource.Parse(cur.Document)
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

func (h *Handler) deleteUser(q *request) error {
	if err := h.Provision.DeleteUser(q.Context(), q.directory, q.resource, q.cause()); err != nil {
		return err
	}
	q.write(http.StatusNoContent, nil)
	return nil
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
	if q.Method == http.MethodPatch && q.wantsMinimal() && len(q.params["attributes"]) == 0 {
		q.w.Header().Set("ETag", etag(row))
		q.w.Header().Set("Preference-Applied", "return=minimal")
		q.write(http.StatusNoContent, nil)
		return nil
	}
	var o *resource.Object
	err = q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
		o, err = q.render(r, row, p)
		return err
	})
	if err != nil {
		return err
	}
	return q.answer(status, row, o)
}

// get reads one resource (RFC 7644 §3.4.1).
func (h *Handler) get(q *request) error {
	p, err := q.projection()
	if err != nil {
		return err
	}
	var (
		row store.Resource
		o   *resource.Object
	)
	err = h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
		if row, err = r.Resource(q.directory.Key, q.storeType(), q.resource); err != nil {
			return err
		}
		o, err = q.render(r, row, p)
		return err
	})
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, row, o)
}
