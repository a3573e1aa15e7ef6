package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"scimd/provision"
)

var orgColumns = []string{"name", "parent", "product", "plan", "mode", "groupMappings", "fullTier", "paused", "id"}

func (a *app) orgCommand() *cobra.Command {
	var parent, product, plan, of string
	create := a.ask("create NAME", "Join a new org to a parent, on manual", 1, func(ctx context.Context, c *client, args []string) error {
		in := provision.OrgInput{Name: args[0], Product: product, Plan: plan}
		if a.preview {
			return a.showPreview(ctx, c, place{"parents", parent}, provision.Step{CreateOrg: &in})
		}
		in.Parent = parent
		raw, err := c.do(ctx, "POST", "/orgs", in)
		if err != nil {
			return err
		}
		return a.show(raw, orgColumns...)
	})
	a.previewFlag(create)
	f := create.Flags()
	f.StringVar(&parent, "parent", "", "the customer")
	f.StringVar(&product, "product", "", "a product of the catalogue")
	f.StringVar(&plan, "plan", "", "a plan of the product")

	list := a.ask("list", "List the orgs", 0, func(ctx context.Context, c *client, _ []string) error {
		raw, err := c.get(ctx, "/orgs", url.Values{"parent": {of}})
		if err != nil {
			return err
		}
		return a.show(raw, orgColumns...)
	})
	list.Flags().StringVar(&of, "parent", "", "only of this customer")
	return group("org", "Organizations: workspaces of one product", create, list, a.orgSet(), a.orgPause(), a.orgResume(), a.orgMove())
}

func (a *app) orgSet() *cobra.Command {
	var cmd *cobra.Command
	cmd = a.ask("set ORG", "Change plan, mode, group mappings, guards or the full-tier policy", 1, func(ctx context.Context, c *client, args []string) error {
		f := cmd.Flags()
		change := provision.OrgChange{
			Plan: given(f, "plan", f.GetString), Mode: given(f, "mode", f.GetString), FullTier: given(f, "full-tier", f.GetString),
			GroupMappings: given(f, "mappings", f.GetBool),
		}
		change.Members, _ = f.GetString("members")
		guards := provision.GuardsChange{
			Count: given(f, "guard-count", f.GetInt), Percent: given(f, "guard-percent", f.GetInt),
			LastAdministrator: given(f, "last-administrator", f.GetString),
		}
		if window := given(f, "guard-window", f.GetDuration); window != nil {
			text := window.String()
			guards.Window = &text
		}
		if guards != (provision.GuardsChange{}) {
			change.Guards = &guards
		}
		return a.changeOrg(ctx, c, args[0], change)
	})
	f := cmd.Flags()
	f.String("plan", "", "a plan of the product")
	f.String("mode", "", "manual, jit or scim")
	f.Bool("mappings", false, "whether groups decide roles and tiers")
	f.String("full-tier", "", "wait or next")
	f.String("members", "", "what becomes of the members when the org leaves scim: keep or remove (P-8)")
	f.Int("guard-count", 0, "hold removals that are more than this, and")
	f.Int("guard-percent", 0, "more than this part of the members,")
	f.Duration("guard-window", 0, "within this time (P-4)")
	f.String("last-administrator", "", "when to hold the last administrator: always, mappings or off (P-5)")
	a.previewFlag(cmd)
	return cmd
}

func (a *app) changeOrg(ctx context.Context, c *client, org string, change provision.OrgChange) error {
	return a.change(ctx, c, place{"orgs", org}, provision.Step{Org: &provision.OrgStep{Org: org, OrgChange: change}}, orgColumns)
}

func (a *app) orgPause() *cobra.Command {
	cmd := a.ask("pause ORG", "Let nothing that the directory says take effect until the org goes on (P-7)", 1, func(ctx context.Context, c *client, args []string) error {
		on := true
		return a.changeOrg(ctx, c, args[0], provision.OrgChange{Paused: &on})
	})
	a.previewFlag(cmd)
	return cmd
}

