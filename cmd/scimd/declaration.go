package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"scimd/provision"
	"scimd/store"
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
	switch {
	case d.nothing():
		fmt.Fprintf(&out, "nothing to change in parent %s\n", d.Parent)
	case d.New:
		fmt.Fprintln(&out, "\nIt concerns nobody.")
	default:
		d.people(&out)
		fmt.Fprintf(&out, "\nPlan %s, until %s\n", d.Plan.ID, d.Plan.Expires.Format(time.RFC3339))
		if d.Plan.Summary.Acknowledge {
			fmt.Fprintln(&out, "You would lose your own administrative role: --acknowledge (P-6)")
		}
	}
	_, err := io.WriteString(a.stdout, out.String())
	return err
}

func (d declaration) people(out *strings.Builder) {
	concerned := slices.DeleteFunc(slices.Clone(d.Plan.Summary.Orgs), func(o provision.OrgSummary) bool { return !concerns(o) })
	if len(concerned) == 0 {
		fmt.Fprintln(out, "\nIt concerns nobody.")
		return
	}
	counts, seats, rows := [][]string{}, [][]string{}, [][]string{}
	for _, o := range concerned {
		counts = append(counts, []string{
			o.Org, strconv.Itoa(o.In), strconv.Itoa(o.Out), strconv.Itoa(o.Role), strconv.Itoa(o.Tier),
			strconv.Itoa(o.Waiting), strconv.Itoa(o.LockedOut), held(o.Held),
		})
		for _, s := range o.Seats {
			seats = append(seats, []string{o.Org, cell(s.Tier), owned(s.Owned), strconv.Itoa(s.Used), strconv.Itoa(s.Needed)})
		}
	}
	for _, p := range d.People {
		rows = append(rows, []string{cell(p.Org), p.UserName, standingCell(p.Before), standingCell(p.After), p.Why})
	}
	columns(out, "ORG IN OUT ROLE TIER WAITING LOCKED-OUT HELD", counts)
	columns(out, "ORG TIER OWNED USED NEEDED", seats)
	columns(out, "ORG PERSON NOW THEN WHY", rows)
	if d.More {
		fmt.Fprintf(out, "and more: scimd plan show %s\n", d.Plan.ID)
	}
}

func columns(out *strings.Builder, heads string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	lines := strings.ReplaceAll(heads, " ", "\t") + "\n"
	for _, row := range rows {
		lines += strings.Join(row, "\t") + "\n"
	}
	_, _ = io.WriteString(w, lines) // a strings.Builder takes it all
	_ = w.Flush()
}

// concerns tells whether anyone moves, or waits for what the org does not own.
func concerns(o provision.OrgSummary) bool {
	short := slices.ContainsFunc(o.Seats, func(s provision.SeatNeed) bool { return s.Owned != nil && s.Needed > *s.Owned })
	return short || o.In+o.Out+o.Role+o.Tier+o.Waiting+o.LockedOut+len(o.Held) > 0
}

func held(byGuard map[string]int) string {
	var out []string
	for _, guard := range slices.Sorted(maps.Keys(byGuard)) {
		out = append(out, fmt.Sprintf("%s=%d", guard, byGuard[guard]))
	}
	return cmp.Or(strings.Join(out, ","), "0")
}

func owned(seats *int) string {
	if seats == nil {
		return "unlimited"
	}
	return strconv.Itoa(*seats)
}

// standingCell is what someone is, in a cell.
func standingCell(s *store.Standing) string {
	if s == nil {
		return "-"
	}
	out := s.Role
	if s.Tier != "" {
		out += ", " + s.Tier
	}
	if s.State != provision.Active {
		out += ", " + s.State
	}
	switch s.Want {
	case "":
	case store.AnyTier:
		out += ", in line"
	default:
		out += ", in line for " + s.Want
	}
	return out
}
