package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"scimd/provision"
)

// place is where a change happens: a parent, or an org or directory of one.
type place struct {
	noun string // parents, orgs or directories
	name string
}

// parent gives the parent of a place; without a name it is the only one.
func (c *client) parent(ctx context.Context, p place) (string, error) {
	if p.noun != "parents" {
		raw, err := c.get(ctx, path(p.noun, p.name), nil)
		if err != nil {
			return "", err
		}
		var of struct {
			Parent string `json:"parent"`
		}
		err = json.Unmarshal(raw, &of)
		return of.Parent, err
	}
	if p.name != "" {
		return p.name, nil
	}
	all, err := c.parents(ctx, nil)
	if err == nil && len(all) != 1 {
		err = errors.New("name the customer by --parent: there is not exactly one")
	}
	if err != nil {
		return "", err
	}
	return all[0], nil
}

type steps struct {
	Steps []provision.Step `json:"steps"`
}

// previewed makes a plan of steps.
func (c *client) previewed(ctx context.Context, p place, s ...provision.Step) (json.RawMessage, error) {
	parent, err := c.parent(ctx, p)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, "POST", path("parents", parent, "plans"), steps{s})
}

// previewFlag is for commands that change settings.
func (a *app) previewFlag(commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.Flags().BoolVar(&a.preview, "preview", false, "show what it would do, as a plan that can be applied")
	}
}

// change carries a step out and shows the place as it is then, or shows the
// step as a plan.
func (a *app) change(ctx context.Context, c *client, p place, s provision.Step, columns []string) error {
	if a.preview {
		return a.showPreview(ctx, c, p, s)
	}
	parent, err := c.parent(ctx, p)
	if err != nil {
		return err
	}
	raw, err := c.do(ctx, "POST", path("parents", parent, "changes"), steps{[]provision.Step{s}})
	if err == nil && p.noun != "parents" {
		raw, err = c.get(ctx, path(p.noun, p.name), nil)
	}
	if err != nil {
		return err
	}
	return a.show(raw, columns...)
}

func (a *app) showPreview(ctx context.Context, c *client, p place, s ...provision.Step) error {
	raw, err := c.previewed(ctx, p, s...)
	if err != nil {
		return err
	}
	return a.showPlan(ctx, c, raw)
}

var planColumns = []string{"id", "parent", "state", "by", "expires", "approvedBy", "appliedBy"}

func (a *app) planCommand() *cobra.Command {
	var parent string
	list := a.ask("list", "List the plans of a customer, the newest first", 0, func(ctx context.Context, c *client, _ []string) error {
		of, err := c.parent(ctx, place{"parents", parent})
		if err != nil {
			return err
		}
		raw, err := c.get(ctx, path("parents", of, "plans"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, planColumns...)
	})
	preview := a.ask("preview FILE", `Make a plan of the steps in a JSON file, {"steps": [...]} ("-": standard input)`, 1, func(ctx context.Context, c *client, args []string) error {
		in, err := a.read(args[0])
		if err != nil {
			return err
		}
		of, err := c.parent(ctx, place{"parents", parent})
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, "POST", path("parents", of, "plans"), json.RawMessage(in))
		if err != nil {
			return err
		}
		return a.showPlan(ctx, c, raw)
	})
	for _, cmd := range []*cobra.Command{list, preview} {
		cmd.Flags().StringVar(&parent, "parent", "", "the customer; may be left out when there is one")
	}
	show := a.ask("show PLAN", "Show what a plan does, in numbers and person by person", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("plans", args[0]), nil)
		if err != nil {
			return err
		}
		return a.showPlan(ctx, c, raw)
	})
	return a.planFromFile(group("plan", "Changes of settings, shown before they are done", list, preview, show, a.planRows(),
		a.onPlan("approve", "Approve a plan of another administrator (P-1)"),
		a.onPlan("apply", "Do what a plan shows; it fails if something moved since (P-2)")))
}

func (a *app) planRows() *cobra.Command {
	var org string
	cmd := a.ask("rows PLAN", "Show what a plan does person by person", 1, func(ctx context.Context, c *client, args []string) error {
		return a.showRows(ctx, c, args[0], url.Values{"org": {org}})
	})
	cmd.Flags().StringVar(&org, "org", "", "in this org only")
	return cmd
}

