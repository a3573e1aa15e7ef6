// Command bench owns the load scenarios: it drives any SCIM server over HTTP
// and sets every rate against a bare net/http handler of the same run. It must
// not know which server it talks to, so it imports nothing of scimd.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

type config struct {
	url, token, ceiling string
	duration            time.Duration
	connections, users  int
	sizes               []int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	if cfg.ceiling == serveCeiling {
		return listenCeiling(ctx, out)
	}
	if cfg.ceiling == "" {
		url, stop, err := startCeiling(ctx)
		if err != nil {
			return err
		}
		defer stop()
		cfg.ceiling = url
	}
	rows, err := measureAll(ctx, cfg, out)
	writeTable(out, rows)
	return err
}

func parse(args []string) (config, error) {
	var cfg config
	var sizes string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&cfg.url, "url", "http://127.0.0.1:8080/scim/v2", "SCIM base `URL`")
	flags.StringVar(&cfg.token, "token", os.Getenv("SCIM_TOKEN"), "bearer `token`; default $SCIM_TOKEN")
	flags.StringVar(&cfg.ceiling, "ceiling", "", "`URL` of the handler to compare with; default a child process of our own")
	flags.DurationVar(&cfg.duration, "duration", 5*time.Second, "time of one scenario")
	flags.IntVar(&cfg.connections, "connections", 64, "keep-alive connections")
	flags.IntVar(&cfg.users, "users", 10_000, "users to create first; raised to what the groups need")
	flags.StringVar(&sizes, "sizes", "10,1000,100000", "group sizes for PATCH of one member, comma-separated")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil || n < 0 {
			return cfg, fmt.Errorf("-sizes: got %q, want numbers such as 10,1000", size)
		}
		cfg.sizes = append(cfg.sizes, n)
		// Each connection adds and removes a person of its own.
		cfg.users = max(cfg.users, n+cfg.connections)
	}
	if cfg.connections < 1 || cfg.duration <= 0 {
		return cfg, errors.New("got no connections or no duration, want at least one connection and some time")
	}
	return cfg, nil
}
