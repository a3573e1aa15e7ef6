// Command bench owns the load scenarios: it seeds servers, drives them over
// HTTP, checks every answer and sets each rate against a bare net/http handler
// of the same moment. It must not know what goes on inside the server, so it
// imports nothing of scimd; what fills a database quickly is a child process,
// like the server itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type config struct {
	users       int
	growth      []int
	syncUsers   int
	syncOrgs    int
	seed        uint64
	connections int
	duration    time.Duration
	seeds       string
	scimd       string
	storeDSN    string
	docs, note  string
	judged      bool
	only        *regexp.Regexp
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	start := func() error { return run(ctx, os.Args[1:], os.Stdout) }
	if os.Getenv(ceilingVariable) != "" {
		start = func() error { return listenCeiling(ctx, os.Stdout) }
	}
	if err := start(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	return cfg.measure(ctx, out)
}

func parse(args []string) (config, error) {
	var cfg config
	var sizes, only string
	var smoke bool
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&cfg.users, "users", 100_000, "users of the directory, and members of its largest group")
	flags.StringVar(&sizes, "growth", "", "directories to compare, as in 10000,100000; default powers of ten from 10,000 up to -users; none: 0")
	flags.IntVar(&cfg.syncUsers, "sync-users", 100_000, "most people of the parent with many orgs; 0: no sync")
	flags.IntVar(&cfg.syncOrgs, "sync-orgs", 10, "its orgs")
	flags.Uint64Var(&cfg.seed, "seed", 1, "`number` that decides who the people are")
	flags.IntVar(&cfg.connections, "connections", 64, "keep-alive connections")
	flags.DurationVar(&cfg.duration, "duration", 5*time.Second, "time of one row")
	flags.StringVar(&cfg.seeds, "seeds", "", "`folder` in which seeded databases are kept for the next run; default none")
	flags.StringVar(&cfg.scimd, "scimd", "", "`binary` to measure; default one that is built")
	flags.StringVar(&cfg.storeDSN, "store-dsn", "", "`DSN` of a PostgreSQL database, for a second column. Everything in its schema public is dropped. {users} in it becomes the size of the directory; without that, growth is not measured there")
	flags.StringVar(&cfg.docs, "docs", "", "`file` to write as docs/performance.md, with its plots in a folder beside it")
	flags.StringVar(&cfg.note, "note", "", "`sentence` on the circumstances, for that file")
	flags.StringVar(&only, "run", "", "`regexp` of the scenarios to run: reads, pages, patch, mixed, shared, members, thousand, put, group, login, post, onboarding, delete, verify, sync, growth; default all")
	flags.BoolVar(&smoke, "smoke", false, "correctness alone: small sizes, no verdict on speed")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	cfg.judged = !smoke
	if smoke {
		set := map[string]bool{}
		flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
		for name, value := range map[string]string{"users": "10000", "growth": "1000,10000", "sync-users": "2000", "duration": "1s"} {
			if set[name] {
				continue
			}
			if err := flags.Set(name, value); err != nil {
				return cfg, err
			}
		}
	}
	var err error
	if cfg.only, err = regexp.Compile(only); err != nil {
		return cfg, fmt.Errorf("-run: %w", err)
	}
	if cfg.growth, err = parseSizes(sizes, cfg.users); err != nil {
		return cfg, err
	}
	if cfg.connections < 1 || cfg.duration <= 0 || cfg.users < 100 {
		return cfg, errors.New("want at least one connection, some time and 100 users")
	}
	return cfg, nil
}

func parseSizes(text string, users int) (sizes []int, err error) {
	if text == "" {
		for n := 10_000; n <= users; n *= 10 {
			sizes = append(sizes, n)
		}
		return sizes, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n != 0 && n < 100 {
			return nil, fmt.Errorf("-growth: got %q, want numbers from 100 on, such as 10000,100000", part)
		}
		if n > 0 {
			sizes = append(sizes, n)
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes), nil
}
