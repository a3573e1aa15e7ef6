package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// scenario is a few rows that belong together.
type scenario struct {
	name string
	run  func(*world, context.Context) error
}

// scenarios are run in this order: what makes the directory larger comes last.
var scenarios = []scenario{
	{"reads", (*world).readUsers},
	{"pages", (*world).readPages},
	{"patch", (*world).patchUsers},
	{"mixed", (*world).mix},
	{"shared", (*world).shareUser},
	{"members", (*world).climb},
	{"thousand", (*world).moveMany},
	{"put", (*world).putMembers},
	{"group", (*world).readGroups},
	{"login", (*world).login},
	{"post", (*world).postUsers},
	{"onboarding", (*world).onboard},
	{"delete", (*world).deleteUsers},
	{"verify", (*world).verify},
}

// run runs the scenarios whose names match. A violation fails the run, but not
// before the others have been measured.
func (w *world) run(ctx context.Context, only *regexp.Regexp, out io.Writer) error {
	if err := w.learn(); err != nil {
		return err
	}
	var faults []error
	for _, s := range scenarios {
		if !only.MatchString(s.name) {
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(append(faults, ctx.Err())...)
		}
		from := len(w.rows)
		faults = append(faults, s.run(w, ctx))
		for _, r := range w.rows[from:] {
			_, _ = fmt.Fprintln(out, w.backend, r.name, r.cells())
		}
	}
	return errors.Join(faults...)
}

// rowNamed is empty where a backend has no such row.
func rowNamed(rows []row, name string) row {
	for _, r := range rows {
		if r.name == name {
			return r
		}
	}
	return row{}
}
