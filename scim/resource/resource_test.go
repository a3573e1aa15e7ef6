package resource

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"scimd/scim/scimerr"
)

func parsed(t testing.TB, text string) *Object {
	t.Helper()
	o, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

func scimType(err error) string {
	var e *scimerr.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return string(e.Wire.ScimType)
	}
	return "not a SCIM error: " + err.Error()
}

// wide is an object of n names, deep nests n arrays in one.
func wide(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"n%d":0`, i)
	}
	return "{" + strings.Join(names, ",") + "}"
}

func deep(n int) string {
	return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, fails string }{
		{"empty object", `{}`, ""},
		{"blanks around", " \r\n\t{ \"a\" : 1 } \n", ""},
		{"every kind", `{"a":null,"b":true,"c":"x","d":-1.5e3,"e":[],"f":{}}`, ""},
		{"deep enough", deep(maxDepth), ""},
		{"wide enough", wide(maxNames), ""},
		{"escapes", `{"a":"\u00e9\ud83d\ude00\n"}`, ""},
		{"nothing", ``, "invalidSyntax"},
		{"blanks", ` `, "invalidSyntax"},
		{"array", `[]`, "invalidSyntax"},
		{"null", `null`, "invalidSyntax"},
		{"string", `"a"`, "invalidSyntax"},
		{"ends early", `{"a":`, "invalidSyntax"},
		{"open array", `{"a":[1`, "invalidSyntax"},
		{"open string", `{"a":"`, "invalidSyntax"},
		{"trailing text", `{}x`, "invalidSyntax"},
		{"two objects", `{}{}`, "invalidSyntax"},
		{"trailing comma", `{"a":1,}`, "invalidSyntax"},
		{"no colon", `{"a" 1}`, "invalidSyntax"},
		{"name without quotes", `{a:1}`, "invalidSyntax"},
		{"comment", `{/**/}`, "invalidSyntax"},
		{"leading zero", `{"a":01}`, "invalidSyntax"},
		{"NaN", `{"a":NaN}`, "invalidSyntax"},
		{"byte order mark", "\ufeff{}", "invalidSyntax"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "invalidSyntax"},
		{"half a surrogate pair", `{"a":"\ud800"}`, "invalidSyntax"},
		{"control character", "{\"a\":\"\x01\"}", "invalidSyntax"},
		{"name twice", `{"a":1,"a":2}`, "invalidSyntax"},
		{"name twice by an escape", `{"a":1,"\u0061":2}`, "invalidSyntax"},
		{"A-31 another case", `{"userName":1,"USERNAME":2}`, "invalidSyntax"},
		{"another case below", `{"o":[{"a":1,"A":2}]}`, "invalidSyntax"},
		{"too deep", deep(maxDepth + 1), "invalidSyntax"},
		{"far too deep", deep(100000), "invalidSyntax"},
		{"too wide", wide(maxNames + 1), "invalidSyntax"},
		{"U+0000", `{"a":["\u0000"]}`, "invalidValue"},
		{"U+0000 in a name, which no schema knows", `{"a\u0000":1}`, ""},
	} {
		if _, err := Parse([]byte(c.text)); scimType(err) != c.fails {
			t.Errorf("%s: got error %v (%s), want scimType %q", c.name, err, scimType(err), c.fails)
		}
	}
}

// TestAppendJSON: what was sent comes back in its order, with its numbers.
func TestAppendJSON(t *testing.T) {
	const text = `{"b":1.0,"a":[null,true,false,{"Z":"é<&>\n"}],"n":12345678901234567890,"e":{},"l":[]}`
	if got := string(parsed(t, text).AppendJSON([]byte("x"))); got != "x"+text {
		t.Errorf("got %s, want x%s", got, text)
	}
}

// TestSplit: what AppendJSON writes stays text until it is decoded; of anything
// else the answer is Parse's.
func TestSplit(t *testing.T) {
	const text = `{"a":null,"b":true,"c":"x\\\"\n","d":-1.5e3,"e":["]",{"f":[]}],"g":{"h":{}}}`
	want := []Part{
		{"before", "1"}, {"a", "null"}, {"b", "true"}, {"c", `"x\\\"\n"`}, {"d", "-1.5e3"}, {"e", `["]",{"f":[]}]`}, {"g", `{"h":{}}`},
	}
	parts, err := Split(want[:1:1], []byte(text))
	if err != nil || !slices.Equal(parts, want) {
		t.Errorf("got %q, %v, want %q", parts, err, want)
	}
	if got := Text(text).Parts(); !slices.Equal(got, want[1:]) {
		t.Errorf("Parts: got %q, want %q", got, want[1:])
	}
	if got := Decode(Text(text)); !Equal(got, parsed(t, text)) {
		t.Errorf("decoded: got %s, want %s", AppendJSON(nil, got), text)
	}
	for _, other := range []string{
		` {}`, `{} `, `{ }`, `{"a": 1}`, `{"a":1 }`, `{"a" :1}`, `{"a":[1, 2]}`, `{"a":"\u0062"}`, `{"a":"\/"}`, `{"a\"":1}`,
	} {
		parts, err := Split(nil, []byte(other))
		if err != nil || joined(parts) != string(parsed(t, other).AppendJSON(nil)) {
			t.Errorf("%s: got %q, %v", other, parts, err)
		}
	}
	for _, broken := range []string{
		``, `{`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a":[1`, `{"a":[1,]}`, `{"a":"`, `{"a":"\`, `{"a":}`, `{"a":01}`, `{"a":nul}`,
		`{"a":1}}`, `{"a":"\u0000"}`, "{\"a\":\"\xff\"}", "{\"a\":\"\x01\"}", `[]`, `"a"`, `{a:1}`,
	} {
		if parts, err := Split(nil, []byte(broken)); scimType(err) == "" {
			t.Errorf("%s: got %q, want it refused", broken, parts)
		}
	}
}

// joined writes parts as the object that they are of.
func joined(parts []Part) string {
	b := []byte{'{'}
	for _, p := range parts {
		b = append(AppendName(b, p.Name), p.Text...)
	}
	return string(append(b, '}'))
}

func TestLookup(t *testing.T) {
	o := parsed(t, `{"userName":"u","nothing":null}`)
	if v, ok := o.Lookup("USERNAME"); v != "u" || !ok {
		t.Errorf("Lookup ignoring case: got %v, %v, want u, true", v, ok)
	}
	if v, ok := o.Lookup("nothing"); v != nil || !ok {
		t.Errorf("Lookup of null: got %v, %v, want nil, true", v, ok)
	}
	if v, ok := o.Lookup("absent"); v != nil || ok {
		t.Errorf("Lookup of what is absent: got %v, %v, want nil, false", v, ok)
	}
	if v := o.Get("USERNAME"); v != nil {
		t.Errorf("Get in another case: got %v, want nil", v)
	}
	if v := (*Object)(nil).Get("a"); v != nil {
		t.Errorf("Get of no object: got %v, want nil", v)
	}
}

// TestEqualName: the Kelvin sign is no k, the long s no s.
func TestEqualName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"key", "KEY", true}, {"", "", true}, {"key", "ke", false}, {"\u212aey", "key", false}, {"u\u017fer", "user", false}, {"[", "{", false}, {"@", "`", false},
	} {
		if got := EqualName(c.a, c.b); got != c.want {
			t.Errorf("EqualName(%q, %q): got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{`{"a":1}`, `{"A":1}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":1}`, `{"a":1,"b":null}`, false},
		{`{"a":null}`, `{"b":null}`, false},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{`{"a":[1]}`, `{"a":[1,1]}`, false},
		{`{"a":[]}`, `{"a":null}`, false},
		{`{"a":null}`, `{"a":[]}`, false},
		{`{"a":{}}`, `{"a":[]}`, false},
		{`{"a":"1"}`, `{"a":1}`, false},
		{`{"a":1.0}`, `{"a":1}`, false},
		{`{"a":{"b":[{"c":true}]}}`, `{"a":{"b":[{"c":true}]}}`, true},
		{`{"a":{"b":[{"c":true}]}}`, `{"a":{"b":[{"c":false}]}}`, false},
		{`{"a":"x"}`, `{"a":{}}`, false},
	} {
		if got := Equal(parsed(t, c.a), parsed(t, c.b)); got != c.want {
			t.Errorf("%s equals %s: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestClone(t *testing.T) {
	const text = `{"a":{"b":[{"c":1}]}}`
	o := parsed(t, text)
	c := o.Clone()
	c.Get("a").(*Object).Get("b").(Array)[0].(*Object).Set("c", "changed")
	c.Get("a").(*Object).Delete("b")
	c.Set("d", nil)
	if got := string(o.AppendJSON(nil)); got != text {
		t.Errorf("after changes to its clone: got %s, want %s", got, text)
	}
}

func TestSetAndDelete(t *testing.T) {
	o := &Object{}
	o.Set("a", "1")
	o.Set("b", "2")
	o.Set("a", "3")
	o.Delete("absent")
	if got, want := string(o.AppendJSON(nil)), `{"a":"3","b":"2"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	o.Delete("a")
	if got, want := string(o.AppendJSON(nil)), `{"b":"2"}`; got != want || o.Len() != 1 {
		t.Errorf("got %s of length %d, want %s", got, o.Len(), want)
	}
}

// FuzzParse: what is parsed and written is parsed again as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":null,"b":[true,"x",-1.5E+3,{}]}`, `{"a":"\u00e9\ud83d\ude00\u2028\\\""}`, `{"a":1,"A":2}`, "{\"a\":\"\xff\"}",
		`{"a":"\u0000"}`, `{"a\u0000":1}`, deep(40), `[]`, `{}x`, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := Parse(data)
		if err != nil {
			var known *scimerr.Error
			if !errors.As(err, &known) {
				t.Fatalf("got error %v (%T), want a SCIM error", err, err)
			}
			return
		}
		again, err := Parse(o.AppendJSON(nil))
		if err != nil {
			t.Fatalf("%s was written from %q and is refused: %v", o.AppendJSON(nil), data, err)
		}
		parts, err := Split(nil, o.AppendJSON(nil))
		if got := joined(parts); err != nil || got != string(o.AppendJSON(nil)) || !Equal(o, Decode(Text(got))) {
			t.Fatalf("got %q, %v of splitting %s", parts, err, o.AppendJSON(nil))
		}
		if !Equal(o, again) || !Equal(o, o.Clone()) {
			t.Fatalf("got %s, want %s", again.AppendJSON(nil), o.AppendJSON(nil))
		}
	})
}
