package provision_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"scimd/provision"
	"scimd/store"
)

// view reads one snapshot of the store in the words of the model.
type view struct {
	m      *machine
	r      store.Reader
	people map[int64]int  // account key → place in the model
	ids    map[string]int // account id → place in the model
}

// accounts are of the model in order of creation, within each parent.
func (v *view) accounts() error {
	v.ids = map[string]int{}
	for _, parent := range parents {
		stored, err := v.r.Accounts(v.m.keys[parent], 0, 1000)
		if err != nil {
			return err
		}
		var want, got []accountModel
		for i, a := range v.m.accounts {
			if a.parent != parent {
				continue
			}
			if n := len(want); n < len(stored) {
				v.people[stored[n].Key], v.ids[stored[n].ID] = i, i
			}
			want = append(want, a)
		}
		names := map[string]bool{}
		for _, a := range stored {
			into := nobody
			if a.Into != 0 {
				into = v.people[a.Into]
			}
			got = append(got, accountModel{parent, a.FoldedUserName, a.UserName, a.Email, into})
			if a.FoldedUserName != "" && names[a.FoldedUserName] {
				v.m.t.Fatalf("two accounts are called %s", a.FoldedUserName)
			}
			names[a.FoldedUserName] = true
		}
		v.m.same("accounts of "+parent, want, got)
	}
	return nil
}

// orgSettings is what an administrator has set.
type orgSettings struct {
	Plan, Mode             string
	Mappings, Next, Paused bool
	Guards                 guardsModel
	Pools                  map[string]int
	Rows                   int
	Tripped                time.Time
	Gone                   int
}

func (v *view) orgs(standings map[string]map[int]memberModel) error {
	for i := range v.m.orgs {
		o := &v.m.orgs[i]
		parent, key := v.m.keys[o.parent], v.m.keys[o.name]
		row, err := v.r.Org(parent, key)
		if err != nil {
			return err
		}
		rows, err := v.r.Mappings(parent, key)
		if err != nil {
			return err
		}
		pools, err := v.r.Pools(parent, key)
		if err != nil {
			return err
		}
		g := row.Guards
		gone, err := v.r.RemovedSince(parent, key, v.m.now.Add(-g.Window))
		if err != nil {
			return err
		}
		v.m.same("settings of "+o.name,
			orgSettings{o.plan, o.mode, o.mappings, o.next, o.paused, o.guards, o.pools, len(o.rows), o.tripped, v.m.gone(o)},
			orgSettings{row.Plan, row.Mode, row.GroupMappings, row.FullTier == "next", row.Paused,
				guardsModel{g.Count, g.Percent, g.Window, g.LastAdministrator}, pools, len(rows), row.Tripped, gone})
		if err := v.members(o, standings[o.name]); err != nil {
			return err
		}
		if err := v.pins(o); err != nil {
			return err
		}
		if err := v.bars(o); err != nil {
			return err
		}
	}
	return nil
}

func (v *view) members(o *orgModel, want map[int]memberModel) error {
	stored, err := v.r.MembersOfOrg(v.m.keys[o.parent], v.m.keys[o.name], 0, 0)
	if err != nil {
		return err
	}
	got, used := map[int]memberModel{}, map[string]int{}
	var line []store.Member
	for _, x := range stored {
		got[v.people[x.Account]] = memberModel{
			Standing: store.Standing{Role: x.Role, Tier: x.Tier, State: x.State, Want: x.Want, Guard: x.Hold.Guard},
			Source:   x.Source, Hold: holdModel{x.Hold.Guard, x.Hold.Action, x.Hold.Basis},
		}
		if x.State != provision.Waiting {
			used[x.Tier]++
		}
		if x.Want != "" && x.State != provision.Held {
			line = append(line, x)
		}
		v.leaver(o, x)
	}
	v.m.same("members of "+o.name, want, got)
	slices.SortFunc(line, func(a, b store.Member) int {
		if c := a.WaitingSince.Compare(b.WaitingSince); c != 0 {
			return c
		}
		return int(a.Account - b.Account)
	})
	var places []int
	for _, x := range line {
		places = append(places, v.people[x.Account])
	}
	if line := v.m.line(o); len(line) > 0 || len(places) > 0 {
		v.m.same("S-4: line of "+o.name, line, places)
	}
	for tier, owned := range o.pools {
		if used[tier] > owned {
			v.m.t.Fatalf("S-2: %d seats of tier %q of %s are used, %d owned", used[tier], tier, o.name, owned)
		}
	}
	return nil
}

