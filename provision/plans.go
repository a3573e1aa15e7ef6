package provision

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"time"

	"scimd/mapping"
	"scimd/store"
)

// PlanLifetime is how long a plan may be applied if Service sets no other time.
const PlanLifetime = 24 * time.Hour

// PlanSummary is what a plan comes to, in numbers (P-1).
type PlanSummary struct {
	Orgs []OrgSummary `json:"orgs"`
	// Acknowledge: the administrator who asked would lose their own
	// administrative role (P-6).
	Acknowledge bool `json:"acknowledge,omitempty"`
}

// OrgSummary counts people of one org.
type OrgSummary struct {
	Org       string         `json:"org"`
	In        int            `json:"in" doc:"come in"`
	Out       int            `json:"out" doc:"go out"`
	Role      int            `json:"role" doc:"change role"`
	Tier      int            `json:"tier" doc:"change tier"`
	Waiting   int            `json:"waiting" doc:"will wait for a seat"`
	LockedOut int            `json:"lockedOut" doc:"have access now and lose it"`
	Held      map[string]int `json:"held,omitempty" doc:"stopped by a guard, by its name"`
	Seats     []SeatNeed     `json:"seats" doc:"after the plan"`
}

// SeatNeed sets the seats of a tier that people hold or wait for against those
// owned. A product without tiers has the one tier ""; * is any tier.
type SeatNeed struct {
	Tier   string `json:"tier"`
	Owned  *int   `json:"owned,omitempty" doc:"absent: without limit"`
	Used   int    `json:"used"`
	Needed int    `json:"needed" doc:"used, and waited for"`
}

// planBatch bounds one transaction that writes rows of a plan.
const planBatch = 500

// Preview tells what steps would do, by the code that does it, and keeps the
// answer as a plan. It holds up no push.
func (s *Service) Preview(ctx context.Context, parent string, steps []Step, cause store.Cause) (store.Plan, error) {
	raw, err := json.Marshal(steps)
	if err != nil {
		return store.Plan{}, err
	}
	parents, err := s.concerned(ctx, parent, steps)
	if err != nil {
		return store.Plan{}, err
	}
	now := s.now()
	plan := store.Plan{
		Parent: parents[0], ID: s.NewID(), State: store.PlanDraft, Steps: raw,
		By: cause.Actor, Created: now, Expires: now.Add(cmp.Or(s.PlanLifetime, PlanLifetime)),
	}
	carryOut := func(w *work) error {
		plan.Version = w.parent.Version
		return w.carryOut(steps)
	}
	err = s.rehearse(ctx, parents, cause, carryOut, func(w *work) error { return s.keep(ctx, w, &plan) })
	return plan, err
}

// concerned gives the parent and those that orgs move to.
func (s *Service) concerned(ctx context.Context, parent string, steps []Step) (keys []int64, err error) {
	names := []string{parent}
	for _, step := range steps {
		if step.MoveOrg != nil {
			names = append(names, step.MoveOrg.To)
		}
	}
	for _, name := range names {
		key, err := s.findParent(ctx, name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// keep writes a plan with its rows, in portions: ctx is not the rehearsal's.
func (s *Service) keep(ctx context.Context, w *work, plan *store.Plan) error {
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.AddPlan(plan) })
	if err != nil {
		return err
	}
	sum := sha256.New()
	var rows []store.PlanRow
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		defer func() { rows = rows[:0] }()
		return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.AddPlanRows(rows) })
	}
	seq := int64(0)
	err = w.eachRow(sum, func(row store.PlanRow) error {
		seq++
		row.Plan, row.Seq = plan.Key, seq
		if rows = append(rows, row); len(rows) < planBatch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	plan.Digest, plan.State = sum.Sum(nil), store.PlanReady
	if plan.Summary, err = w.summary(); err != nil {
		return err
	}
	return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.SetPlan(*plan) })
}

