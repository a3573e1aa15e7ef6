package main

import (
	"fmt"
	"time"
)

// row is one line of the table.
type row struct {
	name string
	figures
	ratio  float64 // of the ceiling; 0: not compared
	factor float64 // to the row that the budget names; 0: none
	bytes  int64   // of memory or disk; 0: not about that
	budget budget
}

// budget is what design §8 allows. What is zero is not asked for.
type budget struct {
	ratio    float64 // at least
	factor   float64 // at most
	p50, p99 time.Duration
	bytes    int64
}

// verdict is "met", "missed", or "" where nothing is asked.
func (r row) verdict() string {
	b := r.budget
	if b == (budget{}) {
		return ""
	}
	if r.ratio < b.ratio || over(r.factor, b.factor) || over(r.p50, b.p50) || over(r.p99, b.p99) || over(r.bytes, b.bytes) {
		return "missed"
	}
	return "met"
}

func over[T int64 | float64 | time.Duration](got, most T) bool { return most > 0 && got > most }

func (b budget) String() string {
	var text string
	add := func(asked bool, format string, args ...any) {
		if asked && text != "" {
			text += ", "
		}
		if asked {
			text += fmt.Sprintf(format, args...)
		}
	}
	add(b.ratio > 0, "≥ %.2f", b.ratio)
	add(b.factor > 0, "≤ %.1f x", b.factor)
	add(b.p50 > 0, "p50 ≤ %s", b.p50)
	add(b.p99 > 0, "p99 ≤ %s", b.p99)
	add(b.bytes > 0, "≤ %s", size(b.bytes))
	return text
}

// size is bytes for people.
func size(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// short is a time for people, in three digits or so.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// perSecond has a decimal where it would be 0 or 1 without.
func perSecond(rate float64) string {
	if rate < 10 {
		return cell("%.1f", rate)
	}
	return cell("%.0f", rate)
}

func cell(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

// cells are the figures of a row, as the table's columns say.
func (r row) cells() []string {
	bytes := ""
	if r.bytes > 0 {
		bytes = size(r.bytes)
	}
	return []string{perSecond(r.rate), cell("%.3f", r.ratio), short(r.p50), short(r.p99), cell("%.2f", r.factor), bytes, r.verdict()}
}

var columns = []string{"per second", "of ceiling", "p50", "p99", "factor", "size", "verdict"}
