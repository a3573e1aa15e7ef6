package scene

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
)

var (
	idForm   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	timeForm = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z| UTC)`)
)

// plain takes out what differs from run to run, or says nothing to a reader.
func plain(text string) string {
	return timeForm.ReplaceAllString(idForm.ReplaceAllString(text, "<id>"), "<time>")
}

// Members shows every org with its settings, seats and members.
func (s *Scene) Members() string {
	s.tb.Helper()
	var out strings.Builder
	err := s.eachOrg(func(r store.Reader, o store.Org) error {
		fmt.Fprintf(&out, "%s: %s\n", o.Name, behaviour(o))
		if err := s.showSeats(&out, r, o); err != nil {
			return err
		}
		members, err := r.MembersOfOrg(o.Parent, o.Key, 0, 0)
		if err != nil {
			return err
		}
		if len(members) == 0 {
			out.WriteString("  nobody\n")
		}
		pins, err := r.Pins(o.Parent, o.Key)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
		for _, m := range members {
			a, err := r.Account(o.Parent, m.Account)
			if err != nil {
				return err
			}
			notes, err := notes(r, m, pins)
			if err != nil {
				return err
			}
			row := []string{"  " + a.UserName, m.Role, cmp.Or(m.Tier, "-"), m.State, m.Source, notes}
			if _, err := fmt.Fprintln(table, strings.Join(row, "\t")); err != nil {
				return err
			}
		}
		return table.Flush()
	})
	if err != nil {
		s.tb.Fatal(err)
	}
	return trimLines(out.String())
}

// trimLines: editors strip what a table leaves at the ends.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

func behaviour(o store.Org) string {
	text := o.Product + " " + o.Plan + ", on " + o.Mode
	if o.GroupMappings {
		text += " with group mappings"
	}
	if o.Paused {
		text += ", paused"
	}
	return text
}

func (s *Scene) showSeats(out *strings.Builder, r store.Reader, o store.Org) error {
	owned, err := r.Pools(o.Parent, o.Key)
	if err != nil || len(owned) == 0 {
		return err
	}
	used, err := r.SeatsUsed(o.Parent, o.Key)
	product, _ := s.Catalogue.Product(o.Product)
	var parts []string
	for _, tier := range product.SeatTiers() {
		if n, limited := owned[tier]; limited {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d of %d", tier, used[tier], n)))
		} else {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d", tier, used[tier])))
		}
	}
	fmt.Fprintf(out, "  seats: %s\n", strings.Join(parts, ", "))
	return err
}

// notes tell of a member's place in line, hold and pin.
func notes(r store.Reader, m store.Member, pins []store.Pin) (string, error) {
	var notes []string
	if m.Want != "" {
		place, err := r.PlaceInLine(m)
		if err != nil {
			return "", err
		}
		notes = append(notes, fmt.Sprintf("number %d in line for %s", place, wanted(m.Want)))
	}
	if m.State == provision.Held {
		notes = append(notes, fmt.Sprintf("%s held by %s", m.Hold.Action, m.Hold.Guard))
	}
	i, ok := slices.BinarySearchFunc(pins, m.Account, func(p store.Pin, account int64) int { return cmp.Compare(p.Account, account) })
	if ok {
		notes = append(notes, pinned(pins[i]))
	}
	return strings.Join(notes, "; "), nil
}

func wanted(tier string) string {
	if tier == mapping.AnyTier {
		return "a seat"
	}
	return "a " + tier + " seat"
}

func pinned(p store.Pin) string {
	var what []string
	if p.Against != "" {
		what = append(what, "membership (against "+p.Against+")")
	}
	if p.Role != "" {
		what = append(what, "role "+p.Role)
	}
	if p.Tier != "" {
		what = append(what, "tier "+p.Tier)
	}
	text := fmt.Sprintf("pinned %s by %s: %s", strings.Join(what, ", "), p.By, p.Why)
	if !p.Expires.IsZero() {
		text += ", for a time"
	}
	return text
}

func (s *Scene) eachOrg(visit func(store.Reader, store.Org) error) error {
	return s.view(func(r store.Reader) error {
		parents, err := r.Parents()
		if err != nil {
			return err
		}
		for _, p := range parents {
			orgs, err := r.Orgs(p.Key)
			if err != nil {
				return err
			}
			for _, o := range orgs {
				if err := visit(r, o); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// seat is a person in an org.
type seat struct {
	org             string
	parent, account int64
}

// standings is who is what where.
func (s *Scene) standings() (map[seat]string, error) {
	out := map[seat]string{}
	err := s.eachOrg(func(r store.Reader, o store.Org) error {
		members, err := r.MembersOfOrg(o.Parent, o.Key, 0, 0)
		for _, m := range members {
			out[seat{o.Name, o.Parent, m.Account}] = standing(&store.Standing{Role: m.Role, Tier: m.Tier, State: m.State, Want: m.Want})
		}
		return err
	})
	return out, err
}

// moved lists whose standing differs, as a plan shows them.
func (s *Scene) moved(before, after map[seat]string) (rows []string, err error) {
	everyone := maps.Clone(before)
	maps.Copy(everyone, after)
	err = s.view(func(r store.Reader) error {
		for who := range everyone {
			b, a := cmp.Or(before[who], "-"), cmp.Or(after[who], "-")
			if a == b {
				continue
			}
			account, err := r.Account(who.parent, who.account)
			if err != nil {
				return err
			}
			rows = append(rows, fmt.Sprintf("%s %s: %s → %s", who.org, account.UserName, b, a))
		}
		return nil
	})
	slices.Sort(rows)
	return rows, err
}

func standing(s *store.Standing) string {
	if s == nil {
		return "-"
	}
	text := strings.Join(strings.Fields(s.Role+" "+s.Tier+" "+s.State), " ")
	if s.Want != "" {
		text += ", in line for " + wanted(s.Want)
	}
	return text
}

func (s *Scene) planRows() (rows []string, err error) {
	err = s.eachPlanRow(func(row store.PlanRow) {
		rows = append(rows, fmt.Sprintf("%s %s: %s → %s", row.Org, row.Name, standing(row.Before), standing(row.After)))
	})
	slices.Sort(rows)
	return rows, err
}

func (s *Scene) eachPlanRow(visit func(store.PlanRow)) error {
	return s.view(func(r store.Reader) error {
		for after := int64(0); ; {
			page, err := r.PlanRows(s.plan.Key, "", after, 1000)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, row := range page {
				after = row.Seq
				visit(row)
			}
		}
	})
}

// showPlan writes the summary and the rows of the last plan.
func (s *Scene) showPlan(line string) error {
	out := &s.Preview
	fmt.Fprintf(out, "%s\n", line)
	var sum provision.PlanSummary
	if err := json.Unmarshal(s.plan.Summary, &sum); err != nil {
		return err
	}
	if sum.Acknowledge {
		out.WriteString("  asks to acknowledge the loss of one's own role (P-6)\n")
	}
	for _, o := range sum.Orgs {
		fmt.Fprintf(out, "  %s: %d in, %d out, %d role, %d tier, %d waiting, %d locked out", o.Org, o.In, o.Out, o.Role, o.Tier, o.Waiting, o.LockedOut)
		for _, guard := range slices.Sorted(maps.Keys(o.Held)) {
			fmt.Fprintf(out, ", %d held by %s", o.Held[guard], guard)
		}
		out.WriteString("\n")
		for _, n := range o.Seats {
			if n.Tier == mapping.AnyTier {
				fmt.Fprintf(out, "    any tier: %d needed\n", n.Needed)
				continue
			}
			owned := "no limit"
			if n.Owned != nil {
				owned = fmt.Sprintf("%d owned", *n.Owned)
			}
			fmt.Fprintf(out, "    %s: %d used, %d needed, %s\n", cmp.Or(n.Tier, "seats"), n.Used, n.Needed, owned)
		}
	}
	return s.eachPlanRow(func(row store.PlanRow) {
		fmt.Fprintf(out, "  %s %s: %s → %s; %s\n", row.Org, row.Name, standing(row.Before), standing(row.After), plain(row.Why))
	})
}

// Events shows what the outboxes tell since the last look, without a gap (T-3).
func (s *Scene) Events() string {
	s.tb.Helper()
	var out strings.Builder
	for _, parent := range s.parents {
		err := s.view(func(r store.Reader) error {
			p, err := r.FindParent(parent)
			if err != nil {
				return err
			}
			for {
				events, err := r.Events(p.Key, s.told[parent], 1000)
				if err != nil || len(events) == 0 {
					return err
				}
				for _, e := range events {
					if e.Seq != s.told[parent]+1 {
						return fmt.Errorf("event %d follows %d (T-3)", e.Seq, s.told[parent])
					}
					s.told[parent] = e.Seq
					text, err := eventText(e)
					if err != nil {
						return err
					}
					if parent != s.parents[0] {
						text = parent + ": " + text
					}
					out.WriteString(text + "\n")
				}
			}
		})
		if err != nil {
			s.tb.Fatal(err)
		}
	}
	return out.String()
}

// eventText is "type org person: before → after; other=values; cause: why".
func eventText(e store.Event) (string, error) {
	var data map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return "", err
	}
	text := e.Type
	for _, name := range []string{"org", "account", "directory"} {
		if raw, ok := data[name]; ok {
			text += " " + nameIn(raw)
			delete(data, name)
		}
	}
	end := ""
	if raw, ok := data["cause"]; ok {
		var cause store.Cause
		if err := json.Unmarshal(raw, &cause); err != nil {
			return "", err
		}
		end = "; " + cause.Kind
		delete(data, "cause")
	}
	if raw, ok := data["why"]; ok {
		end += ": " + nameIn(raw)
		delete(data, "why")
	}
	text += ":"
	if strings.HasPrefix(e.Type, "member.") {
		var m provision.MemberEvent
		if err := json.Unmarshal(e.Data, &m); err != nil {
			return "", err
		}
		text += fmt.Sprintf(" %s → %s", standing(m.Before), standing(m.After))
		delete(data, "before")
		delete(data, "after")
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		text += fmt.Sprintf(" %s=%s", name, nameIn(data[name]))
	}
	return plain(text + end), nil
}

// nameIn is the name in what identifies a thing, or the value itself.
func nameIn(raw json.RawMessage) string {
	var named struct{ Name, UserName string }
	if json.Unmarshal(raw, &named) == nil && named != struct{ Name, UserName string }{} {
		return cmp.Or(named.Name, named.UserName)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// SkipEvents looks at all events there are.
func (s *Scene) SkipEvents() { _ = s.Events() }

// Forget begins to show anew: what was shown before is dropped.
func (s *Scene) Forget() {
	s.SkipEvents()
	s.Preview.Reset()
	s.Explanation.Reset()
	s.Access.Reset()
}

// at reads at=monday, a moment that was noted.
func (s *Scene) at(a *args) (time.Time, bool, error) {
	name := a.value("at")
	if name == "" {
		return time.Time{}, false, nil
	}
	at, known := s.moments[name]
	if !known {
		return at, false, fmt.Errorf("no moment was noted as %s", name)
	}
	return at, true, nil
}

// explain writes why a person is what they are, or were at a moment (T-1).
func (s *Scene) explain(a *args) error {
	org, person := a.word(), a.word()
	at, past, err := s.at(a)
	if err != nil {
		return err
	}
	var e provision.Explanation
	if past {
		e, err = s.ExplainAt(s.tb.Context(), org, person, at)
	} else {
		e, err = s.Explain(s.tb.Context(), org, person)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(&s.Explanation, "%s\n", a.line)
	for _, sentence := range e.Sentences {
		fmt.Fprintf(&s.Explanation, "  %s\n", plain(sentence))
	}
	return nil
}

// report writes who had access at a moment (T-2).
func (s *Scene) report(a *args) error {
	org := a.word()
	at, past, err := s.at(a)
	if err != nil {
		return err
	}
	if !past {
		at = s.Clock.Now()
	}
	fmt.Fprintf(&s.Access, "%s\n", a.line)
	return s.ReportAccess(s.tb.Context(), org, at, func(who provision.Access) error {
		fmt.Fprintf(&s.Access, "  %s: %s; %s: %s\n", plain(who.Account.UserName), standing(&who.Standing), who.Cause.Kind, plain(who.Why))
		return nil
	})
}