func (a *app) onPlan(verb, short string) *cobra.Command {
	return a.ask(verb+" PLAN", short, 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("plans", args[0], verb), nil)
		if err != nil {
			return err
		}
		return a.show(raw, planColumns...)
	})
}

func (a *app) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(a.stdin)
	}
	return os.ReadFile(file) //nolint:gosec // G304: the user names the file
}

// offer shows a plan and applies it if that is wanted.
func (a *app) offer(ctx context.Context, c *client, plan json.RawMessage, yes bool) error {
	if err := a.showPlan(ctx, c, plan); err != nil {
		return err
	}
	var of struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(plan, &of); err != nil {
		return err
	}
	if !yes && !a.agreed() {
		return fmt.Errorf("not applied: give --yes, or scimd plan apply %s", of.ID)
	}
	raw, err := c.do(ctx, "POST", path("plans", of.ID, "apply"), nil)
	if err != nil {
		return err
	}
	return a.show(raw, planColumns...)
}

// agreed asks who sits at a terminal.
func (a *app) agreed() bool {
	f, isFile := a.stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return false
	}
	_, _ = fmt.Fprint(a.stderr, "Apply it? [y/N] ")
	answer, _ := bufio.NewReader(f).ReadString('\n') // without an end it is no yes
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer)))
}

// showPlan prints a plan: as it came, or the numbers and the people.
func (a *app) showPlan(ctx context.Context, c *client, raw json.RawMessage) error {
	if err := a.show(raw, planColumns...); err != nil || a.output == "json" {
		return err
	}
	var plan struct {
		ID      string                 `json:"id"`
		Summary *provision.PlanSummary `json:"summary"`
	}
	if err := json.Unmarshal(raw, &plan); err != nil || plan.Summary == nil {
		return err
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	if err := a.showSummary(*plan.Summary); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.stdout); err != nil {
		return err
	}
	return a.showRows(ctx, c, plan.ID, nil)
}

func (a *app) showSummary(s provision.PlanSummary) error {
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "ORG\tIN\tOUT\tROLE\tTIER\tWAIT\tLOCKED OUT\tHELD\tSEATS NEEDED/OWNED"); err != nil {
		return err
	}
	for _, o := range s.Orgs {
		var held []string
		for _, guard := range slices.Sorted(maps.Keys(o.Held)) {
			held = append(held, fmt.Sprintf("%d by %s", o.Held[guard], guard))
		}
		if _, err := fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", cell(o.Org), o.In, o.Out, o.Role, o.Tier, o.Waiting, o.LockedOut,
			cell(strings.Join(held, ", ")), cell(seatsNeeded(o.Seats))); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil || !s.Acknowledge {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, "You would lose your own administrative role: it takes --acknowledge to apply this (P-6).")
	return err
}

// seatsNeeded is "premium 3/20, standard 7/-", "-" being without limit.
func seatsNeeded(seats []provision.SeatNeed) string {
	out := make([]string, len(seats))
	for i, s := range seats {
		owned := "-"
		if s.Owned != nil {
			owned = strconv.Itoa(*s.Owned)
		}
		out[i] = strings.TrimSpace(fmt.Sprintf("%s %d/%s", s.Tier, s.Needed, owned))
	}
	return strings.Join(out, ", ")
}

// showRows prints what a plan does person by person.
func (a *app) showRows(ctx context.Context, c *client, plan string, query url.Values) error {
	raw, err := c.all(ctx, path("plans", plan, "rows"), query)
	if err != nil {
		return err
	}
	return a.showChanges(raw, "org", "userName", "before", "after", "why")
}

// showChanges prints what each change led from and to.
func (a *app) showChanges(raw json.RawMessage, columns ...string) error {
	if a.output == "json" {
		return a.show(raw)
	}
	rows, err := rowsOf(raw)
	if err != nil {
		return err
	}
	sayStandings(rows)
	return a.table(rows, columns...)
}

// sayStandings makes a word of what stood before and after.
func sayStandings(rows []map[string]any) {
	for _, row := range rows {
		for _, side := range []string{"before", "after"} {
			if m, ok := row[side].(map[string]any); ok {
				row[side] = standing(m)
			}
		}
	}
}
