package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"scimd/store/postgres"
	"scimd/store/sqlite"
	"scimd/store/transfer"
)

func (a *app) storeCommand() *cobra.Command {
	return group("store", "The database itself, past the server", a.storeCopyCommand())
}

func (a *app) storeCopyCommand() *cobra.Command {
	var from, to string
	var switched, abandon bool
	cmd := &cobra.Command{
		Use: "copy", Short: "Copy everything to another database, and compare it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkOutput(outputs); err != nil {
				return err
			}
			if abandon {
				if to != "" || switched {
					return errors.New("--abandon goes with --from alone")
				}
				return a.abandonCopy(cmd.Context(), from)
			}
			return a.copyStore(cmd.Context(), from, to, switched)
		},
	}
	cmd.Long = cmd.Short + `.

A database is sqlite:PATH, or postgres:DSN, which may be a URL as it is; where
the DSN is left out, as in --to postgres:, it is that of SCIMD_STORE_DSN, which
keeps a password out of the process list. Ids, tokens, ETags, cursors and the
numbers of events stay what they are.

A source in SQLite may be served meanwhile. It notes which of its rows change,
and the copy follows. Called again, the command goes on where it stopped,
however that came. With --switch it ends: writes wait until the last changes are
copied and compared; then the source takes none any more, and a server over the
copy does.

A source in PostgreSQL is copied as it is at one moment, without what is written
afterwards: stop its servers first.

The target has to be empty. No server opens it before the copy has ended.`
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "the source")
	f.StringVar(&to, "to", "", "the target")
	f.BoolVar(&switched, "switch", false, "end the copy of a source that is served: it takes no writes any more")
	f.BoolVar(&abandon, "abandon", false, "give up the copy that follows the source, before it has ended")
	f.StringVarP(&a.output, "output", "o", "table", strings.Join(outputs, " or "))
	return cmd
}

// openEnd opens what a flag names.
func (a *app) openEnd(ctx context.Context, flag, name string, target bool) (transfer.Target, error) {
	driver, rest, ok := strings.Cut(name, ":")
	switch {
	case ok && driver == "sqlite" && rest != "" && target:
		return either(sqlite.OpenTarget(ctx, rest))
	case ok && driver == "sqlite" && rest != "":
		return either(sqlite.OpenSource(rest))
	case ok && (driver == "postgres" || driver == "postgresql"):
		dsn := rest
		if strings.HasPrefix(rest, "//") {
			dsn = name
		}
		if dsn == "" {
			dsn = a.getenv("SCIMD_STORE_DSN")
		}
		if dsn == "" {
			return nil, fmt.Errorf("--%s postgres: needs a DSN behind the colon, or in SCIMD_STORE_DSN", flag)
		}
		if target {
			return either(postgres.OpenTarget(ctx, dsn))
		}
		return either(postgres.OpenSource(ctx, dsn))
	}
	// What was given may hold a password.
	return nil, fmt.Errorf("--%s is neither sqlite:PATH nor postgres:DSN", flag)
}

// either keeps a nil pointer from becoming something.
func either[T transfer.Target](t T, err error) (transfer.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (a *app) copyStore(ctx context.Context, from, to string, switched bool) (err error) {
	source, err := a.openEnd(ctx, "from", from, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := a.openEnd(ctx, "to", to, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	stages := &stages{app: a}
	report, err := transfer.Run(ctx, source, target, transfer.Options{NewID: newID, Switch: switched, Progress: stages.advance})
	stages.end()
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", source, target, err)
	}
	return a.showCopy(report, source, target)
}

func (a *app) showCopy(r transfer.Report, source, target transfer.Database) error {
	type line struct {
		Table    string `json:"table"`
		Rows     int    `json:"rows"`
		Checksum string `json:"checksum"`
	}
	all := struct {
		Items    []line `json:"items"`
		Finished bool   `json:"finished"`
	}{Finished: r.Finished}
	for _, t := range r.Tables {
		all.Items = append(all.Items, line{t.Table, t.Rows, t.SHA256})
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if len(all.Items) > 0 {
		if err := a.show(raw, "table", "rows", "checksum"); err != nil {
			return err
		}
	}
	say := fmt.Sprintf("%s holds what %s does: serve it", target, source)
	if !r.Finished {
		say = fmt.Sprintf("%s is followed, with %d changes to copy: run this again with --switch to move to %s, or with --abandon and --from alone to give up", source, r.Behind, target)
	}
	_, err = fmt.Fprintln(a.stderr, say)
	return err
}

func (a *app) abandonCopy(ctx context.Context, from string) (err error) {
	source, err := a.openEnd(ctx, "from", from, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	followed, ok := source.(transfer.Followed)
	if !ok {
		return fmt.Errorf("%s is not followed", source)
	}
	if err := followed.Abandon(ctx); err != nil {
		return fmt.Errorf("abandon the copy of %s: %w", source, err)
	}
	return nil
}

// stages shows how far a copy is: a bar on a terminal, else a line at each
// tenth.
type stages struct {
	*app
	stage string
	bar   func(done, total int)
	clear func()
	tenth int
}

// end takes the bar away.
func (s *stages) end() {
	if s.clear != nil {
		s.clear()
	}
}

func (s *stages) advance(stage string, done, total int) {
	if stage != s.stage {
		s.end()
		s.stage, s.tenth = stage, 0
		s.bar, s.clear = s.progress(stage)
	}
	if s.bar != nil {
		s.bar(done, total)
		return
	}
	if tenth := 10 * done / max(total, 1); tenth > s.tenth {
		s.tenth = tenth
		_, _ = fmt.Fprintf(s.stderr, "%s: %d of %d rows\n", stage, done, total) // who cannot hear stops nothing
	}
}
