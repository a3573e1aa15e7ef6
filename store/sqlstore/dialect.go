package sqlstore

import (
	"context"
	"database/sql"
	"strings"
)

// Dialect is what differs between databases. The SQL beside it keeps to what
// both understand.
type Dialect struct {
	// Start starts the writer's transaction, BeginRead a snapshot. The number
	// names the transaction where Committed asks for it.
	Start     func(ctx context.Context, conn *sql.Conn) (number string, err error)
	BeginRead sql.TxOptions
	// Bind puts the database's placeholders where a statement has its question
	// marks; nil: they are those.
	Bind func(query string) string
	// Taken tells whether an error is a unique violation.
	Taken func(error) bool
	// Unavailable tells whether an error is the database's trouble and no
	// fault of a statement: no connection, no space, no time.
	Unavailable func(error) bool
	// Undone tells whether an error means that the database gave a transaction
	// up for another's sake, so that it may run again.
	Undone func(error) bool

	// Lock ends the statement that reads a parent's row and keeps it from other
	// writers: the first of a batch waits for it, a further one passes over it.
	// "" where there is one writer.
	Lock, TryLock string
	// Committed asks for the end of a transaction, by its number, when the
	// connection was lost on the way to it. nil: an end is always known.
	Committed func(ctx context.Context, conn *sql.Conn, number string) (bool, error)

	// Claim asks for the lead of what a name says, which goes with the connection,
	// and Yield gives it back. nil: one server has the database.
	Claim func(ctx context.Context, conn *sql.Conn, name string) (bool, error)
	Yield func(ctx context.Context, conn *sql.Conn, name string) error

	// Cursors tells that a connection runs nothing else while rows are read.
	Cursors bool
	// Returning tells that RETURNING spares a round trip. Without one it costs more
	// than to ask: SQLite makes a table of what it returns.
	Returning bool
	// Keys is the table expression k of a bound list of integers, with the
	// column value, and In tests a column for being in such a list; List binds it.
	Keys string
	In   func(column string) string
	List func([]int64) any
	// Pairs is the table expression k of integers with another for each, in the
	// columns key and value, and ListPairs binds it. A key is there once.
	Pairs     string
	ListPairs func(keys, values []int64) []any
	// IDs is Keys of ids, and ListIDs binds them.
	IDs     string
	ListIDs func([][]byte) any
	// Few tests a column for being in what a query gives, which is found first.
	Few func(column, query string) string
	// Lookup joins a table, by a name, whose rows are looked up one after another
	// for those of the tables before. Without statistics PostgreSQL takes every
	// table for small, and would rather read all of the tenant's part of it for
	// each of many. What no index has belongs behind the joins: an index on that
	// condition would look better to it than the right one.
	Lookup func(table, name, where string) string
	// Briefly is Lookup of resources of which nothing is asked but what the index
	// resource_brief has.
	Briefly func(name, where string) string
	// DeleteKeys removes the rows of a table whose column is in a bound list,
	// where all of a condition on r that is bound after it is true.
	DeleteKeys func(table, column, where string) string
	// Known is the tenant's column where a row is found by a key that is unique
	// without it, if the database would walk the tenant otherwise.
	Known func(column string) string
	// Joined is the aggregate of integers as a text with commas between.
	Joined func(column string) string
	// Contains and EndsWith test a text for a bound one; EndsWith binds it twice.
	Contains, EndsWith func(text string) string
	// Field reads a text within a column of JSON, and SetField is the column with
	// a bound text in its place, if the field is there.
	Field, SetField func(column string, path ...string) string

	// Shadow keeps what a rehearsal does to a table out of the database; it is
	// called before the first write to it.
	Shadow func(ctx context.Context, rehearsal *sql.Tx, parents []int64, table string) error

	// Observe is told every statement before Bind, for tests. nil: nobody is.
	Observe func(query string, args []any)
}

// alone tells whether one server has the database.
func (d Dialect) alone() bool { return d.Claim == nil }

// among tests a column for being one of the keys. One alone is compared, which
// both databases do faster than to read a list.
func (d Dialect) among(column string, keys []int64) (condition string, bound any) {
	if len(keys) == 1 {
		return column + " = ?", keys[0]
	}
	return d.In(column), d.List(keys)
}

// of gives columns of a table by the name that it has in a statement.
func of(name, columns string) string {
	return name + "." + strings.ReplaceAll(columns, ", ", ", "+name+".")
}

// upsert inserts a row, or replaces the one with its key.
func upsert(table, key, columns string) string {
	list := strings.Split(columns, ", ")
	var set []string
	for _, column := range list {
		if !strings.Contains(", "+key+", ", ", "+column+", ") {
			set = append(set, column+" = excluded."+column)
		}
	}
	return "INSERT INTO " + table + "(" + columns + ") VALUES(?" + strings.Repeat(", ?", len(list)-1) + ")" +
		" ON CONFLICT(" + key + ") DO UPDATE SET " + strings.Join(set, ", ")
}
