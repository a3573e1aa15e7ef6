package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) holdCommand() *cobra.Command {
	list := a.ask("list ORG", "List the members whom a guard holds", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.all(ctx, path("orgs", args[0], "holds"), nil)
		if err != nil {
			return err
		}
		return a.showHolds(raw)
	})
	return group("hold", "Removals and demotions that a guard has stopped", list,
		a.verdict("approve", "Let them go"), a.verdict("reject", "Keep them, pinned"))
}

// showHolds sets what is held beside who is held.
func (a *app) showHolds(raw json.RawMessage) error {
	if a.output == "json" {
		return a.show(raw)
	}
	rows, err := rowsOf(raw)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if hold, ok := row["hold"].(map[string]any); ok {
			for key, value := range hold {
				row[key] = value
			}
		}
	}
	return a.table(rows, "userName", "role", "tier", "action", "guard", "since", "why")
}

func (a *app) verdict(verb, short string) *cobra.Command {
	var all bool
	var why string
	cmd := a.ask(verb+" ORG [PERSON...]", short, 1, func(ctx context.Context, c *client, args []string) error {
		people := args[1:]
		if all == (len(people) > 0) {
			return errors.New("name the people, or give --all")
		}
		body := map[string]any{"people": people}
		if why != "" {
			body["why"] = why
		}
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "holds", verb), body)
		if err != nil {
			return err
		}
		return a.show(raw, "decided")
	})
	cmd.Args = cobra.MinimumNArgs(1)
	cmd.Flags().BoolVar(&all, "all", false, "everyone whom a guard of the org holds")
	if verb == "reject" {
		cmd.Flags().StringVar(&why, "why", "", "the reason, which is kept with the pins")
	}
	return cmd
}
