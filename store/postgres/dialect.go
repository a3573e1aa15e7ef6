package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"scimd/store/sqlstore"
)

var dialect = sqlstore.Dialect{
	Start:       start,
	BeginRead:   sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	Bind:        bind,
	Taken:       taken,
	Unavailable: unavailable,
	Undone:      undone,
	Lock:        "FOR NO KEY UPDATE",
	TryLock:     "FOR NO KEY UPDATE SKIP LOCKED",
	Committed:   committed,
	Claim: func(ctx context.Context, conn *sql.Conn, name string) (held bool, err error) {
		err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", "scimd "+name).Scan(&held)
		return held, err
	},
	Yield: func(ctx context.Context, conn *sql.Conn, name string) error {
		_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", "scimd "+name)
		return err
	},
	Cursors:   true,
	Returning: true,
	Keys:      "unnest(CAST(? AS bigint[])) AS k(value)",
	In:        func(column string) string { return column + " = ANY(CAST(? AS bigint[]))" },
	List:      func(keys []int64) any { return keys },
	Pairs:     "unnest(CAST(? AS bigint[]), CAST(? AS bigint[])) AS k(key, value)",
	ListPairs: func(keys, values []int64) []any { return []any{keys, values} },
	IDs:       "unnest(CAST(? AS bytea[])) AS k(value)",
	ListIDs:   func(ids [][]byte) any { return ids },
	// As a list, since a join may begin with the whole directory.
	Few:     func(column, query string) string { return column + " = ANY(ARRAY(" + query + "))" },
	Lookup:  lookup,
	Briefly: func(name, where string) string { return lookup("resource", name, where) },
	DeleteKeys: func(table, column, where string) string {
		return "DELETE FROM " + table + " WHERE ctid = ANY(ARRAY(SELECT found.ctid FROM unnest(CAST(? AS bigint[])) AS k(value)" +
			" CROSS JOIN LATERAL (SELECT r.ctid FROM " + table + " r WHERE r." + column + " = k.value AND " + where + " OFFSET 0) AS found))"
	},
	Known:    func(column string) string { return column },
	Joined:   func(column string) string { return "string_agg(" + column + "::text, ',')" },
	Contains: func(text string) string { return "strpos(" + text + ", ?) > 0" },
	EndsWith: func(text string) string { return "right(" + text + ", char_length(?)) = ?" },
	Field: func(column string, path ...string) string {
		return "(CAST(" + column + " AS jsonb) #>> '{" + strings.Join(path, ",") + "}')"
	},
	SetField: func(column string, path ...string) string {
		return "CAST(jsonb_set(CAST(" + column + " AS jsonb), '{" + strings.Join(path, ",") + "}', to_jsonb(CAST(? AS text)), false) AS text)"
	},
	Shadow: shadow,
}

func lookup(table, name, where string) string {
	return " CROSS JOIN LATERAL (SELECT * FROM " + table + " " + name + " WHERE " + where + " OFFSET 0) AS " + name
}

// bind numbers the placeholders. No statement has a question mark of another
// meaning.
func bind(query string) string {
	var out strings.Builder
	out.Grow(len(query) + 16)
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteByte('$')
		out.WriteString(strconv.Itoa(n))
		query = after
	}
}

// start asks for the number of the transaction in the round trip that begins it.
func start(ctx context.Context, conn *sql.Conn) (number string, err error) {
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T: want pgx's", driver)
		}
		results, err := c.Conn().PgConn().Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text").ReadAll()
		if err == nil {
			number = string(results[1].Rows[0][0])
		}
		return err
	})
	return number, err
}

func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

// committed waits until a transaction whose connection was lost has ended.
func committed(ctx context.Context, conn *sql.Conn, number string) (bool, error) {
	for ; ; wait(ctx) {
		var status string
		if err := conn.QueryRowContext(ctx, "SELECT pg_xact_status(CAST($1 AS xid8))", number).Scan(&status); err != nil {
			return false, err
		}
		if status != "in progress" {
			return status == "committed", nil
		}
	}
}
