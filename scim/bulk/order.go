package bulk

import (
	"slices"
	"strings"
)

// Steps gives the order in which to carry out the operations, by index: the
// order of the request, except that an operation waits for those it refers to
// and with it those after it on the same resource. A step of several
// operations is a circle: each refers, over some of the others, to itself. A
// circle waits for the last of it.
func (j *Job) Steps() [][]int {
	waits := j.waits()
	circles := make([][]int, len(waits)) // by the last operation of each
	last := make([]int, len(waits))
	for _, c := range components(waits) {
		l := c[len(c)-1]
		circles[l] = c
		for _, i := range c {
			last[i] = l
		}
	}
	unmet, then := make([]int, len(waits)), make([][]int, len(waits))
	for i, before := range waits {
		for _, b := range before {
			if last[b] != last[i] {
				unmet[last[i]]++
				then[last[b]] = append(then[last[b]], last[i])
			}
		}
	}
	var steps [][]int
	var ready []int // sorted
	for l, c := range circles {
		if c != nil && unmet[l] == 0 {
			ready = append(ready, l)
		}
	}
	for len(ready) > 0 {
		l := ready[0]
		ready = ready[1:]
		steps = append(steps, circles[l])
		for _, next := range then[l] {
			if unmet[next]--; unmet[next] == 0 {
				at, _ := slices.BinarySearch(ready, next)
				ready = slices.Insert(ready, at, next)
			}
		}
	}
	return steps
}

// waits lists for each operation those that must come before it.
func (j *Job) waits() [][]int {
	creator, onto := map[string]int{}, map[string]int{}
	for i, op := range j.Operations {
		if op.Fault == nil && op.Creates() {
			creator[op.BulkID] = i
		}
	}
	waits := make([][]int, len(j.Operations))
	for i, op := range j.Operations {
		for _, r := range op.References {
			if c, ok := creator[r]; ok {
				waits[i] = append(waits[i], c)
			}
		}
		if op.Fault != nil || op.Creates() {
			continue
		}
		target := strings.ToLower(strings.Join(op.Path, "/"))
		if before, ok := onto[target]; ok {
			waits[i] = append(waits[i], before)
		}
		onto[target] = i
	}
	return waits
}

// components are the strongly connected components of a graph, each sorted
// (Tarjan, Depth-first search and linear graph algorithms, 1972).
func components(edges [][]int) [][]int {
	var (
		out   [][]int
		stack []int
		count int
		order = make([]int, len(edges)) // of the first visit, from 1
		low   = make([]int, len(edges)) // the earliest visit that is on the stack and can be reached
		on    = make([]bool, len(edges))
		visit func(int)
	)
	visit = func(v int) {
		count++
		order[v], low[v], on[v] = count, count, true
		stack = append(stack, v)
		for _, w := range edges[v] {
			if order[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if on[w] {
				low[v] = min(low[v], order[w])
			}
		}
		if low[v] != order[v] {
			return
		}
		var c []int
		for on[v] {
			w := stack[len(stack)-1]
			stack, on[w] = stack[:len(stack)-1], false
			c = append(c, w)
		}
		slices.Sort(c)
		out = append(out, c)
	}
	for v := range edges {
		if order[v] == 0 {
			visit(v)
		}
	}
	return out
}
