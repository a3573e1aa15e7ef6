package idp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

	fanOut = 4   // requests Okta keeps in flight, also at one group
	burst  = 100 // members of one PATCH
	page   = 100 // Okta's count, for lookups and imports
)

// Okta plays an OIN catalogue app: users by PATCH, groups by Group Push.
func Okta(cfg Config) Simulator {
	return &okta{cfg: cfg, plan: newPlan(cfg), wire: newWire(cfg)}
}

type okta struct {
	cfg  Config
	plan plan
	wire *wire

	userIDs, groupIDs []string

	mu          sync.Mutex
	done, total int
	findings    []string
}

// Run assigns the users, pushes the groups, plays the churn and reads it all
// back.
func (o *okta) Run(ctx context.Context) (Report, error) {
	start := time.Now()
	o.userIDs = make([]string, len(o.plan.people))
	o.groupIDs = make([]string, len(o.plan.groups))
	o.total = len(o.plan.people) + len(o.plan.groups) + len(o.plan.events)
	err := o.run(ctx)
	return Report{
		People: o.people(), Requests: o.wire.requests, Throttled: o.wire.throttled,
		Findings: o.findings, Elapsed: time.Since(start),
	}, err
}

func (o *okta) run(ctx context.Context) error {
	if err := o.testConnection(ctx); err != nil {
		return err
	}
	if err := parallel(len(o.plan.people), func(i int) error { return o.step(o.assign(ctx, i)) }); err != nil {
		return err
	}
	for g := range o.plan.groups {
		if err := o.step(o.push(ctx, g)); err != nil {
			return err
		}
	}
	for _, e := range o.plan.events {
		if err := o.step(o.play(ctx, e)); err != nil {
			return err
		}
	}
	return o.audit(ctx)
}

func (o *okta) testConnection(ctx context.Context) error {
	for _, path := range []string{"/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"} {
		r, err := o.wire.send(ctx, "GET", path, nil)
		if err != nil {
			return err
		}
		if r.status != http.StatusOK {
			return fmt.Errorf("test connection: GET %s: got %s, want 200", path, r)
		}
	}
	return nil
}

// assign is "lookup, then create or link".
func (o *okta) assign(ctx context.Context, i int) error {
	one := o.plan.people[i]
	found, err := o.lookup(ctx, "/Users", "userName", one.userName)
	if err != nil {
		return err
	}
	if found != nil {
		o.userIDs[i] = found.ID
		return o.setActive(ctx, i, true)
	}
	created, r, err := o.resource(ctx, "POST", "/Users", oktaUser(one, i))
	if err != nil {
		return err
	}
	o.expect(r.status == http.StatusCreated, "POST /Users %s: got %s, want 201", one.userName, r)
	o.expect(created.UserName == one.userName, "POST /Users: got userName %q, want %q with its case", created.UserName, one.userName)
	o.expect(created.ID != "" && !strings.Contains(created.ID, "bulkId"), "POST /Users %s: got id %q, want one to link to", one.userName, created.ID)
	o.expect(created.Active, "POST /Users %s: got active false, want true", one.userName)
	o.userIDs[i] = created.ID
	return nil
}

func oktaUser(one person, i int) any {
	return map[string]any{
		"schemas": []string{userSchema}, "userName": one.userName, "active": true,
		"name":        map[string]string{"givenName": one.given, "familyName": one.family},
		"emails":      []any{map[string]any{"primary": true, "value": strings.ToLower(one.userName), "type": "work"}},
		"displayName": one.given + " " + one.family, "locale": "en-US", "externalId": fmt.Sprintf("00u%07d", i+1),
		// Read-only noise and a placeholder, as Okta sends them.
		"groups": []any{}, "password": fmt.Sprintf("1mz%05d", i),
	}
}

// push is Group Push: lookup, create empty, then the members in bursts that
// overlap, which is what loses members on a server with unlocked updates.
func (o *okta) push(ctx context.Context, g int) error {
	name := o.plan.groups[g]
	found, err := o.lookup(ctx, "/Groups", "displayName", name)
	if err != nil {
		return err
	}
	if found == nil {
		created, r, err := o.resource(ctx, "POST", "/Groups", map[string]any{"schemas": []string{groupSchema}, "displayName": name, "members": []any{}})
		if err != nil {
			return err
		}
		o.expect(r.status == http.StatusCreated, "POST /Groups %s: got %s, want 201", name, r)
		o.groupIDs[g] = created.ID
	} else {
		o.groupIDs[g] = found.ID
		if err := o.patchGroup(ctx, g, operation{Op: "replace", Path: "members", Value: []any{}}); err != nil {
			return err
		}
	}
	if _, r, err := o.resource(ctx, "GET", "/Groups/"+o.groupIDs[g], nil); err != nil {
		return err
	} else if !o.expect(r.status == http.StatusOK, "GET the pushed group %s: got %s, want 200", name, r) {
		return nil
	}
	bursts := slices.Collect(slices.Chunk(o.plan.members(g, false), burst))
	return parallel(len(bursts), func(i int) error { return o.changeMembers(ctx, g, nil, bursts[i]) })
}

