package scim

import (
	"scimd/provision"
	"scimd/scim/filter"
	"scimd/scim/resource"
	"scimd/store"
)

// users are the verbs of the resource type User.
type users struct{ *provision.Service }

func (s users) create(q *request, o *resource.Object) (store.Resource, error) {
	q.groupsOf = map[int64][]store.Reference{} // a new user is in none
	return s.CreateUser(q.Context(), q.directory, q.userInput(o), q.cause())
}

func (s users) change(q *request, fn change) (store.Resource, error) {
	return s.ChangeUser(q.Context(), q.directory, q.resource, q.cause(), func(cur store.Resource) (provision.UserInput, error) {
		o, _, err := fn(cur)
		if err != nil {
			return provision.UserInput{}, err
		}
		return q.userInput(o), nil
	})
}

func (s users) remove(q *request) error {
	return s.DeleteUser(q.Context(), q.directory, q.resource, q.cause(), q.conditions.check)
}

// userInput takes what the use case needs out of a validated user.
func (q *request) userInput(o *resource.Object) provision.UserInput {
	doc := stored(o)
	q.h.keepHash(doc)
	in := provision.UserInput{UserName: text(doc, "userName"), ExternalID: text(doc, "externalId"),
		Display: text(doc, "displayName"), Email: mainEmail(doc), Values: filter.IndexedValues(doc),
		Unique: uniqueValues(q.typ, doc)}
	in.Active, _ = doc.Get("active").(bool)
	if in.Display == "" {
		in.Display = in.UserName
	}
	in.Document = doc.AppendJSON(nil)
	return in
}

// mainEmail prefers the primary address, then the one for work, then the first.
func mainEmail(o *resource.Object) string {
	emails, _ := o.Get("emails").(resource.Array)
	best, rank := "", 0
	for _, e := range emails {
		e, ok := e.(*resource.Object)
		if !ok || text(e, "value") == "" {
			continue
		}
		r := 1
		if e.Get("primary") == true {
			r = 3
		} else if resource.EqualName(text(e, "type"), "work") {
			r = 2
		}
		if r > rank {
			best, rank = text(e, "value"), r
		}
	}
	return best
}
