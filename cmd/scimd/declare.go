package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"scimd/declare"
	"scimd/provision"
)

// What plan and apply say with their exit status, beside 0 and 1.
const (
	wouldChange   exit = 2
	waitsApproval exit = 3
)

// declaration is the server's answer to a document.
type declaration struct {
	Parent    string
	New       bool
	Changes   []string
	LeftAlone []string
	Plan      *struct {
		ID      string
		Expires time.Time
		Summary provision.PlanSummary
	}
	NeedsApproval bool
	People        []map[string]any
	More          bool

	raw json.RawMessage
}

func (d declaration) nothing() bool { return !d.New && d.Plan == nil }

// planFromFile lets the noun take a file; exit status 2 says that something
// would change.
func (a *app) planFromFile(noun *cobra.Command) *cobra.Command {
	var file string
	asked := a.ask("plan -f FILE", "", 0, func(ctx context.Context, c *client, _ []string) error { return a.planFile(ctx, c, file) })
	help := noun.RunE
	noun.Long = noun.Short + ".\n\nWith -f it shows what a file would change, and for whom: exit status 0 is nothing, 2 something."
	noun.RunE = func(cmd *cobra.Command, args []string) error {
		if file == "" {
			return help(cmd, args)
		}
		return asked.RunE(cmd, args)
	}
	a.clientFlags(noun.Flags())
	fileFlag(noun, &file)
	return noun
}

func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "file", "f", "", "describes a customer: see docs/declarative.md")
}

func (a *app) planFile(ctx context.Context, c *client, file string) error {
	d, err := c.declare(ctx, file)
	if err != nil {
		return err
	}
	if err := a.showDeclaration(d); err != nil || d.nothing() {
		return err
	}
	return wouldChange
}

func (a *app) applyCommand() *cobra.Command {
	var file string
	var yes bool
	cmd := a.ask("apply -f FILE", "Change what a file says, once it was shown (exit status 3: a second administrator has to approve it)", 0,
		func(ctx context.Context, c *client, _ []string) error {
			d, err := c.declare(ctx, file)
			if err != nil {
				return err
			}
			if err := a.showDeclaration(d); err != nil || d.nothing() {
				return err
			}
			if !yes && !a.agreed() {
				return errors.New("not applied: give --yes")
			}
			return a.apply(ctx, c, file, d)
		})
	fileFlag(cmd, &file)
	_ = cmd.MarkFlagRequired("file") // it is there
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// apply applies the plan that was shown. A new parent has none before it is
// there, and no people either.
func (a *app) apply(ctx context.Context, c *client, file string, d declaration) error {
	if d.New {
		if _, err := c.do(ctx, "POST", "/parents", map[string]any{"name": d.Parent}); err != nil {
			return err
		}
		var err error
		if d, err = c.declare(ctx, file); err != nil {
			return fmt.Errorf("parent %s is created, and no more: %w", d.Parent, err)
		}
	}
	if d.Plan == nil {
		return a.say("applied")
	}
	if d.NeedsApproval {
		if err := a.say("another administrator has to approve this: scimd plan approve %[1]s, then scimd plan apply %[1]s", d.Plan.ID); err != nil {
			return err
		}
		return waitsApproval
	}
	if _, err := c.do(ctx, "POST", path("plans", d.Plan.ID, "apply"), nil); err != nil {
		return err
	}
	return a.say("applied")
}

// say tells a person something; who asked for JSON has it already.
func (a *app) say(format string, args ...any) error {
	if a.output == "json" {
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, format+"\n", args...)
	return err
}

func (a *app) exportCommand() *cobra.Command {
	return a.ask("export PARENT", "Write a customer down as a file for plan and apply", 1, func(ctx context.Context, c *client, args []string) error {
		raw, err := c.get(ctx, path("parents", args[0], "declaration"), nil)
		if err != nil {
			return err
		}
		if a.output == "json" {
			return a.show(raw)
		}
		var d declare.Document
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		out, err := d.YAML()
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(out)
		return err
	})
}

// declare asks what a file comes to. Whatever is wrong with it is told with
// its lines, whether it is seen here or by the server.
func (c *client) declare(ctx context.Context, file string) (declaration, error) {
	var d declaration
	raw, err := os.ReadFile(file) //nolint:gosec // G304: the user names the file
	if err != nil {
		return d, err
	}
	f, err := declare.Read(raw)
	if err != nil {
		return d, fmt.Errorf("%s:\n%w", file, err)
	}
	d.Parent = f.Parent
	d.raw, err = c.do(ctx, "POST", "/declarations", f.Document)
	var r *refused
	if errors.As(err, &r) && len(r.Errors) > 0 {
		var faults declare.Faults
		for _, e := range r.Errors {
			faults = append(faults, declare.Fault{Path: e.Location, Text: e.Message})
		}
		return d, fmt.Errorf("%s:\n%w", file, f.Locate(faults))
	}
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(d.raw, &d)
}
