package idp

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func oneLogin() Provider {
	return Provider{
		Name:   "onelogin",
		About:  "OneLogin's SCIM Provisioner with a customer's template: pre-RFC schemas, PUT, a burst of group PATCHes",
		Strict: false, Why: "schema URNs of the drafts, active as a string, emails as one object",
		able: ability{title: true, department: true, groups: true, deletesUsers: true},
		manners: manners{
			accept: plainJSON, escape: plus, fanOut: 4,
			finish: func(path string) string { // authentik #11249
				if strings.Contains(path, "?") {
					return path + "&"
				}
				return path + "?"
			},
		},
		speak: func(c *conversation) dialect { return oneLoginDialect{rfc{c}} },
	}
}

const (
	legacyUser       = "urn:scim:schemas:core:2.0"
	legacyEnterprise = "urn:scim:schemas:extension:enterprise:2.0"
)

// oneLoginDialect sends the oddest template that customers have shown (§6).
type oneLoginDialect struct{ rfc }

func (o oneLoginDialect) test(ctx context.Context) error {
	// Its page tolerates a 404 here.
	_, err := o.require(ctx, http.MethodGet, "/Users?filter="+o.escape(equals("userName", "onelogin-check")), nil, http.StatusOK, http.StatusNotFound)
	return err
}

func (o oneLoginDialect) template(p Person) document {
	d := userDocument(p)
	delete(d, enterpriseSchema)
	return d.with(document{
		"schemas": []string{legacyUser, legacyEnterprise}, "id": nil, "externalId": p.Key,
		"active": fmt.Sprint(p.Active), "title": p.Title,
		"emails":         document{"value": p.Email, "type": "work", "primary": true},
		legacyEnterprise: document{"department": p.Department, "manager": document{"managerId": "", "displayName": ""}},
	})
}

func (o oneLoginDialect) createUser(ctx context.Context, p Person) (resource, error) {
	return o.postUser(ctx, o.template(p))
}

func (o oneLoginDialect) updateUser(ctx context.Context, id string, _, now Person) error {
	if _, _, err := o.read(ctx, "/Users/"+id); err != nil {
		return err
	}
	return o.putUser(ctx, id, o.template(now), now)
}

// findGroup lists the groups and looks itself.
func (o oneLoginDialect) findGroup(ctx context.Context, g Group) (*resource, error) {
	all, err := o.all(ctx, "/Groups", 0)
	return named(all, g.Name), err
}

// named finds a group in a list by its name, in any case.
func named(groups []resource, name string) *resource {
	for i := range groups {
		if strings.EqualFold(groups[i].DisplayName, name) {
			return &groups[i]
		}
	}
	return nil
}

// changeMembers sends a PATCH for each person, all at once.
func (o oneLoginDialect) changeMembers(ctx context.Context, r roster) error {
	return o.parallel(len(r.left)+len(r.joined), func(i int) error {
		if i < len(r.left) {
			return o.patchGroup(ctx, r.id, removal(r.left[i]))
		}
		i -= len(r.left)
		return o.patchGroup(ctx, r.id, operation{Op: "add", Path: "members", Value: values(r.joined[i : i+1])})
	})
}

// removeGroup takes everyone out; no deletion of a group is documented.
func (o oneLoginDialect) removeGroup(ctx context.Context, r roster) error {
	return o.changeMembers(ctx, r)
}
