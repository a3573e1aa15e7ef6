package provision

import "fmt"

// Reason is the closed set of ways in which a verb is refused. A front door
// maps each to its own form.
type Reason int

// The reasons.
const (
	NotFound       Reason = iota // what was named does not exist
	Taken                        // a unique value is in use
	Invalid                      // a value is malformed or unknown
	NotEligible                  // C-2: the plan does not allow the mode
	WrongMode                    // the org's mode or the directory's kind does not allow the verb
	SeatsInUse                   // S-6: more seats in use than asked for
	Unauthorized                 // no such live token
	NeedsPlan                    // P-1, P-7: only a plan may do this
	Stale                        // P-2: something moved since the plan was made
	Unacknowledged               // P-6: the administrator would lose their own role
	Undecided                    // P-8: say what becomes of the members
)

// Error is a refusal that a client may see. Nothing was changed.
type Error struct {
	Reason Reason
	Field  string // the attribute or field at fault, "" if none
	Rule   string // the rule id of domain.md, "" if none
	Text   string // one sentence
}

func (e *Error) Error() string { return e.Text }

func refuse(r Reason, field, rule, format string, args ...any) *Error {
	return &Error{r, field, rule, fmt.Sprintf(format, args...)}
}
