package mapping

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func product(t *testing.T, name string) Product {
	t.Helper()
	p, ok := Default().Product(name)
	if !ok {
		t.Fatalf("product %s is not in the catalogue", name)
	}
	return p
}

func in(keys ...int64) Person {
	who := Person{Present: true, Active: true}
	for _, k := range keys {
		who.Groups = append(who.Groups, Group{Key: k})
	}
	return who
}

func TestDecide(t *testing.T) {
	rows := []Row{
		{ID: "a", Group: 1, Role: "user"},
		{ID: "b", Group: 2, Role: "owner"},
		{ID: "c", Group: 3, Tier: "standard"},
		{ID: "d", Group: 4, Tier: "premium"},
		{ID: "e", Group: 5, Role: "no longer a role"},
	}
	mapped := Settings{Mode: SCIM, GroupMappings: true, Rows: rows}
	for _, c := range []struct {
		name     string
		settings Settings
		who      Person
		want     Decision
	}{
		{"manual decides nothing", Settings{Mode: Manual}, in(1), Decision{Basis: ByHand}},
		{"jit decides nothing on a push", Settings{Mode: JIT, GroupMappings: true, Rows: rows}, in(1), Decision{Basis: ByHand}},
		{"scim: assigned is enough", Settings{Mode: SCIM}, in(), Decision{Governed: true, Entitled: true, Basis: Assigned}},
		{"in no directory", mapped, Person{}, Decision{Governed: true, Basis: NotPresent}},
		{"M-8 deactivated", mapped, Person{Present: true}, Decision{Governed: true, Basis: Deactivated}},
		{"no mapped group", mapped, in(9), Decision{Governed: true, Basis: NoGroup}},
		{"M-1 the highest role", mapped, in(1, 2), Decision{Governed: true, Entitled: true, Role: "owner", Basis: Mapped}},
		{"M-1 a tier group only: the default role", mapped, in(3), Decision{Governed: true, Entitled: true, Role: "user", Tier: "standard", Basis: Mapped}},
		{"M-2 the highest tier", mapped, in(3, 4), Decision{Governed: true, Entitled: true, Role: "user", Tier: "premium", Basis: Mapped}},
		{"a role that the catalogue lost gives nothing", mapped, in(5), Decision{Governed: true, Basis: NoGroup}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Decide(product(t, "claude"), c.settings, c.who)
			got.Why = nil
			if got.Governed != c.want.Governed || got.Entitled != c.want.Entitled || got.Role != c.want.Role ||
				got.Tier != c.want.Tier || got.Basis != c.want.Basis {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// The order of rows and groups decides nothing (M-10).
func TestDecideIgnoresOrder(t *testing.T) {
	p := product(t, "claude")
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Row {
			r := Row{ID: rapid.StringMatching(`[a-z]{8}`).Draw(t, "id"), Group: rapid.Int64Range(1, 5).Draw(t, "group")}
			if rapid.Bool().Draw(t, "tier?") {
				r.Tier = rapid.SampledFrom(p.Tiers).Draw(t, "tier")
			} else {
				r.Role = rapid.SampledFrom(p.Roles).Draw(t, "role")
			}
			return r
		})).Draw(t, "rows")
		who := in(rapid.SliceOfDistinct(rapid.Int64Range(1, 5), rapid.ID).Draw(t, "groups")...)
		a := Decide(p, Settings{Mode: SCIM, GroupMappings: true, Rows: rows}, who)
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		who.Groups = rapid.Permutation(who.Groups).Draw(t, "groups shuffled")
		b := Decide(p, Settings{Mode: SCIM, GroupMappings: true, Rows: shuffled}, who)
		if a.Entitled != b.Entitled || a.Role != b.Role || a.Tier != b.Tier {
			t.Fatalf("got %+v and %+v, want the same", a, b)
		}
	})
}

func TestNextSeat(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	waiting := func(account int64, since int, want string) InLine {
		return InLine{Account: account, Since: at(since), Want: want}
	}
	full := Pools{Owned: map[string]int{"premium": 1, "standard": 1}, Used: map[string]int{"premium": 1, "standard": 1}}
	onePremium := Pools{Owned: full.Owned, Used: map[string]int{"standard": 1}}
	oneStandard := Pools{Owned: full.Owned, Used: map[string]int{"premium": 1}}
	for _, c := range []struct {
		name   string
		policy FullTier
		pools  Pools
		line   []InLine
		who    int64
		tier   string
	}{
		{"S-3 none free", Wait, full, []InLine{waiting(1, 1, AnyTier)}, 0, ""},
		{"S-1 no pool is unlimited", Wait, Pools{}, []InLine{waiting(1, 1, AnyTier)}, 1, "premium"},
		{"S-4 first come", Wait, onePremium, []InLine{waiting(1, 2, "premium"), waiting(2, 1, AnyTier)}, 2, "premium"},
		{"S-4 then id", Wait, onePremium, []InLine{waiting(2, 1, "premium"), waiting(1, 1, AnyTier)}, 1, "premium"},
		{"one who cannot use the seat is passed over", Wait, oneStandard, []InLine{waiting(1, 1, "premium"), waiting(2, 2, "standard")}, 2, "standard"},
		{"M-2 the highest free tier", Wait, oneStandard, []InLine{waiting(1, 1, AnyTier)}, 1, "standard"},
		{"S-7 the next lower tier", Next, oneStandard, []InLine{waiting(1, 1, "premium")}, 1, "standard"},
		{"S-7 never a higher one", Next, onePremium, []InLine{waiting(1, 1, "standard")}, 0, ""},
		{"S-5 moves when the tier is free", Wait, onePremium, []InLine{{Account: 1, Since: at(1), Want: "premium", Active: true, Tier: "standard"}}, 1, "premium"},
		{"S-7 one on a lower seat does not move sideways", Next, oneStandard, []InLine{{Account: 1, Since: at(1), Want: "premium", Active: true, Tier: "standard"}}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			who, tier, ok := NextSeat(product(t, "claude"), c.policy, c.pools, c.line)
			if ok != (c.who != 0) || ok && (who.Account != c.who || tier != c.tier) {
				t.Errorf("got account %d, tier %q, %t; want account %d, tier %q", who.Account, tier, ok, c.who, c.tier)
			}
		})
	}
}

// C-2, row by row.
func TestEligible(t *testing.T) {
	for _, c := range []struct {
		product, plan, parent string
		mode                  Mode
		want                  bool
	}{
		{"claude", "team", "team", Manual, true},
		{"claude", "team", "team", JIT, true},
		{"claude", "team", "enterprise", SCIM, false},
		{"claude", "enterprise", "enterprise", SCIM, true},
		{"console", "console", "console", SCIM, true},
		{"console", "console", "enterprise", SCIM, true},
		{"console", "console", "team", SCIM, false},
		{"console", "console", "team", JIT, true},
		{"claude", "no such plan", "team", Manual, false},
	} {
		if err := product(t, c.product).Eligible(c.plan, c.parent, c.mode); (err == nil) != c.want {
			t.Errorf("%s %s under %s, mode %s: got %v, want allowed %t", c.product, c.plan, c.parent, c.mode, err, c.want)
		}
	}
}
