package idp

import (
	"maps"
	"slices"
	"sync"
)

// links are the ids the server gave to what the provider knows by key.
type links struct {
	mu      sync.Mutex
	byKey   map[string]string
	byID    map[string]string
	strange map[string]resource // by id: what was there before and is not linked
}

func newLinks(before []resource) *links {
	l := &links{byKey: map[string]string{}, byID: map[string]string{}, strange: map[string]resource{}}
	for _, r := range before {
		l.strange[r.ID] = r
	}
	return l
}

// link ties a key to an id, and gives what was there before under that id.
func (l *links) link(key, id string) resource {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.strange[id]
	delete(l.strange, id)
	l.byKey[key], l.byID[id] = id, key
	return before
}

func (l *links) unlink(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byID, l.byKey[key])
	delete(l.byKey, key)
}

func (l *links) id(key string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byKey[key]
}

func (l *links) key(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byID[id]
}

func (l *links) keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.byKey))
}

// isStrange tells whether the id was there before and is not linked.
func (l *links) isStrange(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, strange := l.strange[id]
	return strange
}

// remembered gives what this tenant made in an earlier life under another
// name: every name it gives begins with the key. It gives nil if there is none.
func (l *links) remembered(key string) *resource {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.strange {
		name := r.UserName
		if name == "" {
			name = r.DisplayName
		}
		if isVersion(name, key) {
			return &r
		}
	}
	return nil
}
