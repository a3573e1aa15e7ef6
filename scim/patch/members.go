package patch

import (
	"slices"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// MemberOp is what a step does to a group's membership.
type MemberOp int

// The membership steps.
const (
	AddMembers MemberOp = iota
	RemoveMembers
	ReplaceMembers // without IDs it empties the group
	RemoveMatching // by Match, which takes {value, display, type, $ref}
	RemoveOfThese  // likewise, of the IDs alone
)

// MemberStep is one change of membership; steps apply in order.
type MemberStep struct {
	Op    MemberOp
	IDs   []string // without repetition
	Match func(element resource.Value) bool
}

// ReplaceAll gives the membership of a group that is replaced as a whole, and
// no step for any other resource type.
func ReplaceAll(t *schema.ResourceType, ids []string) []MemberStep {
	if !t.HasMembers() {
		return nil
	}
	return []MemberStep{{Op: ReplaceMembers, IDs: ids}}
}

func (p *parser) isMembers(r schema.Ref) bool { return isMembers(p.t, r) }

func isMembers(t *schema.ResourceType, r schema.Ref) bool {
	return r.Attribute != nil && r.Extension == nil && r.Attribute.Name == "members" && t.HasMembers()
}

// members checks an operation on members. A member's sub-attributes are
// immutable, so that members come and go but never change.
func (p *parser) members(op *Op, v resource.Value) error {
	if op.Ref.Sub != nil || op.Filter != nil && op.Kind != Remove {
		return scimerr.Mutability("a member is immutable; remove it and add another")
	}
	if op.Filter != nil {
		return nil
	}
	if op.Kind == Remove && v == nil {
		op.HasValue = false
		return nil
	}
	if op.Kind == Remove && !p.q.Has(quirk.RemoveByValue) {
		return scimerr.InvalidValue("op remove takes no value; name the members by a filter")
	}
	op.hasIDs = true
	list, ok := v.(resource.Array)
	if !ok && v != nil {
		if op.Kind == Replace && !p.q.Has(quirk.SingleAsArray) {
			return scimerr.InvalidValue("%q must be an array", op.Ref.Attribute.Path)
		}
		list = resource.Array{v}
	}
	for _, e := range list {
		id, err := p.member(op.Ref.Attribute, e)
		if err != nil {
			return err
		}
		op.ids = append(op.ids, id)
	}
	op.ids = distinct(op.ids)
	return nil
}

// distinct keeps the first of each id.
func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(ids, func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
}

func (p *parser) member(a *schema.Attribute, e resource.Value) (string, error) {
	if s, ok := e.(string); ok && p.q.Has(quirk.SingleAsArray) {
		o := &resource.Object{}
		o.Set("value", s)
		e = o
	}
	o, ok := e.(*resource.Object)
	if !ok {
		return "", scimerr.InvalidValue("each of members must be an object")
	}
	v, _ := o.Lookup("value")
	id, ok := v.(string)
	if !ok || id == "" {
		return "", scimerr.InvalidValue("members.value must be the id of a resource")
	}
	_, err := schema.CheckValue(a, o, p.q)
	return id, err
}

// step turns a checked operation on members into a step.
func (op Op) step() MemberStep {
	switch {
	case op.Kind == Add:
		return MemberStep{Op: AddMembers, IDs: op.ids}
	case op.Kind == Replace:
		return MemberStep{Op: ReplaceMembers, IDs: op.ids}
	case op.hasIDs:
		return MemberStep{Op: RemoveMembers, IDs: op.ids}
	case op.narrowed:
		return MemberStep{Op: RemoveOfThese, IDs: op.ids, Match: op.Filter.Match}
	case op.Filter != nil:
		return MemberStep{Op: RemoveMatching, Match: op.Filter.Match}
	default:
		return MemberStep{Op: ReplaceMembers}
	}
}
