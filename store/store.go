// Package store is the contract between the use cases and a database: the
// records that are kept, the transactions that change them and the sentinel
// errors. It owns no rule of SCIM or of mapping and imports no driver; every
// backend passes the suites of storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sentinel errors, matched with errors.Is.
var (
	ErrNotFound = errors.New("store: not found")
	ErrExists   = errors.New("store: already exists")
	ErrBusy     = errors.New("store: too many writes are waiting")
	// ErrUnavailable is the database's trouble: it cannot be reached, or not
	// written. What was asked for may be asked for again.
	ErrUnavailable = errors.New("store: the database cannot be used now")
	ErrClosed      = errors.New("store: closed")
	ErrNested      = errors.New("store: a transaction is already open in this context")
)

// TakenError is the ErrExists of a UniqueValue that another resource has.
type TakenError struct{ UniqueValue }

func (e *TakenError) Error() string { return "store: the value of " + e.Attribute + " is taken" }

// Unwrap gives ErrExists.
func (e *TakenError) Unwrap() error { return ErrExists }

// MaxIndexed is how many bytes a value may have that is looked up by: names,
// externalIds, indexed values. A page of PostgreSQL's index holds three.
const MaxIndexed = 2000

// TooLongError refuses a value of more than MaxIndexed bytes.
type TooLongError struct{ Attribute string }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s is longer than %d bytes", e.Attribute, MaxIndexed)
}

// Store opens transactions.
type Store interface {
	// Update runs fn in one durable transaction: it returns nil only after the
	// commit is on disk. An error from fn rolls back what fn did and nothing
	// else. fn may run several times, so it must not act outside tx, and return
	// the errors of tx as they are or wrapped. ErrBusy means that nothing was
	// done, ErrUnavailable that it probably was not. Calling Update or View with
	// the context that fn received is ErrNested.
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// View runs fn on one consistent snapshot.
	View(ctx context.Context, fn func(ctx context.Context, r Reader) error) error
	// Credential is Token with the Directory that it opens, zero for an
	// administrator key. Every request asks it first, so it is one statement and
	// needs no snapshot.
	Credential(ctx context.Context, hash [32]byte) (Token, Directory, error)
	// Rehearse runs fn in a transaction that nobody else sees and that is
	// always undone. It works on one snapshot and holds up no Update, however
	// long it takes; rehearsals wait for each other. A table that fn writes is
	// copied first, as far as it belongs to the parents.
	Rehearse(ctx context.Context, parents []int64, fn func(ctx context.Context, tx Tx) error) error
	// Lead runs fn while no other server of the database leads what the name
	// says: it waits until then. The context of fn ends when that is no longer
	// sure, and fn must return then. The error is that of ctx, or of the store.
	Lead(ctx context.Context, name string, fn func(ctx context.Context)) error
	Close() error
}

