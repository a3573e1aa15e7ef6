package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"scimd/provision"
	"scimd/store"
)

func (a *app) devCommand() *cobra.Command {
	var token string
	cmd := &cobra.Command{
		Use: "dev", Short: "Run the server with a sandbox: parent acme, its orgs and a directory", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.serve(cmd.Context(), "", cmd.Flags(), func(ctx context.Context, s *server, left *credentials) error {
				box := sandbox{s.provision, store.Cause{Kind: "admin", Actor: "scimd dev"}}
				if err := box.build(ctx); err != nil {
					return err
				}
				if token != "" {
					left.SCIMToken = token
				}
				secret, err := box.token(ctx, left.SCIMToken)
				if err != nil {
					return err
				}
				left.SCIMToken = secret
				a.welcome(s, secret)
				return nil
			})
		},
	}
	serverFlags(cmd.Flags())
	cmd.Flags().StringVar(&token, "token", "", "SCIM token of the directory (default: a new one)")
	return cmd
}

func (a *app) welcome(s *server, secret string) {
	_, _ = fmt.Fprintf(a.stdout, `Directory okta of parent acme, SCIM token:  %s

Push a user:
  curl -sS %s%s/Users -H 'Authorization: Bearer %s' -H 'Content-Type: application/scim+json' \
    -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@acme.example","active":true,"emails":[{"value":"ada@acme.example","primary":true}]}'
Then, in another terminal:
  scimd explain acme-claude ada@acme.example
`, secret, s.local(), scimPath, secret)
}

// sandbox builds through the use cases what is not there yet, so that it can
// be built again over a folder that has been used.
type sandbox struct {
	*provision.Service
	cause store.Cause
}

// sandboxOrg is an org of the sandbox with its rows.
type sandboxOrg struct {
	provision.OrgInput
	mode  string
	seats map[string]int
	rows  []provision.MappingInput
}

// sandboxOrgs give one who is in eng and admins owner in the first org and
// developer in the second, and nothing in the third.
var sandboxOrgs = []sandboxOrg{
	{
		OrgInput: provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"},
		mode:     "scim",
		seats:    map[string]int{"premium": 20, "standard": 200},
		rows: []provision.MappingInput{
			{Group: "admins", Role: "owner"}, {Group: "admins", Tier: "premium"},
			{Group: "eng", Role: "user"}, {Group: "eng", Tier: "standard"},
			{Group: "billing", Role: "user"},
		},
	},
	{
		OrgInput: provision.OrgInput{Parent: "acme", Name: "acme-console", Product: "console", Plan: "console"},
		mode:     "scim",
		rows:     []provision.MappingInput{{Group: "eng", Role: "developer"}, {Group: "billing", Role: "billing"}},
	},
	{OrgInput: provision.OrgInput{Parent: "acme", Name: "acme-team", Product: "claude", Plan: "team"}},
}

func (b sandbox) build(ctx context.Context) error {
	if _, err := b.CreateParent(ctx, "acme", "enterprise", b.cause); unlessTaken(err) != nil {
		return err
	}
	if _, err := b.CreateDirectory(ctx, "acme", "okta", "", b.cause); unlessTaken(err) != nil {
		return err
	}
	for _, name := range []string{"eng", "admins", "billing"} {
		if err := b.group(ctx, name); err != nil {
			return err
		}
	}
	for _, o := range sandboxOrgs {
		if err := b.org(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// group makes a group that the directory can then find by its name.
func (b sandbox) group(ctx context.Context, name string) error {
	var d store.Directory
	var same store.Page
	err := b.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		if d, err = r.FindDirectory("okta"); err != nil {
			return err
		}
		same, err = r.Find(store.Query{
			Directory: d.Key, Type: store.Group,
			Where: store.Compare{Column: store.ByName, Op: store.Eq, Value: provision.Fold(name)},
		})
		return err
	})
	if err != nil || same.Total > 0 {
		return err
	}
	document := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q}`, name)
	_, err = b.CreateGroup(ctx, d, provision.GroupInput{DisplayName: name, Document: []byte(document)}, nil, provision.Policy{}, b.cause)
	return err
}

// org sets up a new org; one that is there stays as people have made it.
func (b sandbox) org(ctx context.Context, o sandboxOrg) error {
	if _, err := b.CreateOrg(ctx, o.OrgInput, b.cause); err != nil {
		return unlessTaken(err)
	}
	for _, row := range o.rows {
		row.Org = o.Name
		if _, err := b.AddMapping(ctx, row, b.cause); err != nil {
			return err
		}
	}
	if o.mode == "" {
		return nil
	}
	on := true
	_, err := b.ChangeOrg(ctx, o.Name, provision.OrgChange{Mode: &o.mode, GroupMappings: &on, Seats: o.seats}, b.cause)
	return err
}

// token makes a secret valid for the directory; "" or one that is valid no
// longer is replaced by a new one.
func (b sandbox) token(ctx context.Context, secret string) (string, error) {
	if secret != "" {
		if _, _, err := b.Authenticate(ctx, secret, store.ScopeSCIM); err == nil {
			return secret, nil
		}
	}
	_, made, err := b.CreateToken(ctx, provision.TokenInput{Directory: "okta", Label: "scimd dev", Scope: store.ScopeSCIM, Secret: secret}, b.cause)
	return made, err
}

// unlessTaken forgives what was there before.
func unlessTaken(err error) error {
	var refusal *provision.Error
	if errors.As(err, &refusal) && refusal.Reason == provision.Taken {
		return nil
	}
	return err
}
