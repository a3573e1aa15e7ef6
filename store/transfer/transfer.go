// Package transfer copies all that one database holds to another, whatever
// kinds they are of, and proves that both hold the same. It knows rows, keys and
// the order of steps; it must not know a driver, nor what a row means.
package transfer

import "context"

// Type is what a column holds. A value of it is an int64, a string or a []byte,
// or nil.
type Type string

// The types of the schema.
const (
	Integer Type = "integer"
	Text    Type = "text"
	Blob    Type = "blob"
)

// Column is one of a table.
type Column struct {
	Name string
	Type Type
}

// Table is one as a database has it.
type Table struct {
	Name       string
	Columns    []Column
	Key        []string // the primary key
	References []string // the tables that its rows name, but for itself
}

// Selection says which rows of a table to read.
type Selection struct {
	Table   string
	Columns []Column
	Order   []Column // what rows are sorted by: unique
	After   []any    // values of Order that the first row comes behind; nil: none
	UpTo    []any    // values of Order that the last row has at most; nil: none
	By      []Column // if any: the rows whose values of By are one of Keys
	Keys    [][]any
}

// Snapshot is a database at one moment.
type Snapshot interface {
	// Read passes rows with the values of Columns. What is passed is the
	// receiver's to keep.
	Read(ctx context.Context, s Selection, yield func(row []any) error) error
	Count(ctx context.Context, table string) (int, error)
	// First gives the first row of a query that every database understands, nil
	// if there is none.
	First(ctx context.Context, query string) ([]any, error)
	// Given has for each table that numbers its rows the highest key that it has
	// given out, whether the row is still there or not.
	Given(ctx context.Context) (map[string]int64, error)
}

// Database is one end of a copy.
type Database interface {
	// String names it to people, without its password.
	String() string
	Version(ctx context.Context) (int64, error) // of the schema
	Tables(ctx context.Context) ([]Table, error)
	Snapshot(ctx context.Context, fn func(Snapshot) error) error
	Close() error
}

// Followed is a source that notes which of its rows change, so that it may be
// written to while it is copied.
type Followed interface {
	Database
	// Following tells of the copy under way; nil: there is none.
	Following(ctx context.Context) (*Following, error)
	// Follow begins to note changes, by the primary keys of the tables as given.
	Follow(ctx context.Context, id, to string, tables []Table) error
	// Since is Snapshot, with the changes noted by then.
	Since(ctx context.Context, fn func(Snapshot, Changes) error) error
	// Forget drops the changes up to a number.
	Forget(ctx context.Context, number int64) error
	// Switch is Since while nobody can write; if fn succeeds, nobody ever can
	// again.
	Switch(ctx context.Context, fn func(Snapshot, Changes) error) error
	// Abandon forgets the copy, unless the source has moved.
	Abandon(ctx context.Context) error
}

// Following is what a source knows of its copy.
type Following struct {
	ID    string
	To    string // its name
	Moved bool
}

// Changes are the rows that a source has noted.
type Changes interface {
	// Last is the number of the last change, and how many there are.
	Last(ctx context.Context) (number int64, count int, err error)
	// Each passes the key of each row that was added, changed or deleted, once,
	// table by table. The rows of the snapshot may be read meanwhile.
	Each(ctx context.Context, yield func(table string, key []any) error) error
}

// Target is where a copy goes.
type Target interface {
	Database
	// Progress is that of the copy under way; nil: there is none.
	Progress(ctx context.Context) (*Progress, error)
	// Begin empties the tables and makes the database one that no server opens
	// before Finish.
	Begin(ctx context.Context, tables []Table, p Progress) error
	// TakeOver makes this run the only one that may Load.
	TakeOver(ctx context.Context, p Progress) error
	// Load runs fn and keeps the progress in one transaction. ErrTakenOver is
	// that another run has the copy.
	Load(ctx context.Context, p *Progress, fn func(Loader) error) error
	// Loaded is called when everything is there but for what changes meanwhile.
	Loaded(ctx context.Context) error
	// Finish goes on numbering rows behind those given, and opens the database
	// to servers.
	Finish(ctx context.Context, p Progress, given map[string]int64) error
}

// Loader changes the rows of a target.
type Loader interface {
	Insert(ctx context.Context, table string, columns []Column, rows [][]any) error
	Delete(ctx context.Context, table string, by []Column, keys [][]any) error
}
