package mapping

import (
	"cmp"
	"slices"
	"time"
)

// AnyTier is the want of one for whom no tier is asked (M-2).
const AnyTier = "*"

// FullTier says what a full tier means for an org (S-7).
type FullTier string

// The policies.
const (
	Wait FullTier = "wait"
	Next FullTier = "next" // the next lower tier with a free seat
)

// Pools is the seats of an org: owned by tier (no entry: unlimited) and in use.
// A product without tiers has the one tier "".
type Pools struct {
	Owned, Used map[string]int
}

// Free tells whether a tier has a seat to give (S-1).
func (p Pools) Free(tier string) bool {
	owned, limited := p.Owned[tier]
	return !limited || p.Used[tier] < owned
}

// InLine is one who stands in line: waiting with no seat, or active on Tier
// and waiting for another (S-5).
type InLine struct {
	Account int64
	Since   time.Time
	Want    string // a tier or AnyTier
	Active  bool
	Tier    string // the seat held, if Active
}

// NextSeat picks who is given a seat now, and of which tier: the earliest in
// line, then the smallest account, for whom an acceptable tier is free (S-4).
// Passing only the head of each (Want, Active, Tier) class gives the same
// answer as passing the whole line.
func NextSeat(p Product, policy FullTier, pools Pools, line []InLine) (who InLine, tier string, ok bool) {
	for _, l := range line {
		if ok && before(who, l) {
			continue
		}
		if t, free := p.seatFor(policy, pools, l); free {
			who, tier, ok = l, t, true
		}
	}
	return who, tier, ok
}

func before(a, b InLine) bool {
	return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Account, b.Account)) < 0
}

func (p Product) seatFor(policy FullTier, pools Pools, l InLine) (string, bool) {
	for _, t := range p.acceptable(policy, l) {
		if pools.Free(t) {
			return t, true
		}
	}
	return "", false
}

// acceptable lists the tiers that one in line would take, best first. Under
// Next one who holds a lower seat than wanted moves up only (S-7).
func (p Product) acceptable(policy FullTier, l InLine) []string {
	tiers := p.SeatTiers()
	if l.Want == AnyTier {
		return tiers
	}
	i := slices.Index(tiers, l.Want)
	if i < 0 {
		return nil
	}
	if policy != Next {
		return tiers[i : i+1]
	}
	if held := slices.Index(tiers, l.Tier); l.Active && held > i {
		return tiers[i:held]
	}
	return tiers[i:]
}

// SeatTiers lists the tiers that seats are counted under, highest first; "" is
// the one tier of a product without tiers.
func (p Product) SeatTiers() []string {
	if len(p.Tiers) == 0 {
		return []string{""}
	}
	return p.Tiers
}

// HasTier tells whether seats are counted under the name; "" is the one tier
// of a product without tiers.
func (p Product) HasTier(tier string) bool { return slices.Contains(p.SeatTiers(), tier) }
