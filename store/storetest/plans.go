package storetest

import (
	"context"
	"errors"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimd/store"
)

// Plan is how a database comes to the rows of a statement.
type Plan struct {
	// Guessed is a plan that was made without statistics. Where PostgreSQL has
	// none, all indexes of a tenant look alike to it.
	Guessed  bool
	How      string   // it came to be planned; "" where there is one way
	Lines    []string // as the golden file shows it, without what changes from run to run
	Accesses []Access
}

// Access is a table that a plan reads.
type Access struct {
	Table string
	// By are the columns whose conditions the index is entered by; none: every
	// row is read.
	By []string
}

// Planned is a backend whose plans are judged.
type Planned struct {
	Open func(*testing.T) store.Store
	// Observe has every statement of stores that open later told; nil ends it.
	Observe func(told func(query string, args []any))
	// Explain gives, for each statement, the plans in all ways in which the
	// populated database may plan it.
	Explain func(*testing.T, []Statement) [][]Plan
	Golden  string
	Update  bool
}

// Statement is one text with the arguments of its first use.
type Statement struct {
	Query string
	Args  []any
	by    []string // stops that sent it
}

type recorder struct {
	stop string // "": what is sent is of no concern
	sent map[string]*Statement
}

// cursor is the name of one, which says how many there were before.
var cursor = regexp.MustCompile(`walk_\w+`)

func (r *recorder) told(query string, args []any) {
	query = cursor.ReplaceAllString(strings.Join(strings.Fields(query), " "), "walk")
	if r.stop == "" || strings.HasPrefix(query, "FETCH ") || strings.HasPrefix(query, "CLOSE ") {
		return
	}
	s := r.sent[query]
	if s == nil {
		s = &Statement{Query: query, Args: args}
		r.sent[query] = s
	}
	if !slices.Contains(s.by, r.stop) {
		s.by = append(s.by, r.stop)
	}
}

// RunPlans holds a backend to indexes: no statement of any method of a store.Tx
// reads a table whole, or all that a tenant has in one that grows with its
// people, but those of the stops in large. The golden file shows all plans.
func RunPlans(t *testing.T, b Planned) {
	statements := record(t, b)
	var golden strings.Builder
	for i, plans := range b.Explain(t, statements) {
		s := statements[i]
		golden.WriteString(s.Query + "\n  of " + strings.Join(s.by, "; ") + "\n" + together(plans) + "\n")
		for _, plan := range plans {
			for _, stop := range s.judge(plan) {
				if reasonFor(stop) == "" {
					t.Errorf("%s: got what reads too much, %s:\n%s\nwant it to be found by an index, or a reason in large:\n  %s",
						stop, plan.How, strings.Join(plan.Lines, "\n"), s.Query)
				}
			}
		}
	}
	compareGolden(t, b, golden.String())
}

// together writes plans, each that is the same once.
func together(plans []Plan) string {
	var order []string
	how := map[string][]string{}
	for _, p := range plans {
		text := ""
		for _, line := range p.Lines {
			text += "    " + line + "\n"
		}
		if how[text] == nil {
			order = append(order, text)
		}
		how[text] = append(how[text], p.How)
	}
	if len(order) == 1 {
		return order[0]
	}
	var out strings.Builder
	for _, text := range order {
		out.WriteString("   " + strings.Join(how[text], "; ") + "\n" + text)
	}
	return out.String()
}

func compareGolden(t *testing.T, b Planned, got string) {
	t.Helper()
	if b.Update {
		if err := os.WriteFile(b.Golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(b.Golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("plans: got what differs from %s (-want +got; go test -update accepts it):\n%s", b.Golden, diff)
	}
}

// record takes the tour, and gives what was sent in order of the text.
func record(t *testing.T, b Planned) (all []Statement) {
	t.Helper()
	r := &recorder{sent: map[string]*Statement{}}
	b.Observe(r.told)
	st := b.Open(t)
	b.Observe(nil)
	p := populate(t, st)
	left := map[string]bool{}
	for m := range reflect.TypeFor[store.Tx]().Methods() {
		left[m.Name] = true
	}
	for _, stop := range p.tour() {
		method, _, _ := strings.Cut(stop.name, "/")
		delete(left, method)
		err := st.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
			r.stop = stop.name
			defer func() { r.stop = "" }()
			if err := stop.call(tx); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Errorf("%s: got error %v, want none", stop.name, err)
		}
	}
	r.stop = "Credential"
	if _, _, err := st.Credential(t.Context(), p.big.token.Hash); err != nil {
		t.Errorf("Credential: got error %v, want none", err)
	}
	r.stop = ""
	for method := range left {
		t.Errorf("%s: got no stop on the tour of store.Tx, want one, so that its plans are known", method)
	}
	for _, query := range slices.Sorted(maps.Keys(r.sent)) {
		slices.Sort(r.sent[query].by)
		all = append(all, *r.sent[query])
	}
	return all
}

// tenant are the columns that say of whom and of what kind a row is.
var tenants = []string{"parent", "directory", "org", "type", "plan"}

// growing are the tables that have a row or more for each person.
var growing = []string{
	"account", "resource", "value", "unique_value", "membership", "member", "history", "event", "source_object",
	"source_member", "delivery", "aside", "pin", "bar", "subject", "plan_row",
}

// judge gives the stops that need a reason for a plan.
func (s Statement) judge(p Plan) []string {
	for _, a := range p.Accesses {
		if len(a.By) == 0 {
			return s.by
		}
		found := slices.ContainsFunc(a.By, func(c string) bool { return !slices.Contains(tenants, c) })
		if !found && !p.Guessed && slices.Contains(growing, a.Table) {
			return s.by
		}
	}
	return nil
}

// Tables are all of scimd's.
var Tables = append([]string{
	"parent", "org", "directory", "token", "secret", "resource_type", "counter", "mapping", "seat", "signing_secret", "plan", "chore",
}, growing...)
