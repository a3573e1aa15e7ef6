package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
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
	as                     string
	acknowledge            bool

	preview bool // flag of every command that changes settings
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
		a.serveCommand(), a.devCommand(), a.backupCommand(), a.restoreCommand(), a.storeCommand(),
		a.parentCommand(), a.orgCommand(), a.seatsCommand(), a.syncCommand(), a.verifyCommand(),
		a.planCommand(), a.memberCommand(), a.pinCommand(), a.holdCommand(), a.explainCommand(), a.mappingCommand(),
		a.loginCommand(), a.personCommand(), a.reportCommand(),
		a.directoryCommand(), a.tokenCommand(), a.usersCommand(), a.groupsCommand(),
		a.applyCommand(), a.exportCommand(),
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
	return a.askFor(outputs, use, short, args, run)
}

// outputs are what every client command knows.
var outputs = []string{"json", "table"}

// askFor is ask of a command that knows other outputs.
func (a *app) askFor(outputs []string, use, short string, args int, run func(ctx context.Context, c *client, args []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkOutput(outputs); err != nil {
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
	cmd.Flags().Lookup("output").Usage = strings.Join(outputs, " or ")
	return cmd
}

func (a *app) checkOutput(known []string) error {
	if !slices.Contains(known, a.output) {
		return fmt.Errorf("--output %q is not one of %s", a.output, strings.Join(known, ", "))
	}
	return nil
}

func (a *app) clientFlags(f *pflag.FlagSet) {
	f.StringVar(&a.url, "url", "", "address of the server (SCIMD_URL; default: what serve left in the data folder)")
	f.StringVar(&a.key, "key", "", "administrator key (SCIMD_ADMIN_KEY; default likewise)")
	f.StringVar(&a.data, "data", "", "data folder of a server on this machine (SCIMD_DATA; default data)")
	f.StringVarP(&a.output, "output", "o", "table", "json or table")
	f.StringVar(&a.as, "as", "", "the administrator for whom this is done, by userName or e-mail (SCIMD_AS; default: the label of the key)")
	f.BoolVar(&a.acknowledge, "acknowledge", false, "go on though that administrator loses their own administrative role (P-6)")
}
