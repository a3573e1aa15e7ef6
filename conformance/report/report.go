// Package report prints what a conformance run found, for a terminal, a CI
// server, a repository and a browser. It owns the layouts; it must not judge.
package report

import (
	"cmp"
	"embed"
	"encoding/xml"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"scimd/conformance/suite"
)

// Terminal writes a summary by topic and level, then every failure.
func Terminal(w io.Writer, r *suite.Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d rows in %s\n\n", r.URL, r.Totals().All(), r.Elapsed.Round(time.Millisecond))
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "topic\tpassed\tfailed\tnot judged\tabsent")
	for _, line := range lines(r) {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\n", line.Name, line.Passed, line.Failed, line.NotJudged, line.Absent)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, result := range r.Of(suite.Failed) {
		fmt.Fprintf(&text, "\n%s  %s  %s\n  %s\n", result.Row.ID, level(result.Row), result.Row.Section, result.Row.Sentence)
		for _, message := range result.Messages {
			fmt.Fprintf(&text, "  - %s\n", indent(message, "    "))
		}
	}
	return write(w, text.String())
}

// Markdown writes the totals, the failures and what was not judged.
func Markdown(w io.Writer, r *suite.Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "# SCIM conformance of %s\n\n%s, %d rows.\n\n", r.URL, r.Started.UTC().Format(time.RFC3339), r.Totals().All())
	text.WriteString("| Topic | Passed | Failed | Not judged | Absent |\n|---|---:|---:|---:|---:|\n")
	for _, line := range lines(r) {
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d |\n", line.Name, line.Passed, line.Failed, line.NotJudged, line.Absent)
	}
	text.WriteString("\n## What the verdicts depend on\n\n")
	for _, fact := range r.Facts {
		fmt.Fprintf(&text, "- %s: %s\n", fact.Name, cmp.Or(fact.Value, "none"))
	}
	for _, section := range sections(r) {
		fmt.Fprintf(&text, "\n## %s\n", section.Title)
		for _, result := range section.Results {
			fmt.Fprintf(&text, "\n- **%s** (%s, %s): %s\n", result.Row.ID, level(result.Row), result.Row.Section, result.Row.Sentence)
			for _, message := range append(slices.Clone(result.Messages), notes(result)...) {
				fmt.Fprintf(&text, "  - `` %s ``\n", strings.ReplaceAll(strings.ReplaceAll(message, "\n", " "), "``", "` `"))
			}
		}
	}
	return write(w, text.String())
}

type section struct {
	Title   string
	Results []suite.Result
}

// sections are the results that have something to say, failures first.
func sections(r *suite.Report) []section {
	var all []section
	for _, s := range []section{
		{"Failed", r.Of(suite.Failed)}, {"Not judged", r.Of(suite.NotJudged)}, {"Absent", r.Of(suite.Absent)},
		{"Passed with a note", slices.DeleteFunc(r.Of(suite.Passed), func(result suite.Result) bool { return len(result.Notes) == 0 })},
	} {
		if len(s.Results) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func notes(result suite.Result) []string {
	marked := make([]string, len(result.Notes))
	for i, note := range result.Notes {
		marked[i] = "note: " + note
	}
	return marked
}

type (
	xmlSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Time     string     `xml:"time,attr"`
		Suites   []xmlSuite `xml:"testsuite"`
	}
	xmlSuite struct {
		Name     string    `xml:"name,attr"`
		Tests    int       `xml:"tests,attr"`
		Failures int       `xml:"failures,attr"`
		Skipped  int       `xml:"skipped,attr"`
		Cases    []xmlCase `xml:"testcase"`
	}
	xmlCase struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"`
		Time    string      `xml:"time,attr"`
		Failure *xmlMessage `xml:"failure"`
		Skipped *xmlMessage `xml:"skipped"`
		Out     string      `xml:"system-out,omitempty"`
	}
	xmlMessage struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes one test suite per topic. Rows that are not judged or absent are
// skipped tests; the type of a failure is the level of its row.
func JUnit(w io.Writer, r *suite.Report) error {
	totals := r.Totals()
	doc := xmlSuites{
		Name: "SCIM conformance of " + r.URL, Tests: totals.All(), Failures: totals.Failed,
		Skipped: totals.NotJudged + totals.Absent, Time: seconds(r.Elapsed),
	}
	for _, line := range r.ByTopic() {
		s := xmlSuite{Name: line.Name, Tests: line.All(), Failures: line.Failed, Skipped: line.NotJudged + line.Absent}
		for _, result := range r.Results {
			if result.Row.Topic == line.Name {
				s.Cases = append(s.Cases, newCase(result))
			}
		}
		doc.Suites = append(doc.Suites, s)
	}
	data, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	return write(w, xml.Header+string(data)+"\n")
}

func newCase(result suite.Result) xmlCase {
	c := xmlCase{
		Name: result.Row.ID + " " + result.Row.Sentence, Class: result.Row.Section,
		Time: seconds(result.Elapsed), Out: strings.Join(result.Notes, "\n"),
	}
	message := &xmlMessage{Message: strings.Join(result.Messages[:min(1, len(result.Messages))], ""), Text: strings.Join(result.Messages, "\n")}
	switch result.Outcome {
	case suite.Passed:
	case suite.Failed:
		message.Type = string(result.Row.Level)
		c.Failure = message
	case suite.NotJudged, suite.Absent:
		message.Type = string(result.Outcome)
		c.Skipped = message
	}
	return c
}

//go:embed report.html
var page embed.FS

// HTML writes one page that needs nothing else: a matrix by topic and every
// failure with its requests and answers.
func HTML(w io.Writer, r *suite.Report) error {
	tmpl, err := template.New("report.html").Funcs(template.FuncMap{
		"class":    func(o suite.Outcome) string { return strings.ReplaceAll(string(o), " ", "-") },
		"level":    level,
		"sections": sections,
		"results": func(topic string) []suite.Result {
			return slices.DeleteFunc(slices.Clone(r.Results), func(result suite.Result) bool { return result.Row.Topic != topic })
		},
		"headers": headers,
		"ms":      func(d time.Duration) string { return d.Round(time.Millisecond).String() },
		"utc":     func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"status":  func(code int) string { return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code))) },
	}).ParseFS(page, "report.html")
	if err != nil {
		return err
	}
	return tmpl.Execute(w, r)
}

func headers(header http.Header) string {
	var text strings.Builder
	if err := header.Write(&text); err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(text.String(), "\r\n", "\n")
}

func level(row suite.Row) string {
	if row.Inferred {
		return string(row.Level) + "†"
	}
	return string(row.Level)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func indent(text, by string) string { return strings.ReplaceAll(text, "\n", "\n"+by) }

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
