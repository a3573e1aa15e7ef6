package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"scimd/provision"
)

var pinColumns = []string{"userName", "role", "tier", "member", "by", "why", "at", "expires"}

func (a *app) pinCommand() *cobra.Command {
	list := a.ask("list ORG", "List what is pinned in an org", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("orgs", args[0], "pins"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, pinColumns...)
	})
	unpin := a.ask("clear ORG PERSON", "Let the directory decide again", 2, func(ctx context.Context, c *client, args []string) error {
		if a.preview {
			return a.showPreview(ctx, c, place{"orgs", args[0]}, provision.Step{Unpin: &provision.MemberRef{Org: args[0], Person: args[1]}})
		}
		_, err := c.do(ctx, "DELETE", path("orgs", args[0], "pins", args[1]), nil)
		return err
	})
	a.previewFlag(unpin)
	return group("pin", "Roles, tiers and memberships set by hand against the directory", list, a.pinSet(), unpin)
}

func (a *app) pinSet() *cobra.Command {
	var in provision.PinInput
	var until string
	cmd := a.ask("set ORG PERSON", "Pin a role or a tier (M-5), or the membership of one whom the directory does not entitle (M-11)", 2, func(ctx context.Context, c *client, args []string) error {
		in.MemberRef = provision.MemberRef{Org: args[0], Person: args[1]}
		if until != "" {
			var err error
			if in.Expires, err = a.expiry(until); err != nil {
				return err
			}
		}
		if a.preview {
			return a.showPreview(ctx, c, place{"orgs", args[0]}, provision.Step{Pin: &in})
		}
		body := map[string]any{"person": args[1], "email": in.Email, "role": in.Role, "tier": in.Tier, "member": in.Member, "why": in.Why}
		if until != "" {
			body["expires"] = in.Expires
		}
		raw, err := c.do(ctx, "POST", path("orgs", args[0], "pins"), body)
		if err != nil {
			return err
		}
		return a.show(raw, pinColumns...)
	})
	f := cmd.Flags()
	f.StringVar(&in.Role, "role", "", "a role of the product")
	f.StringVar(&in.Tier, "tier", "", "a tier of the product")
	f.BoolVar(&in.Member, "member", false, "pin the membership itself")
	f.StringVar(&in.Email, "email", "", "primary e-mail of a new account")
	f.StringVar(&in.Why, "why", "", "the reason, which is kept with it")
	f.StringVar(&until, "expires", "", "its end: a time, a date or how long, as in 72h (default: none)")
	a.previewFlag(cmd)
	return cmd
}

// expiry reads a time, a date (its end, UTC) or how long.
func (a *app) expiry(text string) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return a.now().Add(d).UTC().Truncate(time.Second), nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("--expires %q is not a time such as 2026-03-01T12:00:00Z, a date or a duration such as 72h", text)
	}
	return at, nil
}
