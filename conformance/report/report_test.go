package report

import (
	"encoding/xml"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimd/conformance/suite"
)

var update = flag.Bool("update", false, "write the golden files")

func row(t *testing.T, id string) suite.Row {
	t.Helper()
	for _, row := range suite.Rows() {
		if row.ID == id {
			return row
		}
	}
	t.Fatalf("no row %s", id)
	return suite.Row{}
}

// sample has one result of each outcome and text that each format must escape.
func sample(t *testing.T) *suite.Report {
	return &suite.Report{
		URL: "https://scim.example.com/v2", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Elapsed: 1234 * time.Millisecond,
		Facts: []suite.Fact{{Name: "patch", Value: "yes"}, {Name: "other readings"}},
		Results: []suite.Result{
			{Row: row(t, "7644-3.3-R01"), Outcome: suite.Passed, Elapsed: 12 * time.Millisecond},
			{
				Row: row(t, "7644-3.3-R05"), Outcome: suite.Failed, Elapsed: 34 * time.Millisecond,
				Messages: []string{"POST /Users: got scimType null, want uniqueness; the answer was 409 {\"detail\":\"<b>&\"}", "a second line\nand its tail ``x``"},
				Notes:    []string{"https://scim.example.com/v2/Users/1 is left behind: DELETE got 405"},
				Omitted:  3,
				Exchanges: []suite.Exchange{
					{
						Client: "full", Method: "POST", URL: "https://scim.example.com/v2/Users", Status: 409, Elapsed: 5 * time.Millisecond,
						RequestHeader: http.Header{"Authorization": {"(redacted)"}, "Accept": {"application/scim+json"}}, RequestBody: `{"userName":"<script>alert(1)</script>"}`,
						ResponseHeader: http.Header{"Content-Type": {"application/scim+json"}}, ResponseBody: `{"detail":"<b>&"}`,
					},
					{Client: "full", Method: "GET", URL: "https://scim.example.com/v2/Users", Error: "connection refused"},
				},
			},
			{Row: row(t, "7644-3.3-R02"), Outcome: suite.Passed, Notes: []string{"active is true"}},
			{Row: row(t, "7644-3.11-R02"), Outcome: suite.Absent, Messages: []string{"the server does not advertise /Me"}},
			{Row: row(t, "7644-6.1-R01"), Outcome: suite.NotJudged, Messages: []string{"the target has no other tenant client"}},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, tc := range []struct {
		golden string
		write  func(io.Writer, *suite.Report) error
	}{
		{"report.txt", Terminal}, {"report.md", Markdown}, {"report.xml", JUnit}, {"report.html", HTML},
		{"comparison.md", func(w io.Writer, r *suite.Report) error {
			better := *r
			better.Results = slices.Clone(r.Results)
			better.Results[1].Outcome = suite.Passed
			return Comparison(w, []Column{{"strict", r}, {"lenient", &better}})
		}},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			var got strings.Builder
			if err := tc.write(&got, sample(t)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", tc.golden)
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s differs (-want +got), -update rewrites it:\n%s", file, diff)
			}
		})
	}
}

func TestJUnitIsXML(t *testing.T) {
	var text strings.Builder
	r := sample(t)
	r.Results[1].Messages[0] += "\x00\x1b"
	if err := JUnit(&text, r); err != nil {
		t.Fatal(err)
	}
	var back xmlSuites
	if err := xml.Unmarshal([]byte(text.String()), &back); err != nil || back.Tests != 5 || back.Failures != 1 || back.Skipped != 2 {
		t.Errorf("got %+v (%v), want 5 tests, 1 failure, 2 skipped", back, err)
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	var text strings.Builder
	if err := HTML(&text, sample(t)); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"<script", "<link", "<img", "src=", "@import", "url("} {
		if strings.Contains(text.String(), foreign) {
			t.Errorf("the page holds %q, want no script and no asset", foreign)
		}
	}
}
