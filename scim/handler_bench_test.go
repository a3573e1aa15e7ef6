package scim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"scimd/internal/testenv"
)

// BenchmarkGet is one GET by id over real HTTP, on as many connections as
// there are processors.
func BenchmarkGet(b *testing.B) {
	env := testenv.Start(b)
	ask := func(method, path, body string) (status int, location string) {
		r, err := http.NewRequestWithContext(b.Context(), method, env.SCIM+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+env.Token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		// A body that is not read to its end costs the connection.
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			b.Fatal(err)
		}
		return answer.StatusCode, answer.Header.Get("Location")
	}
	_, location := ask(http.MethodPost, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}`)
	path := strings.TrimPrefix(location, env.SCIM)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if got, _ := ask(http.MethodGet, path, ""); got != http.StatusOK {
				b.Errorf("got status %d, want 200", got)
			}
		}
	})
}
