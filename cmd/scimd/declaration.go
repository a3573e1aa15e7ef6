package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"scimd/provision"
)

// showDeclaration shows the configuration first, then people in numbers, then
// some of them by name.
func (a *app) showDeclaration(d declaration) error {
	if a.output == "json" {
		return a.show(d.raw)
	}
	var out strings.Builder
	if d.New {
		fmt.Fprintf(&out, "parent %s is created\n", d.Parent)
	}
	for _, c := range d.Changes {
		fmt.Fprintln(&out, c)
	}
	if len(d.LeftAlone) > 0 {
		fmt.Fprintf(&out, "not in the file, left alone: %s\n", strings.Join(d.LeftAlone, ", "))
	}
	if d.nothing() {
		fmt.Fprintf(&out, "nothing to change in parent %s\n", d.Parent)
	} else {
		fmt.Fprintln(&out)
	}
	if _, err := io.WriteString(a.stdout, out.String()); err != nil || d.nothing() {
		return err
	}
	return a.showConcerned(d)
}

func (a *app) showConcerned(d declaration) error {
	if d.New {
		return a.say("It concerns nobody.")
	}
	summary := d.Plan.Summary
	summary.Orgs = slices.DeleteFunc(summary.Orgs, func(o provision.OrgSummary) bool { return !concerns(o) })
	if len(summary.Orgs) == 0 {
		if err := a.say("It concerns nobody."); err != nil {
			return err
		}
	} else if err := a.showSummary(summary); err != nil {
		return err
	}
	if len(d.People) > 0 {
		sayStandings(d.People)
		if err := a.say(""); err != nil {
			return err
		}
		if err := a.table(d.People, "org", "userName", "before", "after", "why"); err != nil {
			return err
		}
	}
	if d.More {
		if err := a.say("and more: scimd plan rows %s", d.Plan.ID); err != nil {
			return err
		}
	}
	return a.say("\nPlan %s, until %s", d.Plan.ID, d.Plan.Expires.Format(time.RFC3339))
}

// concerns tells whether anyone moves, or waits for what the org does not own.
func concerns(o provision.OrgSummary) bool {
	short := slices.ContainsFunc(o.Seats, func(s provision.SeatNeed) bool { return s.Owned != nil && s.Needed > *s.Owned })
	return short || o.In+o.Out+o.Role+o.Tier+o.Waiting+o.LockedOut+len(o.Held) > 0
}
