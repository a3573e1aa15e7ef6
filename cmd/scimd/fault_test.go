package main

import (
	"net/http/httptest"
	"net/url"
	"strings"
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
	outcome := func(t *testing.T, f fault.Fault, row string) suite.Result {
		t.Helper()
		proxy := httptest.NewServer(fault.Proxy(base, f))
		defer proxy.Close()
		through := target
		through.URL, through.Client = proxy.URL+base.Path, proxy.Client()
		r, err := suite.Run(t.Context(), through, suite.Options{Only: []string{row}})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Results) != 1 {
			t.Fatalf("got %d rows for %s, want one", len(r.Results), row)
		}
		return r.Results[0]
	}
	sound := map[string]bool{}
	names := map[string]bool{}
	for _, f := range fault.Faults() {
		if names[f.Name] {
			t.Errorf("two faults are called %q", f.Name)
		}
		names[f.Name] = true
		t.Run(f.Name, func(t *testing.T) {
			if !sound[f.Row] {
				if r := outcome(t, fault.Fault{}, f.Row); r.Outcome != suite.Passed {
					t.Fatalf("%s %s without the fault: %s", f.Row, r.Outcome, strings.Join(r.Messages, "; "))
				}
				sound[f.Row] = true
			}
			if r := outcome(t, f, f.Row); r.Outcome != suite.Failed {
				t.Errorf("%s %s, want it failed: %s", f.Row, r.Outcome, strings.Join(r.Messages, "; "))
			}
		})
	}
	if len(names) < 60 {
		t.Errorf("got %d faults, want 60 at least", len(names))
	}
}
