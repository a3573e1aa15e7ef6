package scim

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"scimd/scim/filter"
	"scimd/scim/resource"
	"scimd/store"
)

const listURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

func listResponse(total, start int, resources resource.Array) *resource.Object {
	o := &resource.Object{}
	o.Set("schemas", resource.Array{listURN})
	o.Set("totalResults", resource.Number(strconv.Itoa(total)))
	o.Set("startIndex", resource.Number(strconv.Itoa(start)))
	o.Set("itemsPerPage", resource.Number(strconv.Itoa(len(resources)))) // what is returned
	o.Set("Resources", resources)
	return o
}

func (h *Handler) maxResults() int {
	if h.MaxResults == 0 {
		return defaultMaxResults
	}
	return h.MaxResults
}

// page reads startIndex and count (RFC 7644 §3.4.2.4).
func (q *request) page() (start, count int, err error) {
	if start, err = q.number("startIndex", 1); err != nil {
		return 0, 0, err
	}
	if count, err = q.number("count", defaultCount); err != nil {
		return 0, 0, err
	}
	return max(start, 1), min(max(count, 0), q.h.maxResults()), nil
}

// program compiles the filter. Some clients encode it twice: it is decoded
// once more only if it does not parse as it is.
func (q *request) program() (*filter.Program, error) {
	if !q.params.Has("filter") {
		return nil, nil
	}
	src := q.params.Get("filter")
	e, err := filter.Parse(src, filter.DefaultLimits, q.quirks)
	if err != nil {
		again, bad := url.QueryUnescape(src)
		if bad != nil || again == src {
			return nil, err
		}
		var second error
		if e, second = filter.Parse(again, filter.DefaultLimits, q.quirks); second != nil {
			return nil, err
		}
	}
	return filter.Compile(q.typ, e, q.quirks)
}

// list answers GET on a collection (RFC 7644 §3.4.2). sortBy is ignored, as
// ServiceProviderConfig says.
func (h *Handler) list(q *request) error {
	p, err := q.projection()
	if err != nil {
		return err
	}
	start, count, err := q.page()
	if err != nil {
		return err
	}
	program, err := q.program()
	if err != nil {
		return err
	}
	var answer *resource.Object
	err = h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
		ask := store.Query{Directory: q.directory.Key, Type: q.storeType(), Offset: start - 1, Limit: count}
		var failed error // of the residual test, which cannot return one
		if program != nil {
			where, exact := program.Query()
			ask.Where = where
			if !exact {
				ask.Keep = func(row store.Resource) bool {
					o, err := q.render(r, row, nil)
					if err != nil {
						failed = err
						return false
					}
					return program.Match(o)
				}
			}
		}
		ask.Where = q.visible(ask.Where)
		page, err := r.Find(ask)
		if err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
		resources := make(resource.Array, 0, len(page.Resources))
		for _, row := range page.Resources {
			o, err := q.render(r, row, p)
			if err != nil {
				return err
			}
			resources = append(resources, o)
		}
		answer = listResponse(page.Total, start, resources)
		return nil
	})
	if err != nil {
		return err
	}
	q.write(http.StatusOK, answer.AppendJSON(nil))
	return nil
}
