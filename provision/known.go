package provision

import (
	"maps"
	"slices"
	"sync"

	"scimd/store"
)

// maxKnown bounds the parents whose settings are remembered.
const maxKnown = 1000

// known remembers the orgs of parents with their settings, so that a push need
// not read them. What is remembered counts for one Version of the parent, which
// moves with every change of settings in the transaction of the change, on
// whatever server that is; and it has been read in a transaction that was
// committed. Not part of it is Tripped, which moves with pushes.
type known struct {
	mu      sync.Mutex
	parents map[int64]knownParent
}

type knownParent struct {
	version int64
	orgs    []*org
}

// orgs gives copies that the caller may change, or nil.
func (k *known) orgs(p store.Parent) []*org {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.parents[p.Key]
	if !ok || at.version != p.Version {
		return nil
	}
	return copies(at.orgs)
}

// keep remembers what was read of a parent.
func (k *known) keep(p store.Parent, orgs []*org) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.parents[p.Key]; ok && at.version >= p.Version {
		return
	}
	if k.parents == nil || len(k.parents) >= maxKnown {
		k.parents = map[int64]knownParent{}
	}
	k.parents[p.Key] = knownParent{p.Version, orgs}
}

func copies(orgs []*org) []*org {
	out := make([]*org, len(orgs))
	for i, o := range orgs {
		c := *o
		c.settings.Rows, c.owned = slices.Clone(o.settings.Rows), maps.Clone(o.owned)
		out[i] = &c
	}
	return out
}
