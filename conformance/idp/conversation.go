package idp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// conversation is the wire with the checks that every provider makes.
type conversation struct {
	*wire
	*findings
}

// exchange sends one request and checks what holds for any answer. It fails
// only if the conversation cannot go on.
func (c *conversation) exchange(ctx context.Context, method, path string, body any) (answer, error) {
	got, err := c.send(ctx, method, path, body)
	if err != nil {
		return answer{}, err
	}
	if len(got.body) > 0 {
		c.expect(strings.HasPrefix(got.contentType, scimJSON), "%s %s: got Content-Type %q, want %s", method, path, got.contentType, scimJSON)
	}
	if got.status >= 400 {
		var e struct {
			Schemas []string `json:"schemas"`
			Status  string   `json:"status"`
			Detail  string   `json:"detail"`
		}
		err := json.Unmarshal(got.body, &e)
		c.expect(err == nil && slices.Contains(e.Schemas, errorSchema) && e.Status == fmt.Sprint(got.status) && e.Detail != "",
			"%s %s: got %s, want an error with its schema, its status as a string and a detail", method, path, got)
	}
	return got, nil
}

// require is exchange for what the provider cannot do without.
func (c *conversation) require(ctx context.Context, method, path string, body any, want ...int) (answer, error) {
	got, err := c.exchange(ctx, method, path, body)
	if err == nil && !slices.Contains(want, got.status) {
		err = fmt.Errorf("%s %s: got %s, want %d", method, path, got, want[0])
	}
	return got, err
}

// list asks for one page of a collection; ok is false if no list came.
func (c *conversation) list(ctx context.Context, path string) (page listResponse, ok bool, err error) {
	got, err := c.exchange(ctx, http.MethodGet, path, nil)
	if err != nil {
		return page, false, err
	}
	if !c.expect(got.status == http.StatusOK, "GET %s: got %s, want 200 and a list", path, got) {
		return page, false, nil
	}
	if err := json.Unmarshal(got.body, &page); err != nil {
		return page, c.expect(false, "GET %s: got %s (%v), want a list with integers", path, got, err), nil
	}
	c.expect(page.Resources != nil && slices.Contains(page.Schemas, listSchema), "GET %s: got %s, want a ListResponse with Resources, even if empty", path, got)
	for _, r := range page.Resources {
		c.expect(r.ID != "" && len(r.Schemas) > 0, "GET %s: got %s, want id and schemas on each resource", path, got)
	}
	return page, true, nil
}

// all walks through a collection. A count of 0 asks without parameters first.
func (c *conversation) all(ctx context.Context, collection string, count int) ([]resource, error) {
	var all []resource
	seen := map[string]bool{}
	for start := 1; ; {
		path := fmt.Sprintf("%s?startIndex=%d&count=%d", collection, start, count)
		if count == 0 {
			path = collection
			if start > 1 {
				path += fmt.Sprintf("?startIndex=%d", start)
			}
		}
		page, ok, err := c.list(ctx, path)
		if err != nil || !ok {
			return all, err
		}
		c.expect(page.StartIndex == start && page.ItemsPerPage == len(page.Resources),
			"GET %s: got startIndex %d and itemsPerPage %d with %d resources, want them to agree", path, page.StartIndex, page.ItemsPerPage, len(page.Resources))
		for _, r := range page.Resources {
			c.expect(!seen[r.ID], "GET %s: got %s on two pages, want a stable order", path, r.ID)
			seen[r.ID] = true
			all = append(all, r)
		}
		if start += len(page.Resources); len(page.Resources) == 0 || start > page.TotalResults {
			return all, nil
		}
	}
}

// lookup asks by a filter for one resource; it gives nil if there is none.
// The query may go on with more parameters.
func (c *conversation) lookup(ctx context.Context, collection, filter, more string) (*resource, error) {
	path := collection + "?filter=" + c.escape(filter) + more
	page, ok, err := c.list(ctx, path)
	if err != nil || !ok || len(page.Resources) == 0 {
		return nil, err
	}
	c.expect(page.TotalResults == 1, "GET %s: got %d hits, want at most one", path, page.TotalResults)
	return &page.Resources[0], nil
}

// lookupUser is lookup by userName, in any case of letters.
func (c *conversation) lookupUser(ctx context.Context, userName, more string) (*resource, error) {
	found, err := c.lookup(ctx, "/Users", equals("userName", userName), more)
	if found != nil {
		c.expect(strings.EqualFold(found.UserName, userName), "lookup of %s: got %s, want nobody else", userName, found.UserName)
	}
	return found, err
}

