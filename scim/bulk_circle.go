package scim

import (
	"context"
	"net/http"
	"slices"

	"scimd/scim/bulk"
	"scimd/scim/patch"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// bulkCircle creates operations that refer to each other (RFC 7644 §3.7.1).
// Where all that is left waits for another, one is created without the
// attributes that refer to what is not there yet, and gets them when the last
// of the circle exists. As each refers to all others, at least over some of
// them, one failure fails them all: what was created by then is deleted again.
type bulkCircle struct {
	*bulkRun
	ctx     context.Context
	answers map[int]*bulkAnswer      // to the POST of each, so far
	lacking map[int]*resource.Object // what was created of those that lack something
	refused map[int]*bulkAnswer      // why the circle is not closed
}

// circle begins nothing that it cannot end: a client that goes away meanwhile
// does not leave half a circle.
func (b *bulkRun) circle(step []int) {
	c := &bulkCircle{b, context.WithoutCancel(b.q.Context()), map[int]*bulkAnswer{}, map[int]*resource.Object{}, map[int]*bulkAnswer{}}
	c.judge(step)
	c.create(slices.Clone(step))
	c.complete(step)
	if len(c.refused) == 0 {
		for _, i := range step {
			b.settle(i, c.answers[i])
		}
		return
	}
	c.undo(step)
	var blamed string
	for _, i := range step {
		if c.refused[i] != nil {
			blamed = b.Operations[i].BulkID
		}
	}
	for _, i := range step {
		if c.refused[i] == nil {
			c.refuse(i, nothingUnder(blamed))
		}
		b.settle(i, c.refused[i])
	}
}

func (c *bulkCircle) refuse(i int, err error) { c.refused[i] = c.q.bulkRefusal(err) }

// judge finds what cannot be created whatever the ids will be, before anything
// is: a reference is as good as any other string for validation.
func (c *bulkCircle) judge(step []int) {
	for _, i := range step {
		op := &c.Operations[i]
		if err := c.unfit(op); err != nil {
			c.refuse(i, err)
			continue
		}
		if _, err := c.validate(op, op.Data); err != nil {
			c.refuse(i, err)
			continue
		}
		for _, id := range op.References {
			_, known := c.ids[id]
			if !known && !slices.ContainsFunc(step, func(k int) bool { return c.Operations[k].BulkID == id }) {
				c.refuse(i, nothingUnder(id))
			}
		}
	}
}

func (c *bulkCircle) validate(op *bulk.Operation, data *resource.Object) (*resource.Object, error) {
	return schema.Validate(c.q.typeAt(op.Path[0]), data, nil, schema.Create, c.q.quirks)
}

// create goes on until a POST fails.
func (c *bulkCircle) create(pending []int) {
	for len(pending) > 0 && len(c.refused) == 0 {
		at, data := c.next(pending)
		i := pending[at]
		op := &c.Operations[i]
		if data == nil {
			c.refuse(i, scimerr.Status(http.StatusConflict, "the circle of references through the bulkId %q cannot be resolved: a required attribute is part of it", op.BulkID))
			return
		}
		w := c.q.single(c.ctx, op.Method, op.Path, "", data)
		if !w.ok() {
			c.refused[i] = w
			return
		}
		c.answers[i], c.ids[op.BulkID] = w, w.id()
		pending = slices.Delete(pending, at, at+1)
	}
}

// next chooses the first operation that waits for nothing, or else the first
// that can lack what it waits for. No data: there is none.
func (c *bulkCircle) next(pending []int) (at int, data *resource.Object) {
	for at, i := range pending {
		op := &c.Operations[i]
		if _, missing := op.Missing(c.ids); !missing {
			_, data := op.Resolve(c.ids)
			return at, data
		}
	}
	for at, i := range pending {
		op := &c.Operations[i]
		data := op.Without(c.ids)
		if kept, err := c.validate(op, data); err == nil {
			c.lacking[i] = kept
			return at, data
		}
	}
	return 0, nil
}

// complete adds what was lacking. It adds rather than replaces, so that a
// change by somebody else in between is not lost.
func (c *bulkCircle) complete(step []int) {
	for _, i := range step {
		kept := c.lacking[i]
		if kept == nil || len(c.refused) > 0 {
			continue
		}
		op := &c.Operations[i]
		_, data := op.Resolve(c.ids)
		whole, err := c.validate(op, data)
		if err != nil {
			c.refuse(i, err)
			return
		}
		rest := bulk.Rest(whole, kept)
		rest.Delete("schemas") // follows from the others
		if rest.Len() == 0 {
			continue // what was lacking is nothing that is stored
		}
		w := c.q.single(c.ctx, http.MethodPatch, c.created(i), "", addition(rest))
		if !w.ok() {
			c.refused[i] = w
			return
		}
		c.answers[i].header.Set("ETag", w.header.Get("ETag"))
	}
}

func addition(rest *resource.Object) *resource.Object {
	add, message := &resource.Object{}, &resource.Object{}
	add.Set("op", "add")
	add.Set("value", rest)
	message.Set("schemas", resource.Array{patch.MessageURN})
	message.Set("Operations", resource.Array{add})
	return message
}

func (c *bulkCircle) created(i int) []string {
	op := &c.Operations[i]
	return []string{op.Path[0], c.ids[op.BulkID]}
}

// undo deletes what exists of a circle that is not closed.
func (c *bulkCircle) undo(step []int) {
	for _, i := range slices.Backward(step) {
		if c.answers[i] == nil {
			continue
		}
		w := c.q.single(c.ctx, http.MethodDelete, c.created(i), "", nil)
		if !w.ok() && w.status != http.StatusNotFound {
			c.q.h.Log.ErrorContext(c.ctx, "scim: a bulk operation that failed has left a resource",
				"request", c.q.id, "resource", c.ids[c.Operations[i].BulkID], "status", w.status)
		}
		delete(c.ids, c.Operations[i].BulkID)
	}
}
