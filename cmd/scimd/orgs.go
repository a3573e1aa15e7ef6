package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

var orgColumns = []string{"name", "parent", "product", "plan", "mode", "groupMappings", "fullTier", "id"}

func (a *app) orgCommand() *cobra.Command {
	var parent, product, plan, of string
	create := a.ask("create NAME", "Join a new org to a parent, on manual", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", "/orgs", map[string]any{"name": args[0], "parent": parent, "product": product, "plan": plan})
		if err != nil {
			return err
		}
		return a.show(raw, orgColumns...)
	})
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
	return group("org", "Organizations: workspaces of one product", create, list, a.orgSet())
}

func (a *app) orgSet() *cobra.Command {
	var cmd *cobra.Command
	cmd = a.ask("set ORG", "Change plan, mode, group mappings or the full-tier policy", 1, func(ctx context.Context, c *client, args []string) error {
		f := cmd.Flags()
		change := map[string]any{}
		for flag, field := range map[string]string{"plan": "plan", "mode": "mode", "full-tier": "fullTier"} {
			if f.Changed(flag) {
				change[field], _ = f.GetString(flag)
			}
		}
		if f.Changed("mappings") {
			change["groupMappings"], _ = f.GetBool("mappings")
		}
		raw, err := c.do(ctx, "PATCH", path("orgs", args[0]), change)
		if err != nil {
			return err
		}
		return a.show(raw, orgColumns...)
	})
	f := cmd.Flags()
	f.String("plan", "", "a plan of the product")
	f.String("mode", "", "manual, jit or scim")
	f.Bool("mappings", false, "whether groups decide roles and tiers")
	f.String("full-tier", "", "wait or next")
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
		raw, err := c.do(ctx, "PATCH", path("orgs", args[0]), map[string]any{"seats": seats})
		if err != nil {
			return err
		}
		return a.showSeats(raw)
	})
	set.Args = cobra.MinimumNArgs(2)
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
	return a.ask("sync ORG", "Decide everyone in an org again", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "sync"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, "changed")
	})
}
