package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"scimd/bench/people"
)

// ladder is the groups of growing size, each of which gives a role in each org.
type ladder struct {
	*world
	ids    []string // by rung
	inside [][]bool // by rung and worker
}

func (w *world) newLadder() (*ladder, error) {
	l := &ladder{world: w}
	for _, size := range w.Rungs() {
		id, err := w.group(people.Rung(size))
		if err != nil {
			return nil, err
		}
		l.ids = append(l.ids, id)
		l.inside = append(l.inside, make([]bool, w.scim.connections))
	}
	return l, nil
}

// withoutMembers is the answer that every client can do with; the whole group
// in each answer would measure the network.
func withoutMembers(group string) string { return "/Groups/" + group + "?excludedAttributes=members" }

// move adds and removes by turns a person whom only this worker moves.
func (l *ladder) move(rung int) task {
	return func(c *conn, worker, _ int) error {
		if worker >= len(l.spares) {
			return errDone
		}
		id := l.spares[worker]
		operation := `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`
		if l.inside[rung][worker] {
			operation = `{"op":"remove","path":"members[value eq \"` + id + `\"]"}`
		}
		got, err := c.do("PATCH", withoutMembers(l.ids[rung]), patch(operation))
		if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
			return err
		}
		l.inside[rung][worker] = !l.inside[rung][worker]
		return nil
	}
}

