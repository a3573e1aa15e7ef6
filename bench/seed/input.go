package main

import (
	"scimd/bench/people"
	"scimd/provision"
	"scimd/scim/filter"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// userInput reads a pushed user as the SCIM front door does.
func userInput(body string) (provision.UserInput, error) {
	in, err := resource.Parse([]byte(body))
	if err != nil {
		return provision.UserInput{}, err
	}
	doc, err := schema.Validate(schema.Core().Type("User"), in, nil, schema.Create, quirk.Strict)
	if err != nil {
		return provision.UserInput{}, err
	}
	text := func(name string) string { s, _ := doc.Get(name).(string); return s }
	out := provision.UserInput{
		UserName: text("userName"), ExternalID: text("externalId"), Display: text("displayName"),
		Email: text("userName"), Values: filter.IndexedValues(doc), Document: doc.AppendJSON(nil),
	}
	out.Active, _ = doc.Get("active").(bool)
	return out, nil
}

func groupInput(g people.Group) provision.GroupInput {
	doc := &resource.Object{}
	doc.Set("schemas", resource.Array{schema.GroupURN})
	doc.Set("displayName", g.Name)
	return provision.GroupInput{DisplayName: g.Name, Document: doc.AppendJSON(nil)}
}

// sameGroup is the input that changes nothing but the members.
func sameGroup(cur store.Resource) provision.GroupInput {
	return provision.GroupInput{DisplayName: cur.Display, ExternalID: cur.ExternalID, Document: cur.Document}
}
