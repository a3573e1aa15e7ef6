package scim

import (
	"context"

	"scimd/provision"
	"scimd/scim/patch"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// patchMembers is the size up to which the answer to a PATCH of a group shows
// its members unasked. Above it they are left out, so that adding one member
// to a group of 100,000 costs one member; attributes=members still gets them.
const patchMembers = 1000

// groups are the verbs of the resource type Group.
type groups struct{ *provision.Service }

func (q *request) policy() provision.Policy {
	return provision.Policy{UniqueGroupNames: q.quirks.Has(quirk.UniqueGroupNames),
		SkipUnknownMembers: q.quirks.Has(quirk.UnknownMembers)}
}

func (q *request) groupInput(o *resource.Object) provision.GroupInput {
	doc := stored(o)
	return provision.GroupInput{DisplayName: text(doc, "displayName"), ExternalID: text(doc, "externalId"),
		Document: doc.AppendJSON(nil), Unique: uniqueValues(q.typ, doc)}
}

// memberIDs lifts members out of a validated group: they are rows.
func memberIDs(o *resource.Object) []string {
	members, _ := o.Get("members").(resource.Array)
	ids := make([]string, 0, len(members))
	for _, m := range members {
		if m, ok := m.(*resource.Object); ok {
			ids = append(ids, text(m, "value"))
		}
	}
	return ids
}

func (s groups) create(q *request, o *resource.Object) (store.Resource, error) {
	return s.CreateGroup(q.Context(), q.directory, q.groupInput(o), memberIDs(o), q.policy(), q.cause())
}

func (s groups) change(q *request, fn change) (store.Resource, error) {
	return s.ChangeGroup(q.Context(), q.directory, q.resource, q.policy(), q.cause(), func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		o, steps, err := fn(cur)
		if err != nil {
			return provision.GroupInput{}, nil, err
		}
		return q.groupInput(o), q.memberSteps(steps), nil
	})
}

func (s groups) remove(q *request) error {
	return s.DeleteGroup(q.Context(), q.directory, q.resource, q.cause(), q.conditions.check)
}

func (q *request) memberSteps(steps []patch.MemberStep) []provision.MemberStep {
	ops := map[patch.MemberOp]provision.MemberOp{
		patch.AddMembers: provision.AddMembers, patch.RemoveMembers: provision.RemoveMembers,
		patch.ReplaceMembers: provision.ReplaceMembers, patch.RemoveMatching: provision.RemoveMatching, patch.RemoveOfThese: provision.RemoveOfThese,
	}
	out := make([]provision.MemberStep, len(steps))
	for i, s := range steps {
		out[i] = provision.MemberStep{Op: ops[s.Op], IDs: s.IDs}
		if s.Match != nil {
			out[i].Match = func(ref store.Reference) bool { return s.Match(q.member(ref)) }
		}
	}
	return out
}

// withoutLargeMembers stops counting at the limit.
func (q *request) withoutLargeMembers(row store.Resource, p *schema.Projection) (*schema.Projection, error) {
	n := 0
	err := q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) (err error) {
		n, err = r.CountMembers(row.Directory, row.Key, patchMembers+1)
		return err
	})
	if err != nil || n <= patchMembers {
		return p, err
	}
	return schema.ParseProjection(q.typ, nil, []string{"members"})
}
