package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) loginCommand() *cobra.Command {
	var parent, email, name, subject string
	var groups []string
	var cmd *cobra.Command
	cmd = a.ask("login [ORG] USER", "Decide a login as the application would: on jit it lets people in, moves them and takes them out", 0, func(ctx context.Context, c *client, args []string) error {
		if (parent == "") == (len(args) == 1) {
			return errors.New("give an org or --parent, and not both")
		}
		body := map[string]any{"userName": args[len(args)-1], "email": email, "name": name, "subject": subject, "groups": groups}
		if assigned := given(cmd.Flags(), "assigned", cmd.Flags().GetBool); assigned != nil {
			body["assigned"] = *assigned
		}
		to := "/logins"
		if parent != "" {
			body["parent"] = parent
		} else {
			to = path("orgs", args[0], "logins")
		}
		raw, err := c.do(ctx, "POST", to, body)
		if err != nil {
			return err
		}
		return a.show(raw, "org", "allowed", "reason", "role", "tier", "state", "place", "changed", "account")
	})
	cmd.Args = cobra.RangeArgs(1, 2)
	f := cmd.Flags()
	f.StringVar(&parent, "parent", "", "to every org of this customer, in place of ORG")
	f.StringArrayVarP(&groups, "group", "g", nil, "a group in the claims; may be repeated")
	f.Bool("assigned", true, "whether the identity provider assigns them to the application")
	f.StringVar(&email, "email", "", "their e-mail")
	f.StringVar(&name, "name", "", "their name")
	f.StringVar(&subject, "subject", "", "what the issuer calls them for good")
	return cmd
}
