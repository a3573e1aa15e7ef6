package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// whole are the tables of which a rehearsal sees every row: they are small, and
// what they name is unique over the server.
var whole = []string{"parent", "org", "directory", "token"}

// logs have the key of the tables that only grow. A rehearsal reads them where
// they are and keeps beside them what it adds or changes.
var logs = map[string]string{"history": "parent, key", "event": "parent, seq"}

// shadow puts a TEMP table in front of a table: names without a schema are
// looked for among the temporary ones first. It goes with the transaction.
func shadow(ctx context.Context, tx *sql.Tx, parents []int64, table string) error {
	s := shadowed{ctx: ctx, tx: tx, table: table, parents: keyList(parents)}
	if err := s.read(); err != nil {
		return fmt.Errorf("rehearse %s: %w", table, err)
	}
	for _, statement := range s.statements() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("rehearse %s: %w", table, err)
		}
	}
	return nil
}

// shadowed is a table on its way behind its shadow.
type shadowed struct {
	ctx      context.Context
	tx       *sql.Tx
	table    string
	parents  string
	schema   string
	columns  []string
	identity int64 // the next key, 0: the table gives none
}

func (s *shadowed) read() error {
	if err := s.tx.QueryRowContext(s.ctx, "SELECT current_schema()").Scan(&s.schema); err != nil {
		return err
	}
	rows, err := s.tx.QueryContext(s.ctx, `SELECT attname, attidentity <> '' FROM pg_attribute
		WHERE attrelid = CAST($1 AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, s.real())
	if err != nil {
		return err
	}
	defer rows.Close()
	numbered := false
	for rows.Next() {
		var column string
		var identity bool
		if err := rows.Scan(&column, &identity); err != nil {
			return err
		}
		s.columns, numbered = append(s.columns, column), numbered || identity
	}
	if err := rows.Err(); err != nil || !numbered {
		return err
	}
	// The key of a row that was not copied must not be given out again.
	return s.tx.QueryRowContext(s.ctx, "SELECT last_value + 1 FROM "+s.schema+"."+s.table+"_key_seq").Scan(&s.identity)
}

// real names the table itself.
func (s *shadowed) real() string { return s.schema + "." + s.table }

func (s *shadowed) statements() []string {
	key, log := logs[s.table]
	temporary := s.table
	if log {
		temporary += "_new"
	}
	out := []string{"CREATE TEMP TABLE " + temporary + " (LIKE " + s.real() + " INCLUDING ALL) ON COMMIT DROP"}
	if s.identity > 0 {
		out = append(out, "ALTER TABLE pg_temp."+temporary+" ALTER COLUMN key RESTART WITH "+strconv.FormatInt(s.identity, 10))
	}
	if log {
		return append(out, s.overlay(key)...)
	}
	return append(out, s.copied(), "ANALYZE pg_temp."+temporary)
}

// copied fills the shadow with the rows of the parents, without their documents.
func (s *shadowed) copied() string {
	rows := "true"
	switch {
	case slices.Contains(whole, s.table):
	case s.table == "plan_row": // those of old plans are many, and of no concern
		rows = "false"
	case slices.Contains(s.columns, "parent"):
		rows = "parent IN " + s.parents
	case slices.Contains(s.columns, "directory"):
		rows = "directory IN (SELECT key FROM " + s.schema + ".directory WHERE parent IN " + s.parents + ")"
	}
	all := strings.Join(s.columns, ", ")
	values := all
	if s.table == "resource" {
		values = strings.Replace(values, "document", "''", 1)
	}
	return "INSERT INTO pg_temp." + s.table + "(" + all + ") SELECT " + values + " FROM " + s.real() + " WHERE " + rows
}

// overlay reads a log and its new rows as one; what is written to it becomes a
// new row, in place of the old one of its key.
func (s *shadowed) overlay(key string) []string {
	all := strings.Join(s.columns, ", ")
	given := s.columns
	if s.identity > 0 {
		given = slices.DeleteFunc(slices.Clone(given), func(c string) bool { return c == "key" })
	}
	var set []string
	for _, column := range given {
		set = append(set, column+" = excluded."+column)
	}
	put := func(columns []string) string {
		return "INSERT INTO " + s.table + "_new(" + strings.Join(columns, ", ") + ") VALUES(NEW." + strings.Join(columns, ", NEW.") + ")" +
			" ON CONFLICT(" + key + ") DO UPDATE SET " + strings.Join(set, ", ")
	}
	trigger := func(event, do string) []string {
		name := s.table + "_" + event
		return []string{
			"CREATE FUNCTION pg_temp." + name + "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + do + "; RETURN NEW; END $$",
			"CREATE TRIGGER " + name + " INSTEAD OF " + event + " ON pg_temp." + s.table + " FOR EACH ROW EXECUTE FUNCTION pg_temp." + name + "()",
		}
	}
	out := []string{fmt.Sprintf(`CREATE TEMP VIEW %[1]s AS
		SELECT %[2]s FROM %[4]s WHERE parent IN %[5]s AND (%[3]s) NOT IN (SELECT %[3]s FROM %[1]s_new)
		UNION ALL SELECT %[2]s FROM %[1]s_new`, s.table, all, key, s.real(), s.parents)}
	out = append(out, trigger("insert", put(given))...)
	return append(out, trigger("update", put(s.columns))...)
}

func keyList(keys []int64) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = strconv.FormatInt(k, 10)
	}
	if len(list) == 0 {
		return "(NULL)"
	}
	return "(" + strings.Join(list, ", ") + ")"
}
