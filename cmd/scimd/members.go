package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"scimd/provision"
)

var memberColumns = []string{"userName", "role", "tier", "state", "source", "want", "place", "id"}

func (a *app) memberCommand() *cobra.Command {
	var email, role, tier, why, until string
	create := a.ask("create ORG PERSON", "Add a person by hand", 2, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "members"),
			map[string]any{"person": args[1], "email": email, "role": role, "tier": tier})
		if err != nil {
			return err
		}
		return a.show(raw, memberColumns...)
	})
	set := a.ask("set ORG PERSON", "Change a member's role or tier", 2, func(ctx context.Context, c *client, args []string) error {
		body := map[string]any{"role": role, "tier": tier, "why": why}
		if until != "" {
			expires, err := a.expiry(until)
			if err != nil {
				return err
			}
			body["expires"] = expires
		}
		raw, err := c.do(ctx, "PATCH", path("orgs", args[0], "members", args[1]), body)
		if err != nil {
			return err
		}
		return a.show(raw, memberColumns...)
	})
	list := a.ask("list ORG", "List the members of an org", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.all(ctx, path("orgs", args[0], "members"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, memberColumns...)
	})
	remove := a.ask("delete ORG PERSON", "Take a person out of an org", 2, func(ctx context.Context, c *client, args []string) error {
		_, err := c.do(ctx, "DELETE", path("orgs", args[0], "members", args[1]), nil)
		return err
	})
	create.Flags().StringVar(&email, "email", "", "primary e-mail of a new account")
	for _, cmd := range []*cobra.Command{create, set} {
		cmd.Flags().StringVar(&role, "role", "", "a role of the product")
		cmd.Flags().StringVar(&tier, "tier", "", "a tier of the product")
	}
	set.Flags().StringVar(&why, "why", "", "where group mappings are on, what is set is a pin: its reason")
	set.Flags().StringVar(&until, "expires", "", "and its end: a time, a date or how long, as in 72h")
	return group("member", "Members of an org", create, list, set, remove)
}

func (a *app) explainCommand() *cobra.Command {
	var at string
	cmd := a.ask("explain ORG PERSON", "Say what a person is in an org, and why", 2, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("orgs", args[0], "members", args[1], "explanation"), moment(at))
		if err != nil {
			return err
		}
		if a.output == "json" {
			return a.show(raw)
		}
		var e struct {
			Sentences []string `json:"sentences"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		for _, s := range e.Sentences {
			if _, err := fmt.Fprintln(a.stdout, s); err != nil {
				return err
			}
		}
		return nil
	})
	cmd.Flags().StringVar(&at, "at", "", "at a moment, or at the end of a day (UTC), as in 2026-03-01")
	return cmd
}

// moment asks for a time, as the server reads it.
func moment(at string) url.Values {
	if at == "" {
		return nil
	}
	return url.Values{"at": {at}}
}

var mappingColumns = []string{"groupName", "claim", "role", "tier", "directory", "id"}

func (a *app) mappingCommand() *cobra.Command {
	var of, claim, role, tier string
	create := a.ask("create ORG", "Map a group to a role or to a tier", 1, func(ctx context.Context, c *client, args []string) error {
		if a.preview {
			return a.showPreview(ctx, c, place{"orgs", args[0]}, provision.Step{AddMapping: &provision.MappingInput{
				Org: args[0], Group: of, Claim: claim, Role: role, Tier: tier,
			}})
		}
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "mappings"), map[string]any{"group": of, "claim": claim, "role": role, "tier": tier})
		if err != nil {
			return err
		}
		return a.show(raw, mappingColumns...)
	})
	f := create.Flags()
	f.StringVar(&of, "group", "", "id or displayName of the group")
	f.StringVar(&claim, "claim", "", "in its place: a group as login claims name it; counts on jit")
	f.StringVar(&role, "role", "", "a role of the product")
	f.StringVar(&tier, "tier", "", "a tier of the product")

	list := a.ask("list ORG", "List the mappings of an org", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("orgs", args[0], "mappings"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, mappingColumns...)
	})
	remove := a.ask("delete ORG MAPPING", "Remove a mapping", 2, func(ctx context.Context, c *client, args []string) error {
		if a.preview {
			return a.showPreview(ctx, c, place{"orgs", args[0]}, provision.Step{RemoveMapping: &provision.MappingRef{Org: args[0], ID: args[1]}})
		}
		_, err := c.do(ctx, "DELETE", path("orgs", args[0], "mappings", args[1]), nil)
		return err
	})
	a.previewFlag(create, remove)
	return group("mapping", "Rows that map a group to a role or a tier", create, list, remove)
}
