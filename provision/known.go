package provision

import (
	"maps"
	"slices"
	"sync"

	"scimd/store"
)

// maxKnown bounds the parents whose settings are remembered.
const maxKnown = 1000

// known remembers the settings of parents, so that a push need not read them.
// What is remembered counts for one Version of the parent, which moves with every
// change of settings in the transaction of the change, on whatever server that is;
// and it has been read in a transaction that was committed. Not part of it is
// Tripped, which moves with pushes.
type known struct {
	mu      sync.Mutex
	parents map[int64]knownParent
}

type knownParent struct {
	version int64
	settings
}

// settings are what a push has to know of its parent.
type settings struct {
	orgs     []*org
	attached []int64 // directories
}

// settings gives a copy that the caller may change, if they are known.
func (k *known) settings(p store.Parent) (settings, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.parents[p.Key]
	if !ok || at.version != p.Version {
		return settings{}, false
	}
	return at.copy(), true
}

// keep remembers what was read of a parent.
func (k *known) keep(p store.Parent, read settings) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.parents[p.Key]; ok && at.version >= p.Version {
		return
	}
	if k.parents == nil || len(k.parents) >= maxKnown {
		k.parents = map[int64]knownParent{}
	}
	k.parents[p.Key] = knownParent{p.Version, read}
}

func (s settings) copy() settings {
	out := settings{make([]*org, len(s.orgs)), s.attached} // nobody changes the latter
	for i, o := range s.orgs {
		c := *o
		c.settings.Rows, c.owned = slices.Clone(o.settings.Rows), maps.Clone(o.owned)
		out.orgs[i] = &c
	}
	return out
}
