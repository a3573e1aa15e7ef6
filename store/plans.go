package store

import "time"

// PlanState says how far a plan has come. That it has expired is read from
// Expires.
type PlanState string

// The states.
const (
	PlanDraft   PlanState = "draft" // its rows are being written
	PlanReady   PlanState = "ready"
	PlanApplied PlanState = "applied"
)

// Plan is a change of settings with all that follows from it, as it was shown
// before anything happened (P-1).
type Plan struct {
	Key, Parent int64
	ID          string
	State       PlanState
	Steps       []byte // JSON: the change
	Version     int64  // of the parent, when it was computed
	Digest      []byte // of the rows, which applying has to give again (P-2)
	Summary     []byte // JSON: counts, seats, guards
	By          string
	Created     time.Time
	Expires     time.Time
	Approved    time.Time // zero: not
	ApprovedBy  string
	Applied     time.Time // zero: not
	AppliedBy   string
}

// PlanRow is what a plan does to one person in one org.
type PlanRow struct {
	Plan          int64
	Seq           int64  // from 1
	Org           string // its name: the plan may be what makes it
	Account       string // public id, "" if the plan makes it
	Name          string // userName of the account, as it was
	Before, After *Standing
	Why           string
}