// leaver: nobody who is deactivated wherever they are is let be on scim, but
// for a guard or a pin (M-8).
func (v *view) leaver(o *orgModel, x store.Member) {
	who := v.people[x.Account]
	f := v.m.facts(who)
	if o.mode == "scim" && !o.paused && f.present && !f.active && x.State != provision.Held && o.pins[who].against == "" {
		v.m.t.Fatalf("M-8: %s is deactivated and %s in %s", v.m.accounts[who].shown, x.State, o.name)
	}
}

func (v *view) pins(o *orgModel) error {
	stored, err := v.r.Pins(v.m.keys[o.parent], v.m.keys[o.name])
	if err != nil {
		return err
	}
	got := map[int]pinModel{}
	for _, p := range stored {
		got[v.people[p.Account]] = pinModel{p.Role, p.Tier, p.Against, p.Expires}
		if p.By == "" || p.Why == "" || p.At.IsZero() {
			v.m.t.Fatalf("M-5: a pin without who, when or why: %+v", p)
		}
	}
	v.m.same("pins of "+o.name, v.m.org(o.name).pins, got)
	return nil
}

// bars are on those who were taken out for good (P-8).
func (v *view) bars(o *orgModel) error {
	want, got := set{}, set{}
	for key, who := range v.people {
		a := v.m.accounts[who]
		if a.parent != o.parent || a.into != nobody {
			continue
		}
		barred, err := v.r.Barred(v.m.keys[o.parent], v.m.keys[o.name], key)
		if err != nil {
			return err
		}
		if barred {
			got[a.shown] = true
		}
		if o.barred[who] {
			want[a.shown] = true
		}
	}
	v.m.same("bars of "+o.name, want, got)
	return nil
}

// moves lists who moved between two states, as events and history tell it.
func moves(before, after map[string]map[int]memberModel) map[string]string {
	out := map[string]string{}
	for org := range after {
		people := map[int]bool{}
		for who := range before[org] {
			people[who] = true
		}
		for who := range after[org] {
			people[who] = true
		}
		for who := range people {
			b, was := before[org][who]
			a, is := after[org][who]
			if what := moveText(standingIf(b, was), standingIf(a, is)); what != "" {
				out[fmt.Sprintf("%s %d", org, who)] = what
			}
		}
	}
	return out
}

func standingIf(x memberModel, is bool) *store.Standing {
	if !is {
		return nil
	}
	x.Guard = x.Hold.Guard
	return &x.Standing
}

func moveText(before, after *store.Standing) string {
	what := "changed"
	switch {
	case before == nil && after == nil || before != nil && after != nil && *before == *after:
		return ""
	case before == nil:
		what = "added"
	case after == nil:
		what = "removed"
	}
	b, _ := json.Marshal([]*store.Standing{before, after})
	return "member." + what + " " + string(b)
}

// told reads on in events and history: no gap, nobody twice, and both tell of
// whom the model moved (T-2, T-3).
func (v *view) told(want map[string]string) error {
	events, history := map[string]string{}, map[string]string{}
	for _, parent := range parents {
		if err := v.events(parent, events); err != nil {
			return err
		}
		if err := v.history(parent, history); err != nil {
			return err
		}
	}
	v.m.same("events", want, events)
	v.m.same("history", want, history)
	return nil
}

func (v *view) events(parent string, out map[string]string) error {
	events, err := v.r.Events(v.m.keys[parent], v.m.told[parent], 1000)
	for _, e := range events {
		if e.Seq != v.m.told[parent]+1 {
			v.m.t.Fatalf("T-3: event %d of %s follows %d", e.Seq, parent, v.m.told[parent])
		}
		v.m.told[parent] = e.Seq
		if e.Type[:6] != "member" {
			continue
		}
		var data provision.MemberEvent
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return err
		}
		v.note(out, data.Org.Name, v.ids[data.Account.ID], data.Before, data.After)
	}
	return err
}

func (v *view) history(parent string, out map[string]string) error {
	changes, err := v.r.History(v.m.keys[parent], 0, 0)
	for _, c := range changes[v.m.kept[parent]:] {
		org := slices.IndexFunc(v.m.orgs, func(o orgModel) bool { return v.m.keys[o.name] == c.Org })
		v.note(out, v.m.orgs[org].name, v.people[c.Account], c.Before, c.After)
		if c.Why == "" || c.Cause == (store.Cause{}) || !c.At.Equal(v.m.now) {
			v.m.t.Fatalf("T-2: history without why, cause or its moment %s: %+v", v.m.now.Format(time.TimeOnly), c)
		}
	}
	v.m.kept[parent] = len(changes)
	return err
}

func (v *view) note(out map[string]string, org string, who int, before, after *store.Standing) {
	key := fmt.Sprintf("%s %d", org, who)
	if _, twice := out[key]; twice {
		v.m.t.Fatalf("T-3: two words of one verb on %s", key)
	}
	out[key] = moveText(before, after)
}
