package sqlstore

import (
	"database/sql"
	"encoding/hex"
	"strconv"
	"strings"

	"scimd/store"
)

// To read a row costs more than what is in it where that is little: what there
// may be very many of is gathered in texts by the database, and cut up here.

// column is one that is gathered, with what is left of its values.
type column struct {
	kind    columnKind
	name    string
	numbers sql.NullString // of a text: how many bytes each has
	texts   sql.NullString
	ids     []byte
}

type columnKind int

// None of them is ever NULL.
const (
	integers columnKind = iota
	texts
	ids // as they are stored
)

func (k columnKind) of(name string) *column { return &column{kind: k, name: name} }

// aggregates are what is asked of the database.
func (c *column) aggregates(d Dialect) string {
	switch c.kind {
	case integers:
		return d.Joined(c.name)
	case texts:
		return d.Joined("octet_length("+c.name+")") + ", string_agg(" + c.name + ", '')"
	case ids:
	}
	return "string_agg(" + c.name + ", '')"
}

func (c *column) dest() []any {
	switch c.kind {
	case integers:
		return []any{&c.numbers}
	case texts:
		return []any{&c.numbers, &c.texts}
	case ids:
	}
	return []any{&c.ids}
}

// gather reads columns of what a query gives, in its order, and tells how many
// rows there are.
func (t *tx) gather(columns []*column, query string, args ...any) (rows int, err error) {
	all, dest := "count(*)", []any{&rows}
	for _, c := range columns {
		all, dest = all+", "+c.aggregates(t.dialect), append(dest, c.dest()...)
	}
	scan := func(s scanner) (int, error) { return rows, s.Scan(dest...) }
	_, err = one(t, scan, "SELECT "+all+" FROM ("+query+") AS found", args...)
	for _, c := range columns {
		if c.kind == ids {
			c.texts.String = idTexts(c.ids)
		}
	}
	return rows, err
}

// integer takes the next of integers.
func (c *column) integer() int64 {
	first, rest, _ := strings.Cut(c.numbers.String, ",")
	c.numbers.String = rest
	v, _ := strconv.ParseInt(first, 10, 64) // the database wrote it
	return v
}

// text takes the next of texts or ids.
func (c *column) text() string {
	length := idLength
	if c.kind == texts {
		length = int(c.integer())
	}
	text := c.texts.String[:length]
	c.texts.String = c.texts.String[length:]
	return text
}

const idLength = 36

// idTexts is idString of many, behind each other.
func idTexts(stored []byte) string {
	all := make([]byte, 0, len(stored)/16*idLength)
	for ; len(stored) >= 16; stored = stored[16:] {
		all = append(hex.AppendEncode(all, stored[:4]), '-')
		all = append(hex.AppendEncode(all, stored[4:6]), '-')
		all = append(hex.AppendEncode(all, stored[6:8]), '-')
		all = append(hex.AppendEncode(all, stored[8:10]), '-')
		all = hex.AppendEncode(all, stored[10:16])
	}
	return string(all)
}

// gatherReferences reads what a query gives of key, type, id and display.
func (t *tx) gatherReferences(query string, args ...any) ([]store.Reference, error) {
	key, typ, id, display := integers.of("key"), integers.of("type"), ids.of("id"), texts.of("display")
	n, err := t.gather([]*column{key, typ, id, display}, query, args...)
	if err != nil || n == 0 {
		return nil, err
	}
	out := make([]store.Reference, n)
	for i := range out {
		out[i] = store.Reference{Key: key.integer(), Type: store.ResourceType(typ.integer()), ID: id.text(), Display: display.text()}
	}
	return out, nil
}

// gatherKeys reads what a query gives of key.
func (t *tx) gatherKeys(query string, args ...any) ([]int64, error) {
	key := integers.of("key")
	n, err := t.gather([]*column{key}, query, args...)
	if err != nil || n == 0 {
		return nil, err
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = key.integer()
	}
	return out, nil
}
