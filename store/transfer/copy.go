package transfer

import (
	"context"
	"errors"
)

// Options of a copy. NewID is needed, the rest is not.
type Options struct {
	NewID func() string
	// Switch ends a followed copy: the source is not written to any more.
	Switch bool
	// Progress hears of rows, of the stage that is under way.
	Progress func(stage string, done, total int)

	// Portion is how many rows share a transaction of the target, and Leg how
	// many are read from one snapshot of a source that is followed: a snapshot
	// keeps it from giving the space of old rows back. 0: a default.
	Portion, Leg int
}

const (
	defaultPortion = 5000
	defaultLeg     = 500_000
	// few are the changes that are left to the switch, while writes wait.
	few = 200
)

// The stages that Options.Progress hears of.
const (
	Copying   = "copying"
	Comparing = "comparing"
)

// Report says what a copy has come to.
type Report struct {
	Tables   []Checksum // as compared
	Finished bool       // the target may be served
	Behind   int        // changes noted that a switch will copy, if not finished
}

// Rows is how many there are.
func (r Report) Rows() (n int) {
	for _, t := range r.Tables {
		n += t.Rows
	}
	return n
}

// copier is one run of a copy.
type copier struct {
	Options
	from     Database
	to       Target
	plan     plan
	progress Progress
	done     int // rows copied, for Progress
	total    int
	report   Report
}

// Run copies everything, and compares it. A source that is Followed may be
// written to meanwhile, and the copy goes on where an earlier Run stopped,
// however that came; with Switch it ends. Any other source is copied as it is
// at one moment, and from its beginning. Errors of this package tell why a copy
// is refused.
func Run(ctx context.Context, from Database, to Target, o Options) (Report, error) {
	c := &copier{Options: o, from: from, to: to}
	if c.Portion == 0 {
		c.Portion = defaultPortion
	}
	if c.Leg == 0 {
		c.Leg = defaultLeg
	}
	if c.Progress == nil {
		c.Progress = func(string, int, int) {}
	}
	source, follows := from.(Followed)
	if o.Switch && !follows {
		return Report{}, errors.New(from.String() + " cannot be followed: stop its servers, copy, and serve the copy")
	}
	var tables []Table
	var err error
	if c.plan, tables, err = prepare(ctx, from, to); err != nil {
		return Report{}, err
	}
	if follows {
		err = c.follow(ctx, source, tables)
	} else {
		err = c.once(ctx, tables)
	}
	return c.report, err
}

// once copies a source as it is at one moment.
func (c *copier) once(ctx context.Context, tables []Table) error {
	if err := c.start(ctx, tables, nil); err != nil {
		return err
	}
	var given map[string]int64
	err := c.from.Snapshot(ctx, func(s Snapshot) (err error) {
		if err := c.count(ctx, s); err != nil {
			return err
		}
		if _, err := c.pass(ctx, s, 0); err != nil {
			return err
		}
		if err := c.to.Loaded(ctx); err != nil {
			return err
		}
		if given, err = s.Given(ctx); err != nil {
			return err
		}
		return c.compare(ctx, s)
	})
	if err != nil {
		return err
	}
	return c.finish(ctx, given)
}

// start finds the copy that is under way on both sides, or begins one. What a
// target holds of a copy that the source knows nothing of is worth nothing: no
// changes were noted.
func (c *copier) start(ctx context.Context, tables []Table, known *Following) error {
	left, err := c.to.Progress(ctx)
	switch {
	case err != nil:
		return err
	case left != nil && left.From != c.from.String():
		return &OccupiedError{c.to.String(), "the beginning of a copy of " + left.From}
	case left != nil && known != nil && left.ID == known.ID:
		c.progress = *left
		c.progress.Run = c.NewID()
		return c.to.TakeOver(ctx, c.progress)
	case known != nil && known.Moved:
		return &MovedError{known.To}
	case known != nil:
		return &BegunError{c.from.String(), known.To}
	case left == nil:
		if err := c.plan.vacant(ctx, c.to); err != nil {
			return err
		}
	}
	c.progress = Progress{ID: c.NewID(), From: c.from.String(), Run: c.NewID(), Tables: map[string]Position{}}
	return c.to.Begin(ctx, tables, c.progress)
}

// count says how much there is to do.
func (c *copier) count(ctx context.Context, s Snapshot) error {
	for _, r := range c.plan {
		n, err := s.Count(ctx, r.name)
		if err != nil {
			return err
		}
		c.total += n
	}
	return nil
}

// pass copies what has not been copied yet, at most limit rows if that is not
// 0; done is whether nothing is left.
func (c *copier) pass(ctx context.Context, s Snapshot, limit int) (done bool, err error) {
	for _, r := range c.plan {
		if c.progress.Tables[r.name].Done {
			continue
		}
		copied, err := c.table(ctx, s, r, limit)
		if err != nil || !c.progress.Tables[r.name].Done {
			return false, err
		}
		if limit > 0 {
			if limit -= copied; limit <= 0 {
				return false, nil
			}
		}
	}
	return true, nil
}

// table goes on with one table. A portion and how far it goes are kept as one.
func (c *copier) table(ctx context.Context, s Snapshot, r *route, limit int) (copied int, err error) {
	rest := Selection{Table: r.name, Columns: r.columns, Order: r.order, After: c.progress.Tables[r.name].After}
	more, err := inPortions(ctx, s, rest, c.Portion, func(rows [][]any) (bool, error) {
		c.progress.Tables[r.name] = Position{After: r.key(rows[len(rows)-1], r.order)}
		copied += len(rows)
		err := c.to.Load(ctx, &c.progress, func(l Loader) error { return l.Insert(ctx, r.name, r.columns, rows) })
		c.done += len(rows)
		c.Progress(Copying, c.done, max(c.total, c.done))
		return limit == 0 || copied < limit, err
	})
	if err != nil || more {
		return copied, err
	}
	c.progress.Tables[r.name] = Position{Done: true}
	return copied, c.to.Load(ctx, &c.progress, func(Loader) error { return nil })
}

// inPortions reads ahead while a portion is dealt with. more is whether deal
// returned false before the end.
func inPortions(ctx context.Context, s Snapshot, rest Selection, size int, deal func(rows [][]any) (bool, error)) (more bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	portions, read := make(chan [][]any, 1), make(chan error, 1)
	defer func() {
		stop()
		for range portions {
		}
	}()
	go func() {
		defer close(portions)
		send := func(rows [][]any) error {
			select {
			case portions <- rows:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var rows [][]any
		err := s.Read(ctx, rest, func(row []any) error {
			if rows = append(rows, row); len(rows) < size {
				return nil
			}
			full := rows
			rows = nil
			return send(full)
		})
		if err == nil && len(rows) > 0 {
			err = send(rows)
		}
		read <- err
	}()
	for rows := range portions {
		if goOn, err := deal(rows); err != nil || !goOn {
			return true, err
		}
	}
	return false, <-read
}

func (c *copier) finish(ctx context.Context, given map[string]int64) error {
	if err := c.to.Finish(ctx, c.progress, given); err != nil {
		return err
	}
	c.report.Finished, c.report.Behind = true, 0
	return nil
}
