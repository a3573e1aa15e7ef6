// Command seed owns the loading of large directories for measurements: it makes
// a data folder of scimd in minutes that a push would make in hours. It goes
// through the use cases, a thousand people at a time, so that members, seats,
// counters and index values are what the server itself would have made of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"scimd/bench/people"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var (
		folder string
		o      options
	)
	flag.StringVar(&folder, "data", "data", "`folder` to make; it must not hold a database yet")
	flag.IntVar(&o.Users, "users", 100_000, "people on the ladder of groups; some more are not")
	flag.Uint64Var(&o.Seed, "seed", 1, "`number` that decides who they are")
	flag.IntVar(&o.Orgs, "orgs", 2, "orgs of the parent, all on scim with mappings")
	flag.BoolVar(&o.verify, "verify", false, "recompute everyone at the end and fail on a difference")
	flag.Parse()
	begin := time.Now()
	o.progress = func(done int) {
		_, _ = fmt.Fprintf(os.Stderr, "\r%d of %d people, %s", done, o.Total(), time.Since(begin).Round(time.Second))
	}
	err := build(ctx, folder, o)
	_, _ = fmt.Fprintln(os.Stderr)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}

// options say what is made.
type options struct {
	people.Crowd
	Orgs     int
	verify   bool
	pushAll  bool           // nobody is a copy of another
	progress func(done int) // nil: nobody wants to know
}
