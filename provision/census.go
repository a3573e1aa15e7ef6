package provision

import (
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// census is what deciding everyone reads of the directories, once for all orgs
// of a parent: sixteen bytes for each person, and eight for each mapped group
// they are in.
type census struct {
	r       store.Reader
	people  []presence
	groups  map[int64]*mappedGroup
	outside []int64 // accounts, where the parent refuses those (C-4)
}

// presence is an account in the directories; lists of them are in order.
type presence struct {
	account int64
	active  bool
}

// mappedGroup is a group that a row of some org names.
type mappedGroup struct {
	directory int64
	group     mapping.Group
	below     []int64 // accounts in it and active in its directory (M-3)
	direct    []int64 // of those, who are in it themselves; read when asked for
	read      bool
}

func takeCensus(r store.Reader, parent store.Parent, orgs []*org) (*census, error) {
	c := &census{r: r, groups: map[int64]*mappedGroup{}}
	if err := c.findGroups(parent, orgs); err != nil {
		return nil, err
	}
	directories, err := r.Directories(parent.Key)
	if err != nil {
		return nil, err
	}
	for _, d := range directories {
		if !d.Detached.IsZero() {
			continue
		}
		if err := c.add(d); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.people, func(a, b presence) int { return int(a.account - b.account) })
	c.people = union(c.people)
	if refusesOutside(parent) {
		err = c.addOutside(parent)
	}
	return c, err
}

// union leaves one of those who are in several directories: active if they are
// so in one (I-4).
func union(people []presence) []presence {
	out := people[:0]
	for _, p := range people {
		if n := len(out); n > 0 && out[n-1].account == p.account {
			out[n-1].active = out[n-1].active || p.active
			continue
		}
		out = append(out, p)
	}
	return out
}

func (c *census) findGroups(parent store.Parent, orgs []*org) error {
	for _, o := range orgs {
		if !o.settings.GroupMappings {
			continue
		}
		rows, err := c.r.Mappings(parent.Key, o.Key)
		if err != nil {
			return err
		}
		for _, m := range rows {
			if m.Claim != "" || c.groups[m.Group] != nil {
				continue
			}
			g, err := c.r.ResourceByKey(m.Directory, m.Group)
			if err != nil {
				return err
			}
			c.groups[m.Group] = &mappedGroup{directory: m.Directory, group: mapping.Group{Key: g.Key, ID: g.ID, Name: g.Display}}
		}
	}
	return nil
}

func (c *census) add(d store.Directory) error {
	var people []presence
	err := c.r.UsersByAccount(d.Key, func(account int64, active bool) bool {
		people = append(people, presence{account, active})
		return true
	})
	if err != nil {
		return err
	}
	for key, g := range c.groups {
		if g.directory != d.Key {
			continue
		}
		below, err := c.r.UsersBelow(d.Key, []int64{key})
		if err != nil {
			return err
		}
		g.below = activeOnly(below, people)
	}
	c.people = append(c.people, people...)
	return nil
}

func activeOnly(accounts []int64, people []presence) []int64 {
	i := 0
	return slices.DeleteFunc(accounts, func(a int64) bool {
		for i < len(people) && people[i].account < a {
			i++
		}
		return i == len(people) || people[i].account != a || !people[i].active
	})
}

const pageSize = 1000

func (c *census) addOutside(parent store.Parent) error {
	for after := int64(0); ; {
		page, err := c.r.Accounts(parent.Key, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, a := range page {
			if outside(parent, a) {
				c.outside = append(c.outside, a.Key)
			}
			after = a.Key
		}
	}
}

// how completes the groups of a decision with whether one is in them directly,
// which decides nothing and is told.
func (c *census) how(account int64, d mapping.Decision) (mapping.Decision, error) {
	d.Why = slices.Clone(d.Why)
	for i, why := range d.Why {
		g := c.groups[why.Row.Group]
		if !g.read {
			direct, err := c.r.UsersIn(g.directory, why.Row.Group)
			if err != nil {
				return d, err
			}
			g.direct, g.read = direct, true
		}
		_, direct := slices.BinarySearch(g.direct, account)
		d.Why[i].Group.Indirect = !direct
	}
	return d, nil
}

// cursor walks a sorted list of accounts that is asked for ever larger ones.
type cursor struct{ list []int64 }

func (c *cursor) has(account int64) bool {
	for len(c.list) > 0 && c.list[0] < account {
		c.list = c.list[1:]
	}
	return len(c.list) > 0 && c.list[0] == account
}
