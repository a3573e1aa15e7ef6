package scim

import (
	"context"
	"net/http"
	"strconv"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

const listURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// listResponse leaves startIndex out if it is 0.
func listResponse(total, start int, resources resource.Array) *resource.Object {
	o := &resource.Object{}
	o.Set("schemas", resource.Array{listURN})
	o.Set("totalResults", resource.Number(strconv.Itoa(total)))
	if start > 0 {
		o.Set("startIndex", resource.Number(strconv.Itoa(start)))
	}
	o.Set("itemsPerPage", resource.Number(strconv.Itoa(len(resources)))) // what is returned
	o.Set("Resources", resources)
	return o
}

// list answers GET on a collection and on the root (RFC 7644 §3.4.2).
func (h *Handler) list(q *request) error {
	s, err := q.searchInURL()
	if err != nil {
		return err
	}
	return q.run(s)
}

// search answers POST on .search (RFC 7644 §3.4.3).
func (h *Handler) search(q *request) error {
	s, err := q.searchInBody()
	if err != nil {
		return err
	}
	return q.run(s)
}

// run is the one way from a query to its answer.
func (q *request) run(s *search) error {
	l, err := q.listing(s)
	if err != nil {
		return err
	}
	query, after, err := l.resume()
	if err != nil {
		return err
	}
	var answer *resource.Object
	err = q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
		found, err := l.read(r, after)
		if err != nil {
			return err
		}
		resources, err := l.render(r, found.rows)
		if err != nil {
			return err
		}
		if s.cursor == nil {
			answer = listResponse(found.total, s.start, resources)
			return nil
		}
		answer = listResponse(found.total, 0, resources)
		if !found.more {
			return nil
		}
		next, err := l.next(found.last, query)
		answer.Set("nextCursor", next)
		return err
	})
	if err != nil {
		return err
	}
	q.write(http.StatusOK, answer.AppendJSON(nil))
	return nil
}

// render shows the rows, each by the projection of its type.
func (l *listing) render(r store.Reader, rows []store.Resource) (resource.Array, error) {
	out := make(resource.Array, 0, len(rows))
	for _, row := range rows {
		for _, sel := range l.selections {
			if sel.storeType() != row.Type {
				continue
			}
			o, err := sel.render(r, row, sel.projection)
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// of is the request as one for a resource type.
func (q *request) of(t *schema.ResourceType) *request {
	one := *q
	one.typ = t
	return &one
}
