package filter

import (
	"strings"
	"testing"

	"scimd/internal/scimtest"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// TestRank: each list is in ascending order (7644-3.4.2.3-R02, R03, R05).
func TestRank(t *testing.T) {
	numbers := "[-1e20, -10.5, -10, -1.25, -1.2, -0.12, -0.1, -1e-7, 0, 1e-7, 0.1, 0.12, 1, 1.2, 9, 10, 10.5, 9007199254740993, 9007199254740994, 1e20, 1E+21]"
	for _, c := range []struct {
		attribute *schema.Attribute
		values    string
	}{
		{simple("x", schema.Integer), numbers},
		{simple("x", schema.Decimal), numbers},
		{simple("x", schema.String), `["A", "b", "C", "é", "Ê", null]`},
		{exactly(simple("x", schema.String)), `["A", "C", "b", "É", "é", ""]`},
		{simple("x", schema.Boolean), `[false, true, null]`},
		{simple("x", schema.DateTime), `["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z",
			"2011-05-13T06:42:34.5+02:00", "2011-05-13T04:42:34.500001Z", "9999-12-31T23:59:59Z", "no time"]`},
	} {
		list := scimtest.Object(t, `{"x":`+c.values+`}`).Get("x").(resource.Array)
		for i, v := range list {
			for j, w := range list {
				got := strings.Compare(rank(c.attribute, v), rank(c.attribute, w))
				if want := min(max(i-j, -1), 1); got != want {
					t.Errorf("%s: %v against %v: got %d, want %d", c.attribute.Type, v, w, got, want)
				}
			}
		}
	}
	for a, b := range map[string]string{"1": "1.0", "10": "1e1", "-0": "0e9", "0.50": "5e-1", "0010": "10"} {
		if x, y := rank(simple("x", schema.Decimal), resource.Number(a)), rank(simple("x", schema.Decimal), resource.Number(b)); x != y {
			t.Errorf("%s and %s: got %q and %q, want the same", a, b, x, y)
		}
	}
}

// TestSort: which value of a resource counts (7644-3.4.2.3-R04).
func TestSort(t *testing.T) {
	o := scimtest.Object(t, barbara)
	for sortBy, want := range map[string]string{
		"USERNAME":                               "bjensen",
		"name.familyName":                        "o'malley",
		"name.givenName":                         "",
		"emails":                                 "x@a",
		"emails.type":                            "work",
		"phoneNumbers.value":                     "",
		"tags":                                   "red",
		"id":                                     "0a",
		schema.UserURN + ":title":                "école",
		schema.EnterpriseURN + ":employeeNumber": "701984",
		schema.EnterpriseURN + ":manager.value":  "26118915",
	} {
		s, err := CompileSort(userType(), sortBy)
		if err != nil {
			t.Errorf("%s: %v", sortBy, err)
			continue
		}
		text, isAssigned := strings.CutPrefix(s.Rank(o), assigned)
		if isAssigned != (want != "") || isAssigned && text != want {
			t.Errorf("%s: got %q, want %q", sortBy, text, want)
		}
	}
	primary := scimtest.Object(t, `{"emails": [{"value": "b"}, {"value": "a", "primary": true}]}`)
	if s, err := CompileSort(userType(), "emails.value"); err != nil || s.Rank(primary) != assigned+"a" {
		t.Errorf("the primary value: got %q, %v, want a", s.Rank(primary), err)
	}
	var none *Sort
	if _, ok := none.Column(); ok || none.Rank(o) != absent || none.Reads(schema.Ref{}) {
		t.Error("without a sort a resource has a value")
	}
}

// 7644-3.4.2.3-R06; what is never returned tells nothing by its order either.
func TestInvalidSorts(t *testing.T) {
	for _, sortBy := range []string{"", "nope", "name", "emails.nope", "password", schema.EnterpriseURN, schema.UserURN} {
		_, err := CompileSort(userType(), sortBy)
		wantType(t, sortBy, err, "invalidValue")
	}
}

func TestSortColumns(t *testing.T) {
	user := schema.Core().Type("User")
	group := schema.Core().Type("Group")
	for _, c := range []struct {
		typ    *schema.ResourceType
		sortBy string
		want   store.Column
		ok     bool
	}{
		{user, "userName", store.ByName, true},
		{group, "displayName", store.ByName, true},
		{user, "displayName", 0, false},
		{user, "id", store.ByID, true},
		{group, "externalId", store.ByExternalID, true},
		{group, "meta.created", store.ByCreated, true},
		{user, "meta.lastModified", store.ByModified, true},
		{user, "meta.version", 0, false},
		{user, "name.familyName", 0, false},
		{user, schema.EnterpriseURN + ":department", 0, false},
	} {
		s, err := CompileSort(c.typ, c.sortBy)
		if err != nil {
			t.Errorf("%s: %v", c.sortBy, err)
			continue
		}
		if got, ok := s.Column(); ok != c.ok || ok && got != c.want {
			t.Errorf("%s: got column %d, %v, want %d, %v", c.sortBy, got, ok, c.want, c.ok)
		}
	}
	s, err := CompileSort(group, "members.value")
	if err != nil || !s.Reads(ref(t, group, "members")) || s.Reads(ref(t, group, "displayName")) {
		t.Errorf("members.value: got error %v or other needs than members", err)
	}
}

// TestAmong: what a type does not know has no value (7644-3.4.2.1-R03).
func TestAmong(t *testing.T) {
	o := scimtest.Object(t, barbara)
	for _, c := range []struct {
		src   string
		want  bool
		where store.Expr
	}{
		{`nope eq "1"`, false, store.Or{}},
		{`nope ne "1"`, true, store.And{}},
		{`nope eq null`, true, store.And{}},
		{`not (nope pr)`, true, store.And{}},
		{`nope[value eq "1"]`, false, store.Or{}},
		{`meta.resourceType eq "User"`, true, store.And{}},
		{`meta.resourceType eq "Group"`, false, store.Or{}},
	} {
		e, err := Parse(c.src, DefaultLimits, 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := CompileAmong(userType(), e, 0)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		where, exact := p.Query()
		if got := p.Match(o); got != c.want || !exact || holds(where, o) != c.want {
			t.Errorf("%s: got %v and %#v, exact %v, want %v", c.src, got, where, exact, c.want)
		}
	}
	for src, want := range map[string]bool{`emails[nope eq "1" or value pr]`: true, `emails[nope ne "1"]`: true, `emails[nope pr]`: false} {
		e, err := Parse(src, DefaultLimits, 0)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := CompileAmong(userType(), e, 0); err != nil || p.Match(o) != want {
			t.Errorf("%s: got error %v or not %v", src, err, want)
		}
	}
	for _, src := range []string{`password eq "x"`, `name eq "x"`, `active gt true`} { // known, and refused
		e, err := Parse(src, DefaultLimits, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = CompileAmong(userType(), e, 0)
		wantType(t, src, err, "invalidFilter")
	}
}

// TestReads: what a filter looks at, in any of the ways to say it.
func TestReads(t *testing.T) {
	user := userType()
	for _, c := range []struct {
		attribute, src string
		want           bool
	}{
		{"emails.value", `emails eq "x"`, true},
		{"emails.value", `emails[value eq "x"]`, true},
		{"emails.value", `emails[type eq "x"]`, false},
		{"emails.value", `emails[type eq "x"].value eq "y"`, true},
		{"emails.value", `emails.type eq "x"`, false},
		{"emails.value", `emails pr`, true},
		{"emails", `emails.type eq "x"`, true},
		{"emails", `emails[type eq "x"]`, true},
		{"tags", `tags[value eq "x"]`, true},
		{"title", `not (userName pr or TITLE eq null)`, true},
		{"title", `userName pr`, false},
		{schema.EnterpriseURN + ":employeeNumber", `employeeNumber eq "1"`, true},
		{schema.EnterpriseURN + ":employeeNumber", schema.EnterpriseURN + ` pr`, true},
		{schema.EnterpriseURN, `employeeNumber eq "1"`, true},
		{schema.EnterpriseURN, `title pr`, false},
	} {
		ref, err := user.Resolve(c.attribute)
		if err != nil {
			t.Fatal(err)
		}
		p, err := compile(user, c.src, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Reads(ref); got != c.want {
			t.Errorf("%s reads %s: got %v, want %v", c.src, c.attribute, got, c.want)
		}
	}
}
