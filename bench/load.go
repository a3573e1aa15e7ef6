package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// task does the work of one connection once; the error says what was wrong
// with the answer.
type task func(c *conn, worker, turn int) error

// load says how a task is repeated.
type load struct {
	door
	connections int
	duration    time.Duration
	least, most int // turns of each connection, whatever the time; 0: one, and any number
}

// once is the load of one connection; the median of fewer than three says nothing.
func (l load) once() load { l.connections, l.least = 1, 3; return l }

// hammer runs the task on every connection until the time is over. A request under way is waited for, so that the counts checked
// afterwards are exact. The error is the first wrong answer.
func (l load) hammer(ctx context.Context, t task) (figures, error) {
	latencies := make([][]time.Duration, l.connections)
	faults := make([]error, l.connections)
	start := time.Now()
	end := start.Add(l.duration)
	err := each(l.connections, func(worker int) error {
		c, err := newConn(l.door)
		if err != nil {
			return err
		}
		defer c.close()
		for turn := 0; ctx.Err() == nil && (l.most == 0 || turn < l.most); turn++ {
			before := time.Now()
			if turn >= max(l.least, 1) && before.After(end) {
				return nil
			}
			if err := t(c, worker, turn); errors.Is(err, errDone) {
				return nil
			} else if err != nil {
				faults[worker] = err
				return nil // what comes after a wrong answer is of no use
			}
			latencies[worker] = append(latencies[worker], time.Since(before))
		}
		return ctx.Err()
	})
	return measured(time.Since(start), slices.Concat(latencies...)), errors.Join(err, first(faults))
}

// errDone ends the turns of a worker that has nothing left to do.
var errDone = errors.New("done")

func first(faults []error) error {
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

// figures are what a scenario came to.
type figures struct {
	done     int
	rate     float64 // per second
	p50, p99 time.Duration
}

func measured(took time.Duration, latencies []time.Duration) figures {
	slices.Sort(latencies)
	return figures{
		done: len(latencies), rate: float64(len(latencies)) / took.Seconds(),
		p50: percentile(latencies, 50), p99: percentile(latencies, 99),
	}
}

func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// each runs fn once for every worker at the same time and returns one error.
func each(workers int, fn func(worker int) error) error {
	var wg sync.WaitGroup
	faults := make([]error, workers)
	for worker := range workers {
		wg.Go(func() { faults[worker] = fn(worker) })
	}
	wg.Wait()
	return first(faults)
}

// everywhere runs fn for every number below n, on all connections.
func (l load) everywhere(n int, fn func(c *conn, i int) error) error {
	return each(l.connections, func(worker int) error {
		c, err := newConn(l.door)
		if err != nil {
			return err
		}
		defer c.close()
		for i := worker; i < n; i += l.connections {
			if err := fn(c, i); err != nil {
				return err
			}
		}
		return nil
	})
}
