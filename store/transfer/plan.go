package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// transient is the table that is empty but for the inside of a transaction.
const transient = "aside"

// seeded is the table that has rows in a new database, and how many.
const (
	seeded = "resource_type"
	seeds  = 2
)

// route is how the rows of one table go.
type route struct {
	name    string
	columns []Column
	order   []Column // what both sides sort by
	by      []Column // what the target finds rows by
}

// plan is how the rows of all tables go, those that are referred to first.
type plan []*route

func (p plan) find(table string) *route {
	i := slices.IndexFunc(p, func(r *route) bool { return r.name == table })
	if i < 0 {
		return nil
	}
	return p[i]
}

// prepare matches the tables of both sides.
func prepare(ctx context.Context, from, to Database) (plan, []Table, error) {
	older, err := from.Version(ctx)
	if err != nil {
		return nil, nil, err
	}
	newer, err := to.Version(ctx)
	if err != nil {
		return nil, nil, err
	}
	if older == 0 {
		return nil, nil, errors.New(from.String() + " is not a database of scimd")
	}
	if older != newer {
		return nil, nil, &SchemaError{fmt.Sprintf("%s has version %d, %s has version %d", from, older, to, newer)}
	}
	source, err := from.Tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	target, err := to.Tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := match(source, target)
	return p, target, err
}

// match is by name; the order of columns may differ.
func match(source, target []Table) (plan, error) {
	source, target = slices.Clone(source), slices.Clone(target)
	byName := func(a, b Table) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(source, byName)
	slices.SortFunc(target, byName)
	if names(source) != names(target) {
		return nil, &SchemaError{"one has the tables " + names(source) + ", the other " + names(target)}
	}
	var all plan
	references := map[string][]string{}
	for i, s := range source {
		t := target[i]
		if a, b := described(s.Columns), described(t.Columns); a != b {
			return nil, &SchemaError{"table " + s.Name + " has the columns " + a + " in one, " + b + " in the other"}
		}
		if s.Name == transient {
			continue
		}
		columns := slices.Clone(s.Columns) // by name, as the checksum has them
		slices.SortFunc(columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
		r := &route{name: s.Name, columns: columns, order: s.columns(s.Key), by: t.columns(t.Key)}
		if len(t.Key) < len(s.Key) {
			r.order = t.columns(t.Key) // the key without its tenant is unique as well
		}
		all, references[s.Name] = append(all, r), append(slices.Clone(s.References), t.References...)
	}
	return sorted(all, references)
}

func (t Table) columns(names []string) []Column {
	var out []Column
	for _, name := range names {
		i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
		out = append(out, t.Columns[i])
	}
	return out
}

func names(tables []Table) string {
	var out []string
	for _, t := range tables {
		out = append(out, t.Name)
	}
	return strings.Join(out, ", ")
}

func described(columns []Column) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name+" "+string(c.Type))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// sorted puts each table behind those that it refers to.
func sorted(all plan, references map[string][]string) (plan, error) {
	var out plan
	for len(out) < len(all) {
		before := len(out)
		for _, r := range all {
			missing := func(name string) bool { return out.find(name) == nil }
			if out.find(r.name) == nil && !slices.ContainsFunc(references[r.name], missing) {
				out = append(out, r)
			}
		}
		if len(out) == before {
			return nil, errors.New("tables refer to one another in a circle")
		}
	}
	return out, nil
}

// key is the values of some columns in a row of a route.
func (r *route) key(row []any, columns []Column) Key {
	out := make(Key, len(columns))
	for i, c := range columns {
		out[i] = row[slices.Index(r.columns, c)]
	}
	return out
}

// vacant refuses a target that holds anything but what a new database has.
func (p plan) vacant(ctx context.Context, to Database) error {
	return to.Snapshot(ctx, func(s Snapshot) error {
		for _, r := range p {
			n, err := s.Count(ctx, r.name)
			if err != nil {
				return err
			}
			if n > 0 && (r.name != seeded || n > seeds) {
				return &OccupiedError{to.String(), fmt.Sprintf("rows in the table %s", r.name)}
			}
		}
		return nil
	})
}
