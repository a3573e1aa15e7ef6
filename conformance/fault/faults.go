package fault

import "slices"

// Faults are all that are seeded, each caught by the case of its row.
func Faults() []Fault {
	return slices.Concat(statuses(), headers(), errorBodies(), documents(), discovery(), filters(), lists(), cursors(), projections(), patches(), bulk(), access())
}

// on answers with a status where the request and the status are these.
func on(method, suffix string, from, to int) func(*Answer) {
	return func(a *Answer) {
		if a.Status == from && a.Request.is(method, suffix) {
			a.Status = to
		}
	}
}

// without leaves a header out of every answer.
func without(header string) func(*Answer) {
	return func(a *Answer) { a.Header.Del(header) }
}
