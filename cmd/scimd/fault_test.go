package main

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"scimd/conformance/fault"
	"scimd/conformance/suite"
)

// TestSuiteCatchesFaults puts a proxy that is wrong in one way before a server
// that is right: the case of the row has to fail, and to pass without it.
func TestSuiteCatchesFaults(t *testing.T) {
	target := judged(t, "strict", false, databases["SQLite"])
	base, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	outcome := func(f fault.Fault, row string) (suite.Result, error) {
		proxy := httptest.NewServer(fault.Proxy(base, f))
		defer proxy.Close()
		through := target
		through.URL, through.Client = proxy.URL+base.Path, proxy.Client()
		r, err := suite.Run(t.Context(), through, suite.Options{Only: []string{row}})
		if err != nil {
			return suite.Result{}, err
		}
		if len(r.Results) != 1 {
			return suite.Result{}, fmt.Errorf("got %d rows for %s, want one", len(r.Results), row)
		}
		return r.Results[0], nil
	}
	sound := map[string]func() (suite.Result, error){}
	names := map[string]bool{}
	for _, f := range fault.Faults() {
		if names[f.Name] {
			t.Errorf("two faults are called %q", f.Name)
		}
		names[f.Name] = true
		without := sound[f.Row]
		if without == nil {
			without = sync.OnceValues(func() (suite.Result, error) { return outcome(fault.Fault{}, f.Row) })
			sound[f.Row] = without
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			r, err := without()
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != suite.Passed {
				t.Fatalf("%s %s without the fault: %s", f.Row, r.Outcome, strings.Join(r.Messages, "; "))
			}
			if r, err = outcome(f, f.Row); err != nil {
				t.Fatal(err)
			}
			if r.Outcome != suite.Failed {
				t.Errorf("%s %s, want it failed: %s", f.Row, r.Outcome, strings.Join(r.Messages, "; "))
			}
		})
	}
	if len(names) < 60 {
		t.Errorf("got %d faults, want 60 at least", len(names))
	}
}
