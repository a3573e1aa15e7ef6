package scim

import (
	"net/http"
	"strconv"

	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

const listURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// listResponse holds all that there is.
func listResponse(resources resource.Array) *resource.Object {
	o := listHead(len(resources), 1, len(resources))
	o.Set("Resources", resources)
	return o
}

// listHead is what of a list comes before its resources. It leaves startIndex
// out if it is 0.
func listHead(total, start, count int) *resource.Object {
	o := &resource.Object{}
	o.Set("schemas", resource.Array{listURN})
	o.Set("totalResults", resource.Number(strconv.Itoa(total)))
	if start > 0 {
		o.Set("startIndex", resource.Number(strconv.Itoa(start)))
	}
	o.Set("itemsPerPage", resource.Number(strconv.Itoa(count))) // what is returned
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
	var (
		page  found
		next  string // cursor
		begun bool
		shown int
	)
	return q.writing(http.StatusOK, func(w *writing, r store.Reader) (more bool, err error) {
		later := begun
		if begun = true; !later {
			if page, next, err = l.begin(w, r, query, after); err != nil {
				return false, err
			}
		}
		for ; shown < len(page.rows) && w.late == nil && !w.over; shown++ {
			row := page.rows[shown]
			if later {
				l.forget()
				if row, err = again(r, row); err != nil {
					return false, err
				}
			}
			if shown > 0 {
				w.text(',')
			}
			if err := l.show(w, r, row); err != nil {
				return false, err
			}
		}
		if shown < len(page.rows) {
			return true, nil
		}
		w.text(']')
		if next != "" {
			w.text(resource.AppendJSON([]byte(`,"nextCursor":`), next)...)
		}
		w.text('}')
		return false, nil
	})
}

// begin reads the page and writes what comes before its resources.
func (l *listing) begin(w *writing, r store.Reader, query []byte, after *place) (page found, next string, err error) {
	if page, err = l.read(r, after); err != nil {
		return page, "", err
	}
	if err := l.readGroups(r, page.rows); err != nil {
		return page, "", err
	}
	start := l.search.start
	if l.search.cursor != nil {
		start = 0
	}
	w.expect(page.rows, l.selections[0].groupsOf) // one type, as a rule
	head := listHead(page.total, start, len(page.rows)).AppendJSON(nil)
	w.text(append(head[:len(head)-1], `,"Resources":[`...)...)
	if page.more && l.search.cursor != nil {
		next, err = l.next(page.last, query)
	}
	return page, next, err
}

// readGroups reads the groups of all users of a page at once, if they are
// wanted.
func (l *listing) readGroups(r store.Reader, rows []store.Resource) error {
	for _, sel := range l.selections {
		if sel.storeType() != store.User || !sel.wants(sel.projection, "groups") {
			continue
		}
		var users []int64
		for _, row := range rows {
			if row.Type == store.User {
				users = append(users, row.Key)
			}
		}
		groups, err := r.GroupsOf(l.directory.Key, users, true)
		if err != nil {
			return err
		}
		sel.groupsOf = groups
	}
	return nil
}

// forget has the groups of users read anew, as on a later snapshot they may be
// others.
func (l *listing) forget() {
	for _, sel := range l.selections {
		sel.groupsOf = nil
	}
}

// show writes a row by the projection of its type.
func (l *listing) show(w *writing, r store.Reader, row store.Resource) error {
	for _, sel := range l.selections {
		if sel.storeType() == row.Type {
			return w.resource(sel.request, r, row, sel.projection)
		}
	}
	return nil
}

// of is the request as one for a resource type.
func (q *request) of(t *schema.ResourceType) *request {
	one := *q
	one.typ = t
	return &one
}