// eachRow visits everyone whose standing moved, in an order that hangs on
// nothing but the people, and feeds the digest (P-2).
func (w *work) eachRow(sum hash.Hash, visit func(store.PlanRow) error) error {
	for _, part := range []*work{w, w.also} {
		if part == nil {
			continue
		}
		if err := part.ownRows(sum, visit); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) ownRows(sum hash.Hash, visit func(store.PlanRow) error) error {
	digest := json.NewEncoder(sum)
	w.counts = map[int64]*OrgSummary{}
	return w.withAccounts(w.inOrder, func(c store.Change, a store.Account) error {
		row := store.PlanRow{Org: w.orgName(c.Org), Account: a.ID, Name: a.UserName, Before: c.Before, After: c.After, Why: c.Why}
		if a.Created.Equal(w.now) {
			row.Account = ""
		}
		if err := digest.Encode([]any{row.Org, a.UserName, a.Email, row.Before, row.After}); err != nil {
			return err
		}
		w.countsOf(c.Org).count(c.Before, c.After)
		return visit(row)
	})
}

func (w *work) countsOf(org int64) *OrgSummary {
	if w.counts[org] == nil {
		w.counts[org] = &OrgSummary{Held: map[string]int{}}
	}
	return w.counts[org]
}

func (w *work) orgName(key int64) string { return w.orgNamed(key).Name }

func (w *work) summary() ([]byte, error) {
	var out PlanSummary
	out.Acknowledge = len(w.own) > 0
	for _, part := range []*work{w, w.also} {
		if part == nil {
			continue
		}
		orgs, err := part.loadOrgs()
		if err != nil {
			return nil, err
		}
		for _, o := range orgs {
			if o.left {
				continue // its people are counted where they come to
			}
			s, err := part.summarize(o)
			if err != nil {
				return nil, err
			}
			out.Orgs = append(out.Orgs, s)
		}
	}
	return json.Marshal(out)
}

func (w *work) summarize(o *org) (OrgSummary, error) {
	s := *w.countsOf(o.Key)
	s.Org = o.Name
	used, err := w.tx.SeatsUsed(w.parent.Key, o.Key)
	if err != nil {
		return s, err
	}
	wanted, err := w.tx.SeatsWanted(w.parent.Key, o.Key)
	if err != nil {
		return s, err
	}
	for _, tier := range o.product.SeatTiers() {
		need := SeatNeed{Tier: tier, Used: used[tier], Needed: used[tier] + wanted[tier]}
		if owned, limited := o.owned[tier]; limited {
			need.Owned = &owned
		}
		s.Seats = append(s.Seats, need)
	}
	if n := wanted[mapping.AnyTier]; n > 0 {
		s.Seats = append(s.Seats, SeatNeed{Tier: mapping.AnyTier, Needed: n})
	}
	return s, nil
}

func (s *OrgSummary) count(before, after *store.Standing) {
	had := before != nil && before.State != Waiting
	if had && (after == nil || after.State == Waiting) {
		s.LockedOut++
	}
	switch {
	case after == nil:
		s.Out++
		return
	case before == nil:
		s.In++
	default:
		if before.Role != after.Role {
			s.Role++
		}
		if before.Tier != after.Tier {
			s.Tier++
		}
	}
	if after.Want != "" {
		s.Waiting++
	}
	if after.State == Held && (before == nil || before.State != Held) {
		s.Held[after.Guard]++
	}
}

// ApprovePlan is the second administrator's word (P-1).
func (s *Service) ApprovePlan(ctx context.Context, id string, cause store.Cause) (store.Plan, error) {
	return s.onPlan(ctx, id, cause, func(w *work, plan *store.Plan) error {
		same, err := w.sameActor(plan.By, cause.Actor)
		if err != nil {
			return err
		}
		if same {
			return refuse(WrongMode, "plan", "P-1", "%s made this plan: another administrator approves it", plan.By)
		}
		plan.Approved, plan.ApprovedBy = w.now, cause.Actor
		if err := w.tx.SetPlan(*plan); err != nil {
			return err
		}
		return w.tellPlan("plan.approved", *plan)
	})
}

// sameActor tells whether two names are one administrator's: a person of the
// parent may be called by userName, e-mail or id.
func (w *work) sameActor(a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	one, err := w.actor(a)
	if err != nil {
		return false, err
	}
	other, err := w.actor(b)
	return one != 0 && one == other, err
}

// ApplyPlan does what the plan has shown, or nothing: if the settings moved
// since, or people did so that it would come to something else, it is Stale
// (P-2).
func (s *Service) ApplyPlan(ctx context.Context, id string, cause store.Cause) (store.Plan, error) {
	cause.Detail = "plan " + id
	return s.onPlan(ctx, id, cause, func(w *work, plan *store.Plan) error {
		if w.parent.SecondAdministrator && plan.Approved.IsZero() {
			return refuse(NeedsPlan, "plan", "P-1", "a second administrator has to approve this plan first")
		}
		if plan.Version != w.parent.Version {
			return refuse(Stale, "plan", "P-2", "settings of parent %s changed since this plan was made: preview again", w.parent.Name)
		}
		var steps []Step
		if err := json.Unmarshal(plan.Steps, &steps); err != nil {
			return err
		}
		w.planned = true
		var refused *Error
		if err := w.carryOut(steps); errors.As(err, &refused) {
			return refuse(Stale, "plan", "P-2", "something moved since this plan was made, and it is refused now: %s: preview again", refused.Text)
		} else if err != nil {
			return err
		}
		if there := w.also; there != nil && there.parent.SecondAdministrator && plan.Approved.IsZero() {
			return refuse(NeedsPlan, "plan", "P-1", "parent %s, which an org moves to, wants a second administrator to approve this plan first", there.parent.Name)
		}
		w.then = append(w.then, func() error { return w.asShown(plan) })
		return nil
	})
}

// asShown holds what came out to what was shown, person by person.
func (w *work) asShown(plan *store.Plan) error {
	sum := sha256.New()
	if err := w.eachRow(sum, func(store.PlanRow) error { return nil }); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), plan.Digest) {
		return refuse(Stale, "plan", "P-2", "people moved since this plan was made, and it would come to something else: preview again")
	}
	plan.State, plan.Applied, plan.AppliedBy = store.PlanApplied, w.now, w.cause.Actor
	if err := w.tx.SetPlan(*plan); err != nil {
		return err
	}
	return w.tellPlan("plan.applied", *plan)
}

func (w *work) tellPlan(typ string, plan store.Plan) error {
	return w.event(typ, struct {
		Plan  string      `json:"plan"`
		By    string      `json:"by"`
		Cause store.Cause `json:"cause"`
	}{plan.ID, plan.By, w.cause})
}

// onPlan runs a verb on a plan that can still be applied.
func (s *Service) onPlan(ctx context.Context, id string, cause store.Cause, fn func(*work, *store.Plan) error) (plan store.Plan, err error) {
	parent, err := s.find(ctx, func(r store.Reader) (int64, error) {
		p, err := r.FindPlan(id)
		return p.Parent, missing(err, "plan", id)
	})
	if err != nil {
		return plan, err
	}
	err = s.update(ctx, parent, cause, func(w *work) error {
		if plan, err = w.tx.FindPlan(id); err != nil {
			return missing(err, "plan", id)
		}
		switch {
		case plan.State == store.PlanApplied:
			return refuse(Stale, "plan", "P-2", "this plan was applied by %s", plan.AppliedBy)
		case plan.State != store.PlanReady || !w.now.Before(plan.Expires):
			return refuse(Stale, "plan", "P-2", "this plan has expired: preview again")
		}
		return fn(w, &plan)
	})
	return plan, err
}
