package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// whole are the tables of which a rehearsal sees every row: they are small, and
// what they name is unique over the server.
var whole = []string{"parent", "org", "directory", "token"}

// logs have the key of the tables that only grow. A rehearsal reads them where
// they are and keeps beside them what it adds or changes: copying the history of
// a parent would cost more than all the rest of it.
var logs = map[string]string{"history": "key", "event": "parent, seq"}

var (
	createTable = regexp.MustCompile(`^CREATE TABLE \w+`)
	createIndex = regexp.MustCompile(`^CREATE (UNIQUE )?INDEX (\w+) ON \w+`)
)

// shadow puts a TEMP table in front of a table of the database: a name without
// a schema means the temporary one. The connection cannot write to the database
// itself, so a write that came past here would fail rather than hold up others.
func shadow(ctx context.Context, tx *sql.Tx, parents []int64, table string) error {
	statements, err := shadowing(ctx, tx, keyList(parents), table)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("rehearse %s: %w", table, err)
		}
	}
	return nil
}

func shadowing(ctx context.Context, tx *sql.Tx, parents, table string) ([]string, error) {
	ddl, err := texts(ctx, tx, "SELECT sql FROM main.sqlite_schema WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC, name", table)
	if err != nil {
		return nil, err
	}
	columns, err := texts(ctx, tx, "SELECT name FROM main.pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	if len(ddl) == 0 || len(columns) == 0 {
		return nil, errors.New("no such table: " + table)
	}
	target, key := table, logs[table]
	if key != "" {
		target += "_new"
	}
	out := []string{createTable.ReplaceAllString(ddl[0], "CREATE TEMP TABLE "+target)}
	if key == "" {
		out = append(out, copied(table, columns, parents))
	}
	if strings.Contains(ddl[0], "INTEGER PRIMARY KEY") {
		// A key of a row that was not copied must not be given out again.
		if !strings.Contains(ddl[0], "AUTOINCREMENT") {
			out[0] = strings.Replace(out[0], "INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", 1)
		}
		out = append(out,
			"DELETE FROM temp.sqlite_sequence WHERE name = '"+target+"'",
			"INSERT INTO temp.sqlite_sequence(name, seq) SELECT '"+target+"', max("+
				"coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = '"+table+"'), 0), "+
				"coalesce((SELECT max(key) FROM main."+table+"), 0))")
	}
	for _, index := range ddl[1:] {
		out = append(out, createIndex.ReplaceAllString(index, "CREATE ${1}INDEX temp.${2} ON "+target))
	}
	if key != "" {
		out = append(out, overlaid(table, key, columns, parents)...)
	}
	return out, nil
}

// copied fills the copy with the rows of the parents, without their documents.
func copied(table string, columns []string, parents string) string {
	rows := "true"
	switch {
	case slices.Contains(whole, table):
	case table == "plan_row": // those of old plans are many, and of no concern
		rows = "false"
	case slices.Contains(columns, "parent"):
		rows = "parent IN " + parents
	case slices.Contains(columns, "directory"):
		rows = "directory IN (SELECT key FROM main.directory WHERE parent IN " + parents + ")"
	}
	values := strings.Join(columns, ", ")
	if table == "resource" {
		values = strings.Replace(values, "document", "x''", 1)
	}
	return "INSERT INTO temp." + table + "(" + strings.Join(columns, ", ") + ") SELECT " + values + " FROM main." + table + " WHERE " + rows
}

// overlaid reads a log and its new rows as one; what is written to it becomes a
// new row, in place of the old one of its key.
func overlaid(table, key string, columns []string, parents string) []string {
	all := strings.Join(columns, ", ")
	put := "(" + all + ") VALUES(new." + strings.Join(columns, ", new.") + "); END"
	return []string{
		fmt.Sprintf(`CREATE TEMP VIEW %[1]s AS
			SELECT %[2]s FROM main.%[1]s WHERE parent IN %[4]s AND (%[3]s) NOT IN (SELECT %[3]s FROM %[1]s_new)
			UNION ALL SELECT %[2]s FROM %[1]s_new`, table, all, key, parents),
		"CREATE TEMP TRIGGER " + table + "_insert INSTEAD OF INSERT ON " + table + " BEGIN INSERT INTO " + table + "_new" + put,
		"CREATE TEMP TRIGGER " + table + "_update INSTEAD OF UPDATE ON " + table + " BEGIN INSERT OR REPLACE INTO " + table + "_new" + put,
	}
}

func keyList(keys []int64) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = strconv.FormatInt(k, 10)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) (out []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}