// Reader reads the records. Slices are never nil-checked for meaning: no rows
// is an empty slice; one missing record is ErrNotFound.
type Reader interface {
	Parent(key int64) (Parent, error)
	// FindParent takes an id or a name.
	FindParent(idOrName string) (Parent, error)
	Parents() ([]Parent, error)

	Org(parent, key int64) (Org, error)
	// FindOrg takes an id or a name; names are unique over the server.
	FindOrg(idOrName string) (Org, error)
	// Orgs lists the organizations of a parent by key.
	Orgs(parent int64) ([]Org, error)
	// Mappings lists the rows of an org by key.
	Mappings(parent, org int64) ([]Mapping, error)
	// MappingsOfGroup lists the rows of any org that name the group.
	MappingsOfGroup(parent, group int64) ([]Mapping, error)
	// Pools gives the seats owned by tier; a tier without a row is unlimited.
	Pools(parent, org int64) (map[string]int, error)

	Directory(key int64) (Directory, error)
	// FindDirectory takes an id or a name; names are unique over the server.
	FindDirectory(idOrName string) (Directory, error)
	Directories(parent int64) ([]Directory, error)

	// Secrets lists the signing secrets of a directory, oldest first.
	SigningSecrets(directory int64) ([]SigningSecret, error)
	// SourceObject finds by the source's own id.
	SourceObject(directory int64, id string) (SourceObject, error)
	SourceMember(directory int64, group, user string) (SourceMember, error)
	// SourceMembersOf lists the pairs in which a group or a user stands.
	SourceMembersOf(directory int64, id string) ([]SourceMember, error)
	// Deliveries lists at most limit with Seq < before, the newest first;
	// before 0 begins at the last.
	Deliveries(directory, before int64, limit int) ([]Delivery, error)
	// DeliveryOf finds the last delivery of an event that was not a duplicate.
	DeliveryOf(directory int64, event string) (Delivery, error)

	// Token finds a credential by the SHA-256 of its secret.
	Token(hash [32]byte) (Token, error)
	Tokens(directory int64) ([]Token, error)
	// HasAdminKey tells whether any administrator key was ever made.
	HasAdminKey() (bool, error)

	// ResourceTypes gives the number of every type that was ever named.
	ResourceTypes() (map[string]ResourceType, error)
	// Resource finds by the public id within a directory and type.
	Resource(directory int64, typ ResourceType, id string) (Resource, error)
	ResourceByKey(directory, key int64) (Resource, error)
	// References resolves public ids of any type; unknown ones are left out.
	References(directory int64, ids []string) ([]Reference, error)
	// Find answers one page and the number of all matches.
	Find(q Query) (Page, error)
	// Keys gives the key of every match in order; After, Offset and Limit are
	// ignored. It is how a caller tests more than Where can say: it loads the
	// resources in portions, so that neither needs much memory.
	Keys(q Query) ([]int64, error)
	// ResourcesByKey gives resources in the order of their keys in the list;
	// those that are gone are left out.
	ResourcesByKey(directory int64, keys []int64) ([]Resource, error)
	// ResourcesBriefly is ResourcesByKey without the documents.
	ResourcesBriefly(directory int64, keys []int64) ([]Resource, error)
	// Members walks the direct members of a group in order of key, without
	// loading their documents, until yield returns false.
	Members(directory, group int64, yield func(Reference) bool) error
	// Groups lists the groups that contain a resource: directly, and through
	// nesting (Indirect) when transitive is set. Cycles are harmless (M-3).
	Groups(directory, member int64, transitive bool) ([]Reference, error)
	// GroupsOf is Groups of many, by member; one that is in no group is left out.
	GroupsOf(directory int64, members []int64, transitive bool) (map[int64][]Reference, error)
	// CountMembers counts the direct members of a group, no further than limit
	// (0: all).
	CountMembers(directory, group int64, limit int) (int, error)
	// UsersBelow lists the accounts of the users that are among the resources, or
	// members of any of them, directly or through nesting, in order and without
	// duplicates (M-3).
	UsersBelow(directory int64, resources []int64) ([]int64, error)
	// UsersIn lists the accounts of the users that are direct members of a group,
	// in order.
	UsersIn(directory, group int64) ([]int64, error)
	// AttachedUsersOf lists the users linked to the accounts in directories that are
	// not detached, by key.
	AttachedUsersOf(parent int64, accounts []int64) ([]LinkedUser, error)
	// UsersByAccount walks the users of a directory in order of account.
	UsersByAccount(directory int64, yield func(account int64, active bool) bool) error

	Account(parent, key int64) (Account, error)
	// AccountsByKey leaves out those that are none, as MembersByKey does.
	AccountsByKey(parent int64, keys []int64) ([]Account, error)
	// Accounts pages by key: those after the key, at most limit.
	Accounts(parent, after int64, limit int) ([]Account, error)
	// IdleAccounts lists at most limit accounts that are not erased, in no
	// directory and a member of no org, and whose last change (or creation) lies
	// before a time.
	IdleAccounts(parent int64, before time.Time, limit int) ([]int64, error)
	// MergedInto lists the accounts that were merged into one, directly.
	MergedInto(parent, account int64) ([]Account, error)
	// AccountBySubject finds by what the login's issuer calls the person.
	AccountBySubject(parent int64, subject string) (Account, error)
	// FindAccount takes an id, a folded userName or a folded primary e-mail.
	FindAccount(parent int64, idOrName string) (Account, error)
	// AccountByUserName and AccountsByEmail compare folded values (I-1).
	AccountByUserName(parent int64, folded string) (Account, error)
	AccountsByEmail(parent int64, folded string) ([]Account, error)
	// UsersOfAccount lists the directory users linked to an account, of all
	// directories of the parent (I-4), without documents.
	UsersOfAccount(parent, account int64) ([]Resource, error)
	Member(parent, org, account int64) (Member, error)
	// MembersByKey gives those of the accounts who are members, by account key.
	MembersByKey(parent, org int64, accounts []int64) ([]Member, error)
	// MembersOfOrg pages by account key: those after the key, at most limit
	// (0: all).
	MembersOfOrg(parent, org, after int64, limit int) ([]Member, error)
	// MembersBriefly is MembersOfOrg with what decisions look at alone: Account,
	// Role, Tier, State, Source, Want, and Guard, Action and Basis of Hold.
	MembersBriefly(parent, org, after int64, limit int) ([]Member, error)
	MembersOfAccount(parent, account int64) ([]Member, error)
	// HeldMembers pages those that a guard holds ("": any guard), by account
	// key: those after the key, at most limit.
	HeldMembers(parent, org int64, guard string, after int64, limit int) ([]Member, error)
	// ActiveMembers lists at most limit active members who have one of the
	// roles, by account key.
	ActiveMembers(parent, org int64, roles []string, limit int) ([]Member, error)
	// SeatsUsed counts the members of an org that are not waiting, by tier
	// (S-1).
	SeatsUsed(parent, org int64) (map[string]int, error)
	// SeatsWanted counts the members of an org that stand in line, by Want.
	SeatsWanted(parent, org int64) (map[string]int, error)
	// LineClasses lists the classes of the members of the org whose Want is set
	// and whom no guard holds.
	LineClasses(parent, org int64) ([]LineClass, error)
	// Line lists at most limit of those in a class who stand behind a place; all
	// stand behind the zero Place (S-4).
	Line(parent, org int64, c LineClass, behind Place, limit int) ([]Member, error)
	// PlaceInLine counts the members of the org with the same Want that stand
	// before m, plus one.
	PlaceInLine(m Member) (int, error)

	Pin(parent, org, account int64) (Pin, error)
	// Pins lists those of an org by account key.
	Pins(parent, org int64) ([]Pin, error)
	// PinsOf lists those of the accounts, by account and org.
	PinsOf(parent int64, accounts []int64) ([]Pin, error)
	// MarksOf is PinsOf with those of the accounts who are barred from any org.
	MarksOf(parent int64, accounts []int64) (pins []Pin, barred []int64, err error)
	// ExpiredPins lists at most limit pins whose Expires is not after a time.
	ExpiredPins(parent int64, at time.Time, limit int) ([]Pin, error)
	// Barred tells whether a person was taken out of an org for good (P-8).
	Barred(parent, org, account int64) (bool, error)

	// FindPlan takes an id.
	FindPlan(id string) (Plan, error)
	// Plans lists at most limit plans of a parent, the newest first.
	Plans(parent int64, limit int) ([]Plan, error)
	// PlanRows pages by Seq: those after it, at most limit; org "" is any.
	PlanRows(plan int64, org string, after int64, limit int) ([]PlanRow, error)

	// History lists the changes of a member, oldest first; account 0 means of
	// everyone in the org, org 0 of the account everywhere.
	History(parent, org, account int64) ([]Change, error)
	// ChangeAt is the last change of a member up to a time.
	ChangeAt(parent, org, account int64, at time.Time) (Change, error)
	// MembersAt pages by account the last change up to a time of everyone who
	// was a member then: those after the key, at most limit (T-2).
	MembersAt(parent, org int64, at time.Time, after int64, limit int) ([]Change, error)
	// RemovedSince counts the removals of an org that the engine decided after
	// a time (P-4).
	RemovedSince(parent, org int64, since time.Time) (int, error)
	// Events lists at most limit events of a parent with Seq > after, in order.
	Events(parent, after int64, limit int) ([]Event, error)
	// LastEvent is the highest sequence number given out for a parent, or 0.
	LastEvent(parent int64) (int64, error)

	// ChoreDone tells when a chore was last done; ErrNotFound is never.
	ChoreDone(name string) (time.Time, error)
	// Secret gives a secret that all servers of the database share.
	Secret(name string) ([]byte, error)
}

