package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is the program with the world it runs in, so that a test can start it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time

	// flags of every client command
	url, key, data, output string
}

func newApp() *app {
	return &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
}

// run gives the exit status.
func (a *app) run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		var status exit
		if errors.As(err, &status) {
			return int(status)
		}
		if !errors.Is(err, context.Canceled) {
			_, _ = fmt.Fprintln(a.stderr, "scimd:", err)
		}
		return 1
	}
	return 0
}

// exit is a status that says something without anything having gone wrong.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "scimd",
		Short:         "A SCIM 2.0 server that turns pushed groups into roles and seats",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.AddCommand(
		a.serveCommand(), a.devCommand(),
		a.parentCommand(), a.orgCommand(), a.seatsCommand(), a.syncCommand(), a.verifyCommand(),
		a.memberCommand(), a.explainCommand(), a.mappingCommand(),
		a.directoryCommand(), a.tokenCommand(), a.usersCommand(), a.groupsCommand(),
		a.planFileCommand(), a.applyCommand(), a.exportCommand(),
		a.eventsCommand(), a.simulateCommand(), a.conformCommand(),
	)
	return root
}

// group is a noun with its verbs.
func group(noun, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: noun, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return c.Help()
	}}
	c.AddCommand(verbs...)
	return c
}

// ask is a command that speaks to a running server.
func (a *app) ask(use, short string, args int, run func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkOutput(); err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			return run(cmd.Context(), c, args)
		},
	}
	a.clientFlags(cmd.Flags())
	return cmd
}

func (a *app) checkOutput() error {
	if a.output != "json" && a.output != "table" {
		return fmt.Errorf("--output %q is not one of json, table", a.output)
	}
	return nil
}

func (a *app) clientFlags(f *pflag.FlagSet) {
	f.StringVar(&a.url, "url", "", "address of the server (SCIMD_URL; default: what serve left in the data folder)")
	f.StringVar(&a.key, "key", "", "administrator key (SCIMD_ADMIN_KEY; default likewise)")
	f.StringVar(&a.data, "data", "", "data folder of a server on this machine (SCIMD_DATA; default data)")
	f.StringVarP(&a.output, "output", "o", "table", "json or table")
}
