package sqlstore

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"scimd/store"
)

// where builds a condition with two-valued logic. No column is ever NULL: ""
// stands for a missing value, and every comparison asks for a value first.
type where struct {
	sql  strings.Builder
	args []any
	dir  int64
	d    Dialect
}

func (t *tx) compileWhere(q store.Query) (*where, error) {
	w := &where{dir: q.Directory, d: t.dialect}
	w.add("r.directory = ?", q.Directory)
	if q.Type != 0 {
		w.add(" AND r.type = ?", q.Type)
	}
	if q.Where != nil {
		w.add(" AND (")
		if err := w.expr(q.Where); err != nil {
			return nil, err
		}
		w.add(")")
	}
	return w, nil
}

func (w *where) add(sql string, args ...any) {
	w.sql.WriteString(sql)
	w.args = append(w.args, args...)
}

func (w *where) expr(e store.Expr) error {
	switch e := e.(type) {
	case store.And:
		return w.join([]store.Expr(e), " AND ", "true")
	case store.Or:
		return w.join([]store.Expr(e), " OR ", "false")
	case store.Not:
		w.add("NOT (")
		err := w.expr(e.Expr)
		w.add(")")
		return err
	case store.Compare:
		return w.compare(e)
	case store.HasValue:
		return w.hasValue(e)
	case store.OfType:
		w.add("r.type = ?", e.Type)
		return nil
	case store.HasMember:
		return w.hasMember(e)
	case store.InGroup:
		return w.related(e.ID, among, `WITH RECURSIVE below(key) AS (
			SELECT m.member FROM membership m JOIN resource x ON x.directory = m.directory AND x.key = m.grp WHERE m.directory = ? AND x.directory = ? AND x.id = ?
			UNION SELECT m.member FROM below b CROSS JOIN membership m WHERE m.directory = ? AND m.grp = b.key)
			SELECT key FROM below`, w.dir)
	}
	return fmt.Errorf("unknown condition %T", e)
}

func (w *where) join(list []store.Expr, op, empty string) error {
	if len(list) == 0 {
		w.add(empty)
		return nil
	}
	for i, e := range list {
		if i > 0 {
			w.add(op)
		}
		w.add("(")
		if err := w.expr(e); err != nil {
			return err
		}
		w.add(")")
	}
	return nil
}

// hasMember goes from a member to its groups, where it is known: SQLite is held
// to the first member that fits where it is not.
func (w *where) hasMember(h store.HasMember) error {
	ofType, args := "", []any(nil)
	if h.Type != 0 {
		ofType, args = " AND x.type = ?", []any{h.Type}
	}
	if h.ID != "" {
		return w.related(h.ID, w.d.Few, "SELECT m.grp FROM membership m JOIN resource x ON x.directory = m.directory AND x.key = m.member WHERE m.directory = ? AND x.directory = ? AND x.id = ?"+ofType, args...)
	}
	w.add("EXISTS (SELECT 1 FROM membership m CROSS JOIN resource x WHERE m.directory = ? AND m.grp = r.key AND x.directory = m.directory AND x.key = m.member"+ofType+")",
		append([]any{w.dir}, args...)...)
	return nil
}

// among tests a column for being in what a query gives.
func among(column, query string) string { return column + " IN (" + query + ")" }

func (w *where) related(id string, in func(column, query string) string, query string, more ...any) error {
	b, ok := idBytes(id)
	if !ok {
		w.add("false")
		return nil
	}
	w.add(in("r.key", query), append([]any{w.dir, w.dir, b}, more...)...)
	return nil
}

func (w *where) compare(c store.Compare) error {
	switch v := c.Value.(type) {
	case bool:
		w.add(columns[c.Column]+" = ?", flag(v))
		return nil
	case time.Time:
		return w.order(columns[c.Column], c.Op, micros(v))
	case string:
		if c.Column == store.ByID {
			return w.id(c, v)
		}
		return w.text(columns[c.Column], c.Op, v)
	case nil:
		if c.Op == store.Pr && (c.Column == store.ByName || c.Column == store.ByExternalID) {
			w.add(columns[c.Column] + " <> ''")
			return nil
		}
		if c.Op == store.Pr {
			w.add("true")
			return nil
		}
	}
	return fmt.Errorf("column %d cannot be compared with %T", c.Column, c.Value)
}

// id compares for equality only: ids are stored as bytes.
func (w *where) id(c store.Compare, v string) error {
	if c.Op != store.Eq {
		return fmt.Errorf("id cannot be compared by operator %d", c.Op)
	}
	b, ok := idBytes(v)
	if !ok {
		w.add("false")
		return nil
	}
	w.add("r.id = ?", b)
	return nil
}

func (w *where) order(column string, op store.Op, v any) error {
	sign, ok := map[store.Op]string{store.Eq: "=", store.Gt: ">", store.Ge: ">=", store.Lt: "<", store.Le: "<="}[op]
	if !ok {
		return fmt.Errorf("operator %d does not order", op)
	}
	w.add(column+" "+sign+" ?", v)
	return nil
}

// text never uses LIKE: its folding is ASCII only and its wildcards would have
// to be escaped. A beginning is a range, so that an index is entered at it.
func (w *where) text(column string, op store.Op, v string) error {
	w.add(column + " <> '' AND ")
	switch op {
	case store.Co:
		w.add(w.d.Contains(column), v)
	case store.Sw:
		w.add(column+" >= ?", v)
		if end := behind(v); end != "" {
			w.add(" AND "+column+" < ?", end)
		}
	case store.Ew:
		if v == "" { // the last none of a text would be all of it
			w.add("true")
			return nil
		}
		w.add(w.d.EndsWith(column), v, v)
	case store.Pr:
		w.add("true")
	case store.Eq, store.Gt, store.Ge, store.Lt, store.Le:
		return w.order(column, op, v)
	default: // order refuses what is no operator
		return w.order(column, op, v)
	}
	return nil
}

// behind gives the first text behind all that begin with the prefix, or "" if
// there is none: bytes of UTF-8 stand in the order of the characters.
func behind(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == 0xD7FF: // what follows is not in UTF-8
			return prefix + "\uE000"
		case last < utf8.MaxRune:
			return prefix + string(last+1)
		}
	}
	return ""
}

// hasValue looks for those with an equal value first, since they are few; with
// another relation to it, it may be all.
func (w *where) hasValue(h store.HasValue) error {
	found := &where{dir: w.dir, d: w.d}
	found.add("SELECT v.resource FROM value v WHERE v.directory = ? AND v.attribute = ? AND ", w.dir, h.Attribute)
	if err := found.text("v.value", h.Op, h.Value); err != nil {
		return err
	}
	if h.Type != nil {
		found.add(" AND v.type = ?", *h.Type)
	}
	if h.Op == store.Eq {
		w.add(w.d.Few("r.key", found.sql.String()), found.args...)
	} else {
		w.add(among("r.key", found.sql.String()), found.args...)
	}
	return nil
}
