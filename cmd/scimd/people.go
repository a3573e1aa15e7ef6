package main

import (
	"context"

	"github.com/spf13/cobra"

	"scimd/provision"
)

func (a *app) personCommand() *cobra.Command {
	linked := []string{"name", "parent", "id"}
	link := a.ask("link DIRECTORY USER PERSON", "Give a user of a directory to a person", 3, func(ctx context.Context, c *client, args []string) error {
		step := provision.Step{Link: &provision.UserLink{UserRef: userOf(args), Person: args[2]}}
		return a.change(ctx, c, place{"directories", args[0]}, step, linked)
	})
	unlink := a.ask("unlink DIRECTORY USER", "Make a person of its own of a user of a directory", 2, func(ctx context.Context, c *client, args []string) error {
		ref := userOf(args)
		return a.change(ctx, c, place{"directories", args[0]}, provision.Step{Unlink: &ref}, linked)
	})
	var parent string
	merge := a.ask("merge FROM INTO", "Make one person of two", 2, func(ctx context.Context, c *client, args []string) error {
		step := provision.Step{Merge: &provision.Merger{From: args[0], Into: args[1]}}
		return a.change(ctx, c, place{"parents", parent}, step, parentColumns)
	})
	erase := a.ask("erase PERSON", "Replace every personal value of one who has left by a pseudonym; it cannot be undone", 1, func(ctx context.Context, c *client, args []string) error {
		of, err := c.parent(ctx, place{"parents", parent})
		if err != nil {
			return err
		}
		raw, err := c.do(ctx, "POST", path("parents", of, "people", args[0], "erase"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, "pseudonym")
	})
	for _, cmd := range []*cobra.Command{merge, erase} {
		cmd.Flags().StringVar(&parent, "parent", "", "the customer; may be left out when there is one")
	}
	a.previewFlag(link, unlink, merge)
	return group("person", "People of a customer, and who is who", link, unlink, merge, erase)
}

func userOf(args []string) provision.UserRef {
	return provision.UserRef{DirectoryRef: provision.DirectoryRef{Directory: args[0]}, User: args[1]}
}
