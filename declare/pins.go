package declare

import (
	"slices"
	"strings"
	"time"

	"scimd/provision"
)

// of tells whether two pins are of one person.
func (p Pin) of(o Pin) bool {
	if p.account == 0 && o.account == 0 {
		return p.Person != "" && provision.Fold(p.Person) == provision.Fold(o.Person)
	}
	return p.account == o.account
}

func (p Pin) same(o Pin) bool {
	return p.Role == o.Role && p.Tier == o.Tier && p.Member == o.Member && p.Why == o.Why && p.Expires.Equal(o.Expires.Time)
}

func (p Pin) text() string {
	var parts []string
	if p.Member {
		parts = append(parts, "member")
	}
	if p.Role != "" {
		parts = append(parts, "role "+p.Role)
	}
	if p.Tier != "" {
		parts = append(parts, "tier "+p.Tier)
	}
	if !p.Expires.IsZero() {
		parts = append(parts, "until "+p.Expires.Format(time.RFC3339))
	}
	return strings.Join(parts, ", ") + " (" + p.Why + ")"
}

// pins clears before the org leaves scim, when memberships stop being pinned
// by themselves, and sets at the end.
func (c *comparison) pins(have, want Org, path string, leaves bool) {
	was := slices.Clone(*have.Pins)
	clearing := pinning
	if leaves {
		clearing = unpinning
		for i := range was {
			was[i].Member = false
		}
	}
	for _, p := range was {
		if !slices.ContainsFunc(*want.Pins, p.of) {
			c.add(clearing, path+".pins", "org "+want.Name+": pin of "+p.Person+" cleared",
				provision.Step{Unpin: &provision.MemberRef{Org: want.Name, Person: p.Person}})
		}
	}
	for i, p := range *want.Pins {
		verb := "changed"
		j := slices.IndexFunc(was, p.of)
		switch {
		case p.Person == "" || p.account == 0 && !p.Member: // a fault that Resolve has told
			continue
		case j < 0:
			verb = "set"
		case p.same(was[j]):
			continue
		}
		c.add(pinning, at("%s.pins[%d]", path, i), "org "+want.Name+": pin of "+p.Person+" "+verb+": "+p.text(),
			provision.Step{Pin: &provision.PinInput{
				MemberRef: provision.MemberRef{Org: want.Name, Person: p.Person},
				Role:      p.Role, Tier: p.Tier, Member: p.Member, Why: p.Why, Expires: p.Expires.Time, Whole: true,
			}})
	}
}
