package declare_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"scimd/declare"
	"scimd/internal/testenv"
	"scimd/provision"
)

var ids = regexp.MustCompile(`\([0-9a-f-]{36}\)`)

var update = flag.Bool("update", false, "write the golden files")

// The example that the documentation points to can be applied where the groups
// and people that it names are known, and is then what is exported.
func TestExample(t *testing.T) {
	raw, err := os.ReadFile("../acme.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, t)
	want := read(t, string(raw))
	if ok, why := w.apply(want); !ok {
		t.Fatal(why)
	}
	settled(t, w, want)
	says(t, want, w.export())
	testenv.MustVerify(t, w.Service)

	got := w.yaml()
	const golden = "testdata/acme.yaml"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exported, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(exported, []byte(got)) {
		t.Errorf("exported:\n%s\nwant:\n%s", got, exported)
	}
	settled(t, w, read(t, got))
}

func TestReadTellsAllAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       string
	}{
		{"nothing", "", "the file is empty"},
		{"comments alone", "# nothing\n", "the file is empty"},
		{"no yaml", "parent: [", "line 1: did not find expected node content"},
		{"two documents", "parent: acme\n---\nparent: globex\n", "the file holds more than one document"},
		{"no mapping", "[acme]", "line 1: this is not a mapping of keys to values"},
		{"unknown keys at every depth", `
parent: acme
plans: team
orgs:
  - name: a
    guard: {}
    guards: {counts: 1}
    mappings:
      - {group: eng, roles: user}
`, `line 3: unknown key "plans" of document
line 6: unknown key "guard" of org
line 7: unknown key "counts" of guards
line 9: unknown key "roles" of mapping`},
		{"keys without a value", "parent: acme\ndomains:\norgs:\n  -\n  - name: a\n    pins: ~\n", `line 2: "domains" has no value: write [] for none, or leave it out to change nothing
line 4: an entry has no value: write [] for none, or leave it out to change nothing
line 6: "pins" has no value: write [] for none, or leave it out to change nothing`},
		{"values of another kind", `
parent: acme
admitOutside: sometimes
domains: acme.example
orgs:
  - name: a
    seats: {premium: many}
    mappings: {group: eng}
    pins: [{person: p, expires: tomorrow, why: x}]
`, "line 3: `sometimes` is not true or false\nline 4: `acme.ex...` is not a list\nline 7: `many` is not a number\n" +
			"line 8: this is not a list\nline 9: `tomorrow` is not a time such as 2026-12-31T00:00:00Z"},
		{"a key twice", "parent: acme\nplan: team\nplan: console\n", `line 3: mapping key "plan" already defined at line 2`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := declare.Read([]byte(tt.text))
			var faults declare.Faults
			if !errors.As(err, &faults) || err.Error() != tt.want {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// What a document names and is not there, or is there in another way.
func TestFaults(t *testing.T) {
	w := newWorld(t, t)
	_, err := w.CreateParent(w.ctx, "globex", "enterprise", testenv.Admin)
	w.must(err)
	_, err = w.CreateDirectory(w.ctx, "globex", "theirs", "", testenv.Admin)
	w.must(err)
	_, err = w.CreateOrg(w.ctx, provision.OrgInput{Parent: "globex", Name: "globex-claude", Product: "claude", Plan: "team"}, testenv.Admin)
	w.must(err)
	_, _, err = w.CreateWorkOSDirectory(w.ctx, provision.WorkOSInput{Parent: "acme", Name: "hooks", Directory: "directory_1"}, testenv.Admin)
	w.must(err)
	org := "orgs:\n  - name: acme-claude\n    product: claude\n    plan: enterprise\n"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"groups", org + `
    mappings:
      - {group: people, directory: okta, role: user}
      - {group: staff, role: user}
      - {group: eng, role: user}
      - {group: sales, directory: nowhere, role: user}
      - {group: sales, role: user}
`, []string{
			`line 8: org acme-claude: directory okta has not pushed a group "people" yet: leave the row out until it has`,
			`line 9: org acme-claude: no directory of the parent has pushed a group "staff" yet: leave the row out until it has`,
			`line 10: org acme-claude: group "eng" is in entra (ID) and in okta (ID): name the directory, or give the id for the name`,
			`line 11: org acme-claude: group "sales": parent acme has no directory nowhere, and the file makes none`,
		}},
		{"a group of a directory that the file makes", "directories: [{name: hr}]\n" + org + "    mappings: [{group: eng, directory: hr, role: user}]\n", []string{
			`line 7: org acme-claude: directory hr has not pushed a group "eng" yet: leave the row out until it has`,
		}},
		{"rows twice", org + "    mappings: [{group: sales, role: user}, {claim: A, role: user},\n      {group: SALES, directory: okta, role: user}, {claim: a, role: user}]\n", []string{
			"line 7: org acme-claude: group SALES of okta → role user is there twice",
			"line 7: org acme-claude: claim a → role user is there twice",
		}},
		{"people", org + "    pins:\n      - {person: nobody, role: user, why: x}\n      - {person: ann@acme.example, role: user, why: x}\n      - {person: ANN@acme.example, role: owner, why: x}\n      - {person: '', why: x}\n", []string{
			"line 7: org acme-claude: pin of nobody: the parent does not know this person yet",
			"line 9: org acme-claude: ANN@acme.example has two pins",
			"line 10: org acme-claude: a pin names no person",
		}},
		{"names", "directories: [{name: okta}, {name: okta},\n  {name: ''}, {name: theirs}]\norgs: [{name: globex-claude}]\n", []string{
			"line 2: directory okta is there twice",
			"line 3: one directory has no name",
			"line 3: directory theirs belongs to parent globex: a file does not move it",
			"line 4: org globex-claude belongs to parent globex: a file does not move it",
		}},
		{"what cannot be made or changed", "directories: [{name: new, kind: workos},\n  {name: hooks, kind: scim}]\norgs: [{name: acme-new}]\n", []string{
			"line 2: directory new: a file makes directories of kind scim only: create this one first (scimd directory create --kind workos)",
			"line 3: directory hooks is of kind workos, which cannot be changed",
			"line 4: org acme-new does not exist: to create it the file names its product and plan",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := declare.Read([]byte("parent: acme\n" + tt.text))
			if err != nil {
				t.Fatal(err)
			}
			_, faults := w.against(f.Document)
			var got []string
			if faults = f.Locate(faults); len(faults) > 0 {
				got = strings.Split(ids.ReplaceAllString(faults.Error(), "(ID)"), "\n")
			}
			equal(t, "faults", got, tt.want)
		})
	}
}

// What provision refuses is told by the entry that asked for it, all at once,
// also of a parent who is not there yet.
func TestRefused(t *testing.T) {
	for _, parent := range []string{"acme", "globex"} {
		w := newWorld(t, t)
		f, err := declare.Read([]byte(`
parent: ` + parent + `
plan: gold
directories:
  - name: hr
    profile: loose
  - name: Bad Name
orgs:
  - name: x-team
    product: claude
    plan: team
    mode: scim
    groupMappings: true
    pins: [{person: root, member: true, why: ""}]
    seats: {gold: 3}
  - name: x-console
    product: toaster
    plan: console
    mode: jit
    guards:
      percent: 200
`))
		if err != nil {
			t.Fatal(err)
		}
		diff, faults := w.against(f.Document)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if err := w.Try(w.ctx, parent, diff.Steps(), testenv.Admin); err != nil {
			faults, err = diff.Refused(err)
			w.must(err)
		}
		var before string
		if parent == "acme" {
			before = "enterprise"
		} else {
			before = "none"
		}
		equal(t, "faults of "+parent, strings.Split(f.Locate(faults).Error(), "\n"), []string{
			"line 3: parent " + parent + ": plan " + before + ` → gold: plan "gold" is not one of [team enterprise console]`,
			`line 6: directory hr is created: profile "loose" is not one of interop, strict`,
			`line 7: directory Bad Name is created: name "Bad Name" may hold lower-case letters, digits, '-', '_' and '.' only`,
			"line 12: org x-team: mode manual → scim, group mappings off → on: mode scim is not open to the team plan of claude (C-2)",
			`line 14: org x-team: pin of root set: member (): a pin says why (M-5)`,
			`line 15: org x-team: seats gold unlimited → 3: product claude has no tier "gold" (S-1)`,
			`line 17: org x-console is created: product toaster, plan console: product "toaster" is not in the catalogue`,
		})
	}
}

// A customer changes its identity provider in one file: the new one's groups
// are mapped and the old one is detached, and nobody moves.
func TestChangeOfDirectory(t *testing.T) {
	w := newWorld(t, t)
	ok, why := w.apply(read(t, `
parent: acme
orgs:
  - {name: acme-claude, product: claude, plan: enterprise, mode: scim, groupMappings: true, pins: [],
     mappings: [{group: eng, directory: okta, role: user}, {group: admins, role: owner}]}
`))
	if !ok {
		t.Fatal(why)
	}
	want := read(t, `
parent: acme
directories:
  - {name: okta, attached: false, members: remove}
orgs:
  - name: acme-claude
    mappings: [{group: eng, directory: entra, role: user}, {group: ops, role: owner}]
`)
	diff, faults := w.against(want)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	equal(t, "changes", texts(diff), []string{
		"org acme-claude: mapping added: group eng of entra → role user",
		"org acme-claude: mapping added: group ops of entra → role owner",
		"directory okta is detached, members: remove",
		"org acme-claude: mapping removed: group admins of okta → role owner",
		"org acme-claude: mapping removed: group eng of okta → role user",
	})
	equal(t, "left alone", diff.LeftAlone, []string{"directory entra"})
	if ok, why := w.apply(want); !ok {
		t.Fatal(why)
	}
	settled(t, w, want)
	testenv.MustVerify(t, w.Service)
}

// A change of the parent's plan takes orgs off scim that the file says nothing
// of; of one that it wants on scim it is a fault (C-2).
func TestLostEligibility(t *testing.T) {
	w := newWorld(t, t)
	const console = "parent: acme\norgs: [{name: acme-console, product: console, plan: console, mode: scim}]\n"
	if ok, why := w.apply(read(t, console)); !ok {
		t.Fatal(why)
	}
	diff, faults := w.against(read(t, "parent: acme\nplan: team\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	equal(t, "changes", texts(diff), []string{
		"parent acme: plan enterprise → team",
		`org acme-console: mode scim → manual, members are kept, since mode scim is not open to a console org joined to a parent on plan "team" (C-2)`,
	})
	if n := len(diff.Steps()); n != 1 {
		t.Errorf("%d steps, want 1", n)
	}
	_, faults = w.against(read(t, console+"plan: team\n"))
	if len(faults) != 1 || faults[0].Path != "orgs[0].mode" || !strings.Contains(faults[0].Text, "(C-2)") {
		t.Errorf("faults %+v", faults)
	}
}

// Groups that share a name in one directory are written by id, and people by
// the name that finds them.
func TestAmbiguousNames(t *testing.T) {
	w := newWorld(t, t)
	d := w.directory("okta")
	twin := w.group(d, "ENG")
	_, err := w.CreateUser(w.ctx, d, provision.UserInput{UserName: "weird", Email: "bob@acme.example", Active: true, Document: []byte("{}")}, testenv.Admin)
	w.must(err)
	want := read(t, `
parent: acme
orgs:
  - name: acme-claude
    product: claude
    plan: enterprise
    mode: scim
    groupMappings: true
    mappings: [{group: `+twin.ID+`, role: owner}]
    pins: [{person: weird, role: owner, why: w}, {person: Bob@acme.example, role: user, why: b}]
`)
	if ok, why := w.apply(want); !ok {
		t.Fatal(why)
	}
	got := w.export().Orgs[0]
	if m := (*got.Mappings)[0]; m.Group != twin.ID || m.Directory != "okta" {
		t.Errorf("exported %+v", m)
	}
	var people []string
	for _, p := range *got.Pins {
		people = append(people, p.Person)
	}
	equal(t, "people", people, []string{"bob@acme.example", "weird"})
	settled(t, w, want)
	settled(t, w, w.export())
	_, faults := w.against(read(t, "parent: acme\norgs: [{name: acme-claude, mappings: [{group: eng, directory: okta, role: user}]}]"))
	if len(faults) != 1 || !strings.Contains(faults[0].Text, "give the id") {
		t.Errorf("faults %v", faults)
	}
}

// A pin whose time is over counts as not written, whether or not the upkeep
// has been there.
func TestPinsExpire(t *testing.T) {
	w := newWorld(t, t)
	until := w.Now().Add(time.Hour).UTC()
	text := `
parent: acme
orgs:
  - name: acme-claude
    product: claude
    plan: enterprise
    mode: scim
    groupMappings: true
    pins: [{person: ann@acme.example, role: owner, why: a while, expires: ` + until.Format(time.RFC3339) + `}]
`
	if ok, why := w.apply(read(t, text)); !ok {
		t.Fatal(why)
	}
	settled(t, w, read(t, text))
	now := w.Now
	w.Now = func() time.Time { return now().Add(2 * time.Hour) }
	settled(t, w, read(t, text))
	settled(t, w, w.export())
	w.must(w.Upkeep(w.ctx))
	if n := len(*w.export().Orgs[0].Pins); n != 0 {
		t.Fatalf("%d pins after the upkeep", n)
	}
	settled(t, w, read(t, text))
}

// Nothing is compared with a parent who is not there but what the file says.
func TestNewParent(t *testing.T) {
	w := newWorld(t, t)
	diff, faults := w.against(read(t, "parent: globex\nplan: team\ndirectories: [{name: hr, attached: false}]\n"))
	if len(faults) > 0 || !diff.New || len(diff.LeftAlone) > 0 {
		t.Errorf("%+v, faults %v", diff, faults)
	}
	equal(t, "changes", texts(diff), []string{"directory hr is created", "directory hr is detached", "parent globex: plan none → team"})
	if slices.ContainsFunc(w.export().Directories, func(d declare.Directory) bool { return d.Name == "hr" }) {
		t.Error("a comparison made something")
	}
	_, faults = w.against(declare.Document{})
	if len(faults) != 1 || faults[0].Path != "parent" {
		t.Errorf("no parent at all: %v", faults)
	}
}
