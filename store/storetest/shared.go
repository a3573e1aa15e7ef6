package storetest

import (
	"testing"

	"scimd/store"
)

// RunShared holds a backend to what several servers of one database are
// promised. open gives an empty database, by a function that opens one more
// server of it.
func RunShared(t *testing.T, open func(*testing.T) func(*testing.T) store.Store) {
	for name, suite := range map[string]func(*testing.T, ...store.Store){
		"OneLeads":      func(t *testing.T, servers ...store.Store) { oneLeads(t, servers[0], servers[1]) },
		"Increments":    increments,
		"EventsInOrder": eventsInOrder,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := open(t)
			suite(t, server(t), server(t), server(t))
		})
	}
}
