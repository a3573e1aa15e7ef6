package suite

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
)

// written is the case of the row.
func written(t *testing.T, id string) Case {
	for _, c := range Cases() {
		if c.ID == id && c.Run != nil {
			return c
		}
	}
	t.Fatalf("no case is written for %s", id)
	return Case{}
}

// create answers a POST of a user, once the server has looked at it.
func (s *server) create(look func(sent Doc)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent, _ := parse(body)
		look(sent)
		stored := sent.With(nil)
		w.Header().Set("Location", s.store("/Users", stored))
		reply(w, 201, stored)
	}
}

func TestTLS(t *testing.T) {
	for _, tc := range []struct {
		name         string
		min, max     uint16
		only, speaks Outcome // of 7644-7.2-R01 and R02
		message      string
	}{
		{"1.2 and 1.3", tls.VersionTLS12, tls.VersionTLS13, Passed, Passed, ""},
		{"1.0 too", tls.VersionTLS10, tls.VersionTLS13, Passed, Failed, "TLS 1.0: got a handshake"},
		{"no 1.2", tls.VersionTLS13, tls.VersionTLS13, Passed, Failed, "TLS 1.2: got no handshake"},
		{"none", 0, 0, NotJudged, NotJudged, "not served over TLS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			target := s.target()
			if tc.max != 0 {
				secure := httptest.NewUnstartedServer(s)
				secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of each handshake that fails
				secure.TLS = &tls.Config{MinVersion: tc.min, MaxVersion: tc.max}
				secure.StartTLS()
				defer secure.Close()
				target.URL, target.Client = secure.URL+base, secure.Client()
			}
			only := judge(t, target, written(t, "7644-7.2-R01"))
			if only.Outcome != tc.only {
				t.Errorf("a request in clear: got %s %q, want %s", only.Outcome, only.Messages, tc.only)
			}
			wantOutcome(t, judge(t, target, written(t, "7644-7.2-R02")), tc.speaks, tc.message)
		})
	}
}

func TestCanary(t *testing.T) {
	for name, follows := range map[string]bool{"leaves URIs alone": false, "follows a URI": true} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			want, message := Passed, ""
			if follows {
				want, message = Failed, "connections to the canary"
				s.answers["POST /Users"] = s.create(func(sent Doc) {
					if answer, err := http.Get(sent.String("photos.0.value")); err == nil {
						_ = answer.Body.Close()
					}
				})
			}
			wantOutcome(t, judge(t, s.target(), written(t, "7643-9.3-R01")), want, message)
		})
	}
}

func TestTokenBits(t *testing.T) {
	for _, tc := range []struct {
		name, a, b string
		enough     bool
	}{
		{"128 bits in hex", "scim_00112233445566778899aabbccddeeff", "scim_0f112233445566778899aabbccddeeff", true},
		{"120 bits in hex", "scim_00112233445566778899aabbccddee", "scim_ff112233445566778899aabbccddee", false},
		{"132 bits in base64url", "Dug7FGz_jCQbWpON7b35ow", "xqeSmXSuSr92JHsQzuZN21", true},
		{"a long prefix", "tenant-of-a-very-long-name-0001x", "tenant-of-a-very-long-name-0002x", false},
		{"a number", "100000000000000000000000000001", "200000000000000000000000000002", false},
	} {
		if got := securityBits(tc.a, tc.b); (got >= 128) != tc.enough {
			t.Errorf("%s: got %d bits, want enough: %t", tc.name, got, tc.enough)
		}
	}
}
