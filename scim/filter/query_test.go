package filter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

func TestQuery(t *testing.T) {
	work := "work"
	created := time.Date(2011, 5, 13, 4, 42, 34, 0, time.UTC)
	name := store.Compare{Column: store.ByName, Op: store.Eq, Value: "bjensen"}
	hasWork := store.HasValue{Attribute: "emails", Op: store.Eq, Value: "x", Type: &work}
	for _, c := range []struct {
		src   string
		where store.Expr
		exact bool
	}{
		{`userName eq "BJensen"`, name, true},
		{`userName ne "BJensen"`, store.Not{Expr: name}, true},
		{`userName pr`, store.Compare{Column: store.ByName, Op: store.Pr}, true},
		{`userName eq ""`, nil, false},
		{`displayName eq "x"`, nil, false},
		{`id eq "A"`, store.Compare{Column: store.ByID, Op: store.Eq, Value: "A"}, true},
		{`id co "A"`, nil, false},
		{`externalId eq "A"`, store.Compare{Column: store.ByExternalID, Op: store.Eq, Value: "A"}, true},
		{`active eq false`, store.Compare{Column: store.ByActive, Op: store.Eq, Value: false}, false},
		{`meta.created gt "2011-05-13T04:42:34Z"`, store.Compare{Column: store.ByCreated, Op: store.Gt, Value: created}, true},
		{`emails eq "X"`, store.HasValue{Attribute: "emails", Op: store.Eq, Value: "x"}, true},
		{`emails[type eq "Work" and value eq "X"]`, hasWork, true},
		{`emails[type eq "work"].value eq "x"`, hasWork, true},
		{`emails[type eq "work" and value eq "x" and primary eq true]`, hasWork, false},
		{`not (emails[type eq "work" and value eq "x" and primary eq true])`, nil, false},
		{`emails[type eq "" and value eq "x"]`, store.HasValue{Attribute: "emails", Op: store.Eq, Value: "x"}, false},
		{`groups[value eq "0B"]`, store.InGroup{ID: "0b"}, true},
		{`userName eq "bjensen" and title pr`, name, false},
		{`title pr and userName eq "bjensen"`, name, false},
		{`userName eq "bjensen" or title pr`, nil, false},
		{`not (userName eq "bjensen" and title pr)`, nil, false},
		{`not (userName eq "bjensen" or title pr)`, store.Not{Expr: name}, false},
		{`not (not (userName eq "bjensen"))`, name, true},
		{`meta.resourceType eq "User"`, store.And{}, true},
		{`meta.resourceType eq "Group" and title pr`, store.Or{}, true},
		{`not (meta.resourceType eq "User" or title pr)`, store.Or{}, true},
		{`meta.resourceType eq "Group" or userName eq "bjensen"`, name, true},
		{`title pr or meta.resourceType eq "Group"`, nil, false},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "1"`, nil, false},
	} {
		p, err := compile(userType(), c.src, quirk.Strict)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		where, exact := p.Query()
		if exact != c.exact || !cmp.Equal(where, c.where) {
			t.Errorf("%s: got %#v, exact %v, want %#v, exact %v", c.src, where, exact, c.where, c.exact)
		}
	}
	p, err := compile(groupType(), `members.value eq "0A" and displayName sw "Ü"`, quirk.Strict)
	if err != nil {
		t.Fatal(err)
	}
	want := store.And{store.HasMember{ID: "0a"}, store.Compare{Column: store.ByName, Op: store.Sw, Value: "ü"}}
	if where, exact := p.Query(); !exact || !cmp.Equal(where, store.Expr(want)) {
		t.Errorf("got %#v, exact %v, want %#v", where, exact, want)
	}
	if !p.Reads(ref(t, groupType(), "members")) || p.Reads(ref(t, groupType(), "externalId")) {
		t.Error("got a need for other than what the filter names")
	}
}

func ref(t *testing.T, typ *schema.ResourceType, name string) schema.Ref {
	t.Helper()
	r, err := typ.Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// holds is the store in miniature: columns as the engine writes them.
func holds(e store.Expr, o *resource.Object) bool {
	switch e := e.(type) {
	case nil:
		return true
	case store.And:
		for _, x := range e {
			if !holds(x, o) {
				return false
			}
		}
		return true
	case store.Or:
		for _, x := range e {
			if holds(x, o) {
				return true
			}
		}
		return false
	case store.Not:
		return !holds(e.Expr, o)
	case store.HasValue:
		for _, v := range IndexedValues(o) {
			if v.Attribute == e.Attribute && (e.Type == nil || *e.Type == v.Type) && compareText(e.Op, v.Value, e.Value) {
				return true
			}
		}
		return false
	case store.InGroup:
		groups, _ := o.Get("groups").(resource.Array)
		for _, g := range groups {
			if g.(*resource.Object).Get("value") == e.ID {
				return true
			}
		}
		return false
	case store.Compare:
		return column(e, o)
	}
	panic(fmt.Sprintf("%T", e))
}

func column(e store.Compare, o *resource.Object) bool {
	text := func(name string) string { s, _ := o.Get(name).(string); return s }
	switch e.Column {
	case store.ByID:
		return compareText(e.Op, text("id"), e.Value.(string))
	case store.ByName, store.ByExternalID:
		s := store.Fold(text("userName"))
		if e.Column == store.ByExternalID {
			s = store.Exact(text("externalId"))
		}
		operand, _ := e.Value.(string)
		return s != "" && compareText(e.Op, s, operand)
	case store.ByActive:
		return o.Get("active") == e.Value
	case store.ByCreated:
		at, err := time.Parse(time.RFC3339Nano, o.Get("meta").(*resource.Object).Get("created").(string))
		return err == nil && ordered(e.Op, at.Compare(e.Value.(time.Time)))
	case store.ByKey, store.ByModified:
	}
	panic("no such column")
}

func compareText(op store.Op, s, operand string) bool {
	switch op {
	case store.Co:
		return strings.Contains(s, operand)
	case store.Sw:
		return strings.HasPrefix(s, operand)
	case store.Ew:
		return strings.HasSuffix(s, operand)
	case store.Pr:
		return true
	case store.Eq, store.Gt, store.Ge, store.Lt, store.Le:
	}
	return ordered(op, strings.Compare(s, operand))
}

var words = []string{"", "a", "A", "ab", "B", "é", "E\u0301"}

func randomTerm(t *rapid.T, inside bool) string {
	word := fmt.Sprintf("%q", rapid.SampledFrom(words).Draw(t, "word"))
	names := []string{"userName", "externalId", "title", "emails", "emails.value", "emails.type"}
	if inside {
		names = []string{"value", "type", "display"}
	}
	name := rapid.SampledFrom(names).Draw(t, "name")
	op := rapid.SampledFrom([]string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "eq null"}).Draw(t, "op")
	if op == "pr" || op == "eq null" {
		return name + " " + op
	}
	return name + " " + op + " " + word
}

func randomFilter(t *rapid.T, depth int, inside bool) string {
	kinds := 6
	if depth == 0 {
		kinds = 1
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 1:
		return "(" + randomFilter(t, depth-1, inside) + " and " + randomFilter(t, depth-1, inside) + ")"
	case 2:
		return "(" + randomFilter(t, depth-1, inside) + " or " + randomFilter(t, depth-1, inside) + ")"
	case 3:
		return "not (" + randomFilter(t, depth-1, inside) + ")"
	case 4:
		if !inside {
			return "emails[" + randomFilter(t, depth-1, true) + "]"
		}
	case 5:
		if !inside {
			return rapid.SampledFrom([]string{`active eq true`, `id eq "a"`, `groups eq "A"`, `groups.value ne "b"`,
				`meta.created le "2020-01-01T00:00:00Z"`, `emails[type eq "a"].value co "b"`}).Draw(t, "other")
		}
	}
	return randomTerm(t, inside)
}

func randomObject(t *rapid.T) *resource.Object {
	o := &resource.Object{}
	set := func(o *resource.Object, name string, choice []string) {
		if i := rapid.IntRange(-1, len(choice)-1).Draw(t, name); i >= 0 {
			o.Set(name, choice[i])
		}
	}
	o.Set("id", rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id"))
	set(o, "userName", words[1:])
	set(o, "externalId", words)
	set(o, "title", words)
	o.Set("active", rapid.Bool().Draw(t, "active"))
	meta := &resource.Object{}
	meta.Set("created", rapid.SampledFrom([]string{"2019-12-31T23:59:59.999Z", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.001Z"}).Draw(t, "created"))
	o.Set("meta", meta)
	for name, choice := range map[string][]string{"emails": words, "groups": {"a", "b"}} {
		var array resource.Array
		for range rapid.IntRange(0, 2).Draw(t, name) {
			e := &resource.Object{}
			set(e, "value", choice)
			set(e, "type", words)
			array = append(array, e)
		}
		if array != nil {
			o.Set(name, array)
		}
	}
	return o
}

// TestQueryIsSuperset: the store never loses a match, and where the query
// claims to be exact it finds no more.
func TestQueryIsSuperset(t *testing.T) {
	user := userType()
	rapid.Check(t, func(t *rapid.T) {
		src := randomFilter(t, 3, false)
		o := randomObject(t)
		p, err := compile(user, src, quirk.Strict)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		where, exact := p.Query()
		match, found := p.Match(o), holds(where, o)
		if match && !found || exact && match != found {
			t.Fatalf("%s on %s: got match %v, store %v, exact %v, want a superset", src, o.AppendJSON(nil), match, found, exact)
		}
	})
}
