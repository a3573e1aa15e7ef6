package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

func (a *app) eventsCommand() *cobra.Command {
	var parent string
	var after int64
	var follow bool
	cmd := a.ask("events", "Read what changed, in order", 0, func(ctx context.Context, c *client, _ []string) error {
		q := url.Values{"parent": {parent}, "limit": {"1000"}}
		if follow {
			q.Set("wait", "30s")
		}
		for {
			q.Set("after", strconv.FormatInt(after, 10))
			raw, err := c.get(ctx, "/events", q)
			if err != nil {
				return err
			}
			var page eventPage
			if err := json.Unmarshal(raw, &page); err != nil {
				return err
			}
			if err := a.showEvents(page); err != nil {
				return err
			}
			if after = page.Next; len(page.Items) == 0 && !follow {
				return nil
			}
		}
	})
	f := cmd.Flags()
	f.StringVar(&parent, "parent", "", "the customer; may be left out when there is one")
	f.Int64Var(&after, "after", 0, "the last sequence number seen")
	f.BoolVarP(&follow, "follow", "f", false, "keep waiting for more")
	return cmd
}

type eventPage struct {
	Items []json.RawMessage `json:"items"`
	Next  int64             `json:"next"`
}

// showEvents prints a line for each: as JSON it is the event as it came, so
// that the output can be followed line by line.
func (a *app) showEvents(page eventPage) error {
	for _, raw := range page.Items {
		if a.output == "json" {
			if _, err := fmt.Fprintln(a.stdout, string(raw)); err != nil {
				return err
			}
			continue
		}
		var e struct {
			Seq  int64  `json:"seq"`
			At   string `json:"at"`
			Type string `json:"type"`
			Data struct {
				Org struct {
					Name string `json:"name"`
				} `json:"org"`
				Account struct {
					UserName string `json:"userName"`
				} `json:"account"`
				Why string `json:"why"`
			} `json:"data"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.stdout, "%d  %s  %s  %s  %s  %s\n", e.Seq, e.At, e.Type, e.Data.Org.Name, cell(e.Data.Account.UserName), e.Data.Why); err != nil {
			return err
		}
	}
	return nil
}
