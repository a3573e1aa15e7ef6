package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"scimd/bench/people"
)

// point is a place on a curve.
type point struct {
	x int
	y time.Duration
}

// curve adds a point to the curve of a name.
func (w *world) curve(name string, x int, y time.Duration) {
	if w.curves == nil {
		w.curves = map[string][]point{}
	}
	w.curves[name] = append(w.curves[name], point{x, y})
}

// growth is the latency of one connection in directories of growing size.
type growth struct {
	operation string
	points    []point
}

// factor compares the largest directory with the smallest.
func (g growth) factor() float64 {
	if len(g.points) == 0 || g.points[0].y == 0 {
		return 0
	}
	return float64(g.points[len(g.points)-1].y) / float64(g.points[0].y)
}

// grow measures the same in all worlds by turns.
func grow(ctx context.Context, worlds []*world) ([]growth, error) {
	tasks := map[string][]task{}
	var order []string
	for _, w := range worlds {
		l, err := w.newLadder()
		if err != nil {
			return nil, err
		}
		titles := w.newTitles()
		for _, o := range []struct {
			name string
			t    task
		}{
			{"GET user by id", w.getByID},
			{"lookup by userName", w.lookupByUserName},
			{"POST user", func(c *conn, _, _ int) error {
				_, err := c.create("/Users", w.JSON(w.newcomer()))
				w.total++
				return err
			}},
			{"PATCH user", titles.patch},
			{"PATCH one member of " + people.Rung(l.Rungs()[0]), l.move(0)},
			{"first page of 100 users", w.page(firstPage)},
			{"page 5,000, or the last", w.page(func(int) int { return w.deepPage() })},
		} {
			if _, known := tasks[o.name]; !known {
				order = append(order, o.name)
			}
			tasks[o.name] = append(tasks[o.name], o.t)
		}
	}
	out := make([]growth, 0, len(order))
	for _, name := range order {
		p50, err := turns(ctx, worlds, tasks[name])
		if err != nil {
			return out, fmt.Errorf("growth, %s: %w", name, err)
		}
		g := growth{operation: name}
		for i, w := range worlds {
			g.points = append(g.points, point{w.Users, p50[i]})
		}
		out = append(out, g)
	}
	for _, w := range worlds {
		if err := w.checkTotal(); err != nil {
			return out, fmt.Errorf("growth: %w", err)
		}
	}
	return out, nil
}

// turns gives the p50 of a task in each world.
func turns(ctx context.Context, worlds []*world, tasks []task) ([]time.Duration, error) {
	medians := make([][]time.Duration, len(worlds))
	for range rounds {
		for i, w := range worlds {
			l := w.scim.once()
			l.duration /= rounds
			f, err := l.hammer(ctx, tasks[i])
			if err != nil {
				return nil, fmt.Errorf("%d users: %w", w.Users, err)
			}
			medians[i] = append(medians[i], f.p50)
		}
	}
	out := make([]time.Duration, len(worlds))
	for i, m := range medians {
		slices.Sort(m)
		out[i] = m[len(m)/2]
	}
	return out, nil
}
