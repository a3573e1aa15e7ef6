package provision_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"scimd/provision"
	"scimd/store"
)

// byPlan previews a setting, lets something happen now and then, and applies
// the plan: what comes about is what was shown, person by person, or nothing
// (P-1, P-2).
func (m *machine) byPlan(s setting, v verb) {
	v.do = func(next *model, t *turn) provision.Reason { return s.do(next, t, true) }
	m.tick()
	plan, shown := m.preview(s, v)
	if plan == nil {
		return
	}
	version := m.parents[s.parent].version
	m.Check(m.t) // nothing has happened yet
	if m.oneIn(2, "meanwhile") {
		between := pick(m, "verb", "PutUser", "PutUser", "ChangeMembers", "ChangeMembers", "DeleteUser", "Login", "SetSeats", "AddMember", "RemoveMember", "Wait", "Upkeep", "DecideHolds")
		m.verbs()[between]()
		m.Check(m.t)
	}
	if m.parents[s.parent].second {
		m.secondWord(plan, v)
	}
	do := v.do
	v.do = func(next *model, t *turn) provision.Reason {
		if m.parents[s.parent].version != version || !next.now.Before(plan.Expires) {
			return provision.Stale
		}
		if do(next, t) != accepted {
			return provision.Stale // it was not refused when it was shown
		}
		return accepted
	}
	m.applyPlan(plan, shown, v)
}

// preview holds what a plan shows to what the model foresees.
func (m *machine) preview(s setting, v verb) (*store.Plan, []string) {
	v.accept = true // showing needs no acknowledgement
	next, _, reason := m.foresee(v)
	plan, err := m.s.Preview(m.ctx, s.parent, []provision.Step{s.step}, v.cause)
	m.sameRefusal(reason, err)
	if reason != accepted {
		return nil, nil
	}
	m.same("P-1: the rows of the plan", m.rows(next, false), m.planRows(plan))
	var sum provision.PlanSummary
	m.must(json.Unmarshal(plan.Summary, &sum))
	if loses := m.ownLoss(v, next); sum.Acknowledge != loses {
		m.t.Fatalf("P-6: the plan says %t of the loss of one's own role, want %t", sum.Acknowledge, loses)
	}
	m.same("P-1: the numbers of the plan", m.summary(next, s), bySummary(sum))
	return &plan, m.rows(next, true)
}

// applyPlan applies a plan, which is stale if it would come to something else.
func (m *machine) applyPlan(plan *store.Plan, shown []string, v verb) {
	v.call = func(ctx context.Context, cause store.Cause) error {
		_, err := m.s.ApplyPlan(ctx, plan.ID, cause)
		return err
	}
	v.settled = func(next *model) provision.Reason {
		if !slices.Equal(m.rows(next, true), shown) {
			return provision.Stale
		}
		return accepted
	}
	applied := false
	v.expected = func(*model, *turn) { applied = true }
	m.run(v)
	if applied && m.oneIn(4, "twice") {
		m.Check(m.t)
		m.run(verb{cause: v.cause, do: func(*model, *turn) provision.Reason { return provision.Stale }, call: v.call})
	}
}

// secondWord: where a parent wants a second administrator, one's own word is not
// enough (P-1).
func (m *machine) secondWord(plan *store.Plan, v verb) {
	word := func(reason provision.Reason, cause store.Cause, call func(context.Context, string, store.Cause) (store.Plan, error)) {
		m.run(verb{
			cause: cause,
			do: func(next *model, _ *turn) provision.Reason {
				if !next.now.Before(plan.Expires) {
					return provision.Stale
				}
				return reason
			},
			call: func(ctx context.Context, cause store.Cause) error {
				_, err := call(ctx, plan.ID, cause)
				return err
			},
		})
	}
	word(provision.NeedsPlan, v.cause, m.s.ApplyPlan)
	word(provision.WrongMode, v.cause, m.s.ApprovePlan)
	word(accepted, store.Cause{Kind: "admin", Actor: "another"}, m.s.ApprovePlan)
}

// rows are the people whom a verb moves, as a plan shows them; with the e-mails
// that the plan is held to as well.
func (m *machine) rows(next *model, emails bool) []string {
	out := []string{}
	for key, what := range moves(m.standings(), next.standings()) {
		org, place, _ := strings.Cut(key, " ")
		who, err := strconv.Atoi(place)
		m.must(err)
		a := next.accounts[who]
		if emails {
			what = a.email + " " + what
		}
		out = append(out, org+" "+a.shown+" "+what)
	}
	slices.Sort(out)
	return out
}

func (m *machine) planRows(plan store.Plan) []string {
	out := []string{}
	m.must(m.s.View(m.ctx, func(_ context.Context, r store.Reader) error {
		rows, err := r.PlanRows(plan.Key, "", 0, 1000)
		for _, row := range rows {
			out = append(out, row.Org+" "+row.Name+" "+moveText(row.Before, row.After))
		}
		return err
	}))
	slices.Sort(out)
	return out
}

// counts are the numbers of a plan for one org.
type counts struct {
	In, Out, Role, Tier, Waiting, LockedOut int
	Held                                    map[string]int
	Used, Needed, Owned                     map[string]int
}

// summary counts what a plan comes to, in the orgs that it is on.
func (m *machine) summary(next *model, s setting) map[string]*counts {
	out := map[string]*counts{}
	for i := range next.orgs {
		o := &next.orgs[i]
		if o.parent != s.parent && (s.step.MoveOrg == nil || o.parent != s.step.MoveOrg.To) {
			continue
		}
		c := &counts{Held: map[string]int{}, Used: map[string]int{}, Needed: map[string]int{}, Owned: o.pools}
		for who, a := range next.accounts {
			if a.parent == o.parent {
				c.count(m.org(o.name).members, o.members, who)
			}
		}
		out[o.name] = c
	}
	return out
}

func (c *counts) count(were, are map[int]memberModel, who int) {
	b, was := were[who]
	a, is := are[who]
	moved := moveText(standingIf(b, was), standingIf(a, is)) != ""
	add := func(n *int, yes bool) {
		if moved && yes {
			*n++
		}
	}
	add(&c.In, !was && is)
	add(&c.Out, was && !is)
	add(&c.Role, was && is && a.Role != b.Role)
	add(&c.Tier, was && is && a.Tier != b.Tier)
	add(&c.Waiting, is && a.Want != "")
	add(&c.LockedOut, was && b.State != "waiting" && (!is || a.State == "waiting"))
	if moved && is && a.State == "held" && b.State != "held" {
		c.Held[a.Hold.Guard]++
	}
	if is && a.State != "waiting" {
		c.Used[a.Tier]++
		c.Needed[a.Tier]++
	}
	if is && a.Want != "" && a.State != "held" {
		c.Needed[a.Want]++
	}
}

func bySummary(sum provision.PlanSummary) map[string]*counts {
	out := map[string]*counts{}
	for _, o := range sum.Orgs {
		c := &counts{o.In, o.Out, o.Role, o.Tier, o.Waiting, o.LockedOut, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
		for guard, n := range o.Held {
			c.Held[guard] = n
		}
		for _, need := range o.Seats {
			if need.Used > 0 {
				c.Used[need.Tier] = need.Used
			}
			if need.Needed > 0 {
				c.Needed[need.Tier] = need.Needed
			}
			if need.Owned != nil {
				c.Owned[need.Tier] = *need.Owned
			}
		}
		out[o.Org] = c
	}
	return out
}
