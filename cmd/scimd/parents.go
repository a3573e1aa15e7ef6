package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"scimd/provision"
	"scimd/store"
)

var parentColumns = []string{"name", "plan", "domains", "admitOutside", "secondAdministrator", "version", "id"}

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
	create.Flags().StringVar(&plan, "plan", "", "the customer's contract")
	return group("parent", "Customers: they own directories and orgs", create, list, a.parentSet())
}

func (a *app) parentSet() *cobra.Command {
	var cmd *cobra.Command
	cmd = a.ask("set NAME", "Change a customer's settings", 1, func(ctx context.Context, c *client, args []string) error {
		change, err := c.parentChange(ctx, cmd.Flags(), args[0])
		if err != nil {
			return err
		}
		return a.change(ctx, c, place{"parents", args[0]}, provision.Step{Parent: &change}, parentColumns)
	})
	f := cmd.Flags()
	f.String("plan", "", "the customer's contract")
	f.StringSlice("domains", nil, "verified domains, in place of those there are; empty: none (C-4)")
	f.Bool("admit-outside", false, "let in those outside of the domains, flagged")
	f.Bool("second-administrator", false, "settings change by a plan that a second administrator has approved (P-1)")
	f.String("issuer", "", "whose ID tokens are believed, as https://login.example.com; empty: nobody's")
	f.String("audience", "", "the client id that the ID tokens are for")
	f.String("groups-claim", "", "the claim that holds the groups (default groups)")
	a.previewFlag(cmd)
	return cmd
}

// parentChange is what the flags say, over the login settings that there are:
// those change as a whole.
func (c *client) parentChange(ctx context.Context, f *pflag.FlagSet, name string) (provision.ParentChange, error) {
	change := provision.ParentChange{
		Plan: given(f, "plan", f.GetString), Domains: given(f, "domains", f.GetStringSlice),
		AdmitOutside:        given(f, "admit-outside", f.GetBool),
		SecondAdministrator: given(f, "second-administrator", f.GetBool),
	}
	if !f.Changed("issuer") && !f.Changed("audience") && !f.Changed("groups-claim") {
		return change, nil
	}
	raw, err := c.get(ctx, path("parents", name), nil)
	if err != nil {
		return change, err
	}
	var now struct {
		Login store.LoginSettings `json:"login"`
	}
	err = json.Unmarshal(raw, &now)
	for flag, field := range map[string]*string{"issuer": &now.Login.Issuer, "audience": &now.Login.Audience, "groups-claim": &now.Login.GroupsClaim} {
		if value := given(f, flag, f.GetString); value != nil {
			*field = *value
		}
	}
	change.Login = &now.Login
	return change, err
}

// given is the value of a flag, nil unless it was set.
func given[T any](f *pflag.FlagSet, name string, get func(string) (T, error)) *T {
	value, err := get(name)
	if err != nil || !f.Changed(name) {
		return nil
	}
	return &value
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
			return fmt.Errorf("%d differences from a recomputation", different)
		}
		return nil
	})
	cmd.Long = cmd.Short + `: of one customer, or of all.

For monitoring: the exit status is 0 if nothing differs, and 1 if anything does
or if it could not be found out; standard error says which.`
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
