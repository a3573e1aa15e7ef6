package provision

import (
	"context"
	"fmt"
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// GroupInput is a group as a front door hands it over.
type GroupInput struct {
	DisplayName, ExternalID string
	Document                []byte // canonical JSON without id, meta and members
	Unique                  []store.UniqueValue
}

func (in GroupInput) fill(r *store.Resource) {
	r.Type, r.Name, r.Display = store.Group, Fold(in.DisplayName), in.DisplayName
	r.ExternalID, r.Active, r.Document, r.Unique = store.Exact(in.ExternalID), true, in.Document, in.Unique
}

// MemberOp is what a step does to the members of a group.
type MemberOp int

// The steps.
const (
	AddMembers MemberOp = iota
	RemoveMembers
	ReplaceMembers
	RemoveMatching
	RemoveOfThese // those of IDs that match
)

// MemberStep is one change of membership; steps are carried out in order.
type MemberStep struct {
	Op    MemberOp
	IDs   []string                   // public ids
	Match func(store.Reference) bool // for RemoveMatching and RemoveOfThese
}

// Policy is what a directory's quirks say about groups.
type Policy struct {
	UniqueGroupNames   bool
	SkipUnknownMembers bool
}

// CreateGroup adds a group with its members and decides everyone below it.
func (s *Service) CreateGroup(ctx context.Context, d store.Directory, in GroupInput, members []string, p Policy, cause store.Cause) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) (err error) {
		out, err = w.createGroup(d, in, members, p)
		return err
	})
	return out, err
}

func (w *work) createGroup(d store.Directory, in GroupInput, members []string, p Policy) (store.Resource, error) {
	r := store.Resource{Directory: d.Key, ID: w.s.NewID(), Created: w.now, Modified: w.now, Version: 1}
	in.fill(&r)
	if err := w.checkGroupName(d, r, p); err != nil {
		return r, err
	}
	if err := w.tx.AddResource(&r); err != nil {
		return r, valueTaken(err)
	}
	_, err := w.applySteps(d, r.Key, []MemberStep{{Op: AddMembers, IDs: members}}, p)
	return r, err
}

// ChangeGroup replaces a group by what change makes of the current row and
// carries out the membership steps; cost follows the members that the steps
// name, not the size of the group. change may run twice.
func (s *Service) ChangeGroup(ctx context.Context, d store.Directory, id string, p Policy, cause store.Cause, change func(cur store.Resource) (GroupInput, []MemberStep, error)) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) (err error) {
		out, err = w.changeGroup(d, id, p, change)
		return err
	})
	return out, err
}

func (w *work) changeGroup(d store.Directory, id string, p Policy, change func(cur store.Resource) (GroupInput, []MemberStep, error)) (store.Resource, error) {
	cur, err := w.tx.Resource(d.Key, store.Group, id)
	if err != nil {
		return cur, resourceMissing(err, "Group", id)
	}
	in, steps, err := change(cur)
	if err != nil {
		return cur, err
	}
	next := cur
	in.fill(&next)
	if next.Name != cur.Name {
		if err := w.checkGroupName(d, next, p); err != nil {
			return cur, err
		}
	}
	moved, err := w.applySteps(d, cur.Key, steps, p)
	if err != nil {
		return cur, err
	}
	if !moved && sameResource(cur, next) {
		return cur, nil
	}
	next.Modified, next.Version = w.now, cur.Version+1
	if sameResource(cur, next) {
		return next, w.tx.TouchResource(next)
	}
	return next, valueTaken(w.setResource(cur, next))
}

// DeleteGroup removes a group, its memberships and the mapping rows that name
// it, and decides everyone who was below it. check, if any, may refuse the row
// as it is then.
func (s *Service) DeleteGroup(ctx context.Context, d store.Directory, id string, cause store.Cause, check func(cur store.Resource) error) error {
	return s.push(ctx, d.Parent, cause, func(w *work) error { return w.deleteGroup(d, id, check) })
}

func (w *work) deleteGroup(d store.Directory, id string, check func(cur store.Resource) error) error {
	cur, err := w.tx.Resource(d.Key, store.Group, id)
	if err != nil {
		return resourceMissing(err, "Group", id)
	}
	if err := allowed(check, cur); err != nil {
		return err
	}
	concerned, err := w.concerned(d, cur.Key)
	if err != nil {
		return err
	}
	if err := w.touchMembers(d, concerned, []int64{cur.Key}); err != nil {
		return err
	}
	rows, err := w.tx.MappingsOfGroup(w.parent.Key, cur.Key)
	if err != nil {
		return err
	}
	for _, m := range rows {
		if err := w.dropMapping(m, cur.Display); err != nil {
			return err
		}
	}
	return w.tx.RemoveResource(d.Key, cur.Key)
}

// dropMapping tells of a row that goes with its group: an administrator set it.
func (w *work) dropMapping(m store.Mapping, group string) error {
	o, err := w.tx.Org(w.parent.Key, m.Org)
	if err != nil {
		return err
	}
	if err := w.tx.RemoveMapping(m.Parent, m.Org, m.Key); err != nil {
		return err
	}
	for _, loaded := range w.orgs {
		if loaded.Key == m.Org {
			loaded.dropRow(m.ID)
		}
	}
	w.settings = true
	return w.event("mapping.removed", struct {
		Org   Named       `json:"org"`
		Group string      `json:"group"`
		Role  string      `json:"role,omitempty"`
		Tier  string      `json:"tier,omitempty"`
		Cause store.Cause `json:"cause"`
	}{Named{o.ID, o.Name}, group, m.Role, m.Tier, w.cause})
}

