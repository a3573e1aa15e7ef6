// Package idp owns simulators of identity providers: each plays a realistic
// push over HTTP and checks what the real client checks. It must not know
// which server it talks to, so it imports nothing of scimd.
package idp

import (
	"context"
	"net/http"
	"time"
)

// Simulator plays one identity provider.
type Simulator interface {
	// Run plays the whole push. The error tells that the run could not go on;
	// what the client would complain about is in Report.Findings.
	Run(ctx context.Context) (Report, error)
}

// Config sizes a push. The same Seed and sizes give the same people, groups
// and events in the same order.
type Config struct {
	URL, Token string
	Users      int
	Groups     int // the first are eng, admins and billing
	Churn      int // moves, leavers and rehires after the first push
	Seed       uint64

	Progress func(done, total int) // may be nil; calls never overlap
	Client   *http.Client          // nil means one with Okta's 60 seconds
	Backoff  time.Duration         // wait after a 429 without integer Retry-After; 0 means Okta's 5 minutes
}

// Report is the outcome of a run.
type Report struct {
	People    []Person // the state the provider wanted, in the order of creation
	Requests  int
	Throttled int // answers with 429
	Findings  []string
	Elapsed   time.Duration
}

// Person is one user as the provider wants it in the end.
type Person struct {
	ID       string // as the server named it; empty if it was never created
	UserName string
	Name     string
	Active   bool
	Groups   []string // in the order of joining
}
