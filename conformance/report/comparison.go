package report

import (
	"fmt"
	"io"
	"strings"

	"scimd/conformance/suite"
)

// Column is one of the runs that are set beside each other.
type Column struct {
	Name   string
	Report *suite.Report
}

// Comparison writes a Markdown table of several runs over the same rows, by
// topic and level, and then every row that not all of them pass, with the
// reasons. Nothing in it depends on the time or the address of a run.
func Comparison(w io.Writer, columns []Column) error {
	var text strings.Builder
	head := "| Topic | Rows |"
	rule := "|---|---:|"
	for _, c := range columns {
		head += " " + c.Name + " |"
		rule += "---|"
	}
	text.WriteString(head + "\n" + rule + "\n")
	for i, line := range lines(columns[0].Report) {
		fmt.Fprintf(&text, "| %s | %d |", line.Name, line.All())
		for _, c := range columns {
			text.WriteString(" " + tally(lines(c.Report)[i].Totals) + " |")
		}
		text.WriteString("\n")
	}
	text.WriteString("\n## Rows that not every run passes\n")
	for i, result := range columns[0].Report.Results {
		said := &strings.Builder{}
		for _, c := range columns {
			if r := c.Report.Results[i]; r.Outcome != suite.Passed {
				fmt.Fprintf(said, "- %s: %s\n", c.Name, r.Outcome)
			}
		}
		if said.Len() > 0 {
			fmt.Fprintf(&text, "\n**%s** (%s, %s): %s\n\n%s", result.Row.ID, level(result.Row), result.Row.Section, result.Row.Sentence, said)
		}
	}
	return write(w, text.String())
}

func lines(r *suite.Report) []suite.Line {
	return append(append(r.ByTopic(), r.ByLevel()...), suite.Line{Name: "All", Totals: r.Totals()})
}

// tally leaves out what there is none of.
func tally(t suite.Totals) string {
	parts := []string{fmt.Sprintf("%d passed", t.Passed)}
	for _, p := range []struct {
		n    int
		what string
	}{{t.Failed, "failed"}, {t.NotJudged, "not judged"}, {t.Absent, "absent"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