// checkGroupName refuses a displayName that another group has, where the
// directory wants that.
func (w *work) checkGroupName(d store.Directory, r store.Resource, p Policy) error {
	if !p.UniqueGroupNames {
		return nil
	}
	page, err := w.tx.Find(store.Query{
		Directory: d.Key, Type: store.Group, Limit: 1, WithoutDocument: true,
		Where: store.Compare{Column: store.ByName, Op: store.Eq, Value: r.Name},
	})
	if err != nil {
		return err
	}
	if len(page.Resources) > 0 && page.Resources[0].ID != r.ID {
		return refuse(Taken, "displayName", "", "displayName %q is taken by another group", r.Display)
	}
	return nil
}

// applySteps changes the members and touches everyone whose groups changed, in
// the orgs that this concerns.
func (w *work) applySteps(d store.Directory, group int64, steps []MemberStep, p Policy) (moved bool, err error) {
	known, err := w.resolve(d, steps, p)
	if err != nil {
		return false, err
	}
	var concerned []int64
	if len(steps) > 0 {
		if concerned, err = w.concerned(d, group); err != nil {
			return false, err
		}
	}
	for _, step := range steps {
		changed, err := w.applyStep(d, group, step, known)
		if err != nil {
			return false, err
		}
		moved = moved || len(changed) > 0
		if err := w.touchMembers(d, concerned, changed); err != nil {
			return false, err
		}
	}
	return moved, nil
}

func (w *work) applyStep(d store.Directory, group int64, step MemberStep, known map[string]store.Reference) ([]int64, error) {
	named := make([]int64, 0, len(step.IDs))
	for _, id := range step.IDs {
		if r, ok := known[id]; ok {
			named = append(named, r.Key)
		}
	}
	switch step.Op {
	case AddMembers:
		return w.tx.AddMembers(d.Key, group, named)
	case RemoveMembers:
		return w.tx.RemoveMembers(d.Key, group, named)
	case ReplaceMembers:
		removed, err := w.tx.KeepMembers(d.Key, group, named)
		if err != nil {
			return nil, err
		}
		added, err := w.tx.AddMembers(d.Key, group, named)
		return append(removed, added...), err
	case RemoveOfThese:
		var matching []int64
		for _, id := range step.IDs {
			if r, ok := known[id]; ok && step.Match(r) {
				matching = append(matching, r.Key)
			}
		}
		return w.tx.RemoveMembers(d.Key, group, matching)
	case RemoveMatching:
		return w.removeWhere(d, group, step.Match)
	}
	return nil, fmt.Errorf("unknown membership step %d", step.Op)
}

func (w *work) removeWhere(d store.Directory, group int64, match func(store.Reference) bool) ([]int64, error) {
	var out []int64
	err := w.tx.Members(d.Key, group, func(r store.Reference) bool {
		if match(r) {
			out = append(out, r.Key)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return w.tx.RemoveMembers(d.Key, group, out)
}

// resolve finds the resources that the steps name. What is to be removed and
// does not exist is no member already; what is to be added must exist, or
// stand beside something that does where the directory tolerates it.
func (w *work) resolve(d store.Directory, steps []MemberStep, p Policy) (map[string]store.Reference, error) {
	var ids []string
	for _, s := range steps {
		ids = append(ids, s.IDs...)
	}
	known := make(map[string]store.Reference, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	found, err := w.tx.References(d.Key, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if r.Type == store.User || r.Type == store.Group { // RFC 7643 §4.2: no other type is a member
			known[r.ID] = r
		}
	}
	if p.SkipUnknownMembers && len(known) > 0 {
		return known, nil
	}
	for _, s := range steps {
		if s.Op != AddMembers && s.Op != ReplaceMembers {
			continue
		}
		for _, id := range s.IDs {
			if _, ok := known[id]; !ok {
				return nil, refuse(Invalid, "members", "", "members: %q is no user or group of this directory", id)
			}
		}
	}
	return known, nil
}

// concerned gives the orgs that decide by who is below a group: those on scim
// that map it, or a group that it is in (M-3). No other decision looks at its
// members.
func (w *work) concerned(d store.Directory, group int64) ([]int64, error) {
	orgs, err := w.loadOrgs()
	if err != nil {
		return nil, err
	}
	maps := func(o *org) bool {
		return o.settings.Mode == mapping.SCIM && o.settings.GroupMappings && len(o.settings.Rows) > 0
	}
	if !slices.ContainsFunc(orgs, maps) {
		return nil, nil
	}
	above, err := w.tx.Groups(d.Key, group, true)
	if err != nil {
		return nil, err
	}
	within := map[int64]bool{group: true}
	for _, g := range above {
		within[g.Key] = true
	}
	var keys []int64
	for _, o := range orgs {
		if maps(o) && slices.ContainsFunc(o.settings.Rows, func(r mapping.Row) bool { return within[r.Group] }) {
			keys = append(keys, o.Key)
		}
	}
	return keys, nil
}

// touchMembers touches the people that members are or contain.
func (w *work) touchMembers(d store.Directory, orgs, members []int64) error {
	if len(orgs) == 0 {
		return nil
	}
	people, err := w.tx.UsersBelow(d.Key, members)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		w.touchIn(org, people...)
	}
	return nil
}
