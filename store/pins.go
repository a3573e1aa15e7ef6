package store

import "time"

// Pin is what an administrator set by hand where the directory decides (M-5),
// or a membership that nothing else gives (M-11).
type Pin struct {
	Parent, Org, Account int64
	Role, Tier           string // "": not pinned
	// Against is the basis of the refusal that the membership outlives, ""
	// if it rests on the directory.
	Against string
	By, Why string
	At      time.Time
	Expires time.Time // zero: none
}
