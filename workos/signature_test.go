package workos_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"scimd/internal/testenv"
)

func TestSignature(t *testing.T) {
	e := start(t)
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	e.Now = func() time.Time { return now }
	f := e.feed(t, "acme")
	const second = "whsec_of_the_test_2"
	if _, _, err := f.RotateSecret(t.Context(), "acme", second, time.Hour, testenv.Admin); err != nil {
		t.Fatal(err)
	}
	const body = `{"id":"event_1","event":"dsync.token.created","created_at":"2026-01-01T12:00:00.000Z","data":{}}`
	good := signature(secret, now, body)
	for name, tt := range map[string]struct {
		body, header string
		status       int
	}{
		"first secret":        {body, good, 200},
		"second secret":       {body, signature(second, now, body), 200},
		"no space":            {body, strings.ReplaceAll(good, " ", ""), 200},
		"old, just":           {body, signature(secret, now.Add(-3*time.Minute), body), 200},
		"future, just":        {body, signature(secret, now.Add(3*time.Minute), body), 200},
		"old":                 {body, signature(secret, now.Add(-3*time.Minute-time.Millisecond), body), 401},
		"future":              {body, signature(secret, now.Add(3*time.Minute+time.Millisecond), body), 401},
		"in seconds":          {body, signature(secret, time.UnixMilli(now.Unix()), body), 401},
		"wrong secret":        {body, signature("whsec_of_the_test_3", now, body), 401},
		"tampered body":       {strings.Replace(body, "event_1", "event_2", 1), good, 401},
		"tampered time":       {body, strings.Replace(good, "t=1", "t=2", 1), 401},
		"shortened signature": {body, good[:len(good)-2], 401},
		"missing":             {body, "", 400},
		"no signature":        {body, "t=1767268800000", 400},
		"no time":             {body, good[strings.Index(good, "v1"):], 400},
		"not hex":             {body, "t=1767268800000, v1=xyz", 400},
		"signed time no number": {
			body, "t=x, " + signatureOf(secret, "x."+body), 400,
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(f.deliveries(t))
			status, answer := f.post(t, tt.body, tt.header)
			if status != tt.status {
				t.Errorf("got %d %s, want %d", status, answer, tt.status)
			}
			if recorded := len(f.deliveries(t)) > before; recorded != (tt.status == 200) {
				t.Errorf("recorded: got %t for status %d", recorded, tt.status)
			}
			if tt.status != 200 && !strings.Contains(answer, `"detail":`) {
				t.Errorf("the error is %s", answer)
			}
		})
	}
	t.Run("overlap ends", func(t *testing.T) {
		now = now.Add(time.Hour)
		if status, _ := f.post(t, body, signature(secret, now, body)); status != http.StatusUnauthorized {
			t.Errorf("the first secret after the overlap: got %d, want 401", status)
		}
		if status, _ := f.post(t, body, signature(second, now, body)); status != http.StatusOK {
			t.Errorf("the second secret after the overlap: got %d, want 200", status)
		}
	})
	t.Run("at most two", func(t *testing.T) {
		for _, next := range []string{"whsec_of_the_test_4", "whsec_of_the_test_5"} {
			if _, _, err := f.RotateSecret(t.Context(), "acme", next, time.Hour, testenv.Admin); err != nil {
				t.Fatal(err)
			}
		}
		for key, want := range map[string]int{second: 401, "whsec_of_the_test_4": 200, "whsec_of_the_test_5": 200} {
			if status, _ := f.post(t, body, signature(key, now, body)); status != want {
				t.Errorf("%s: got %d, want %d", key, status, want)
			}
		}
	})
	t.Run("without overlap", func(t *testing.T) {
		if _, _, err := f.RotateSecret(t.Context(), "acme", second, 0, testenv.Admin); err != nil {
			t.Fatal(err)
		}
		if status, _ := f.post(t, body, signature("whsec_of_the_test_5", now, body)); status != http.StatusUnauthorized {
			t.Errorf("got %d, want 401", status)
		}
	})
}

func TestNotADelivery(t *testing.T) {
	e := start(t)
	f := e.feed(t, "acme")
	if _, err := e.CreateDirectory(t.Context(), "acme", "okta", "", testenv.Admin); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/workos/acme", "", 405},
		{"POST", "/workos/nobody", "{}", 404},
		{"POST", "/workos/okta", "{}", 404},
		{"POST", "/workos/", "{}", 404},
		{"POST", "/workos/acme/more", "{}", 404},
		{"POST", "/workos/acme", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		{"POST", "/workos/acme", "[1]", 400},
		{"POST", "/workos/acme", `{"id":"event_1"}`, 400},
		{"POST", "/workos/" + f.dir.ID, `{"id":"event_1","event":"user.created"}`, 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, e.url+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("WorkOS-Signature", signature(secret, e.Now(), tt.body))
		status, answer := do(t, r)
		if status != tt.status {
			t.Errorf("%s %s %.20s: got %d %s, want %d", tt.method, tt.path, tt.body, status, answer, tt.status)
		}
	}
	// What was signed is kept, usable or not.
	var outcomes []string
	for _, d := range f.deliveries(t) {
		outcomes = append(outcomes, string(d.Outcome)+" "+string(d.Body))
	}
	want := []string{`failed [1]`, `failed {"id":"event_1"}`, `unknown {"id":"event_1","event":"user.created"}`}
	if strings.Join(outcomes, "; ") != strings.Join(want, "; ") {
		t.Errorf("deliveries: got %q, want %q", outcomes, want)
	}
}
