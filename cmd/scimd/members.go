package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

var memberColumns = []string{"userName", "role", "tier", "state", "source", "want", "place", "id"}

func (a *app) memberCommand() *cobra.Command {
	var email, role, tier string
	create := a.ask("create ORG PERSON", "Add a person by hand", 2, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "members"),
			map[string]any{"person": args[1], "email": email, "role": role, "tier": tier})
		if err != nil {
			return err
		}
		return a.show(raw, memberColumns...)
	})
	set := a.ask("set ORG PERSON", "Change a member's role or tier", 2, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "PATCH", path("orgs", args[0], "members", args[1]), map[string]any{"role": role, "tier": tier})
		if err != nil {
			return err
		}
		return a.show(raw, memberColumns...)
	})
	list := a.ask("list ORG", "List the members of an org", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.all(ctx, path("orgs", args[0], "members"))
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
	return group("member", "Members of an org", create, list, set, remove)
}

func (a *app) explainCommand() *cobra.Command {
	return a.ask("explain ORG PERSON", "Say what a person is in an org, and why", 2, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("orgs", args[0], "members", args[1], "explanation"), nil)
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
}

var mappingColumns = []string{"groupName", "role", "tier", "directory", "id"}

func (a *app) mappingCommand() *cobra.Command {
	var of, role, tier string
	create := a.ask("create ORG", "Map a group to a role or to a tier", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "mappings"), map[string]any{"group": of, "role": role, "tier": tier})
		if err != nil {
			return err
		}
		return a.show(raw, mappingColumns...)
	})
	f := create.Flags()
	f.StringVar(&of, "group", "", "id or displayName of the group")
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
		_, err := c.do(ctx, "DELETE", path("orgs", args[0], "mappings", args[1]), nil)
		return err
	})
	return group("mapping", "Rows that map a group to a role or a tier", create, list, remove)
}