// Tx reads and writes within one transaction. Add* fill in the Key of the
// record they are given; a unique value that is taken is ErrExists. No text
// holds U+0000, which the front doors refuse.
type Tx interface {
	Reader

	// LockParent is Parent, and keeps every other transaction from locking it
	// until this one ends. Who changes anything of a parent locks it first, before
	// reading what the change rests on; of two parents, each before its own.
	LockParent(key int64) (Parent, error)
	AddParent(*Parent) error
	SetParent(Parent) error
	AddOrg(*Org) error
	SetOrg(Org) error
	// MoveOrg gives an org and its pools to another parent. Members, mappings
	// and pins must be gone.
	MoveOrg(from, org, to int64) error
	AddMapping(*Mapping) error
	RemoveMapping(parent, org, key int64) error
	// SetPool sets the seats of a tier; a negative number removes the pool.
	SetPool(parent, org int64, tier string, seats int) error

	AddDirectory(*Directory) error
	SetDirectory(Directory) error
	// SetSigningSecrets replaces the signing secrets of a directory.
	SetSigningSecrets(directory int64, secrets []SigningSecret) error
	// PutSourceObject and PutSourceMember insert or replace.
	PutSourceObject(SourceObject) error
	PutSourceMember(SourceMember) error
	// AddDelivery numbers the delivery with the directory's next Seq.
	AddDelivery(*Delivery) error
	// DropDeliveries removes those up to a Seq and those from before a time.
	DropDeliveries(directory, upTo int64, before time.Time) error
	AddToken(*Token) error
	// RevokeToken takes the token's public id.
	RevokeToken(id string, at time.Time) error

	// AddResourceType gives a name its number: a new one, or the one it has.
	AddResourceType(name string) (ResourceType, error)

	// AddResource and SetResource refuse a Unique value that another resource
	// of the directory has with a *TakenError, and what is too long to be looked
	// up by with a *TooLongError.
	AddResource(*Resource) error
	// SetResource replaces the row with r.Key, including its indexed Values and
	// its Unique ones.
	SetResource(Resource) error
	// SetDocument is SetResource where Account, Name, Display, ExternalID and Active
	// are as stored: no index has to be written again.
	SetDocument(Resource) error
	// TouchResource sets Modified and Version alone.
	TouchResource(Resource) error
	// RemoveResource removes the row, its values and every membership in which
	// it stands on either side.
	RemoveResource(directory, key int64) error
	// AddMembers and RemoveMembers report the members that really changed.
	AddMembers(directory, group int64, members []int64) (changed []int64, err error)
	RemoveMembers(directory, group int64, members []int64) (changed []int64, err error)
	// KeepMembers removes all other members, and reports them.
	KeepMembers(directory, group int64, members []int64) (removed []int64, err error)

	AddAccount(*Account) error
	SetAccount(Account) error
	// SetSubject says what the login's issuer calls an account.
	SetSubject(parent int64, subject string, account int64) error
	// LinkUser gives a directory user to an account; version and lastModified
	// stay, since no attribute of it changes (I-2).
	LinkUser(directory, user, account int64) error

	// PutPin inserts or replaces.
	PutPin(Pin) error
	RemovePin(parent, org, account int64) error
	// Bar and Unbar may find it done already; Unbar with org 0 is in every org.
	Bar(parent, org, account int64, at time.Time) error
	Unbar(parent, org int64, accounts ...int64) error

	AddPlan(*Plan) error
	SetPlan(Plan) error
	AddPlanRows([]PlanRow) error
	// DropPlans removes the plans that expired before a time, with their rows.
	DropPlans(parent int64, before time.Time) error
	// Erase replaces an account's personal values by a pseudonym in the account
	// itself, in events and in history, and forgets its subjects (I-3). Numbers
	// and order stay.
	Erase(parent, account int64, pseudonym string) error

	// PutMembers inserts or replaces. Nobody is named twice for the same org;
	// those of one org follow each other, and only when all of them are there is
	// no pool over (S-2).
	PutMembers(...Member) error
	// AddToOrg is PutMembers for those who are no members yet, of any orgs; it is
	// ErrExists if one of them is.
	AddToOrg(...Member) error
	// RemoveFromOrg is ErrNotFound if one of them is no member.
	RemoveFromOrg(parent, org int64, accounts ...int64) error

	// AddChanges keeps their order.
	AddChanges(...Change) error
	// SetAside keeps changes that are still under way, by person and org: After
	// and At are left out, and what is set aside for the same replaces it. It
	// lives within the transaction, for verbs that move more people than memory
	// should hold. Nobody is named twice for the same org.
	SetAside(...Change) error
	// Aside gives what was set aside of the accounts in an org, by account key.
	Aside(parent, org int64, accounts []int64) ([]Change, error)
	// AllAside pages what was set aside by org and account: those behind the
	// pair, at most limit. After is the member as it is by now.
	AllAside(parent, org, account int64, limit int) ([]Change, error)
	// DropAside forgets all of it.
	DropAside(parent int64) error
	// AddEvents numbers the events with the parent's next sequence numbers, in
	// order and without a gap, and stores them (T-3).
	AddEvents(parent int64, events []Event) error

	SetChoreDone(name string, at time.Time) error
	AddSecret(name string, value []byte) error
}
