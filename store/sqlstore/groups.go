package sqlstore

import (
	"bytes"
	"cmp"
	"database/sql"
	"maps"
	"slices"
	"strconv"

	"scimd/store"
)

// container is a group that contains something.
type container struct {
	store.Reference
	nested bool // in a group itself, as few are
}

const containerColumns = `r.key, r.type, r.id, r.display,
	coalesce((SELECT 1 FROM membership up WHERE up.directory = r.directory AND up.member = r.key LIMIT 1), 0)`

func scanContainers() func(scanner) (container, error) {
	s := newReferenceScan()
	nested := false
	s.dest = append(s.dest, &nested)
	return func(row scanner) (container, error) {
		r, err := s.scan(row)
		return container{r, nested}, err
	}
}

// Groups is store.Reader's.
func (t *tx) Groups(directory, member int64, transitive bool) ([]store.Reference, error) {
	found, err := many(t, scanContainers(), "SELECT "+containerColumns+" FROM membership m"+
		t.dialect.Lookup("resource", "r", "r.directory = m.directory AND r.key = m.grp")+
		" WHERE m.directory = ? AND m.member = ? ORDER BY m.grp", directory, member)
	if err != nil {
		return nil, err
	}
	direct := make([]int64, len(found))
	for i, g := range found {
		direct[i] = g.Key
	}
	n, err := t.nesting(directory, found, transitive)
	return n.groupsOf(direct), err
}

// GroupsOf is store.Reader's. It takes a row for each member, who are in several
// groups as a rule, and a row for each group; of one alone it is Groups.
func (t *tx) GroupsOf(directory int64, members []int64, transitive bool) (map[int64][]store.Reference, error) {
	if len(members) == 0 {
		return nil, nil
	}
	if len(members) == 1 {
		out := map[int64][]store.Reference{}
		groups, err := t.Groups(directory, members[0], transitive)
		if len(groups) > 0 {
			out[members[0]] = groups
		}
		return out, err
	}
	direct, err := t.containedIn("SELECT k.value, (SELECT "+t.dialect.Joined("m.grp")+
		" FROM membership m WHERE m.directory = ? AND m.member = k.value) FROM "+t.dialect.Keys, directory, t.dialect.List(members))
	if err != nil {
		return nil, err
	}
	found, err := t.containers(directory, distinct(direct))
	if err != nil {
		return nil, err
	}
	n, err := t.nesting(directory, found, transitive)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]store.Reference, len(direct))
	for member, groups := range direct {
		out[member] = n.groupsOf(groups)
	}
	return out, nil
}

// containers gives groups by their keys.
func (t *tx) containers(directory int64, keys []int64) ([]container, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return many(t, scanContainers(), "SELECT "+containerColumns+" FROM "+t.dialect.Keys+
		t.dialect.Lookup("resource", "r", "r.directory = ? AND r.key = k.value"), t.dialect.List(keys), directory)
}

// containedIn gives the groups that contain members directly, by member. A
// query tells a member and a list of groups in a row.
func (t *tx) containedIn(query string, args ...any) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := each(t, scanContained, func(c contained) bool {
		if len(c.groups) > 0 {
			out[c.member] = append(out[c.member], c.groups...)
		}
		return true
	}, query, args...)
	for _, groups := range out {
		slices.Sort(groups)
	}
	return out, err
}

type contained struct {
	member int64
	groups []int64
}

func scanContained(s scanner) (c contained, err error) {
	var list sql.RawBytes // NULL: there are none
	if err := s.Scan(&c.member, &list); err != nil || list == nil {
		return c, err
	}
	for key := range bytes.SplitSeq(list, []byte{','}) {
		group, err := strconv.ParseInt(string(key), 10, 64)
		if err != nil {
			return c, err
		}
		c.groups = append(c.groups, group)
	}
	return c, nil
}

func distinct(lists map[int64][]int64) []int64 {
	var all []int64
	for _, list := range lists {
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// nesting is how groups contain each other.
type nesting struct {
	groups map[int64]container
	above  map[int64][]int64 // groups by one that is in them
}

// nesting climbs from groups to those that contain them, level by level: most
// people are in no nested group, and a recursive query costs them five times as
// much.
func (t *tx) nesting(directory int64, groups []container, transitive bool) (nesting, error) {
	n := nesting{make(map[int64]container, len(groups)), map[int64][]int64{}}
	for len(groups) > 0 {
		var nested []int64
		for _, g := range groups {
			n.groups[g.Key] = g
			if g.nested && transitive {
				nested = append(nested, g.Key)
			}
		}
		if len(nested) == 0 {
			break
		}
		above, err := t.containedIn("SELECT m.member, m.grp FROM "+t.dialect.Keys+
			t.dialect.Lookup("membership", "m", "m.directory = ? AND m.member = k.value"), t.dialect.List(nested), directory)
		if err != nil {
			return n, err
		}
		maps.Copy(n.above, above)
		unmet := slices.DeleteFunc(distinct(above), func(g int64) bool { _, met := n.groups[g]; return met })
		if groups, err = t.containers(directory, unmet); err != nil {
			return n, err
		}
	}
	return n, nil
}

// groupsOf gives groups and those that contain them. A group that was met before
// ends a cycle (M-3).
func (n nesting) groupsOf(direct []int64) []store.Reference {
	out := make([]store.Reference, 0, len(direct))
	for _, g := range direct {
		out = append(out, n.groups[g].Reference)
	}
	for i := 0; i < len(out); i++ {
		for _, g := range n.above[out[i].Key] {
			if !slices.ContainsFunc(out, func(r store.Reference) bool { return r.Key == g }) {
				r := n.groups[g].Reference
				r.Indirect = true
				out = append(out, r)
			}
		}
	}
	if len(out) > len(direct) {
		slices.SortFunc(out, func(a, b store.Reference) int { return cmp.Compare(a.Key, b.Key) })
	}
	return out
}
