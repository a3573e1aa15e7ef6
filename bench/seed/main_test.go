package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scimd/bench/people"
)

// dumps are the rows of a database by what people call things, since keys, ids
// and times depend on the order of the load.
var dumps = map[string]string{
	"account":  `SELECT username, email, display, folded_username, folded_email, merged FROM account`,
	"resource": `SELECT r.type, r.name, r.display, r.external_id, r.active, r.document, a.username, iif(r.type = 1, r.version, 0) FROM resource r LEFT JOIN account a ON a.key = r.account`,
	"value":    `SELECT v.attribute, v.value, v.ord, v.type, r.name FROM value v JOIN resource r ON r.key = v.resource`,
	"unique":   `SELECT u.attribute, u.value, r.name FROM unique_value u JOIN resource r ON r.key = u.resource`,
	"counter":  `SELECT type, n FROM counter`,
	"membership": `SELECT g.name, u.name FROM membership m JOIN resource g ON g.key = m.grp JOIN resource u ON u.key = m.member
		WHERE m.directory = g.directory`,
	"member": `SELECT o.name, a.username, m.role, m.tier, m.state, m.source, m.want, m.waiting_since, m.cause, m.hold, m.guard
		FROM member m JOIN org o ON o.key = m.org JOIN account a ON a.key = m.account`,
	"seat": `SELECT o.name, s.tier, s.owned, s.used FROM seat s JOIN org o ON o.key = s.org`,
	"history": `SELECT o.name, a.username, h.before, h.after, h.cause, h.why, h.decided
		FROM history h JOIN org o ON o.key = h.org JOIN account a ON a.key = h.account`,
	"event": `SELECT type, json_remove(data, '$.org.id', '$.account.id'), count(*) FROM event GROUP BY 1, 2`,
	"last":  `SELECT seq, (SELECT max(seq) FROM event), (SELECT count(*) FROM event) FROM parent`,
}

func load(t *testing.T, o options) string {
	t.Helper()
	folder := t.TempDir()
	if err := build(t.Context(), folder, o); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "scimd.db")
}

func dump(t *testing.T, file, query string) []string {
	t.Helper()
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only read
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(sql.NullString)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for _, c := range cells {
			fmt.Fprintf(&line, "%+v ", *c.(*sql.NullString))
		}
		out = append(out, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestCopiesAreWhatAPushMakes loads the same people twice: as the loader does,
// and by pushing each of them. Both stores must be fixpoints (M-9) and equal.
func TestCopiesAreWhatAPushMakes(t *testing.T) {
	o := options{Crowd: people.Crowd{Seed: 7, Users: 1000}, Orgs: 3, verify: true}
	copied := load(t, o)
	o.pushAll = true
	pushed := load(t, o)
	for name, query := range dumps {
		got, want := dump(t, copied, query), dump(t, pushed, query)
		if slices.Equal(got, want) {
			if len(got) == 0 && name != "unique" {
				t.Errorf("%s: got no rows", name)
			}
			continue
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Errorf("%s: got %d rows, want %d, the first that is missing: %s", name, len(got), len(want), want[i])
				break
			}
		}
	}
}

func TestSameNumberSamePeople(t *testing.T) {
	o := options{Crowd: people.Crowd{Seed: 7, Users: 100}, Orgs: 2}
	ids := `SELECT id, name, created FROM resource`
	first, second := dump(t, load(t, o), ids), dump(t, load(t, o), ids)
	o.Seed = 8
	if other := dump(t, load(t, o), ids); !slices.Equal(first, second) || slices.Equal(first, other) {
		t.Errorf("got the same: %t, of another number: %t", slices.Equal(first, second), slices.Equal(first, other))
	}
}

// TestShapeOfTheCrowd holds the loader to the sizes that the driver relies on.
func TestShapeOfTheCrowd(t *testing.T) {
	o := options{Crowd: people.Crowd{Seed: 1, Users: 1000}, Orgs: 2}
	file := load(t, o)
	sizes := map[string]int{people.Everyone: o.Total(), people.Tenth: o.Total() / 10}
	for _, size := range o.Rungs() {
		sizes[people.Rung(size)] = size
	}
	for name, size := range sizes {
		got := dump(t, file, `SELECT count(*) FROM membership m JOIN resource g ON g.key = m.grp WHERE g.display = '`+name+`'`)
		if want := fmt.Sprintf("{String:%d Valid:true} ", size); got[0] != want {
			t.Errorf("group %s: got %s members, want %s", name, got[0], want)
		}
	}
	bytes := dump(t, file, `SELECT avg(length(document)) BETWEEN 1300 AND 1500 FROM resource WHERE type = 1`)
	groups := dump(t, file, `SELECT count(*) * 1.0 / (SELECT count(*) FROM resource WHERE type = 1) BETWEEN 4.5 AND 5.5 FROM membership`)
	if bytes[0] != "{String:1 Valid:true} " || groups[0] != bytes[0] {
		t.Errorf("got documents of 1.4 kB: %s, five groups each: %s", bytes[0], groups[0])
	}
	if err := build(t.Context(), filepath.Dir(file), o); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("got %v, want a database that is there to be left alone", err)
	}
}
