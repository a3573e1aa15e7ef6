package suite

import (
	_ "embed"
	"strconv"
	"strings"
)

// Level is how strongly an RFC asks for a row.
type Level string

// The levels, strongest first.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Row is one requirement of the matrix.
type Row struct {
	ID       string
	Section  string // "RFC 7644 §3.3"
	Level    Level
	Inferred bool   // the text has no keyword; the level follows from a grammar, an example or plain HTTP
	Topic    string // "8. POST: creating resources"
	Sentence string
}

// TopicNumber is the number that the topic begins with.
func (r Row) TopicNumber() int {
	number, _, _ := strings.Cut(r.Topic, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

//go:embed rows.tsv
var rowsTSV string

// Rows returns the matrix in its own order.
func Rows() []Row {
	lines := strings.Split(strings.TrimSpace(rowsTSV), "\n")[1:]
	rows := make([]Row, 0, len(lines))
	for _, line := range lines {
		f := strings.Split(line, "\t")
		rows = append(rows, Row{ID: f[0], Section: f[1], Level: Level(f[2]), Inferred: f[3] != "", Topic: f[4], Sentence: f[5]})
	}
	return rows
}
