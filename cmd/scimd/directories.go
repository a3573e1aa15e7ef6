package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"scimd/provision"
)

var (
	directoryColumns = []string{"name", "parent", "profile", "quirks", "kind", "id"}
	attachedColumns  = []string{"name", "parent", "kind", "detached", "id"}
)

func (a *app) directoryCommand() *cobra.Command {
	var parent, profile, kind, workosDirectory, secret, of string
	create := a.ask("create NAME", "Add a connection to a directory", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", "/directories", map[string]any{
			"name": args[0], "parent": parent, "profile": profile,
			"kind": kind, "workosDirectory": workosDirectory, "secret": secret,
		})
		if err != nil {
			return err
		}
		if kind == "workos" {
			return a.show(raw, append(directoryColumns, "secret")...)
		}
		return a.show(raw, directoryColumns...)
	})
	f := create.Flags()
	f.StringVar(&parent, "parent", "", "the customer")
	f.StringVar(&profile, "profile", "interop", "interop or strict")
	f.StringVar(&kind, "kind", "scim", "who writes it: scim or workos")
	f.StringVar(&workosDirectory, "workos-directory", "", "workos: its id there, directory_...")
	f.StringVar(&secret, "secret", "", "workos: the signing secret of the webhook endpoint (default: a new one, shown this once)")
	list := a.ask("list", "List the directories", 0, func(ctx context.Context, c *client, _ []string) error {
		raw, err := c.get(ctx, "/directories", url.Values{"parent": {of}})
		if err != nil {
			return err
		}
		return a.show(raw, directoryColumns...)
	})
	list.Flags().StringVar(&of, "parent", "", "only of this customer")
	return group("directory", "Connections of a customer", create, list, a.directorySetCommand(), a.detachCommand(), a.attachCommand(), a.relinkCommand(),
		a.secretCommand(), a.deliveriesCommand())
}

func (a *app) detachCommand() *cobra.Command {
	var members string
	cmd := a.ask("detach NAME", "End what a directory gives; what it is pushed is still stored", 1, func(ctx context.Context, c *client, args []string) error {
		step := provision.Step{Detach: &provision.Detachment{DirectoryRef: provision.DirectoryRef{Directory: args[0]}, Members: members}}
		return a.change(ctx, c, place{"directories", args[0]}, step, attachedColumns)
	})
	cmd.Flags().StringVar(&members, "members", "", "what becomes of those whom nothing else entitles: keep (pinned) or remove (P-8)")
	a.previewFlag(cmd)
	return cmd
}

func (a *app) attachCommand() *cobra.Command {
	cmd := a.ask("attach NAME", "Make a detached directory count again", 1, func(ctx context.Context, c *client, args []string) error {
		step := provision.Step{Attach: &provision.DirectoryRef{Directory: args[0]}}
		return a.change(ctx, c, place{"directories", args[0]}, step, attachedColumns)
	})
	a.previewFlag(cmd)
	return cmd
}

func (a *app) relinkCommand() *cobra.Command {
	var from, by string
	cmd := a.ask("relink NAME", "Find the people of a directory among those of another, as when the identity provider changes (P-8)", 1, func(ctx context.Context, c *client, args []string) error {
		step := provision.Step{Relink: &provision.Relinking{DirectoryRef: provision.DirectoryRef{Directory: args[0]}, From: from, By: by}}
		return a.change(ctx, c, place{"directories", args[0]}, step, attachedColumns)
	})
	cmd.Flags().StringVar(&from, "from", "", "the directory that knew them before")
	cmd.Flags().StringVar(&by, "by", "userName", "what is the same in both: userName, email or externalId")
	a.previewFlag(cmd)
	return cmd
}

func (a *app) directorySetCommand() *cobra.Command {
	var profile string
	var quirks []string
	cmd := a.ask("set NAME", "Change how a directory speaks SCIM", 1, func(ctx context.Context, c *client, args []string) error {
		body := map[string]any{}
		if profile != "" {
			body["profile"] = profile
		}
		switches, err := parseQuirks(quirks)
		if err != nil {
			return err
		}
		if len(switches) > 0 {
			body["quirks"] = switches
		}
		raw, err := c.do(ctx, "PATCH", path("directories", args[0]), body)
		if err != nil {
			return err
		}
		return a.show(raw, directoryColumns...)
	})
	cmd.Flags().StringVar(&profile, "profile", "", "interop or strict")
	cmd.Flags().StringArrayVar(&quirks, "quirk", nil, "NAME=on, NAME=off or NAME=default; may be repeated (docs/divergences.md)")
	return cmd
}

