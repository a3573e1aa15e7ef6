package scim_test

import (
	"net/http"
	"testing"
)

// BenchmarkGet is one GET by id over real HTTP, on as many connections as
// there are processors.
func BenchmarkGet(b *testing.B) {
	_, c := start(b)
	path := "/Users/" + c.user("ada")
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if got := c.exchange("GET", path, http.NoBody).status; got != http.StatusOK {
				b.Errorf("got status %d, want 200", got)
			}
		}
	})
}
