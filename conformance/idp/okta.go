package idp

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"
)

func okta() Provider {
	return Provider{
		Name:   "okta",
		About:  "Okta, an application of its catalogue (OIN): users and groups by PATCH",
		Strict: true, Why: "the read-only id in the path-less PATCH of a group is the one it has (A-08)",
		able: oktaAbility(), manners: oktaManners(),
		speak: func(c *conversation) dialect { return oktaOIN{oktaBase{rfc{c}}} },
	}
}

// oktaAbility: Okta never deletes a user (§3.3), but deletes a group that is
// unlinked with "delete in target" (§3.4).
func oktaAbility() ability {
	return ability{title: true, department: true, groups: true, deletesGroups: true}
}

func oktaManners() manners {
	return manners{
		agent: "Okta SCIM Client 1.0.0", contentType: scimJSON + "; charset=utf-8",
		fanOut: 4, attempts: 10, backoff: 5 * time.Minute, // §3.6
	}
}

// oktaBase is what both kinds of Okta application have in common.
type oktaBase struct{ rfc }

// burst is how many members one PATCH adds.
const burst = 100

// oktaPage follows the filter of each lookup.
const oktaPage = "&startIndex=1&count=100"

func (o oktaBase) test(ctx context.Context) error {
	for _, path := range []string{"/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"} {
		if _, err := o.require(ctx, http.MethodGet, path, nil, http.StatusOK); err != nil {
			return err
		}
	}
	return nil
}

func (o oktaBase) findUser(ctx context.Context, p Person) (*resource, error) {
	return o.lookupUser(ctx, p.UserName, oktaPage)
}

// createUser sends read-only noise and a placeholder for the password, whether
// or not passwords are synchronised.
func (o oktaBase) createUser(ctx context.Context, p Person) (resource, error) {
	return o.postUser(ctx, userDocument(p).with(document{
		"externalId": "00u" + p.Key, "locale": "en-US", "groups": []any{}, "password": "1mz050nq",
	}))
}

func (o oktaBase) findGroup(ctx context.Context, g Group) (*resource, error) {
	found, err := o.lookup(ctx, "/Groups", equals("displayName", g.Name), oktaPage)
	if err != nil || found == nil {
		return nil, err
	}
	return found, o.exists(ctx, found.ID)
}

func (o oktaBase) createGroup(ctx context.Context, g Group) (resource, error) {
	made, err := o.postGroup(ctx, document{"schemas": []string{groupSchema}, "displayName": g.Name, "members": []any{}})
	if err != nil || made.ID == "" {
		return made, err
	}
	return made, o.exists(ctx, made.ID)
}

// exists reads a group before its first push (§3.4).
func (o oktaBase) exists(ctx context.Context, id string) error {
	_, _, err := o.read(ctx, "/Groups/"+id)
	return err
}

type oktaOIN struct{ oktaBase }

// updateUser sends the attributes that differ, and apart from them the state of
// the account, which it reads back as Okta's CRUD suite does (§3.7).
func (o oktaOIN) updateUser(ctx context.Context, id string, was, now Person) error {
	if was.Active != now.Active {
		was.Active = now.Active
		if err := o.patchActive(ctx, id, "replace", now.Active); err != nil {
			return err
		}
		read, _, err := o.read(ctx, "/Users/"+id)
		if err != nil {
			return err
		}
		if read != nil {
			o.expect(read.Active == now.Active, "GET /Users/%s: got active %t after a PATCH to %t, want it at once", id, read.Active, now.Active)
		}
	}
	if was == now {
		return nil
	}
	return o.patchUser(ctx, id, now, operation{Op: "replace", Value: difference(was, now)})
}

// difference holds the top-level attributes that changed, whole.
func difference(was, now Person) document {
	old, d := userDocument(was), document{}
	for name, value := range userDocument(now) {
		if name != "schemas" && !reflect.DeepEqual(old[name], value) {
			d[name] = value
		}
	}
	return d
}

func (o oktaOIN) removeUser(ctx context.Context, id string, last Person) error {
	return deactivate(ctx, o, id, last)
}

// deactivate is a removal by those who never delete.
func deactivate(ctx context.Context, d dialect, id string, last Person) error {
	if !last.Active {
		return nil
	}
	left := last
	left.Active = false
	return d.updateUser(ctx, id, last, left)
}

func (o oktaOIN) renameGroup(ctx context.Context, r roster) error {
	return o.patchGroup(ctx, r.id, operation{Op: "replace", Value: document{"id": r.id, "displayName": r.name}})
}

// changeMembers overlaps its requests, which is what loses members on a server
// with unlocked updates. Where nothing changes it was told to "push now", which
// replaces everybody, also by nobody.
func (o oktaOIN) changeMembers(ctx context.Context, r roster) error {
	if len(r.joined)+len(r.left) == 0 {
		return o.patchGroup(ctx, r.id, operation{Op: "replace", Path: "members", Value: displayed(r.all)})
	}
	bursts := slices.Collect(slices.Chunk(r.joined, burst))
	pushes := make([][]operation, max(1, len(bursts)))
	for _, m := range r.left {
		pushes[0] = append(pushes[0], removal(m))
	}
	for i, some := range bursts {
		pushes[i] = append(pushes[i], operation{Op: "add", Path: "members", Value: displayed(some)})
	}
	return o.parallel(len(pushes), func(i int) error {
		if err := o.renameGroup(ctx, r); err != nil { // before each membership change
			return err
		}
		return o.patchGroup(ctx, r.id, pushes[i]...)
	})
}
