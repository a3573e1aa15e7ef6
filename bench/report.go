package main

import (
	_ "embed" // the page is a file
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"
)

// report is what a run came to, as the table and the page show it.
type report struct {
	Date, Commit, Machine, Note string
	Users, Connections          int
	Duration                    time.Duration
	Results                     []result
	Fsync                       figures
	Plots                       string // folder beside the page
	judged                      bool
}

func newReport(s *session, results []result) report {
	return report{
		Date: time.Now().UTC().Format(time.DateOnly), Commit: commit(), Machine: machine(), Note: s.note,
		Users: s.users, Connections: s.connections, Duration: s.duration,
		Results: results, Fsync: s.fsync, judged: s.judged,
	}
}

// Ceiling is the median of all that were measured beside a row.
func (r result) Ceiling() string {
	rates := make([]float64, 0, len(r.tops))
	for _, t := range r.tops {
		rates = append(rates, t.rate)
	}
	if len(rates) == 0 {
		return "not measured"
	}
	slices.Sort(rates)
	return fmt.Sprintf("%.0f/s (from %.0f to %.0f)", rates[len(rates)/2], rates[0], rates[len(rates)-1])
}

// table prints the rows, and how latencies grow.
func (r report) table(out io.Writer) error {
	for _, backend := range r.Results {
		_, _ = fmt.Fprintf(out, "\n%s, %d users, %d connections; ceiling %s; write and fsync of 8 kB: %s\n",
			backend.backend, r.Users, r.Connections, backend.Ceiling(), short(r.Fsync.p50))
		t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "scenario\t"+strings.Join(columns, "\t")+"\tbudget")
		for _, row := range backend.rows {
			_, _ = fmt.Fprintln(t, row.name+"\t"+strings.Join(row.cells(), "\t")+"\t"+row.budget.String())
		}
		for _, g := range backend.growth {
			_, _ = fmt.Fprintln(t, strings.Join(r.growthCells(g), "\t"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// growthCells are the operation, its latency in each directory, and the factor.
func (r report) growthCells(g growth) []string {
	cells := []string{g.operation}
	for _, p := range g.points {
		cells = append(cells, short(p.y))
	}
	cells = append(cells, fmt.Sprintf("%.2f", g.factor()))
	b := sqliteBudgets.growth
	if !r.judged || len(g.points) == 0 || g.points[len(g.points)-1].x < 1_000_000 {
		return append(cells, "")
	}
	return append(cells, row{factor: g.factor(), budget: b}.verdict())
}

// grid is a table of Markdown.
func grid(head []string, rows [][]string) string {
	var b strings.Builder
	write := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	write(head)
	b.WriteString("|---|" + strings.Repeat("---:|", len(head)-1) + "\n")
	for _, cells := range rows {
		write(cells)
	}
	return b.String()
}

// Table has a row for each scenario and the columns of each backend.
func (r report) Table() string {
	head := []string{"scenario", "budget"}
	for _, b := range r.Results {
		for _, c := range columns {
			if len(r.Results) > 1 {
				c = b.backend + ": " + c
			}
			head = append(head, c)
		}
	}
	var rows [][]string
	for _, row := range r.Results[0].rows {
		cells := []string{row.name, row.budget.String()}
		for _, b := range r.Results {
			cells = append(cells, rowNamed(b.rows, row.name).cells()...)
		}
		rows = append(rows, cells)
	}
	return grid(head, rows)
}

// Growth has a row for each operation, of one backend.
func (r report) Growth(b result) string {
	if len(b.growth) == 0 {
		return "Not measured in this run.\n"
	}
	head := []string{"p50, one connection"}
	for _, p := range b.growth[0].points {
		head = append(head, fmt.Sprintf("%d users", p.x))
	}
	var rows [][]string
	for _, g := range b.growth {
		rows = append(rows, r.growthCells(g))
	}
	return grid(append(head, "largest / smallest", "verdict"), rows)
}

// Missed lists the budgets that were.
func (r report) Missed() []string {
	var missed []string
	for _, b := range r.Results {
		for _, row := range b.rows {
			if row.verdict() == "missed" {
				missed = append(missed, fmt.Sprintf("%s: %s (asked: %s)", b.backend, row.name, row.budget))
			}
		}
	}
	return missed
}

// What the page asks of a result and of figures.
func (r result) Name() string    { return r.backend }
func (r result) HasGrowth() bool { return len(r.growth) > 0 }
func (r result) HasCurves() bool { return len(r.curves) > 0 }
func (r result) File() string    { return strings.ToLower(r.backend) }
func (f figures) Median() string { return short(f.p50) }

//go:embed performance.md.tmpl
var page string

// write makes the page and its plots.
func (r report) write(file string) error {
	plots := strings.TrimSuffix(file, filepath.Ext(file))
	r.Plots = filepath.Base(plots)
	if err := os.MkdirAll(plots, 0o750); err != nil {
		return err
	}
	var faults []error
	for _, b := range r.Results {
		lines := make([]line, 0, len(b.growth))
		for _, g := range b.growth {
			lines = append(lines, line{g.operation, g.points})
		}
		faults = append(faults,
			drawCurves(filepath.Join(plots, b.File()+"-users.svg"), "Latency by the size of the directory, "+b.backend, "users", lines),
			drawCurves(filepath.Join(plots, b.File()+"-members.svg"), "Latency by the size of the group, "+b.backend, "members", sortedLines(b.curves)))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // a page for everyone
}

// machine says what was measured on, as far as Linux tells.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(info), "model name\t: "); ok {
			model, _, _ = strings.Cut(rest, "\n")
		}
	}
	memory := ""
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int64
		if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kb); err == nil {
			memory = fmt.Sprintf(", %.0f GB of memory", float64(kb)/1e6)
		}
	}
	return fmt.Sprintf("%d cores of %s%s, %s", runtime.NumCPU(), strings.TrimSpace(model), memory, runtime.Version())
}

func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output() //nolint:noctx // answers at once
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
