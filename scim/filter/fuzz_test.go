package filter

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
)

// examples are the filters of RFC 7644 §3.4.2.2 and figures of §3.5.2.
var examples = []string{
	`userName eq "bjensen"`,
	`name.familyName co "O'Malley"`,
	`userName sw "J"`,
	`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`,
	`title pr`,
	`meta.lastModified gt "2011-05-13T04:42:34Z"`,
	`meta.lastModified ge "2011-05-13T04:42:34Z"`,
	`meta.lastModified lt "2011-05-13T04:42:34Z"`,
	`meta.lastModified le "2011-05-13T04:42:34Z"`,
	`title pr and userType eq "Employee"`,
	`title pr or userType eq "Intern"`,
	`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`,
	`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`,
	`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`,
	`userType eq "Employee" and (emails.type eq "work")`,
	`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`,
	`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`,
	`active eq true and hits ge -1.5e3 or title eq null`,
	`a pr and b pr and c pr or d pr and not(e pr)`,
}

func TestExamples(t *testing.T) {
	for _, src := range examples {
		got, err := Parse(src, DefaultLimits, quirk.Strict)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		want, err := fp.ParseFilterNumber([]byte(src))
		if err != nil {
			t.Errorf("the oracle on %s: %v", src, err)
		} else if !cmp.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", src, got, want)
		}
	}
}

// exponents: the oracle writes them in lower case.
var exponents = cmp.Comparer(func(a, b json.Number) bool { return strings.EqualFold(string(a), string(b)) })

// FuzzParse: what is accepted compiles or is refused, and its negation matches
// where it does not.
func FuzzParse(f *testing.F) {
	for _, src := range examples {
		f.Add(src)
	}
	user, o := userType(), scimtest.Object(f, barbara)
	f.Fuzz(func(t *testing.T, src string) {
		for _, q := range []quirk.Set{quirk.Strict, quirk.Interop} {
			e, err := Parse(src, DefaultLimits, q)
			if err != nil {
				continue
			}
			p, err := Compile(user, e, q)
			if err != nil {
				continue
			}
			p.Query()
			negation, err := Parse("not ("+src+")", DefaultLimits, q)
			if err != nil {
				continue // one parenthesis too many
			}
			n, err := Compile(user, negation, q)
			if err != nil {
				t.Fatalf("%q compiles, its negation does not: %v", src, err)
			}
			if n.Match(o) == p.Match(o) {
				t.Errorf("%q and its negation agree", src)
			}
		}
	})
}

// FuzzParsePath: no input panics, and an accepted path without a filter is
// read without loss.
func FuzzParsePath(f *testing.F) {
	for _, src := range paths {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := ParsePath(src, DefaultLimits, quirk.Strict)
		if err != nil {
			return
		}
		if got := p.String(); p.ValueExpression == nil && got != strings.TrimSpace(src) {
			t.Errorf("got %q, want %q", got, src)
		}
	})
}

var paths = []string{
	`members`, `name.familyName`, `addresses[type eq "work"]`, `members[value eq "2819c223-7f76-453a-919d-413861904646"].displayName`,
	`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`, `emails[`, `emails[0]`, `a..b`, `/a/b`, ``,
}

// FuzzOracle: what both parsers accept, they read alike. The library takes a
// hundred times as long, leaves escapes undecoded and splits URNs elsewhere.
func FuzzOracle(f *testing.F) {
	for _, src := range append(paths, examples...) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 500 || strings.Contains(src, `\`) {
			return
		}
		if got, err := Parse(src, DefaultLimits, quirk.Strict); err == nil {
			if want, err := fp.ParseFilterNumber([]byte(src)); err == nil && !cmp.Equal(got, want, exponents) {
				t.Errorf("%q: got %v, want %v", src, got, want)
			}
		}
		if got, err := ParsePath(src, DefaultLimits, quirk.Strict); err == nil && !strings.Contains(src, ":") {
			if want, err := fp.ParsePathNumber([]byte(src)); err == nil && !cmp.Equal(got, want, exponents) {
				t.Errorf("path %q: got %v, want %v", src, got, want)
			}
		}
	})
}