func (a *app) orgResume() *cobra.Command {
	var yes bool
	cmd := a.ask("resume ORG", "Show what has gathered in a paused org, and let it take effect", 1, func(ctx context.Context, c *client, args []string) error {
		off := false
		raw, err := c.previewed(ctx, place{"orgs", args[0]}, provision.Step{Org: &provision.OrgStep{
			Org: args[0], OrgChange: provision.OrgChange{Paused: &off},
		}})
		if err != nil {
			return err
		}
		return a.offer(ctx, c, raw, yes)
	})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "apply it without asking")
	return cmd
}

func (a *app) orgMove() *cobra.Command {
	var to, members string
	cmd := a.ask("move ORG", "Join an org to another customer: on manual, without mappings and pins", 1, func(ctx context.Context, c *client, args []string) error {
		from := place{"orgs", args[0]}
		step := provision.Step{MoveOrg: &provision.OrgMove{Org: args[0], To: to, Members: members}}
		return a.change(ctx, c, from, step, orgColumns)
	})
	cmd.Flags().StringVar(&to, "to", "", "the customer to join")
	cmd.Flags().StringVar(&members, "members", "", "what becomes of the members: keep or remove (P-8)")
	a.previewFlag(cmd)
	return cmd
}

func (a *app) seatsCommand() *cobra.Command {
	list := a.ask("list ORG", "Show the seats of an org", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("orgs", args[0]), nil)
		if err != nil {
			return err
		}
		return a.showSeats(raw)
	})
	set := a.ask("set ORG TIER=SEATS...", "Set the seats owned, by tier; -1 lifts the limit", 0, func(ctx context.Context, c *client, args []string) error {
		seats := make(map[string]int)
		for _, pair := range args[1:] {
			tier, number, _ := strings.Cut(pair, "=")
			n, err := strconv.Atoi(number)
			if err != nil {
				return fmt.Errorf("%q is not TIER=SEATS", pair)
			}
			seats[tier] = n
		}
		if a.preview {
			return a.showPreview(ctx, c, place{"orgs", args[0]}, provision.Step{Org: &provision.OrgStep{
				Org: args[0], OrgChange: provision.OrgChange{Seats: seats},
			}})
		}
		raw, err := c.do(ctx, "PATCH", path("orgs", args[0]), provision.OrgChange{Seats: seats})
		if err != nil {
			return err
		}
		return a.showSeats(raw)
	})
	set.Args = cobra.MinimumNArgs(2)
	a.previewFlag(set)
	return group("seats", "Seats that an org owns, by tier", list, set)
}

func (a *app) showSeats(raw json.RawMessage) error {
	var org struct {
		Seats map[string]struct {
			Owned *int `json:"owned,omitempty"`
			Used  int  `json:"used"`
		} `json:"seats"`
	}
	if err := json.Unmarshal(raw, &org); err != nil {
		return err
	}
	if a.output == "json" {
		out, err := json.Marshal(org.Seats)
		if err != nil {
			return err
		}
		return a.show(out)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "TIER\tOWNED\tUSED"); err != nil {
		return err
	}
	for _, tier := range slices.Sorted(maps.Keys(org.Seats)) {
		s, owned := org.Seats[tier], "unlimited"
		if s.Owned != nil {
			owned = strconv.Itoa(*s.Owned)
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%d\n", cell(tier), owned, s.Used); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (a *app) syncCommand() *cobra.Command {
	var parent string
	cmd := a.ask("sync [ORG]", "Decide everyone in an org again, or in every org of a customer", 0, func(ctx context.Context, c *client, args []string) error {
		what := path("parents", parent, "sync")
		switch {
		case len(args) == 1 && parent != "":
			return errors.New("give an org or --parent, not both")
		case len(args) == 1:
			what = path("orgs", args[0], "sync")
		case parent == "":
			only, err := c.parent(ctx, place{"parents", ""})
			if err != nil {
				return err
			}
			what = path("parents", only, "sync")
		}
		raw, err := c.do(ctx, "POST", what, nil)
		if err != nil {
			return err
		}
		return a.show(raw, "orgs", "drifted", "changed")
	})
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.Flags().StringVar(&parent, "parent", "", "every org of this customer; may be left out when there is one")
	return cmd
}
