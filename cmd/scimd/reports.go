package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	var at, person string
	access := a.report("access", "Say who had which role in an org (T-2)", func() url.Values { return moment(at) },
		func(raw json.RawMessage) error {
			return a.show(raw, "userName", "role", "tier", "state", "since", "why")
		})
	access.Flags().StringVar(&at, "at", "", "at a moment, or at the end of a day (UTC), as in 2026-03-01 (default: now)")

	history := a.report("history", "List every change of the members of an org", func() url.Values { return url.Values{"person": {person}} },
		func(raw json.RawMessage) error {
			return a.showChanges(raw, "at", "userName", "before", "after", "why")
		})
	history.Flags().StringVar(&person, "person", "", "of this person only")
	return group("report", "Reports, also as CSV", access, history)
}

func (a *app) report(noun, short string, query func() url.Values, show func(json.RawMessage) error) *cobra.Command {
	var org string
	cmd := a.askFor([]string{"csv", "json", "table"}, noun, short, 0, func(ctx context.Context, c *client, _ []string) error {
		if org == "" {
			return errors.New("name the org by --org")
		}
		q := query()
		if a.output != "csv" {
			raw, err := c.get(ctx, path("orgs", org, noun), q)
			if err != nil {
				return err
			}
			return show(raw)
		}
		if q == nil {
			q = url.Values{}
		}
		q.Set("format", "csv")
		answer, err := c.open(ctx, "GET", path("orgs", org, noun)+"?"+q.Encode(), nil)
		if err != nil {
			return err
		}
		defer answer.Close()
		_, err = io.Copy(a.stdout, answer)
		return err
	})
	cmd.Flags().StringVar(&org, "org", "", "the org")
	return cmd
}
