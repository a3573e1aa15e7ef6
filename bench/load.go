package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// task does the work of one connection once; the error says what was wrong
// with the answer.
type task func(c *conn, worker, turn int) error

// row is one line of the table.
type row struct {
	name     string
	done     int
	faults   int
	fault    error // the first
	rate     float64
	ratio    float64 // to the ceiling
	p50, p99 time.Duration
}

// hammer runs the task on every connection until the time is over. A request
// under way is waited for, so that the counts checked afterwards are exact.
func hammer(ctx context.Context, name, base string, cfg config, t task) (row, error) {
	latencies := make([][]time.Duration, cfg.connections)
	faults := make([][]error, cfg.connections)
	start := time.Now()
	end := start.Add(cfg.duration)
	err := each(cfg.connections, func(worker int) error {
		c, err := newConn(base, cfg.token)
		if err != nil {
			return err
		}
		defer c.close()
		for turn := 0; ctx.Err() == nil; turn++ {
			before := time.Now()
			if before.After(end) {
				return nil
			}
			if err := t(c, worker, turn); err != nil {
				faults[worker] = append(faults[worker], err)
				continue
			}
			latencies[worker] = append(latencies[worker], time.Since(before))
		}
		return ctx.Err()
	})
	return summarise(name, time.Since(start), slices.Concat(latencies...), slices.Concat(faults...)), err
}

func summarise(name string, took time.Duration, latencies []time.Duration, faults []error) row {
	r := row{name: name, done: len(latencies), faults: len(faults), rate: float64(len(latencies)) / took.Seconds()}
	if len(faults) > 0 {
		r.fault = faults[0]
	}
	slices.Sort(latencies)
	r.p50, r.p99 = percentile(latencies, 50), percentile(latencies, 99)
	return r
}

func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// each runs fn once for every worker at the same time and returns one error.
func each(workers int, fn func(worker int) error) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	for worker := range workers {
		wg.Go(func() {
			if err := fn(worker); err != nil {
				mu.Lock()
				defer mu.Unlock()
				first = err
			}
		})
	}
	wg.Wait()
	return first
}

func writeTable(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "scenario\trequests\tper second\tp50\tp99\tof ceiling\twrong\t")
	for _, r := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%.0f\t%s\t%s\t%.3f\t%d\t\n", r.name, r.done, r.rate, r.p50.Round(time.Microsecond), r.p99.Round(time.Microsecond), r.ratio, r.faults)
	}
	_ = table.Flush()
	for _, r := range rows {
		if r.fault != nil {
			_, _ = fmt.Fprintf(out, "%s: %d wrong answers, the first: %v\n", r.name, r.faults, r.fault)
		}
	}
}
