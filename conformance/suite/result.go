package suite

import "time"

// Outcome is the verdict on a row.
type Outcome string

// The outcomes. Only Passed says that the server meets the row.
const (
	Passed    Outcome = "passed"
	Failed    Outcome = "failed"
	NotJudged Outcome = "not judged"
	Absent    Outcome = "absent" // not advertised, and refused as it should be
)

// Result is the verdict on one row.
type Result struct {
	Row       Row
	Outcome   Outcome
	Messages  []string // why it is not Passed
	Notes     []string // choices and warnings
	Exchanges []Exchange
	Omitted   int // exchanges left out in the middle
	Elapsed   time.Duration
}

// Report is what a run found, one result per row in the order of the matrix.
type Report struct {
	URL     string
	Started time.Time
	Elapsed time.Duration
	Facts   []Fact
	Results []Result
}

// Fact is something the server advertises or the target offers.
type Fact struct{ Name, Value string }

// Totals counts results by outcome.
type Totals struct{ Passed, Failed, NotJudged, Absent int }

// All is the number of results counted.
func (t Totals) All() int { return t.Passed + t.Failed + t.NotJudged + t.Absent }

// Line is the totals under a heading.
type Line struct {
	Name string
	Totals
}

// Totals counts everything.
func (r *Report) Totals() Totals {
	lines := r.lines(func(Row) string { return "" })
	if len(lines) == 0 {
		return Totals{}
	}
	return lines[0].Totals
}

// ByTopic has a line for each topic.
func (r *Report) ByTopic() []Line { return r.lines(func(row Row) string { return row.Topic }) }

// ByLevel has a line for MUST, SHOULD and MAY, in this order, as far as there
// are rows.
func (r *Report) ByLevel() []Line {
	found := map[string]Line{}
	for _, line := range r.lines(func(row Row) string { return string(row.Level) }) {
		found[line.Name] = line
	}
	var lines []Line
	for _, level := range []Level{Must, Should, May} {
		if line, ok := found[string(level)]; ok {
			lines = append(lines, line)
		}
	}
	return lines
}

// Of returns the results with the outcome.
func (r *Report) Of(outcome Outcome) []Result {
	var results []Result
	for _, result := range r.Results {
		if result.Outcome == outcome {
			results = append(results, result)
		}
	}
	return results
}

func (r *Report) lines(name func(Row) string) []Line {
	var lines []Line
	at := map[string]int{}
	for _, result := range r.Results {
		key := name(result.Row)
		i, ok := at[key]
		if !ok {
			i = len(lines)
			at[key] = i
			lines = append(lines, Line{Name: key})
		}
		lines[i].count(result.Outcome)
	}
	return lines
}

func (t *Totals) count(outcome Outcome) {
	switch outcome {
	case Passed:
		t.Passed++
	case Failed:
		t.Failed++
	case NotJudged:
		t.NotJudged++
	case Absent:
		t.Absent++
	}
}
