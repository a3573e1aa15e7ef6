package storetest

import (
	"slices"
	"strings"
)

// large are the stops that read all that a tenant has, or all that there is,
// and why. Where one database alone does so, the reason says which.
var large = []struct {
	why   string
	stops []string
}{
	{"who is forgotten may be named in any text of the parent (I-3)", []string{"Erase"}},
	{"all of it is asked for, or goes", []string{"Parents", "ResourceTypes", "Keys", "Keys/by modified", "UsersByAccount", "History/org", "Pins", "DropAside", "DropPlans"}},
	{"the last of an index is looked at, not what comes before", []string{"AddDelivery"}},
	{"what is left in an org that may move is nothing", []string{"MoveOrg"}},
	{"it is asked at the start, and ends at the first", []string{"HasAdminKey"}},
	{"all that an org has in line is counted in the index of the line", []string{"SeatsWanted"}},
	{"a chore: that nothing is left of a person is known when everyone was looked at", []string{"IdleAccounts"}},
	{"it begins at the next org and ends with the page", []string{"AllAside"}},

	{"no index knows what stands within a text", []string{"Find/name co", "Find/name ew", "Find/value co"}},
	{"nearly everyone is found", []string{"Find/not name eq", "Find/externalId pr", "Find/member pr", "Find/some types", "Find/any type"}},
	{"no index has the column: it seldom narrows", []string{"Find/active eq", "Find/created gt"}},
	{"no index has the order", []string{
		"Find/by active", "Find/by active, behind a position", "Find/by created", "Find/by created, behind a position",
		"Find/by externalId", "Find/by externalId, behind a position", "Find/by id",
	}},
	{"the index has the order: it is walked to the end of the page", []string{"Find/by key", "Find/by modified", "Find/by name"}},
	{"a type is not known: SQLite walks the directory", []string{"Find/name eq, any type"}},
	{"either of two: SQLite walks an index that has one of them", []string{"Find/name eq or email eq", "Find/name eq or externalId eq"}},
	{"PostgreSQL takes two lists for a hundred pairs, and reads the pins of the parent instead", []string{"PinsOf/more", "MarksOf/more"}},
	{"PostgreSQL joins with the directory where much of it is asked for", []string{
		"Find/email eq, any type", "Find/in a group", "Find/value sw", "Find/name gt", "Find/modified gt",
	}},
}

// reasonFor is "" for a stop that has to come to what it wants by an index. In
// which direction it goes, how deep, and whether it only counts is all one; but
// a page behind a position has to begin there.
func reasonFor(stop string) string {
	for _, variant := range []string{", total", ", any type, deep", " desc"} {
		stop = strings.TrimSuffix(stop, variant)
	}
	stop = strings.Replace(stop, " desc,", ",", 1)
	for _, l := range large {
		if slices.Contains(l.stops, stop) {
			return l.why
		}
	}
	return ""
}
