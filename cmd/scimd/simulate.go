package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"scimd/conformance/idp"
)

func (a *app) simulateCommand() *cobra.Command {
	var providers []*cobra.Command
	for _, p := range idp.Providers() {
		providers = append(providers, a.simulateProvider(p))
	}
	return group("simulate", "Play an identity provider against a running server", providers...)
}

func (a *app) simulateProvider(p idp.Provider) *cobra.Command {
	var c idp.Config
	without := "It needs leniencies"
	if p.Strict {
		without = "It needs no leniency"
	}
	cmd := &cobra.Command{
		Use: p.Name, Short: p.About, Args: cobra.NoArgs,
		Long: fmt.Sprintf("%s.\n\n%s: %s.", p.About, without, p.Why),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkOutput(outputs); err != nil {
				return err
			}
			return a.simulate(cmd.Context(), p, c)
		},
	}
	f := cmd.Flags()
	a.clientFlags(f)
	f.Lookup("url").Usage = "address of a scimd, or the SCIM base URL of any server (default: the scimd of the data folder)"
	f.IntVar(&c.Users, "users", 50, "how many people")
	f.IntVar(&c.Groups, "groups", 5, "how many groups; the first are eng, admins and billing")
	f.IntVar(&c.Churn, "churn", 30, "how many changes after the first push: moves, leavers, rehires, new names and more")
	f.Uint64Var(&c.Seed, "seed", 1, "the same seed plays the same push")
	f.StringVar(&c.Token, "token", "", "SCIM token (default: that of scimd dev)")
	return cmd
}

func (a *app) simulate(ctx context.Context, p idp.Provider, c idp.Config) error {
	api, err := a.stage(&c)
	if err != nil {
		return err
	}
	advance, finish := a.progress("pushing")
	c.Progress = advance
	report, err := p.Connect(c).Run(ctx)
	finish()
	if err != nil {
		return err
	}
	if api.key == "" {
		_, _ = fmt.Fprintln(a.stderr, "who is what in which org is left out: that takes a scimd and its administrator key (--key)")
	} else if err := a.showPeople(ctx, api, report.State); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "%d people, %d requests, %d of them throttled, in %v\n",
		len(report.State.People), report.Requests, report.Throttled, report.Elapsed.Round(time.Millisecond))
	if len(report.Findings) > 0 {
		return fmt.Errorf("%s would complain:\n  %s", p.Name, strings.Join(report.Findings, "\n  "))
	}
	return nil
}

// stage finds the server to play against, and a client to ask it who is what,
// without a key if it cannot be asked. What a scimd left on this machine is for
// that one alone: another server gets the secrets of the command line.
func (a *app) stage(c *idp.Config) (*client, error) {
	left, err := readCredentials(a.dataFolder())
	if err != nil {
		return nil, err
	}
	home := strings.TrimRight(cmp.Or(a.getenv("SCIMD_URL"), left.URL, "http://localhost:8080"), "/")
	address := strings.TrimRight(cmp.Or(a.url, home), "/")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("--url %q is not an address", address)
	}
	if c.URL = address; u.Path == "" {
		c.URL += scimPath
	}
	api := &client{base: strings.TrimSuffix(address, scimPath), key: a.key}
	if api.base == home {
		c.Token = cmp.Or(c.Token, left.SCIMToken)
		api.key = cmp.Or(api.key, a.getenv("SCIMD_ADMIN_KEY"), left.Key)
	}
	if c.Token == "" {
		return nil, fmt.Errorf("no SCIM token for %s: give --token, or start a server with scimd dev", api.base)
	}
	return api, nil
}

// standings are what each person is, by org and then by userName.
type standings map[string]map[string]string

// showPeople prints who is what in which org.
func (a *app) showPeople(ctx context.Context, c *client, state idp.State) error {
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
	for _, p := range state.People {
		groups := strings.Join(state.GroupsOf(p.Key), ",")
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
		raw, err := c.all(ctx, path("orgs", org, "members"), nil)
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