func (o *okta) play(ctx context.Context, e event) error {
	switch e.kind {
	case leave:
		return o.setActive(ctx, e.person, false)
	case rehire:
		return o.rehire(ctx, e.person)
	case move:
		return o.move(ctx, e)
	}
	return fmt.Errorf("unknown event %d", e.kind)
}

func (o *okta) move(ctx context.Context, e event) error {
	if e.from >= 0 {
		if err := o.changeMembers(ctx, e.from, []int{e.person}, nil); err != nil {
			return err
		}
	}
	if e.to < 0 {
		return nil
	}
	return o.changeMembers(ctx, e.to, nil, []int{e.person})
}

// rehire must find the inactive user and reactivate it under the same id.
func (o *okta) rehire(ctx context.Context, i int) error {
	userName := o.plan.people[i].userName
	found, err := o.lookup(ctx, "/Users", "userName", userName)
	if err != nil {
		return err
	}
	if !o.expect(found != nil && found.ID == o.userIDs[i], "lookup of the inactive %s: got %v, want id %s", userName, found, o.userIDs[i]) {
		return nil
	}
	return o.setActive(ctx, i, true)
}

// setActive is the path-less replace, read back as the CRUD suite does.
func (o *okta) setActive(ctx context.Context, i int, active bool) error {
	userName, id := o.plan.people[i].userName, o.userIDs[i]
	if id == "" {
		return nil // the failed create is a finding already
	}
	_, r, err := o.resource(ctx, "PATCH", "/Users/"+id, patch(operation{Op: "replace", Value: map[string]any{"active": active}}))
	if err != nil {
		return err
	}
	o.expect(isPatched(r), "PATCH active %t of %s: got %s, want 200 with the user or 204", active, userName, r)
	read, r, err := o.resource(ctx, "GET", "/Users/"+id, nil)
	if err != nil {
		return err
	}
	o.expect(r.status == http.StatusOK && read.Active == active && read.UserName == userName,
		"GET %s after PATCH active %t: got %s, want 200, that state and the same userName", userName, active, r)
	return nil
}

// changeMembers is preceded by the name operation with the read-only id, as
// Okta does before every membership change.
func (o *okta) changeMembers(ctx context.Context, g int, remove, add []int) error {
	if o.groupIDs[g] == "" {
		return nil
	}
	name := operation{Op: "replace", Value: map[string]any{"id": o.groupIDs[g], "displayName": o.plan.groups[g]}}
	if err := o.patchGroup(ctx, g, name); err != nil {
		return err
	}
	var operations []operation
	for _, i := range remove {
		operations = append(operations, operation{Op: "remove", Path: fmt.Sprintf("members[value eq %q]", o.userIDs[i])})
	}
	if len(add) > 0 {
		var members []any
		for _, i := range add {
			if o.userIDs[i] != "" {
				members = append(members, map[string]string{"value": o.userIDs[i], "display": o.plan.people[i].userName})
			}
		}
		operations = append(operations, operation{Op: "add", Path: "members", Value: members})
	}
	return o.patchGroup(ctx, g, operations...)
}

func (o *okta) patchGroup(ctx context.Context, g int, operations ...operation) error {
	r, err := o.wire.send(ctx, "PATCH", "/Groups/"+o.groupIDs[g], patch(operations...))
	if err != nil {
		return err
	}
	o.expect(isPatched(r), "PATCH group %s: got %s, want 200 with the group or 204", o.plan.groups[g], r)
	return nil
}

