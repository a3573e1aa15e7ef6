package quirk

import (
	"os"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	text, err := os.ReadFile("../../docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(Table) != int(numQuirks) {
		t.Fatalf("the table has %d entries, want %d", len(Table), numQuirks)
	}
	for i, e := range Table {
		if e.Quirk != Quirk(i) {
			t.Errorf("entry %d is quirk %d: the table is not in order", i, e.Quirk)
		}
		if !strings.Contains(string(text), "`"+e.Name+"`") {
			t.Errorf("docs/divergences.md does not list %s", e.Name)
		}
	}
}

func TestProfile(t *testing.T) {
	s, err := Profile("interop", map[string]bool{"unquoted_literals": false, "missing_schemas": true})
	if err != nil || s.Has(UnquotedLiterals) || !s.Has(MissingSchemas) || !s.Has(BooleanStrings) {
		t.Errorf("got %b, %v: want interop with the two deviations", s, err)
	}
	if s, err := Profile("strict", nil); err != nil || s != Strict {
		t.Errorf("strict: got %b, %v", s, err)
	}
	for _, bad := range []struct {
		profile string
		quirks  map[string]bool
	}{{"lenient", nil}, {"strict", map[string]bool{"no_such": true}}} {
		if _, err := Profile(bad.profile, bad.quirks); err == nil {
			t.Errorf("profile %s with %v was accepted", bad.profile, bad.quirks)
		}
	}
}
