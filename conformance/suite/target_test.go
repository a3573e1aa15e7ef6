package suite_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"scimd/conformance/report"
	"scimd/conformance/suite"
)

// TestTarget judges the server at SCIM_URL, for whoever writes a case:
//
//	SCIM_URL=http://127.0.0.1:8080/scim/v2 SCIM_TOKEN=t SCIM_ONLY=8,9 go test ./conformance/suite -run TestTarget -v
//
// SCIM_OTHER_TOKEN, SCIM_READONLY_TOKEN and SCIM_SUBJECT_TOKEN are the other
// clients, SCIM_HTML a file for the page.
func TestTarget(t *testing.T) {
	target := suite.Target{
		URL: os.Getenv("SCIM_URL"), Token: os.Getenv("SCIM_TOKEN"), OtherToken: os.Getenv("SCIM_OTHER_TOKEN"),
		ReadOnlyToken: os.Getenv("SCIM_READONLY_TOKEN"), SubjectToken: os.Getenv("SCIM_SUBJECT_TOKEN"),
	}
	if target.URL == "" {
		t.Skip("SCIM_URL names no server")
	}
	only := strings.FieldsFunc(os.Getenv("SCIM_ONLY"), func(r rune) bool { return r == ',' })
	r, err := suite.Run(t.Context(), target, suite.Options{Only: only})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Terminal(&text, r); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text.String())
	for _, result := range r.Results {
		if result.Outcome != suite.Passed {
			t.Logf("%s %s: %s", result.Row.ID, result.Outcome, strings.Join(result.Messages, "; "))
		}
		for _, note := range result.Notes {
			t.Logf("%s note: %s", result.Row.ID, note)
		}
	}
	if file := os.Getenv("SCIM_HTML"); file != "" {
		out, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(report.HTML(out, r), out.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if r.Totals().Failed > 0 {
		t.Errorf("got %d failed rows, want none", r.Totals().Failed)
	}
}