// parseQuirks reads NAME=on|off|default; default is null.
func parseQuirks(pairs []string) (map[string]*bool, error) {
	on, off := true, false
	states := map[string]*bool{"on": &on, "off": &off, "default": nil}
	out := map[string]*bool{}
	for _, pair := range pairs {
		name, word, _ := strings.Cut(pair, "=")
		state, known := states[word]
		if !known {
			return nil, fmt.Errorf("--quirk %q is not NAME=on, NAME=off or NAME=default", pair)
		}
		out[name] = state
	}
	return out, nil
}

func (a *app) secretCommand() *cobra.Command {
	var secret string
	var overlap time.Duration
	rotate := a.ask("rotate DIRECTORY", "Take a further signing secret; the one before it ends after the overlap", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.do(ctx, "POST", path("directories", args[0], "secrets"), map[string]any{"secret": secret, "overlap": overlap.String()})
		if err != nil {
			return err
		}
		return a.show(raw, "secret", "previousUntil")
	})
	rotate.Flags().StringVar(&secret, "secret", "", "the new secret of the webhook endpoint (default: a new one, shown this once)")
	rotate.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long both are live; 0 ends the one before at once")
	return group("secret", "What WorkOS signs with", rotate)
}

func (a *app) deliveriesCommand() *cobra.Command {
	var limit int
	var before int64
	cmd := a.ask("deliveries DIRECTORY", "List what WorkOS delivered, the newest first", 1, func(ctx context.Context, c *client, args []string) error {
		q := url.Values{"limit": {strconv.Itoa(limit)}, "before": {strconv.FormatInt(before, 10)}}
		raw, err := c.get(ctx, path("directories", args[0], "deliveries"), q)
		if err != nil {
			return err
		}
		return a.show(raw, "seq", "at", "type", "outcome", "reason", "event")
	})
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most")
	cmd.Flags().Int64Var(&before, "before", 0, "only those before this seq")
	return cmd
}

func (a *app) tokenCommand() *cobra.Command {
	var label, scope, subject string
	var readOnly bool
	var ttl time.Duration
	create := a.ask("create DIRECTORY", "Make a token and show its secret, this once", 1, func(ctx context.Context, c *client, args []string) error {
		body := map[string]any{"label": label, "scope": scope, "subject": subject}
		if readOnly {
			body["scope"] = "scim.read"
		}
		if ttl != 0 {
			body["ttl"] = ttl.String()
		}
		raw, err := c.do(ctx, "POST", path("directories", args[0], "tokens"), body)
		if err != nil {
			return err
		}
		return a.show(raw, "id", "scope", "expires", "secret")
	})
	f := create.Flags()
	f.StringVar(&label, "label", "", "what to call it")
	f.StringVar(&scope, "scope", "scim", "scim, scim.read, or scim.self: the subject's own resource")
	f.BoolVar(&readOnly, "read-only", false, "for reading only: scope scim.read")
	f.StringVar(&subject, "subject", "", "user that holds it, by id or userName; /Me is that user")
	f.DurationVar(&ttl, "ttl", 0, "how long it lives, as in 720h; 0: as the server is configured")

	list := a.ask("list DIRECTORY", "List the tokens of a directory", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("directories", args[0], "tokens"), nil)
		if err != nil {
			return err
		}
		return a.show(raw, "id", "label", "scope", "subject", "created", "expires", "revoked")
	})
	revoke := a.ask("revoke ID", "End a token at once", 1, func(ctx context.Context, c *client, args []string) error {
		_, err := c.do(ctx, "DELETE", path("tokens", args[0]), nil)
		return err
	})
	return group("token", "SCIM tokens of a directory", create, list, revoke)
}

func (a *app) usersCommand() *cobra.Command {
	return a.resources("users", "List the users of a directory", nil, "userName", "active", "externalId", "id")
}

func (a *app) groupsCommand() *cobra.Command {
	return a.resources("groups", "List the groups of a directory", url.Values{"memberCount": {"true"}},
		"displayName", "memberCount", "externalId", "id")
}

func (a *app) resources(noun, short string, query url.Values, columns ...string) *cobra.Command {
	var start, count int
	cmd := a.ask(noun+" DIRECTORY", short, 1, func(ctx context.Context, c *client, args []string) error {
		q := url.Values{"startIndex": {strconv.Itoa(start)}, "count": {strconv.Itoa(count)}}
		for k, v := range query {
			q[k] = v
		}
		raw, err := c.get(ctx, path("directories", args[0], noun), q)
		if err != nil {
			return err
		}
		return a.show(raw, columns...)
	})
	cmd.Flags().IntVar(&start, "start", 1, "index of the first")
	cmd.Flags().IntVar(&count, "count", 100, "how many at most")
	return cmd
}
