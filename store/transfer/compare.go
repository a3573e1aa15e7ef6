package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Checksum says what a table holds, in any database: rows in the order of
// their key, values in that of the columns' names.
type Checksum struct {
	Table  string
	Rows   int
	SHA256 string
}

// rules hold within a database: each query gives the first row that breaks one.
var rules = []struct{ table, query, broken string }{
	{
		"parent", `SELECT p.key FROM parent p
		WHERE p.seq <> (SELECT coalesce(max(e.seq), 0) FROM event e WHERE e.parent = p.key) ORDER BY p.key`,
		"its number of events is not that of its last event",
	},
	{
		"counter", `SELECT directory, type FROM (
			SELECT directory, type, n FROM counter
			UNION ALL SELECT directory, type, -count(*) FROM resource GROUP BY directory, type) x
		GROUP BY directory, type HAVING sum(n) <> 0 ORDER BY directory, type`,
		"it does not count the resources that there are",
	},
}

// hold has the rules checked on the target.
func (c *copier) hold(ctx context.Context) error {
	return c.to.Snapshot(ctx, func(s Snapshot) error {
		for _, rule := range rules {
			row, err := s.First(ctx, rule.query)
			if err != nil {
				return err
			}
			if row != nil {
				return &DifferenceError{rule.table, row, rule.broken}
			}
		}
		return nil
	})
}

// compare reads everything on both sides, row by row.
func (c *copier) compare(ctx context.Context, source Snapshot) error {
	c.report.Tables = nil
	done := 0
	err := c.to.Snapshot(ctx, func(target Snapshot) error {
		for _, r := range c.plan {
			all := Selection{Table: r.name, Columns: r.columns, Order: r.order}
			sum, err := same(ctx, r, source, target, all, c.Portion, func(rows int) {
				done += rows
				c.Progress(Comparing, done, max(c.total, done))
			})
			if err != nil {
				return err
			}
			c.report.Tables = append(c.report.Tables, sum)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(c.report.Tables, func(a, b Checksum) int { return strings.Compare(a.Table, b.Table) })
	return c.hold(ctx)
}

// compareChanged reads what has changed on both sides.
func (c *copier) compareChanged(ctx context.Context, source Snapshot, changes Changes) error {
	return c.to.Snapshot(ctx, func(target Snapshot) error {
		return c.eachChanged(ctx, changes, func(r *route, keys [][]any) error {
			_, err := same(ctx, r, source, target, c.changed(r, keys), c.Portion, func(int) {})
			return err
		})
	})
}

// same reads rows from both sides at a time and stops at the first difference.
func same(ctx context.Context, r *route, source, target Snapshot, which Selection, size int, advance func(rows int)) (Checksum, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hash, count := sha256.New(), 0
	there := encoded(ctx, r, target, which, size)
	defer there.drain(stop)
	here := encoded(ctx, r, source, which, size)
	defer here.drain(stop)
	for {
		a, err := here.next()
		if err != nil {
			return Checksum{}, err
		}
		b, err := there.next()
		if err != nil {
			return Checksum{}, err
		}
		switch {
		case a == nil && b == nil:
			return Checksum{r.name, count, hex.EncodeToString(hash.Sum(nil))}, nil
		case a == nil || b != nil && a.key.compare(b.key) > 0:
			return Checksum{}, &DifferenceError{r.name, b.key, "it is in the copy alone"}
		case b == nil || a.key.compare(b.key) < 0:
			return Checksum{}, &DifferenceError{r.name, a.key, "it is missing in the copy"}
		case !bytes.Equal(a.values, b.values):
			return Checksum{}, &DifferenceError{r.name, a.key, "the copy differs"}
		}
		hash.Write(a.values)
		if count++; count%size == 0 {
			advance(size)
		}
	}
}

// line is one row in a form that two databases have in common.
type line struct {
	key    Key
	values []byte
}

// lines are read ahead.
type lines struct {
	portions chan []line
	failed   chan error
	now      []line
}

func encoded(ctx context.Context, r *route, s Snapshot, which Selection, size int) *lines {
	l := &lines{portions: make(chan []line, 1), failed: make(chan error, 1)}
	go func() {
		defer close(l.portions)
		var portion []line
		send := func() error {
			full := portion
			portion = nil
			select {
			case l.portions <- full:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := s.Read(ctx, which, func(row []any) error {
			values, err := encode(row)
			if err != nil {
				return err
			}
			if portion = append(portion, line{r.key(row, r.order), values}); len(portion) < size {
				return nil
			}
			return send()
		})
		if err == nil && len(portion) > 0 {
			err = send()
		}
		l.failed <- err
	}()
	return l
}

// next is nil behind the last.
func (l *lines) next() (*line, error) {
	for len(l.now) == 0 {
		portion, more := <-l.portions
		if !more {
			err := <-l.failed
			l.failed <- err
			return nil, err
		}
		l.now = portion
	}
	first := &l.now[0]
	l.now = l.now[1:]
	return first, nil
}

// drain waits until nothing is read any more.
func (l *lines) drain(stop func()) {
	stop()
	for range l.portions {
	}
}

// encode writes each value with its type and its length, so that no two rows
// look the same.
func encode(row []any) ([]byte, error) {
	var out []byte
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			out = append(out, 0)
		case int64:
			out = binary.BigEndian.AppendUint64(append(out, 1), uint64(v)) //nolint:gosec // G115: the bits are what counts
		case string:
			out = append(binary.BigEndian.AppendUint64(append(out, 2), uint64(len(v))), v...)
		case []byte:
			out = append(binary.BigEndian.AppendUint64(append(out, 3), uint64(len(v))), v...)
		default:
			return nil, fmt.Errorf("a row holds a %T", v)
		}
	}
	return out, nil
}