// audit imports the users page by page and reads every group, as an import
// after the push would.
func (o *okta) audit(ctx context.Context) error {
	seen := map[string]resource{}
	for start := 1; ; {
		r, err := o.wire.send(ctx, "GET", fmt.Sprintf("/Users?startIndex=%d&count=%d", start, page), nil)
		if err != nil {
			return err
		}
		var list listResponse
		if err := json.Unmarshal(r.body, &list); err != nil {
			o.expect(false, "import at %d: got %s (%v), want a list with numbers", start, r, err)
			break
		}
		o.expect(list.StartIndex == start && list.ItemsPerPage == len(list.Resources),
			"import at %d: got startIndex %d and itemsPerPage %d with %d resources, want them to agree", start, list.StartIndex, list.ItemsPerPage, len(list.Resources))
		for _, u := range list.Resources {
			o.expect(len(u.Schemas) > 0, "import of %s: got no schemas, want them on every resource", u.UserName)
			if _, twice := seen[u.ID]; twice {
				o.expect(false, "import: got %s on two pages, want a stable order", u.UserName)
			}
			seen[u.ID] = u
		}
		start += len(list.Resources)
		if len(list.Resources) == 0 || start > list.TotalResults {
			break
		}
	}
	for i, one := range o.plan.people {
		got, ok := seen[o.userIDs[i]]
		o.expect(ok && got.Active == one.active, "import of %s: got found %t and active %t, want active %t", one.userName, ok, got.Active, one.active)
	}
	for g := range o.plan.groups {
		if err := o.auditGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (o *okta) auditGroup(ctx context.Context, g int) error {
	group, r, err := o.resource(ctx, "GET", "/Groups/"+o.groupIDs[g], nil)
	if err != nil {
		return err
	}
	var got, want []string
	for _, m := range group.Members {
		got = append(got, m.Value)
	}
	for _, i := range o.plan.members(g, true) {
		want = append(want, o.userIDs[i])
	}
	slices.Sort(got)
	slices.Sort(want)
	o.expect(slices.Equal(got, want), "group %s at the end: got %d members (status %d), want the %d pushed ones", o.plan.groups[g], len(got), r.status, len(want))
	return nil
}

// lookup returns the one match, or nil.
func (o *okta) lookup(ctx context.Context, path, attribute, value string) (*resource, error) {
	query := url.PathEscape(fmt.Sprintf("%s eq %q", attribute, value))
	r, err := o.wire.send(ctx, "GET", path+"?filter="+strings.ReplaceAll(query, "@", "%40")+fmt.Sprintf("&startIndex=1&count=%d", page), nil)
	if err != nil {
		return nil, err
	}
	var list listResponse
	if err := json.Unmarshal(r.body, &list); err != nil || r.status != http.StatusOK {
		o.expect(false, "lookup of %s: got %s (%v), want 200 and a list", value, r, err)
		return nil, nil
	}
	o.expect(list.TotalResults <= 1, "lookup of %s: got %d hits, want at most one", value, list.TotalResults)
	if len(list.Resources) == 0 {
		return nil, nil
	}
	return &list.Resources[0], nil
}

// resource sends a request whose answer is one resource, or nothing.
func (o *okta) resource(ctx context.Context, method, path string, body any) (resource, answer, error) {
	r, err := o.wire.send(ctx, method, path, body)
	if err != nil || len(r.body) == 0 || r.status/100 != 2 {
		return resource{}, r, err
	}
	var got resource
	if err := json.Unmarshal(r.body, &got); err != nil {
		o.expect(false, "%s %s: got %s (%v), want a resource", method, path, r, err)
	}
	return got, r, nil
}

func isPatched(r answer) bool {
	return r.status == http.StatusNoContent || r.status == http.StatusOK && len(r.body) > 0
}

// expect notes a finding, the task Okta would leave for its administrator.
func (o *okta) expect(ok bool, format string, args ...any) bool {
	if !ok {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.findings = append(o.findings, fmt.Sprintf(format, args...))
	}
	return ok
}

// step counts one planned action as done.
func (o *okta) step(err error) error {
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done++
	if o.cfg.Progress != nil {
		o.cfg.Progress(o.done, o.total)
	}
	return nil
}

func (o *okta) people() []Person {
	people := make([]Person, len(o.plan.people))
	for i, one := range o.plan.people {
		people[i] = Person{ID: o.userIDs[i], UserName: one.userName, Name: one.given + " " + one.family, Active: one.active}
		for _, g := range one.groups {
			people[i].Groups = append(people[i].Groups, o.plan.groups[g])
		}
	}
	return people
}

// parallel runs fn for 0..n-1, a few at a time, and returns the first error.
func parallel(n int, fn func(int) error) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, first == nil && next <= n
	}
	for range min(fanOut, n) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := fn(i); err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}
