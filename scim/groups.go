package scim

import (
	"context"
	"net/http"

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

func (q *request) policy() provision.Policy {
	return provision.Policy{UniqueGroupNames: q.quirks.Has(quirk.UniqueGroupNames),
		SkipUnknownMembers: q.quirks.Has(quirk.UnknownMembers)}
}

func groupInput(o *resource.Object) provision.GroupInput {
	doc := stored(o)
	return provision.GroupInput{DisplayName: text(doc, "displayName"), ExternalID: text(doc, "externalId"),
		Document: doc.AppendJSON(nil)}
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

func (h *Handler) createGroup(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	o, err := schema.Validate(q.typ, body, nil, schema.Create, q.quirks)
	if err != nil {
		return err
	}
	row, err := h.Provision.CreateGroup(q.Context(), q.directory, groupInput(o), memberIDs(o), q.policy(), q.cause())
	return q.respond(http.StatusCreated, row, p, err)
}

func (h *Handler) replaceGroup(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	row, err := h.Provision.ChangeGroup(q.Context(), q.directory, q.resource, q.policy(), q.cause(), func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		prev, err := resource.Parse(cur.Document)
		if err != nil {
			return provision.GroupInput{}, nil, err
		}
		o, err := schema.Validate(q.typ, body, prev, schema.Replace, q.quirks)
		if err != nil {
			return provision.GroupInput{}, nil, err
		}
		return groupInput(o), []provision.MemberStep{{Op: provision.ReplaceMembers, IDs: memberIDs(o)}}, nil
	})
	return q.respond(http.StatusOK, row, p, err)
}

func (h *Handler) patchGroup(q *request) error {
	p, body, err := q.input()
	if err != nil {
		return err
	}
	ops, err := patch.Parse(q.typ, body, q.quirks)
	if err != nil {
		return err
	}
	row, err := h.Provision.ChangeGroup(q.Context(), q.directory, q.resource, q.policy(), q.cause(), func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		o, steps, err := q.patched(cur, ops)
		if err != nil {
			return provision.GroupInput{}, nil, err
		}
		return groupInput(o), q.memberSteps(steps), nil
	})
	if err == nil && len(q.params["attributes"]) == 0 && len(q.params["excludedAttributes"]) == 0 && !q.wantsMinimal() {
		if p, err = q.withoutLargeMembers(row, p); err != nil {
			return err
		}
	}
	return q.respond(http.StatusOK, row, p, err)
}

func (q *request) memberSteps(steps []patch.MemberStep) []provision.MemberStep {
	ops := map[patch.MemberOp]provision.MemberOp{
		patch.AddMembers: provision.AddMembers, patch.RemoveMembers: provision.RemoveMembers,
		patch.ReplaceMembers: provision.ReplaceMembers, patch.RemoveMatching: provision.RemoveMatching,
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
	err := q.h.Provision.View(q.Context(), func(_ context.Context, r store.Reader) error {
		return r.Members(row.Directory, row.Key, func(store.Reference) bool {
			n++
			return n <= patchMembers
		})
	})
	if err != nil || n <= patchMembers {
		return p, err
	}
	return schema.ParseProjection(q.typ, nil, []string{"members"})
}

func (h *Handler) deleteGroup(q *request) error {
	if err := h.Provision.DeleteGroup(q.Context(), q.directory, q.resource, q.cause()); err != nil {
		return err
	}
	q.write(http.StatusNoContent, nil)
	return nil
}
