package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

var parentColumns = []string{"name", "plan", "id"}

func (a *app) parentCommand() *cobra.Command {
	var plan string
	create := a.ask("create NAME", "Add a customer", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", "/parents", map[string]any{"name": args[0], "plan": plan})
		if err != nil {
			return err
		}
		return a.show(raw, parentColumns...)
	})
	list := a.ask("list", "List the customers", 0, func(ctx context.Context, c *client, _ []string) error {
		raw, err := c.get(ctx, "/parents", nil)
		if err != nil {
			return err
		}
		return a.show(raw, parentColumns...)
	})
	set := a.ask("set NAME", "Change a customer's plan", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "PATCH", path("parents", args[0]), map[string]any{"plan": plan})
		if err != nil {
			return err
		}
		return a.show(raw, parentColumns...)
	})
	for _, cmd := range []*cobra.Command{create, set} {
		cmd.Flags().StringVar(&plan, "plan", "", "the customer's contract")
	}
	return group("parent", "Customers: they own directories and orgs", create, list, set)
}

func (a *app) verifyCommand() *cobra.Command {
	cmd := a.ask("verify [PARENT]", "Compare the members with a full recomputation", 0, func(ctx context.Context, c *client, args []string) error {
		parents, err := c.parents(ctx, args)
		if err != nil {
			return err
		}
		different := 0
		for _, p := range parents {
			raw, err := c.get(ctx, path("parents", p, "verify"), nil)
			if err != nil {
				return err
			}
			rows, err := rowsOf(raw)
			if err != nil {
				return err
			}
			if different += len(rows); len(rows) == 0 && a.output == "table" {
				if _, err := fmt.Fprintf(a.stdout, "%s: every member is what a recomputation says\n", p); err != nil {
					return err
				}
				continue
			}
			if err := a.show(raw, "org", "account", "stored", "recomputed"); err != nil {
				return err
			}
		}
		if different > 0 {
			return errors.New("members differ from a recomputation")
		}
		return nil
	})
	cmd.Args = cobra.MaximumNArgs(1)
	return cmd
}

// parents gives the names that were asked for, or all.
func (c *client) parents(ctx context.Context, asked []string) ([]string, error) {
	if len(asked) > 0 {
		return asked, nil
	}
	raw, err := c.get(ctx, "/parents", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	err = json.Unmarshal(raw, &list)
	for _, p := range list.Items {
		asked = append(asked, p.Name)
	}
	return asked, err
}
