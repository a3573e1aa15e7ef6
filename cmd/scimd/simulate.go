package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"scimd/conformance/idp"
)

func (a *app) simulateCommand() *cobra.Command {
	var c idp.Config
	okta := a.ask("okta", "Play Okta: users, groups, moves and leavers", 0, func(ctx context.Context, api *client, _ []string) error {
		left, err := readCredentials(a.dataFolder())
		if err != nil {
			return err
		}
		config := c
		config.URL = strings.TrimRight(api.base, "/") + scimPath
		if config.Token = cmp.Or(c.Token, left.SCIMToken); config.Token == "" {
			return errors.New("no SCIM token: give --token, or start the server with scimd dev")
		}
		return a.simulate(ctx, api, config)
	})
	f := okta.Flags()
	f.IntVar(&c.Users, "users", 50, "how many people")
	f.IntVar(&c.Groups, "groups", 5, "how many groups; the first are eng, admins and billing")
	f.IntVar(&c.Churn, "churn", 30, "how many moves, leavers and rehires after the first push")
	f.Uint64Var(&c.Seed, "seed", 1, "the same seed plays the same push")
	f.StringVar(&c.Token, "token", "", "SCIM token (default: that of scimd dev)")
	return group("simulate", "Play an identity provider against a running server", okta)
}

func (a *app) simulate(ctx context.Context, api *client, c idp.Config) error {
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription("pushing"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionClearOnFinish())
	c.Progress = func(done, total int) {
		bar.ChangeMax(total)
		_ = bar.Set(done) // a bar that cannot be drawn stops nothing
	}
	report, err := idp.Okta(c).Run(ctx)
	_ = bar.Finish()
	if err != nil {
		return err
	}
	if err := a.showPeople(ctx, api, report.People); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "%d people, %d requests in %v\n", len(report.People), report.Requests, report.Elapsed.Round(time.Millisecond))
	if len(report.Findings) > 0 {
		return fmt.Errorf("okta would complain:\n  %s", strings.Join(report.Findings, "\n  "))
	}
	return nil
}

// standings are what each person is, by org and then by userName.
type standings map[string]map[string]string

// showPeople prints who is what in which org.
func (a *app) showPeople(ctx context.Context, c *client, people []idp.Person) error {
	orgs, all, err := c.standings(ctx)
	if err != nil {
		return err
	}
	if a.output == "json" {
		raw, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return a.show(raw)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	if _, err := fmt.Fprintf(w, "PERSON\tGROUPS\t%s\n", strings.Join(orgs, "\t")); err != nil {
		return err
	}
	for _, p := range people {
		groups := strings.Join(p.Groups, ",")
		if !p.Active {
			groups = "(left)"
		}
		if _, err := fmt.Fprintf(w, "%s\t%s", p.UserName, cell(groups)); err != nil {
			return err
		}
		for _, org := range orgs {
			if _, err := fmt.Fprintf(w, "\t%s", cell(all[org][strings.ToLower(p.UserName)])); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (c *client) standings(ctx context.Context) (orgs []string, all standings, err error) {
	raw, err := c.get(ctx, "/orgs", url.Values{})
	if err != nil {
		return nil, nil, err
	}
	rows, err := rowsOf(raw)
	if err != nil {
		return nil, nil, err
	}
	all = make(standings)
	for _, row := range rows {
		org := fmt.Sprint(row["name"])
		if orgs = append(orgs, org); all[org] == nil {
			all[org] = make(map[string]string)
		}
		raw, err := c.all(ctx, path("orgs", org, "members"))
		if err != nil {
			return nil, nil, err
		}
		members, err := rowsOf(raw)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range members {
			all[org][strings.ToLower(fmt.Sprint(m["userName"]))] = standing(m)
		}
	}
	return orgs, all, nil
}

// standing is "owner/premium", or "user (waiting)".
func standing(m map[string]any) string {
	out := fmt.Sprint(m["role"])
	if tier, ok := m["tier"].(string); ok {
		out += "/" + tier
	}
	if m["state"] != "active" {
		out += fmt.Sprintf(" (%v)", m["state"])
	}
	return out
}
