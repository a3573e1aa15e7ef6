package filter

import (
	"errors"
	"strings"
	"testing"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// simple and its like build small definitions; the common attributes stand
// among the core ones, where Resolve finds them just as well.
func simple(name string, typ schema.Type) *schema.Attribute {
	return &schema.Attribute{Name: name, Path: name, Type: typ, Returned: schema.Default}
}

func exactly(a *schema.Attribute) *schema.Attribute { a.CaseExact = true; return a }
func many(a *schema.Attribute) *schema.Attribute    { a.MultiValued = true; return a }

func complexOf(name string, subs ...*schema.Attribute) *schema.Attribute {
	a := simple(name, schema.Complex)
	for _, s := range subs {
		s.Path, s.Parent = name+"."+s.Name, a
	}
	a.Sub = subs
	return a
}

func plural(name string) *schema.Attribute {
	return many(complexOf(name, simple("value", schema.String), simple("type", schema.String),
		simple("display", schema.String), simple("primary", schema.Boolean)))
}

func common() []*schema.Attribute {
	return []*schema.Attribute{
		many(exactly(simple("schemas", schema.Reference))),
		exactly(simple("id", schema.String)),
		exactly(simple("externalId", schema.String)),
		complexOf("meta", exactly(simple("resourceType", schema.String)), simple("created", schema.DateTime),
			simple("lastModified", schema.DateTime)),
	}
}

func userType() *schema.ResourceType {
	password := simple("password", schema.String)
	password.Returned = schema.Never
	certificates := many(complexOf("x509Certificates", simple("value", schema.Binary)))
	return &schema.ResourceType{
		Name: "User",
		Schema: &schema.Schema{ID: schema.UserURN, Attributes: append(common(),
			simple("userName", schema.String), simple("displayName", schema.String),
			complexOf("name", simple("familyName", schema.String), simple("givenName", schema.String)),
			simple("title", schema.String), simple("userType", schema.String), simple("active", schema.Boolean),
			simple("hits", schema.Integer), simple("weight", schema.Decimal), simple("not", schema.String),
			many(simple("tags", schema.String)),
			password, certificates, plural("emails"), plural("phoneNumbers"), plural("ims"), plural("groups"),
		)},
		Extensions: []schema.Extension{{Schema: &schema.Schema{ID: schema.EnterpriseURN, Attributes: []*schema.Attribute{
			simple("employeeNumber", schema.String), complexOf("manager", simple("value", schema.String), simple("displayName", schema.String)),
		}}}},
	}
}

func groupType() *schema.ResourceType {
	return &schema.ResourceType{
		Name:   "Group",
		Schema: &schema.Schema{ID: schema.GroupURN, Attributes: append(common(), simple("displayName", schema.String), plural("members"))},
	}
}

const barbara = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"id": "0a", "externalId": "Ext-1",
	"meta": {"resourceType": "User", "created": "2011-05-13T04:42:34.5Z", "lastModified": "2011-05-13T06:42:34.5+02:00"},
	"userName": "Bjensen", "displayName": "a\"b\\c\u00e9", "title": "\u00c9COLE", "userType": "Employee", "active": true,
	"name": {"familyName": "O'Malley"}, "hits": 10, "weight": 0.50, "tags": ["Red", "stra\u00dfe"],
	"emails": [{"type": "work", "value": "x@a", "primary": true}, {"type": "home", "value": "y@b"}],
	"phoneNumbers": [], "groups": [{"value": "0b"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "manager": {"value": "26118915"}}
}`

func compile(typ *schema.ResourceType, src string, q quirk.Set) (*Program, error) {
	e, err := Parse(src, DefaultLimits, q)
	if err != nil {
		return nil, err
	}
	return Compile(typ, e, q)
}

func wantType(t *testing.T, what string, err error, want string) {
	t.Helper()
	var known *scimerr.Error
	if !errors.As(err, &known) || string(known.Wire.ScimType) != want {
		t.Errorf("%s: got error %v, want %s", what, err, want)
	}
}

// TestMatch holds the truths of RFC 7644 §3.4.2.2 about one user; the ids are
// those of the requirements.
func TestMatch(t *testing.T) {
	user, o := userType(), scimtest.Object(t, barbara)
	for _, c := range []struct {
		id, src string
		want    bool
	}{
		{"R01", `userName eq "bjensen"`, true},
		{"R02", `USERNAME Eq "bjensen"`, true},
		{"R02", `title PR AND NOT (title eq "x")`, true},
		{"R03", `id eq "0A"`, false},
		{"R03", `externalId eq "ext-1"`, false},
		{"R04", `userType ne "Employee"`, false},
		{"R04", `userType ne "Intern"`, true},
		{"A-11", `name.givenName ne "x"`, true},
		{"A-11", `emails.type ne "work"`, false},
		{"A-11", `emails[type ne "work"]`, true},
		{"A-11", `phoneNumbers[type ne "work"]`, false},
		{"R05", `name.familyName co "O'Malley"`, true},
		{"R05", `name.familyName sw "o'"`, true},
		{"R05", `name.familyName ew "ley"`, true},
		{"R05", `name.familyName ew "lex"`, false},
		{"R06", `name pr`, true},
		{"R06", `name.givenName pr`, false},
		{"R06", `emails pr`, true},
		{"R06", `phoneNumbers pr`, false},
		{"R07", `hits gt 9`, true},
		{"R07", `hits ge 10.0`, true},
		{"R07", `hits eq 1e1`, true},
		{"R07", `hits lt 10`, false},
		{"R07", `weight eq 0.5`, true},
		{"R07", `title gt "a"`, true},
		{"R07", `name.givenName le "z"`, false},
		{"R08", `meta.lastModified eq "2011-05-13T04:42:34.500Z"`, true},
		{"R08", `meta.lastModified ge "2011-05-13T06:42:34.5+02:00"`, true},
		{"R08", `meta.lastModified gt "2011-05-13T04:42:35Z"`, false},
		{"R11", `title pr or userType eq "Intern" and active eq false`, true},
		{"R12", `(title pr or userType eq "Intern") and active eq false`, false},
		{"R12", `((title pr))`, true},
		{"R13", `not(title pr)`, false},
		{"R13", `not (title pr)`, false},
		{"R13", `not pr`, false}, // an attribute of that name
		{"R14", `emails[type eq "work" and value co "@b"]`, false},
		{"R14", `emails.type eq "work" and emails.value co "@b"`, true},
		{"R15", `emails[type eq "work" and value co "@b" or (type eq "home" and not (value ew "@a"))]`, true},
		{"R17", `userType eq "Employee" and emails[type eq "work"]`, true},
		{"R17", `emails[type eq "other"] or ims[type eq "xmpp"]`, false},
		{"B3", `emails[type eq "work"].value eq "x@a"`, true},
		{"B3", `emails[type eq "work"].value eq "y@b"`, false},
		{"B3", `emails[type eq "work"].display pr`, false},
		{"R18", `urn:ietf:params:scim:schemas:core:2.0:User:name.familyName co "mal"`, true},
		{"R18", `URN:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984"`, true},
		{"R18", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915"`, true},
		{"R18", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915"`, true},
		{"R18", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, true},
		{"R20", `emails co "@B"`, true},
		{"R21", `emails.type eq "home"`, true},
		{"R22", `displayName eq "a\"b\\c\u00e9"`, true},
		{"R22", `active eq true`, true},
		{"7643-2.4-R02", `emails.primary eq false`, true},
		{"7643-2.4-R02", `emails[type eq "home" and primary eq false]`, true},
		{"7643-2.4-R02", `emails[type eq "work" and primary eq false]`, false},
		{"R24", `title eq null`, false},
		{"R24", `title ne null`, true},
		{"R24", `name.givenName eq null`, true},
		{"R29", `schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, true},
		{"R29", `schemas[value ew "x"]`, false},
		{"R31", `meta.resourceType eq "User"`, true},
		{"R32", `userName eq "' OR 1=1 --"`, false},
		{"R33", `title eq "école"`, true},
		{"R33", "title eq \"e\u0301cole\"", true},
		{"A-41", `tags eq "STRASSE"`, false},
		{"A-41", `tags eq "STRAẞE"`, true},
		{"edges", "\t title pr \n", true},
		{"groups", `groups eq "0B"`, true},
	} {
		p, err := compile(user, c.src, quirk.Strict)
		if err != nil {
			t.Errorf("%s %s: %v", c.id, c.src, err)
		} else if got := p.Match(o); got != c.want {
			t.Errorf("%s %s: got %v, want %v", c.id, c.src, got, c.want)
		}
	}
}

func TestInvalidFilters(t *testing.T) {
	for _, c := range []struct{ id, src, names string }{
		{"R09", `active gt true`, "gt"},
		{"R09", `x509Certificates.value lt "a"`, "lt"},
		{"R13", `not title pr`, "title"},
		{"R16", `emails[type eq "work" and emails[type eq "home"]]`, "position 33"},
		{"R19", `name eq "x"`, "name"},
		{"R23", `userName eq bjensen`, "bjensen"},
		{"R23", `userName eq 'b'`, "'b'"},
		{"R23", `active eq True`, "True"},
		{"R25", `userName regex "x"`, "regex"},
		{"R26", ``, "empty"},
		{"R26", ` `, "empty"},
		{"R26", `userName eq`, "value"},
		{"R26", `userName`, "operator"},
		{"R26", `(title pr`, "parenthesis"},
		{"R26", `title pr)`, ")"},
		{"R26", `emails[type eq "x"`, "bracket"},
		{"R26", `title pr title pr`, "title"},
		{"R26", `and title pr`, "title"},
		{"R26", `title pr and`, "and"},
		{"R26", `userName  eq "x"`, "eq"},
		{"R26", `userName eq "x`, "closed"},
		{"R26", `userName eq "\x"`, "escape"},
		{"R26", `userName eq "\ud800"`, "escape"},
		{"R26", `userName eq "\u0000"`, "U+0000"},
		{"R26", `hits eq 01`, "01"},
		{"R27", `active co "t"`, "co"},
		{"R27", `active eq "maybe"`, "maybe"},
		{"R27", `active eq "true"`, "active"},
		{"R27", `meta.created gt "yesterday"`, "yesterday"},
		{"R27", `hits eq "x"`, "hits"},
		{"R27", `hits eq 1e999999999`, "hits"},
		{"R27", `userName eq 5`, "userName"},
		{"R27", `title gt null`, "null"},
		{"R28", `nope eq "1"`, "nope"},
		{"R28", `emails[nope eq "1"]`, "nope"},
		{"R28", `title[value eq "1"]`, "title"},
		{"password", `password eq "x"`, "password"},
		{"A-46", `userName eq"x"`, "eq"},
		{"UTF-8", "userName eq \"\xff\"", "UTF-8"},
	} {
		_, err := compile(userType(), c.src, quirk.Strict)
		wantType(t, c.id+" "+c.src, err, "invalidFilter")
		if err != nil && !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s %s: got message %q, want it to name %q", c.id, c.src, err, c.names)
		}
	}
}

// TestQuirks holds what only the interop profile accepts, and what not
// even that does.
func TestQuirks(t *testing.T) {
	o := scimtest.Object(t, barbara)
	for src, want := range map[string]bool{
		`userName eq bjensen`:                 true,
		`(userName eq bjensen)`:               true,
		`emails[type eq work].value eq "x@a"`: true,
		`active eq True`:                      true,
		`active eq "FALSE"`:                   false,
		`emails[primary eq "True"]`:           true,
	} {
		p, err := compile(userType(), src, quirk.Interop)
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if got := p.Match(o); got != want {
			t.Errorf("%s: got %v, want %v", src, got, want)
		}
	}
	for _, src := range []string{`userName eq 'b'`, "(hits ge 1\r)", "userName eq a\x00b"} {
		_, err := compile(userType(), src, quirk.Interop)
		wantType(t, src, err, "invalidFilter")
	}
}

// TestHostile: R32. None of these may take time or stack.
func TestHostile(t *testing.T) {
	wide := Limits{Bytes: 1 << 20, Depth: 32, Terms: 256}
	for name, src := range map[string]string{
		"parentheses": strings.Repeat("(", 100<<10),
		"nots":        strings.Repeat("not (", 20<<10),
		"terms":       strings.Repeat("title pr or ", 20<<10) + "title pr",
		"text":        `title eq "` + strings.Repeat("x", 2<<20) + `"`,
	} {
		_, err := Parse(src, wide, quirk.Interop)
		wantType(t, name, err, "invalidFilter")
		_, err = Parse(src, DefaultLimits, quirk.Interop)
		wantType(t, name, err, "invalidFilter")
	}
}

func TestParsePath(t *testing.T) {
	for _, src := range []string{
		`userName`, `name.givenName`, `emails[type eq "work"]`, `emails[type eq "work"].value`, `members[value eq "x" and (type eq "y" or type eq "z")]`,
		schema.EnterpriseURN, schema.EnterpriseURN + `:manager.value`, `urn:x_y~z:a%20b:2.0`, `urn:okta:c_(1):1.0:User:attr`, `addresses.$ref`,
	} {
		if p, err := ParsePath(src, DefaultLimits, quirk.Strict); err != nil {
			t.Errorf("%s: %v", src, err)
		} else if got := p.String(); p.ValueExpression == nil && got != src {
			t.Errorf("got %s, want %s", got, src)
		}
	}
	// 7644-3.5.2-R12.
	for _, src := range []string{``, ` `, `emails[`, `emails[]`, `emails[type eq "x"]]`, `a..b`, `name.a.b`, `/name/givenName`, `name/givenName`,
		`emails[0]`, `emails.0.value`, `emails[type eq "x"`, `emails[type eq "x"].`, `emails[type eq "x"].a.b`, `1a`, `a b`, `:a`, `a:`} {
		_, err := ParsePath(src, DefaultLimits, quirk.Interop)
		wantType(t, src, err, "invalidPath")
	}
	for _, src := range []string{`emails[type regex "x"]`, `emails[type eq]`, `emails[type eq"x"]`, `emails[a[b eq "c"]]`} {
		_, err := ParsePath(src, DefaultLimits, quirk.Strict)
		wantType(t, src, err, "invalidFilter")
	}
}

func TestElement(t *testing.T) {
	user := userType()
	for _, c := range []struct {
		name, src string
		element   resource.Value
		want      bool
		pairs     int // 0: describes no element
	}{
		{"emails", `type eq "WORK" and primary eq true`, scimtest.Object(t, `{"type":"work","primary":true}`), true, 2},
		{"emails", `type eq "work" or primary eq true`, scimtest.Object(t, `{"primary":true}`), true, 0},
		{"emails", `type eq "a" and type eq "b"`, scimtest.Object(t, `{"type":"a"}`), false, 0},
		{"emails", `not (type eq "a")`, scimtest.Object(t, `{}`), true, 0},
		{"emails", `type eq null`, scimtest.Object(t, `{}`), true, 0},
		{"tags", `value eq "red"`, "Red", true, 1},
		{"tags", `value eq "red"`, nil, false, 1},
	} {
		ref, err := user.Resolve(c.name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(c.src, DefaultLimits, quirk.Strict)
		if err != nil {
			t.Fatal(err)
		}
		p, err := CompileElement(ref.Attribute, e, quirk.Strict)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(c.element); got != c.want {
			t.Errorf("%s[%s]: got %v, want %v", c.name, c.src, got, c.want)
		}
		if pairs, ok := p.Equalities(); len(pairs) != c.pairs || ok != (c.pairs > 0) {
			t.Errorf("%s[%s]: got equalities %v, want %d", c.name, c.src, pairs, c.pairs)
		}
	}
}

func BenchmarkParseCompile(b *testing.B) {
	user := userType()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile(user, `userName eq "bjensen@example.com"`, quirk.Interop); err != nil {
			b.Fatal(err)
		}
	}
}
