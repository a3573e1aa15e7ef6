package idp

import (
	"context"
	"encoding/json"
	"net/http"
)

func jumpCloud() Provider {
	return Provider{
		Name:   "jumpcloud",
		About:  "JumpCloud, a custom application: full PUT of users, members removed by value",
		Strict: false, Why: "removal of members by value",
		able:    ability{title: true, department: true, groups: true},
		manners: manners{accept: plainJSON, contentType: plainJSON},
		speak:   func(c *conversation) dialect { return jumpCloudDialect{rfc{c}} },
	}
}

type jumpCloudDialect struct{ rfc }

// test really writes: it makes a user and a group, changes both and deletes
// them. Anything but success stops the activation (§7).
func (j jumpCloudDialect) test(ctx context.Context) error {
	for _, path := range []string{"/Users", "/Groups"} {
		if _, err := j.require(ctx, http.MethodGet, path, nil, http.StatusOK); err != nil {
			return err
		}
	}
	probe := Person{Key: "jumpcloud-test", UserName: "jumpcloud-test@acme.example", Email: "jumpcloud-test@acme.example", GivenName: "Test", FamilyName: "User", Active: true}
	user, err := j.made(ctx, "/Users", j.created(probe))
	if err != nil {
		return err
	}
	group, err := j.made(ctx, "/Groups", document{"schemas": []string{groupSchema}, "displayName": "JumpCloud Test Group"})
	if err != nil {
		return err
	}
	// The minimal PUT has a null for a list.
	minimal := document{"schemas": []string{userSchema}, "id": user, "userName": probe.UserName, "active": true, "emails": nil, "name": document{"givenName": "Test", "familyName": "Changed"}}
	join := patch(operation{Op: "add", Path: "members", Value: values([]member{{id: user}})})
	for _, step := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, "/Users/" + user, minimal},
		{http.MethodPatch, "/Groups/" + group, join},
		{http.MethodDelete, "/Groups/" + group, nil},
		{http.MethodDelete, "/Users/" + user, nil},
	} {
		if _, err := j.require(ctx, step.method, step.path, step.body, http.StatusOK, http.StatusNoContent); err != nil {
			return err
		}
	}
	return nil
}

// made creates what the test needs and gives its id.
func (j jumpCloudDialect) made(ctx context.Context, collection string, d document) (string, error) {
	got, err := j.require(ctx, http.MethodPost, collection, d, http.StatusCreated)
	if err != nil {
		return "", err
	}
	var r resource
	err = json.Unmarshal(got.body, &r)
	return r.ID, err
}

// created lists the enterprise schema without having its object.
func (j jumpCloudDialect) created(p Person) document {
	d := userDocument(p)
	delete(d, "title")
	delete(d, enterpriseSchema)
	return d.with(document{
		"schemas": []string{userSchema, enterpriseSchema}, "externalId": p.Key, "locale": "en-US", "preferredLanguage": "en-US",
		"addresses": []any{}, "phoneNumbers": []document{{"type": "work", "value": "tel:+1-555-555-5555"}},
	})
}

// full has the extension first among its schemas, and empty lists.
func (j jumpCloudDialect) full(id string, p Person) document {
	return userDocument(p).with(document{
		"schemas": []string{enterpriseSchema, userSchema}, "id": id, "externalId": p.Key, "locale": "en-US", "preferredLanguage": "en-US",
		"addresses": []any{}, "phoneNumbers": []any{}, "photos": []document{{"value": "https://images.acme.example/" + p.Key + ".png"}},
	})
}

// createUser leaves title and department to the PUT that follows.
func (j jumpCloudDialect) createUser(ctx context.Context, p Person) (resource, error) {
	made, err := j.postUser(ctx, j.created(p))
	if err != nil || made.ID == "" {
		return made, err
	}
	return made, j.updateUser(ctx, made.ID, p, p)
}

func (j jumpCloudDialect) updateUser(ctx context.Context, id string, _, now Person) error {
	return j.putUser(ctx, id, j.full(id, now), now)
}

func (j jumpCloudDialect) removeUser(ctx context.Context, id string, last Person) error {
	return deactivate(ctx, j, id, last)
}

func (j jumpCloudDialect) changeMembers(ctx context.Context, r roster) error {
	if len(r.joined) > 0 {
		if err := j.patchGroup(ctx, r.id, operation{Op: "add", Path: "members", Value: values(r.joined)}); err != nil {
			return err
		}
	}
	if len(r.left) > 0 {
		return j.patchGroup(ctx, r.id, operation{Op: "remove", Path: "members", Value: values(r.left)})
	}
	return nil
}

// removeGroup takes everyone out; the group itself stays.
func (j jumpCloudDialect) removeGroup(ctx context.Context, r roster) error {
	return j.changeMembers(ctx, r)
}
