package scim

import (
	"cmp"
	"errors"
	"net/http"

	"scimd/scim/bulk"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// BulkLimits bounds one bulk request (RFC 7644 §3.7.4).
type BulkLimits struct {
	Operations int   // 0: 1000
	Payload    int64 // bytes; 0: 4 MiB, which is 1000 users as full as that of RFC 7643 §8.2
}

func (l BulkLimits) operations() int { return cmp.Or(l.Operations, 1000) }
func (l BulkLimits) payload() int64  { return cmp.Or(l.Payload, 4<<20) }

// bulk answers POST on /Bulk (RFC 7644 §3.7). The answer is 200 once anything
// may have been carried out, whatever became of it (7644-3.7-R05), and holds
// the operations that were, in the order of the request.
func (h *Handler) bulk(q *request) error {
	body, err := q.bulkBody(h.Bulk.payload())
	if err != nil {
		return err
	}
	job, err := bulk.Parse(body, q.quirks)
	if err != nil {
		return err
	}
	if n, most := len(job.Operations), h.Bulk.operations(); n > most {
		return scimerr.Status(http.StatusRequestEntityTooLarge, "the bulk request has %d operations, more than maxOperations (%d)", n, most)
	}
	run := &bulkRun{Job: job, q: q, ids: map[string]string{}, results: make([]*resource.Object, len(job.Operations))}
	run.carryOut()
	done := resource.Array{}
	for _, r := range run.results {
		if r != nil {
			done = append(done, r)
		}
	}
	q.counts = []any{"operations", len(job.Operations), "done", len(done), "failed", run.failed}
	if err := q.Context().Err(); err != nil {
		return err
	}
	answer := &resource.Object{}
	answer.Set("schemas", resource.Array{bulk.ResponseURN})
	answer.Set("Operations", done)
	q.write(http.StatusOK, answer.AppendJSON(nil))
	return nil
}

// bulkBody does not read a body that says that it is too large, nor more than
// the limit of one that does not (7644-3.7.4-R02).
func (q *request) bulkBody(limit int64) (*resource.Object, error) {
	tooLarge := scimerr.Status(http.StatusRequestEntityTooLarge, "the bulk request is larger than maxPayloadSize (%d bytes)", limit)
	if q.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := q.bodyWithin(limit)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, tooLarge
	}
	return body, err
}

// bulkRun is a job under way. Each operation is a request of its own, carried
// out one after another.
type bulkRun struct {
	*bulk.Job
	q       *request
	ids     map[string]string  // of what was created, by bulkId
	results []*resource.Object // by operation; nil: not carried out
	failed  int
}

// carryOut stops where the client wants that (7644-3.7-R07) or has gone away;
// what is done stays.
func (b *bulkRun) carryOut() {
	for _, step := range b.Steps() {
		if b.q.Context().Err() != nil || b.FailOnErrors > 0 && b.failed >= b.FailOnErrors {
			return
		}
		if op := &b.Operations[step[0]]; len(step) > 1 || op.RefersToItself() {
			b.circle(step)
		} else {
			b.single(step[0], op)
		}
	}
}

func (b *bulkRun) single(i int, op *bulk.Operation) {
	if err := b.unfit(op); err != nil {
		b.settle(i, b.q.bulkRefusal(err))
		return
	}
	if id, missing := op.Missing(b.ids); missing {
		b.settle(i, b.q.bulkRefusal(nothingUnder(id)))
		return
	}
	path, data := op.Resolve(b.ids)
	w := b.q.single(b.q.Context(), op.Method, path, op.Version, data)
	if w.status == 0 {
		return // the client has gone away
	}
	if op.Creates() && w.ok() {
		b.ids[op.BulkID] = w.id()
	}
	b.settle(i, w)
}

// unfit tells why an operation is not even tried: besides its own faults, only
// resources and the endpoints of their types are within reach of a job
// (7644-3.7-R04).
func (b *bulkRun) unfit(op *bulk.Operation) error {
	if op.Fault != nil {
		return op.Fault
	}
	if b.q.typeAt(op.Path[0]) == nil || op.Loose && !b.q.quirks.Has(quirk.LooseURLs) {
		return scimerr.Status(http.StatusNotFound, "path: there is no endpoint of a resource type at /%s", op.Path[0])
	}
	return nil
}

// nothingUnder is the answer to a reference that leads nowhere
// (7644-3.7.2-R03).
func nothingUnder(bulkID string) error {
	return scimerr.Status(http.StatusConflict, "no POST of this request has created a resource under the bulkId %q", bulkID)
}

// settle notes the result of an operation (RFC 7644 §3.7.3).
func (b *bulkRun) settle(i int, w *bulkAnswer) {
	op := &b.Operations[i]
	o := &resource.Object{}
	if location := b.location(op, w); location != "" {
		o.Set("location", location)
	}
	if op.Method != "" {
		o.Set("method", op.Method)
	}
	if op.BulkID != "" {
		o.Set("bulkId", op.BulkID)
	}
	w.describe(o)
	if !w.ok() {
		b.failed++
	}
	b.results[i] = o
}

// location is that of the resource, or where an operation looked for it: only
// a POST that failed has none (7644-3.7.3-R02).
func (b *bulkRun) location(op *bulk.Operation, w *bulkAnswer) string {
	if w.ok() && op.Method != http.MethodDelete {
		return w.header.Get("Location")
	}
	if op.Creates() || len(op.Path) == 0 {
		return ""
	}
	path := op.Path
	if op.Fault == nil {
		if _, missing := op.Missing(b.ids); !missing {
			path, _ = op.Resolve(b.ids)
		}
	}
	return b.q.bulkLocation(path)
}
