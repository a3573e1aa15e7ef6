package transfer

import (
	"errors"
	"fmt"
)

// ErrTakenOver says that another process goes on with the copy.
var ErrTakenOver = errors.New("another process has taken this copy over")

// UnfinishedError says that a database is the target of a copy that has not
// come to its end.
type UnfinishedError struct{ From string }

func (e *UnfinishedError) Error() string {
	return "it is being copied from " + e.From + ", and not to be served before that has ended: see scimd store copy"
}

// MovedError says that what a database held is elsewhere.
type MovedError struct{ To string }

func (e *MovedError) Error() string { return "it has moved to " + e.To }

// BegunError says that a source is being copied to another target.
type BegunError struct{ From, To string }

func (e *BegunError) Error() string {
	return e.From + " is being copied to " + e.To + ": finish that, or give it up by scimd store copy --abandon"
}

// OccupiedError says that a target holds something else.
type OccupiedError struct{ To, What string }

func (e *OccupiedError) Error() string { return e.To + " is not empty: it holds " + e.What }

// SchemaError says that two databases differ in more than their rows.
type SchemaError struct{ What string }

func (e *SchemaError) Error() string {
	return "the schemas differ: " + e.What + "; start this version of scimd over the older one, once"
}

// DifferenceError says that both databases do not hold the same.
type DifferenceError struct {
	Table string
	Key   Key
	What  string
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("table %s, row %s: %s", e.Table, e.Key, e.What)
}
