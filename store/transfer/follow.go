package transfer

import (
	"context"
	"slices"
)

// follow copies a source that is written to. It goes in legs, each of which
// reads one snapshot: first what has changed of the rows that were copied from
// the ones before, then further rows. So what the target holds is at every
// moment a part of one state of the source, whose unique values do not clash.
func (c *copier) follow(ctx context.Context, source Followed, tables []Table) error {
	known, err := source.Following(ctx)
	if err != nil {
		return err
	}
	if err := c.start(ctx, tables, known); err != nil {
		return err
	}
	if known != nil && known.Moved {
		return c.settle(ctx, source)
	}
	if known == nil {
		lasting := slices.DeleteFunc(slices.Clone(tables), func(t Table) bool { return t.Name == transient })
		if err := source.Follow(ctx, c.progress.ID, c.to.String(), lasting); err != nil {
			return err
		}
	}
	if err := c.from.Snapshot(ctx, func(s Snapshot) error { return c.count(ctx, s) }); err != nil {
		return err
	}
	if err := c.catchUp(ctx, source); err != nil {
		return err
	}
	if err := c.to.Loaded(ctx); err != nil {
		return err
	}
	// What is equal now needs no look while writes wait for the switch.
	if err := c.leg(ctx, source, func(s Snapshot, _ int) error { return c.compare(ctx, s) }); err != nil {
		return err
	}
	if err := c.catchUp(ctx, source); err != nil || !c.Switch {
		return err
	}
	err = source.Switch(ctx, func(s Snapshot, changes Changes) error {
		if err := c.round(ctx, s, changes); err != nil {
			return err
		}
		if err := c.compareChanged(ctx, s, changes); err != nil {
			return err
		}
		return c.hold(ctx)
	})
	if err != nil {
		return err
	}
	return c.settle(ctx, source)
}

// settle finishes the target of a source that nobody writes to any more.
func (c *copier) settle(ctx context.Context, source Followed) error {
	var given map[string]int64
	err := source.Snapshot(ctx, func(s Snapshot) (err error) {
		given, err = s.Given(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return c.finish(ctx, given)
}

// catchUp goes on until everything is copied and few changes are left, or
// hardly fewer than the round before found: a client writes all the time.
func (c *copier) catchUp(ctx context.Context, source Followed) error {
	for before := 0; ; {
		done := false
		err := c.leg(ctx, source, func(s Snapshot, changes int) (err error) {
			done, err = c.pass(ctx, s, c.Leg)
			done = done && (changes <= few || changes > before/2 && before > 0)
			before = changes
			return err
		})
		if err != nil {
			return err
		}
		if done {
			return source.Since(ctx, func(_ Snapshot, changes Changes) error {
				_, c.report.Behind, err = changes.Last(ctx)
				return err
			})
		}
	}
}

// leg copies the changes of a snapshot, does more with it, and lets the source
// forget them.
func (c *copier) leg(ctx context.Context, source Followed, then func(s Snapshot, changes int) error) error {
	var last int64
	err := source.Since(ctx, func(s Snapshot, changes Changes) (err error) {
		var count int
		if last, count, err = changes.Last(ctx); err != nil {
			return err
		}
		if err := c.round(ctx, s, changes); err != nil {
			return err
		}
		return then(s, count)
	})
	if err != nil {
		return err
	}
	return source.Forget(ctx, last)
}

// round brings the rows that were copied to the state of a snapshot, in one
// transaction. All of the old ones go before any new one comes: two may have
// exchanged a value that is unique.
func (c *copier) round(ctx context.Context, s Snapshot, changes Changes) error {
	if number, _, err := changes.Last(ctx); err != nil || number == 0 {
		return err
	}
	return c.to.Load(ctx, &c.progress, func(l Loader) error {
		err := c.eachChanged(ctx, changes, func(r *route, keys [][]any) error {
			return l.Delete(ctx, r.name, r.by, keys)
		})
		if err != nil {
			return err
		}
		return c.eachChanged(ctx, changes, func(r *route, keys [][]any) error {
			now, err := read(ctx, s, c.changed(r, keys))
			if err != nil || len(now) == 0 {
				return err
			}
			return l.Insert(ctx, r.name, r.columns, now)
		})
	})
}

// changed selects the rows of some keys, as far as the table was copied.
func (c *copier) changed(r *route, keys [][]any) Selection {
	return Selection{
		Table: r.name, Columns: r.columns, Order: r.order,
		By: r.by, Keys: keys, UpTo: c.progress.Tables[r.name].After,
	}
}

// eachChanged passes the keys of changed rows in portions, leaving out tables
// that are to come.
func (c *copier) eachChanged(ctx context.Context, changes Changes, yield func(r *route, keys [][]any) error) error {
	var r *route
	var keys [][]any
	flush := func() error {
		if len(keys) == 0 {
			return nil
		}
		full := keys
		keys = nil
		return yield(r, full)
	}
	err := changes.Each(ctx, func(table string, key []any) error {
		if r == nil || r.name != table || len(keys) == c.Portion {
			if err := flush(); err != nil {
				return err
			}
			r = c.plan.find(table)
		}
		if c.progress.Tables[table].begun() {
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func read(ctx context.Context, s Snapshot, which Selection) (rows [][]any, err error) {
	err = s.Read(ctx, which, func(row []any) error {
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
