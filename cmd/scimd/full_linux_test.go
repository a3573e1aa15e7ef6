package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"scimd/internal/testenv"
)

// On a full disk reads are answered, writes are refused with a 503 that says
// when to try again (RFC 9110 §10.2.3), and all is well when there is space.
func TestFullDisk(t *testing.T) {
	folder, makeRoom := testenv.FullDisk(t)
	s, admin := start(t, func(_ *app, c *Config) { c.Data = folder })
	secret, call := caller(t, s)
	// untilRefused makes things until the disk is full.
	untilRefused := func(url, key, body string) (made int) {
		t.Helper()
		for {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.local()+url, strings.NewReader(fmt.Sprintf(body, made)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			w, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(w.Body)
			if err := errors.Join(err, w.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if w.StatusCode == http.StatusCreated {
				made++
				continue
			}
			if seconds, err := strconv.Atoi(w.Header.Get("Retry-After")); w.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 1 {
				t.Errorf("%s: got %s and Retry-After %q, want 503 and seconds", url, w.Status, w.Header.Get("Retry-After"))
			}
			if strings.Contains(string(raw), "disk") {
				t.Errorf("%s tells what is inside: %s", url, raw)
			}
			return made
		}
	}
	created := untilRefused(scimPath+"/Users", secret, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"user%d"}`)
	untilRefused("/api/v1/parents", admin.key, `{"name":"parent%d"}`)
	if status, body := call("GET", "/Users?count=1", ""); status != http.StatusOK || !strings.Contains(body, fmt.Sprintf(`"totalResults":%d,`, created)) {
		t.Errorf("a read on the full disk: got %d %s, want the %d created", status, body, created)
	}
	makeRoom()
	if status, body := call("POST", "/Users", fmt.Sprintf(newUser, "afterwards", "", "")); status != http.StatusCreated {
		t.Errorf("when there is space: got %d %s, want 201", status, body)
	}
}
