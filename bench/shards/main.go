// Command shards owns the simulation of placement: many tenants of realistic
// sizes on a few databases, by hash of the tenant key and on the least loaded,
// and what it costs to move one. It runs no server.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "shards:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	var (
		p     population
		r     rates
		sizes string
		each  bool
	)
	flags := flag.NewFlagSet("shards", flag.ContinueOnError)
	flags.IntVar(&p.tenants, "tenants", 10_000, "parents")
	flags.IntVar(&p.largest, "largest", 1_000_000, "users of the largest")
	flags.IntVar(&p.smallest, "smallest", 10, "users of the smallest")
	flags.Float64Var(&p.exponent, "exponent", 1.0, "of Zipf's law: the parent of rank k has largest / k^exponent users")
	flags.Float64Var(&p.writes, "writes", 0.2, "writes of one user a day, in the mean")
	flags.Uint64Var(&p.seed, "seed", 1, "`number` that decides who arrives when")
	flags.Float64Var(&r.rows, "rows", 16, "rows of one user: account, resource, 3 values, 5 memberships, and member, history and event in 2 orgs")
	flags.Float64Var(&r.bytes, "bytes", defaultBytes, "bytes of one user in the database, with indexes")
	flags.Float64Var(&r.perSecond, "rate", defaultRate, "rows a second that a move reads and writes")
	flags.StringVar(&sizes, "shards", "4,8,16,32", "numbers of shards")
	flags.BoolVar(&each, "each", false, "print each shard too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if p.tenants < 1 || p.largest < p.smallest || p.smallest < 1 || p.exponent <= 0 || r.perSecond <= 0 {
		return errors.New("want tenants with users, sizes that fall, and a rate")
	}
	numbers, err := numbersOf(sizes)
	if err != nil {
		return err
	}
	tenants := p.draw()
	all := place(tenants, 1, byHash)[0]
	_, _ = fmt.Fprintf(out, "%d parents, %d users, %.0f writes a day; the largest has %d users (%.1f %%), half have %d or fewer\n\n",
		len(tenants), all.users, all.writes, all.largest, 100*float64(all.largest)/float64(all.users), ranked(tenants, 50).users)
	if err := printSpread(out, tenants, numbers); err != nil {
		return err
	}
	if each {
		if err := printEach(out, tenants, numbers); err != nil {
			return err
		}
	}
	return printMoves(out, tenants, r)
}

// What the loader of bench/seed wrote for each of 102,000 users in 2 orgs, and
// how fast, on two cores that others used too.
const (
	defaultBytes = 4900
	defaultRate  = 12_000
)

func numbersOf(text string) (out []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-shards: got %q, want numbers such as 4,8", part)
		}
		out = append(out, n)
	}
	return out, nil
}

var placements = []struct {
	name  string
	where placement
}{{"hash", byHash}, {"least loaded", leastLoaded}}

func printSpread(out io.Writer, tenants []tenant, numbers []int) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "shards\tplacement\tusers, mean\tusers, most\tmost / mean\tat best\twrites, most / mean\tlargest parent's share of its shard\t")
	for _, n := range numbers {
		for _, p := range placements {
			shards := place(tenants, n, p.where)
			var sum, most, largest, host int
			for _, s := range shards {
				sum, most = sum+s.users, max(most, s.users)
				if s.largest > largest {
					largest, host = s.largest, s.users
				}
			}
			mean := float64(sum) / float64(n)
			_, _ = fmt.Fprintf(t, "%d\t%s\t%.0f\t%d\t%.2f\t%.2f\t%.2f\t%.0f %%\t\n", n, p.name, mean, most,
				spread(shards, users), max(1, float64(largest)/mean), spread(shards, writes), 100*float64(largest)/float64(host))
		}
	}
	return t.Flush()
}

func printEach(out io.Writer, tenants []tenant, numbers []int) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\nshards\tplacement\tshard\tparents\tusers\twrites a day\tlargest parent\t")
	for _, n := range numbers {
		for _, p := range placements {
			for i, s := range place(tenants, n, p.where) {
				_, _ = fmt.Fprintf(t, "%d\t%s\t%d\t%d\t%d\t%.0f\t%d\t\n", n, p.name, i, s.tenants, s.users, s.writes, s.largest)
			}
		}
	}
	return t.Flush()
}

func printMoves(out io.Writer, tenants []tenant, r rates) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\nmoving a parent\tusers\trows\tMB\tseconds\t")
	for _, who := range []struct {
		name    string
		percent float64
	}{{"the largest", 100}, {"of the largest 1 %", 99}, {"of the largest 10 %", 90}, {"in the middle", 50}} {
		m := r.move(ranked(tenants, who.percent))
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.0f\t%.1f\t%.1f\t\n", who.name, m.users, m.rows, m.bytes/1e6, m.took)
	}
	return t.Flush()
}
