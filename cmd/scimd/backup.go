package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"scimd/store/sqlite"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	return a.onDatabase("backup", "Copy the database to a file, while it is served or not", func(cmd *cobra.Command) {
		cmd.Flags().BoolVar(&force, "force", false, "replace FILE")
	}, func(ctx context.Context, c Config, file string) error {
		var summary sqlite.Summary
		var err error
		if c.Store.Driver == "postgres" {
			summary, err = a.backupPostgres(ctx, c, file, force)
		} else {
			advance, finish := a.progress("copying")
			summary, err = sqlite.Backup(ctx, c.databaseFile(), file, force, advance)
			finish()
		}
		if exists := new(sqlite.ExistsError); errors.As(err, &exists) {
			return fmt.Errorf("%w: --force replaces it", err)
		}
		if err != nil {
			return err
		}
		return a.summarize(file, summary)
	})
}

func (a *app) restoreCommand() *cobra.Command {
	return a.onDatabase("restore", "Make the database of a server of a backup", nil, func(ctx context.Context, c Config, file string) error {
		if c.Store.Driver == "postgres" {
			summary, err := a.restorePostgres(ctx, c, file)
			if err != nil {
				return err
			}
			return a.summarize(file, summary)
		}
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return err
		}
		advance, finish := a.progress("copying")
		summary, err := sqlite.Restore(ctx, file, c.databaseFile(), advance)
		finish()
		if exists := new(sqlite.ExistsError); errors.As(err, &exists) {
			return fmt.Errorf("%w: move it away first, nothing is written over", err)
		}
		if err != nil {
			return err
		}
		return a.summarize(c.databaseFile(), summary)
	})
}

// onDatabase is a command that works on the database of a server's configuration,
// not through the server.
func (a *app) onDatabase(verb, short string, more func(*cobra.Command), run func(ctx context.Context, c Config, file string) error) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use: verb + " FILE", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig(config, cmd.Flags())
			if err != nil {
				return err
			}
			return run(cmd.Context(), c, args[0])
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "configuration file of the server")
	cmd.Flags().String("data", "", "folder of the database (default data)")
	if more != nil {
		more(cmd)
	}
	return cmd
}

func (a *app) summarize(file string, s sqlite.Summary) error {
	_, err := fmt.Fprintf(a.stdout, "%s is whole: schema %d, %d parents, %d orgs, %d directories, %d users, %d groups, %d other resources, %d events\n",
		file, s.Schema, s.Parents, s.Orgs, s.Directories, s.Users, s.Groups, s.Others, s.Events)
	return err
}
