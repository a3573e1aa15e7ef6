package idp

import (
	"context"
	"fmt"
	"net/http"
)

func generic() Provider {
	return Provider{
		Name:   "generic",
		About:  "A home-grown client that follows the RFCs to the letter and sends nothing twice",
		Strict: true, Why: "it is what the RFCs describe",
		able:  ability{title: true, department: true, manager: true, groups: true, deletesUsers: true, deletesGroups: true},
		speak: func(c *conversation) dialect { return rfc{c} },
	}
}

// rfc is the client that WorkOS's guide for home-grown providers asks for (§5):
// bearer token, modest payloads, repeatable requests. It is also what the other
// dialects start from.
type rfc struct{ *conversation }

func (c rfc) test(ctx context.Context) error {
	_, err := c.require(ctx, http.MethodGet, "/ServiceProviderConfig", nil, http.StatusOK)
	return err
}

func (c rfc) survey(context.Context) error { return nil }

func (c rfc) findUser(ctx context.Context, p Person) (*resource, error) {
	return c.lookupUser(ctx, p.UserName, "")
}

func (c rfc) createUser(ctx context.Context, p Person) (resource, error) {
	return c.postUser(ctx, userDocument(p).with(document{"externalId": p.Key}))
}

func (c rfc) updateUser(ctx context.Context, id string, was, now Person) error {
	var operations []operation
	for _, a := range changed(was, now) {
		operations = append(operations, operation{Op: "replace", Path: a.path, Value: a.value})
	}
	return c.patchUser(ctx, id, now, operations...)
}

func (c rfc) setManager(ctx context.Context, id, boss string) error {
	op := operation{Op: "replace", Path: manager, Value: document{"value": boss}}
	if boss == "" {
		op = operation{Op: "remove", Path: manager}
	}
	_, err := c.write(ctx, http.MethodPatch, "/Users/"+id, patch(op))
	return err
}

func (c rfc) removeUser(ctx context.Context, id string, _ Person) error {
	return c.remove(ctx, "/Users/"+id)
}

func (c rfc) findGroup(ctx context.Context, g Group) (*resource, error) {
	return c.lookup(ctx, "/Groups", equals("displayName", g.Name), "")
}

func (c rfc) createGroup(ctx context.Context, g Group) (resource, error) {
	return c.postGroup(ctx, document{"schemas": []string{groupSchema}, "displayName": g.Name})
}

func (c rfc) renameGroup(ctx context.Context, r roster) error {
	return c.patchGroup(ctx, r.id, operation{Op: "replace", Path: "displayName", Value: r.name})
}

func (c rfc) changeMembers(ctx context.Context, r roster) error {
	var operations []operation
	for _, m := range r.left {
		operations = append(operations, removal(m))
	}
	if len(r.joined) > 0 {
		operations = append(operations, operation{Op: "add", Path: "members", Value: values(r.joined)})
	}
	if len(operations) == 0 {
		return nil
	}
	return c.patchGroup(ctx, r.id, operations...)
}

func (c rfc) removeGroup(ctx context.Context, r roster) error {
	return c.remove(ctx, "/Groups/"+r.id)
}

// equals is the only filter most providers use.
func equals(attribute, value string) string { return fmt.Sprintf("%s eq %q", attribute, value) }

func removal(m member) operation {
	return operation{Op: "remove", Path: "members[" + equals("value", m.id) + "]"}
}