// postUser creates a user. A finding leaves the resource without id.
func (c *conversation) postUser(ctx context.Context, d document) (resource, error) {
	made, err := c.post(ctx, "/Users", d)
	if err == nil && made.ID != "" {
		c.expect(made.UserName == d["userName"], "POST /Users: got userName %q, want %q with its case", made.UserName, d["userName"])
		c.expect(fmt.Sprint(made.Active) == strings.ToLower(fmt.Sprint(d["active"])), "POST /Users %s: got active %t, want %v", made.UserName, made.Active, d["active"])
	}
	return made, err
}

func (c *conversation) postGroup(ctx context.Context, d document) (resource, error) {
	made, err := c.post(ctx, "/Groups", d)
	if err == nil && made.ID != "" {
		c.expect(made.DisplayName == d["displayName"], "POST /Groups: got displayName %q, want %q", made.DisplayName, d["displayName"])
	}
	return made, err
}

func (c *conversation) post(ctx context.Context, collection string, d document) (made resource, err error) {
	got, err := c.exchange(ctx, http.MethodPost, collection, d)
	if err != nil || !c.expect(got.status == http.StatusCreated, "POST %s: got %s, want 201", collection, got) {
		return resource{}, err
	}
	// Okta says "Create new user returned empty user", and refuses ids that
	// hold bulkId (§3.3).
	err = json.Unmarshal(got.body, &made)
	if !c.expect(err == nil && made.ID != "" && !strings.Contains(made.ID, "bulkId"), "POST %s: got %s (%v), want the resource with an id to link to", collection, got, err) {
		return resource{}, nil
	}
	return made, nil
}

// write changes a resource by PUT or PATCH; the resource is the one in the
// answer, if there is one.
func (c *conversation) write(ctx context.Context, method, path string, body any) (*resource, error) {
	got, err := c.exchange(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	silent := method == http.MethodPatch && got.status == http.StatusNoContent
	if silent || !c.expect(got.status == http.StatusOK, "%s %s: got %s, want success", method, path, got) {
		return nil, nil
	}
	var changed resource
	if err := json.Unmarshal(got.body, &changed); err != nil {
		c.expect(false, "%s %s: got %s (%v), want 200 with the resource", method, path, got, err)
		return nil, nil
	}
	return &changed, nil
}

// writeUser is write for a user whose new state must show at once.
func (c *conversation) writeUser(ctx context.Context, method, id string, body any, now Person) error {
	got, err := c.write(ctx, method, "/Users/"+id, body)
	if err == nil && got != nil {
		c.expect(got.ID == id && got.UserName == now.UserName && got.Active == now.Active,
			"%s /Users/%s: got id %q, userName %q and active %t, want the same id, %q and %t at once", method, id, got.ID, got.UserName, got.Active, now.UserName, now.Active)
	}
	return err
}

// patchActive switches an account on or off without a path. Okta gives up on a
// "delay in reactivating" if the answer has the old state (§3.3).
func (c *conversation) patchActive(ctx context.Context, id, op string, active bool) error {
	got, err := c.write(ctx, http.MethodPatch, "/Users/"+id, patch(operation{Op: op, Value: document{"active": active}}))
	if err == nil && got != nil {
		c.expect(got.Active == active, "PATCH /Users/%s: got active %t in the answer, want %t at once", id, got.Active, active)
	}
	return err
}

func (c *conversation) patchUser(ctx context.Context, id string, now Person, operations ...operation) error {
	return c.writeUser(ctx, http.MethodPatch, id, patch(operations...), now)
}

func (c *conversation) putUser(ctx context.Context, id string, d document, now Person) error {
	return c.writeUser(ctx, http.MethodPut, id, d, now)
}

func (c *conversation) patchGroup(ctx context.Context, id string, operations ...operation) error {
	_, err := c.write(ctx, http.MethodPatch, "/Groups/"+id, patch(operations...))
	return err
}

// read gets one resource; it gives nil if it was not there, which is a finding.
func (c *conversation) read(ctx context.Context, path string) (*resource, answer, error) {
	got, err := c.exchange(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, got, err
	}
	var r resource
	err = json.Unmarshal(got.body, &r)
	if !c.expect(got.status == http.StatusOK && err == nil, "GET %s: got %s (%v), want 200 with the resource", path, got, err) {
		return nil, got, nil
	}
	return &r, got, nil
}

// remove deletes a resource. One that is gone after an answer was lost was
// deleted the first time.
func (c *conversation) remove(ctx context.Context, path string) error {
	got, err := c.exchange(ctx, http.MethodDelete, path, nil)
	if err == nil && (!got.repeated || got.status != http.StatusNotFound) {
		c.expect(got.status == http.StatusNoContent, "DELETE %s: got %s, want 204", path, got)
	}
	return err
}
