package idp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
)

func entra() Provider {
	return Provider{
		Name:   "entra",
		About:  "Microsoft Entra ID as it comes: one capitalised operation per attribute, booleans as strings",
		Strict: false, Why: `"False" for a boolean, manager as a string, members removed by value, a schema of its own on groups`,
		able: entraAbility(), manners: entraManners(),
		speak: func(c *conversation) dialect { return entraDefault{entraBase{rfc{c}}} },
	}
}

func entraFlagged() Provider {
	m := entraManners()
	// Parameters of the tenant URL may travel with each request (§4.1).
	m.finish = func(path string) string {
		if strings.Contains(path, "?") {
			return path + "&" + entraFlag
		}
		return path + "?" + entraFlag
	}
	return Provider{
		Name:   "entra-flagged",
		About:  "Microsoft Entra ID with " + entraFlag + ": grouped path-less operations with dotted keys",
		Strict: false, Why: "paths as keys of a path-less value, manager as a string, a schema of its own on groups",
		able: entraAbility(), manners: m,
		speak: func(c *conversation) dialect { return entraWithFlag{entraBase{rfc{c}}} },
	}
}

const entraFlag = "aadOptscim062020"

func entraAbility() ability {
	return ability{title: true, department: true, manager: true, groups: true, deletesUsers: true, deletesGroups: true}
}

func entraManners() manners {
	return manners{
		contentType: scimJSON + "; charset=utf-8", fanOut: 4,
		escape: func(s string) string { return strings.ReplaceAll(plus(s), "%40", "@") },
	}
}

// entraBase is what both dialects have in common.
type entraBase struct{ rfc }

const (
	adscimGroup    = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
	withoutMembers = "excludedAttributes=members"
)

// test filters for somebody who cannot be there; the list must be empty (§4.1).
func (e entraBase) test(ctx context.Context) error {
	nobody := guid("nobody")
	for _, path := range []string{
		"/Users?filter=" + e.escape(equals("userName", nobody)),
		"/Groups?" + withoutMembers + "&filter=" + e.escape(equals("displayName", nobody)),
	} {
		if _, err := e.require(ctx, http.MethodGet, path, nil, http.StatusOK); err != nil {
			return err
		}
		if page, ok, err := e.list(ctx, path); err != nil || !ok || page.TotalResults > 0 {
			return fmt.Errorf("GET %s: got %d resources, want an empty list", path, page.TotalResults)
		}
	}
	return nil
}

// findUser tries the matching attributes in their order of precedence (§4.3).
func (e entraBase) findUser(ctx context.Context, p Person) (*resource, error) {
	found, err := e.rfc.findUser(ctx, p)
	if err != nil || found != nil {
		return found, err
	}
	return e.lookup(ctx, "/Users", equals("externalId", guid(p.Key)), "")
}

func (e entraBase) createUser(ctx context.Context, p Person) (resource, error) {
	return e.postUser(ctx, userDocument(p).with(document{
		"schemas": []string{userSchema, enterpriseSchema}, "externalId": guid(p.Key),
		"meta": document{"resourceType": "User"}, "roles": []any{},
		"name": document{"formatted": p.DisplayName(), "givenName": p.GivenName, "familyName": p.FamilyName},
	}))
}

func (e entraBase) findGroup(ctx context.Context, g Group) (*resource, error) {
	path := "/Groups?" + withoutMembers + "&filter=" + e.escape(equals("displayName", g.Name))
	page, ok, err := e.list(ctx, path)
	if err != nil || !ok || len(page.Resources) == 0 {
		return nil, err
	}
	e.expect(len(page.Resources[0].Members) == 0, "GET %s: got members, want them left out", path)
	return &page.Resources[0], nil
}

func (e entraBase) createGroup(ctx context.Context, g Group) (resource, error) {
	made, err := e.postGroup(ctx, document{
		"schemas": []string{groupSchema, adscimGroup}, "externalId": guid(g.Key), "displayName": g.Name,
		"meta": document{"resourceType": "Group"},
	})
	if err != nil || made.ID == "" {
		return made, err
	}
	_, _, err = e.read(ctx, "/Groups/"+made.ID+"?"+withoutMembers)
	return made, err
}

// hasMember is the probe before each membership change (§4.7).
func (e entraBase) hasMember(ctx context.Context, group string, m member) (bool, error) {
	found, err := e.lookup(ctx, "/Groups", equals("id", group)+" and "+equals("members", m.id), "&attributes=id")
	return found != nil, err
}

