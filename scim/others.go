package scim

import (
	"scimd/provision"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// others are the verbs of every resource type that a deployment defines.
type others struct{ *provision.Service }

func (q *request) providedType() provision.Type {
	return provision.Type{Number: q.storeType(), Name: q.typ.Name}
}

func (s others) create(q *request, o *resource.Object) (store.Resource, error) {
	return s.CreateResource(q.Context(), q.directory, q.providedType(), otherInput(q.typ, o), q.cause())
}

func (s others) change(q *request, fn change) (store.Resource, error) {
	return s.ChangeResource(q.Context(), q.directory, q.providedType(), q.resource, q.cause(), func(cur store.Resource) (provision.ResourceInput, error) {
		o, _, err := fn(cur)
		if err != nil {
			return provision.ResourceInput{}, err
		}
		return otherInput(q.typ, o), nil
	})
}

func (s others) remove(q *request) error {
	return s.DeleteResource(q.Context(), q.directory, q.providedType(), q.resource, q.cause(), q.conditions.check)
}

func otherInput(t *schema.ResourceType, o *resource.Object) provision.ResourceInput {
	return provision.ResourceInput{
		Display: text(o, "displayName"), ExternalID: text(o, "externalId"),
		Document: o.AppendJSON(nil), Unique: uniqueValues(t, o),
	}
}