// leave checks that exactly those are members who were acknowledged as such,
// and takes the last of them out again.
func (l *ladder) leave(rung int) error {
	size, in := l.Rungs()[rung], 0
	for worker, inside := range l.inside[rung] {
		if !inside {
			continue
		}
		in++
		err := l.one(l.scim.door, func(c *conn) error {
			got, err := c.do("GET", "/Users/"+l.spares[worker], "")
			return wantHolding(got, err, l.ids[rung])
		})
		if err != nil {
			return err
		}
	}
	if err := l.wantMembers(l.ids[rung], size+in); err != nil {
		return err
	}
	return l.one(l.scim.door, func(c *conn) error {
		for worker, inside := range l.inside[rung] {
			if inside {
				if err := l.move(rung)(c, worker, 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (w *world) wantMembers(group string, n int) error {
	return w.one(w.scim.door, func(c *conn) error {
		got, err := c.do("GET", "/Groups/"+group, "")
		if err := want(got, err, http.StatusOK); err != nil {
			return err
		}
		if in := countMembers(got); in != n {
			return fmt.Errorf("got %d members, want %d", in, n)
		}
		return nil
	})
}

// countMembers counts without making objects of a million members.
func countMembers(got answer) int { return bytes.Count(got.body, []byte(`"value":"`)) }

// climb measures the change of one member at each rung: on all connections
// against the ceiling, and on one, by turns, against the lowest rung.
func (w *world) climb(ctx context.Context) error {
	l, err := w.newLadder()
	if err != nil {
		return err
	}
	var faults []error
	first := len(w.rows)
	for rung, size := range w.Rungs() {
		name := fmt.Sprintf("PATCH one member of %d", size)
		faults = append(faults, w.rate(ctx, name, w.budgets().member, l.move(rung)), named(name, l.leave(rung)))
	}
	tasks := make([]task, len(l.ids))
	for rung := range l.ids {
		tasks[rung] = l.move(rung)
	}
	p50, err := interleaved(ctx, w.scim.once(), tasks)
	for rung := range l.ids {
		w.rows[first+rung].factor = float64(p50[rung]) / float64(p50[0])
		faults = append(faults, named("PATCH one member", l.leave(rung)))
		w.curve("PATCH one member", w.Rungs()[rung], p50[rung])
	}
	return errors.Join(append(faults, err)...)
}

// rounds is how often tasks that are compared take turns, so that what else the
// machine does hits all of them alike.
const rounds = 5

// interleaved gives the p50 of each task.
func interleaved(ctx context.Context, l load, tasks []task) ([]time.Duration, error) {
	l.duration /= rounds
	medians := make([][]time.Duration, len(tasks))
	for range rounds {
		for i, t := range tasks {
			f, err := l.hammer(ctx, t)
			if err != nil {
				return make([]time.Duration, len(tasks)), err
			}
			medians[i] = append(medians[i], f.p50)
		}
	}
	out := make([]time.Duration, len(tasks))
	for i, m := range medians {
		slices.Sort(m)
		out[i] = m[len(m)/2]
	}
	return out, nil
}

// hundredThousand is the rung of which budgets speak, or the highest.
func (l *ladder) hundredThousand() (rung, size int) {
	for i, size := range l.Rungs() {
		if size <= 100_000 {
			rung = i
		}
	}
	return rung, l.Rungs()[rung]
}

// moveMany adds and removes a thousand people by one request each.
func (w *world) moveMany(ctx context.Context) error {
	l, err := w.newLadder()
	if err != nil {
		return err
	}
	rung, size := l.hundredThousand()
	many := w.spares[:min(1000, len(w.spares))]
	b := w.budgets().thousand
	if size < 100_000 || len(many) < 1000 {
		b = budget{}
	}
	members := memberList(many)
	names := []string{fmt.Sprintf("PATCH adds %d to a group of %d", len(many), size), fmt.Sprintf("PATCH removes %d from it", len(many))}
	ops := []string{`{"op":"add","path":"members","value":` + members + `}`, `{"op":"remove","path":"members","value":` + members + `}`}
	var latencies [2][]time.Duration
	_, err = w.scim.once().hammer(ctx, func(c *conn, _, turn int) error {
		for i, op := range ops {
			before := time.Now()
			got, err := c.do("PATCH", withoutMembers(l.ids[rung]), patch(op))
			if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
				return err
			}
			latencies[i] = append(latencies[i], time.Since(before))
			if turn == 0 {
				if err := w.wantMembers(l.ids[rung], size+(1-i)*len(many)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for i := range ops {
		w.add(row{name: names[i], figures: measured(w.scim.duration/2, latencies[i]), budget: b})
		w.rows[len(w.rows)-1].rate = 0 // one request after the other says nothing about a rate
	}
	return named(names[0], errors.Join(err, w.wantMembers(l.ids[rung], size)))
}

func memberList(ids []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"value":"` + id + `"}`)
	}
	return b.String() + "]"
}

// putMembers replaces all members of a group that no org maps: by nine tenths
// of the same, and by others.
func (w *world) putMembers(ctx context.Context) error {
	n := min(10_000, len(w.sample)/2)
	ids := make([]string, 2*n)
	for i := range ids {
		ids[i] = w.sample[i].id
	}
	mostly := append(slices.Clone(ids[:n-n/10]), ids[n:n+n/10]...)
	var group string
	err := w.one(w.scim.door, func(c *conn) (err error) {
		group, err = c.create("/Groups?excludedAttributes=members", groupOf(ids[:n]))
		return err
	})
	if err != nil {
		return named("POST group", err)
	}
	b := w.budgets()
	if n < 10_000 {
		b.putSame, b.putOther = budget{}, budget{}
	}
	faults := []error{
		w.put(ctx, fmt.Sprintf("PUT %d members, 90 %% the same", n), b.putSame, group, ids[:n], mostly),
		w.put(ctx, fmt.Sprintf("PUT %d members, all different", n), b.putOther, group, ids[:n], ids[n:]),
	}
	return errors.Join(append(faults, w.one(w.scim.door, func(c *conn) error {
		got, err := c.do("DELETE", "/Groups/"+group, "")
		return named("DELETE group", want(got, err, http.StatusNoContent))
	}))...)
}

func groupOf(members []string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"bench put","members":` + memberList(members) + `}`
}

// put gives a group the one list of members and the other by turns. It checks
// the first change, which a lost one cannot hide behind, and the last.
func (w *world) put(ctx context.Context, name string, b budget, group string, lists ...[]string) error {
	bodies := []string{groupOf(lists[0]), groupOf(lists[1])}
	last := 1
	change := func(c *conn, _, turn int) error {
		last = (turn + 1) % 2
		got, err := c.do("PUT", withoutMembers(group), bodies[last])
		return want(got, err, http.StatusOK, http.StatusNoContent)
	}
	check := func(c *conn) error { return c.wantList(group, lists[last]) }
	err := w.one(w.scim.door, func(c *conn) error { return errors.Join(change(c, 0, 0), check(c), change(c, 0, 1)) })
	return errors.Join(named(name, err), w.alone(ctx, name, b, change), named(name, w.one(w.scim.door, check)))
}

// wantList checks that a group has exactly these members.
func (c *conn) wantList(group string, members []string) error {
	got, err := c.do("GET", "/Groups/"+group, "")
	if err := want(got, err, http.StatusOK); err != nil {
		return err
	}
	var read struct{ Members []struct{ Value string } }
	if err := json.Unmarshal(got.body, &read); err != nil {
		return err
	}
	in := make([]string, len(read.Members))
	for i, m := range read.Members {
		in[i] = m.Value
	}
	expected := slices.Clone(members)
	slices.Sort(in)
	slices.Sort(expected)
	if !slices.Equal(in, expected) {
		return fmt.Errorf("got %d members, want the %d of the last request", len(in), len(expected))
	}
	return nil
}

// readGroups reads the group of each rung whole.
func (w *world) readGroups(ctx context.Context) error {
	l, err := w.newLadder()
	if err != nil {
		return err
	}
	judged, _ := l.hundredThousand()
	var faults []error
	for rung, size := range w.Rungs() {
		b := w.budgets()
		if rung != judged || size < 100_000 {
			b.group, b.firstByte, b.groupMemory = budget{}, budget{}, budget{}
		}
		name := fmt.Sprintf("GET group of %d", size)
		var firsts []time.Duration
		read := func() error {
			return w.alone(ctx, name, b.group, func(c *conn, _, _ int) error {
				got, err := c.do("GET", "/Groups/"+l.ids[rung], "")
				if err := want(got, err, http.StatusOK); err != nil {
					return err
				}
				firsts = append(firsts, got.first)
				if n := countMembers(got); n != size {
					return fmt.Errorf("got %d members, want %d", n, size)
				}
				return nil
			})
		}
		if rung != judged || w.server == nil {
			faults = append(faults, read())
		} else {
			before, err := w.server.memory()
			most, fault := w.server.peak(read)
			faults = append(faults, err, fault)
			w.add(row{name: "memory that this takes", bytes: max(most-before, 1), budget: b.groupMemory})
		}
		f := measured(w.scim.duration, firsts)
		if rung == judged {
			w.add(row{name: fmt.Sprintf("first byte of the group of %d", size), figures: figures{done: f.done, p50: f.p50, p99: f.p99}, budget: b.firstByte})
		}
		w.curve("GET group", size, rowNamed(w.rows, name).p50)
	}
	return errors.Join(faults...)
}
