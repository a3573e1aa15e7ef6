package store

import "time"

// LinkState says whether a source still feeds its directory.
type LinkState string

// The states of a link.
const (
	Linked   LinkState = "linked"
	Unlinked LinkState = "unlinked" // the source is gone; its people stay
)

// Stamp orders what a source says of one thing: by the source's time, then by
// the id of the event, so that any two events have one order.
type Stamp struct {
	At    time.Time
	Event string
}

// After tells whether s is the later word.
func (s Stamp) After(than Stamp) bool {
	return s.At.After(than.At) || s.At.Equal(than.At) && s.Event > than.Event
}

// SourceLink ties a directory to what feeds it.
type SourceLink struct {
	ID    string // the source's own id of the directory
	State LinkState
	Said  Stamp // of the last change of State
}

// SigningSecret verifies what a source signs. It is stored as it is: an HMAC needs
// the key itself, so a hash of it would verify nothing.
type SigningSecret struct {
	Directory        int64
	Secret           string
	Created, Expires time.Time // Expires zero: none
}

// SourceObject is what a source last said of one of its users or groups. It
// outlives the resource, so that a late event does not bring back the dead.
type SourceObject struct {
	Directory int64
	ID        string // the source's; never a resource's
	Type      ResourceType
	Resource  int64     // key; 0: none now
	Said      Stamp     // of Data
	Deleted   time.Time // the last time it was; zero: never
	Data      []byte    // as the source sent it, or nil
}

// SourceMember is what a source last said of a user in a group.
type SourceMember struct {
	Directory   int64
	Group, User string // the source's ids
	Said        Stamp
	In          bool
}

// Outcome says what became of a delivery.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "applied"
	Skipped   Outcome = "skipped"   // understood, and nothing to do
	Duplicate Outcome = "duplicate" // the event had an outcome already
	Unknown   Outcome = "unknown"   // no event that is understood
	Failed    Outcome = "failed"    // not usable, or refused
)

// Delivery is one event as a source delivered it.
type Delivery struct {
	Directory, Seq int64
	Event, Type    string // "" where the body does not say
	At             time.Time
	Outcome        Outcome
	Reason         string // one sentence, "" for what was applied
	Body           []byte // as received, or nil
}