// regroup probes each pair, adds one by one, removes as the dialect says,
// and after a removal adds everyone again who is left.
func (e entraBase) regroup(ctx context.Context, r roster, removal func(member) operation) error {
	err := e.parallel(len(r.joined), func(i int) error {
		if _, err := e.hasMember(ctx, r.id, r.joined[i]); err != nil {
			return err
		}
		return e.patchGroup(ctx, r.id, operation{Op: "Add", Path: "members", Value: referenced(r.joined[i : i+1])})
	})
	if err != nil {
		return err
	}
	err = e.parallel(len(r.left), func(i int) error {
		is, err := e.hasMember(ctx, r.id, r.left[i])
		if err != nil {
			return err
		}
		e.expect(is, "membership of %s in %s: got no, want yes before the removal", r.left[i].userName, r.name)
		return e.patchGroup(ctx, r.id, removal(r.left[i]))
	})
	if err != nil || len(r.left) == 0 || len(r.all) == 0 {
		return err
	}
	return e.patchGroup(ctx, r.id, operation{Op: "Add", Path: "members", Value: referenced(r.all)})
}

// purge disables first: the hard delete comes 30 days after it (§4.8).
func (e entraBase) purge(ctx context.Context, d dialect, id string, last Person) error {
	if err := deactivate(ctx, d, id, last); err != nil {
		return err
	}
	return e.remove(ctx, "/Users/"+id)
}

// guid is the objectId of something with that key.
func guid(key string) string {
	h := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// referenced is values with Microsoft's empty $ref.
func referenced(members []member) []document {
	out := values(members)
	for _, d := range out {
		d["$ref"] = nil
	}
	return out
}

type entraDefault struct{ entraBase }

// updateUser reads and then sends one operation for each attribute (§4.5).
func (e entraDefault) updateUser(ctx context.Context, id string, was, now Person) error {
	if _, _, err := e.read(ctx, "/Users/"+id); err != nil {
		return err
	}
	var operations []operation
	for _, a := range changed(was, now) {
		op := operation{Op: "Replace", Path: a.path, Value: a.value}
		if a.isNew {
			op.Op = "Add"
		}
		if active, ok := a.value.(bool); ok {
			op.Value = map[bool]string{true: "True", false: "False"}[active]
		}
		operations = append(operations, op)
	}
	return e.patchUser(ctx, id, now, operations...)
}

func (e entraDefault) setManager(ctx context.Context, id, boss string) error {
	_, err := e.write(ctx, http.MethodPatch, "/Users/"+id, patch(operation{Op: "Add", Path: manager, Value: boss}))
	return err
}

func (e entraDefault) removeUser(ctx context.Context, id string, last Person) error {
	return e.purge(ctx, e, id, last)
}

func (e entraDefault) renameGroup(ctx context.Context, r roster) error {
	return e.patchGroup(ctx, r.id, operation{Op: "Replace", Path: "displayName", Value: r.name})
}

func (e entraDefault) changeMembers(ctx context.Context, r roster) error {
	return e.regroup(ctx, r, func(m member) operation {
		return operation{Op: "Remove", Path: "members", Value: referenced([]member{m})}
	})
}

type entraWithFlag struct{ entraBase }

// updateUser groups simple attributes under dotted keys; what has a value path
// and active keep operations of their own (§4.6).
func (e entraWithFlag) updateUser(ctx context.Context, id string, was, now Person) error {
	if _, _, err := e.read(ctx, "/Users/"+id); err != nil {
		return err
	}
	var operations []operation
	grouped := document{}
	for _, a := range changed(was, now) {
		if a.path == workEmail || a.path == "active" {
			operations = append(operations, operation{Op: "replace", Path: a.path, Value: a.value})
		} else {
			grouped[a.path] = a.value
		}
	}
	if len(grouped) > 0 {
		operations = append(operations, operation{Op: "replace", Value: grouped})
	}
	return e.patchUser(ctx, id, now, operations...)
}

func (e entraWithFlag) setManager(ctx context.Context, id, boss string) error {
	_, err := e.write(ctx, http.MethodPatch, "/Users/"+id, patch(operation{Op: "replace", Path: manager, Value: boss}))
	return err
}

func (e entraWithFlag) removeUser(ctx context.Context, id string, last Person) error {
	return e.purge(ctx, e, id, last)
}

func (e entraWithFlag) renameGroup(ctx context.Context, r roster) error {
	return e.patchGroup(ctx, r.id, operation{Op: "replace", Value: document{"displayName": r.name}})
}

func (e entraWithFlag) changeMembers(ctx context.Context, r roster) error {
	return e.regroup(ctx, r, removal)
}
