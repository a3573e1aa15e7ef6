package bulk

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ent = `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`

// 7644-3.7.2-R01, A-44: where a reference is one, and what stands in its place.
func TestResolve(t *testing.T) {
	for _, c := range []struct{ name, method, data, refs, want string }{
		{"none", "PUT", `{"displayName":"the bulkId:a of it","x":["bulkid:a","BULKID:a"," bulkId:a"],"bulkId:a":1}`, `[]`,
			`{"displayName":"the bulkId:a of it","x":["bulkid:a","BULKID:a"," bulkId:a"],"bulkId:a":1}`},
		{"member", "PUT", `{"members":[{"type":"User","value":"bulkId:a"},{"value":"bulkId:b"}]}`, `[a b]`,
			`{"members":[{"type":"User","value":"1"},{"value":"2"}]}`},
		{"twice", "PUT", `{"x":"bulkId:a","y":"bulkId:a"}`, `[a]`, `{"x":"1","y":"1"}`},
		{"extension", "PUT", `{"` + ent + `":{"manager":{"value":"bulkId:a"}}}`, `[a]`, `{"` + ent + `":{"manager":{"value":"1"}}}`},
		{"any string", "PUT", `{"displayName":"bulkId:a"}`, `[a]`, `{"displayName":"1"}`},
		{"nested arrays", "PUT", `{"x":[[["bulkId:b"]],{"y":["bulkId:a",1,null,true]}]}`, `[a b]`, `{"x":[[["2"]],{"y":["1",1,null,true]}]}`},
		{"a name of any characters", "PUT", `{"x":"bulkId:c d:é"}`, `[c d:é]`, `{"x":"3"}`},
		{"an escaped one", "PUT", `{"x":"bulk\u0049d:a"}`, `[a]`, `{"x":"1"}`},
		{"$ref", "PUT", `{"m":{"$ref":"https://x/Users/bulkId:a"},"n":{"$REF":"bulkId:b"},"o":{"$ref":"/bulkId:a/x"}}`, `[a b]`,
			`{"m":{"$ref":"https://x/Users/1"},"n":{"$REF":"2"},"o":{"$ref":"/bulkId:a/x"}}`},
		{"another URI", "PUT", `{"profileUrl":"https://x/Users/bulkId:a"}`, `[]`, `{"profileUrl":"https://x/Users/bulkId:a"}`},
		{"PATCH value", "PATCH", `{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:a"}]},{"op":"add","value":"bulkId:b"}]}`, `[a b]`,
			`{"Operations":[{"op":"add","path":"members","value":[{"value":"1"}]},{"op":"add","value":"2"}]}`},
		{"PATCH path", "PATCH", `{"operations":[{"op":"remove","PATH":"members[value eq \"bulkId:a\" or (value eq \"bulkId:b\")].x"}]}`, `[a b]`,
			`{"operations":[{"op":"remove","PATH":"members[value eq \"1\" or (value eq \"2\")].x"}]}`},
		{"PATCH path, the other strings stay", "PATCH", `{"Operations":[{"path":"m[a eq \"x\\\" bulkId:b\" and b eq \"bulk\\u0049d:a\"]"}]}`, `[a]`,
			`{"Operations":[{"path":"m[a eq \"x\\\" bulkId:b\" and b eq \"1\"]"}]}`},
		{"PATCH path without quotes", "PATCH", `{"Operations":[{"path":"m[value eq bulkId:a]"}]}`, `[a]`, `{"Operations":[{"path":"m[value eq 1]"}]}`},
		{"PATCH path that does not end", "PATCH", `{"Operations":[{"path":"m[value eq \"bulkId:a"},{"path":"m[a eq \"\\x\"]"},5]}`, `[a]`,
			`{"Operations":[{"path":"m[value eq \"1"},{"path":"m[a eq \"\\x\"]"},5]}`},
		{"PATCH keys", "PATCH", `{"Operations":[{"value":{"emails[type eq \"bulkId:a\"].value":"bulkId:b"}}]}`, `[a b]`,
			`{"Operations":[{"value":{"emails[type eq \"1\"].value":"2"}}]}`},
		{"path in a PUT is an attribute", "PUT", `{"Operations":[{"path":"m[value eq \"bulkId:a\"]"}]}`, `[]`, `{"Operations":[{"path":"m[value eq \"bulkId:a\"]"}]}`},
	} {
		j := job(t, fmt.Sprintf(`{"method":%q,"path":"/Users/9","data":%s}`, c.method, c.data))
		o := &j.Operations[0]
		before := string(o.Data.AppendJSON(nil))
		if got := fmt.Sprint(o.References); got != c.refs {
			t.Errorf("%s: got references %s, want %s", c.name, got, c.refs)
		}
		_, data := o.Resolve(map[string]string{"a": "1", "b": "2", "c d:é": "3"})
		if got := string(data.AppendJSON(nil)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if got := string(o.Data.AppendJSON(nil)); got != before {
			t.Errorf("%s: the message became %s, want it as sent", c.name, got)
		}
	}
}

// the id in a path may be a reference, and nothing else there.
func TestResolvePath(t *testing.T) {
	ids := map[string]string{"a b": "1"}
	for _, c := range []struct{ path, want string }{
		{"/Users/bulkId:a%20b", "[Users 1]"},
		{"/Users/xbulkId:a", "[Users xbulkId:a]"},
	} {
		j := job(t, fmt.Sprintf(`{"method":"DELETE","path":%q}`, c.path))
		if path, data := j.Operations[0].Resolve(ids); fmt.Sprint(path) != c.want || data != nil {
			t.Errorf("%s: got %v, %v, want %s", c.path, path, data, c.want)
		}
	}
}

func TestMissing(t *testing.T) {
	j := job(t, `{"method":"PUT","path":"/Users/bulkId:a","data":{"x":"bulkId:","y":"bulkId:c"}}`)
	o := &j.Operations[0]
	for _, c := range []struct {
		ids     map[string]string
		missing bool
		want    string
	}{
		{map[string]string{"": "0", "a": "1", "c": "2"}, false, ""},
		{map[string]string{"": "0", "a": "1"}, true, "c"},
		{map[string]string{"a": "1", "c": "2"}, true, ""},
	} {
		if got, missing := o.Missing(c.ids); got != c.want || missing != c.missing {
			t.Errorf("%v: got %q, %t, want %q, %t", c.ids, got, missing, c.want, c.missing)
		}
	}
}

// What a circle creates first and what it adds later make up the whole.
func TestWithout(t *testing.T) {
	for _, c := range []struct{ name, data, kept, rest string }{
		{"nothing lacks", `{"a":"bulkId:k","b":2}`, `{"a":"7","b":2}`, `{}`},
		{"an attribute", `{"a":"bulkId:u","b":2}`, `{"b":2}`, `{"a":"8"}`},
		{"an attribute whole", `{"m":[{"value":"x"},{"value":"bulkId:k"},{"value":"bulkId:u"}],"b":2}`, `{"b":2}`,
			`{"m":[{"value":"x"},{"value":"7"},{"value":"8"}]}`},
		{"in an extension", `{"` + ent + `":{"n":1,"manager":{"value":"bulkId:u"}}}`, `{"` + ent + `":{"n":1}}`, `{"` + ent + `":{"manager":{"value":"8"}}}`},
		{"an attribute by its URN", `{"` + ent + `:manager":{"value":"bulkId:u","x":1}}`, `{"` + ent + `:manager":{"x":1}}`, `{"` + ent + `:manager":{"value":"8"}}`},
	} {
		j := job(t, `{"method":"POST","path":"/Users","bulkId":"p","data":`+c.data+`}`)
		o := &j.Operations[0]
		kept := o.Without(map[string]string{"k": "7"})
		if got := string(kept.AppendJSON(nil)); got != c.kept {
			t.Errorf("%s: kept %s, want %s", c.name, got, c.kept)
		}
		_, whole := o.Resolve(map[string]string{"k": "7", "u": "8"})
		if got := string(Rest(whole, kept).AppendJSON(nil)); got != c.rest {
			t.Errorf("%s: the rest is %s, want %s", c.name, got, c.rest)
		}
	}
}

// References are found once each and in a fixed order.
func TestReferencesOfPathAndData(t *testing.T) {
	j := job(t, `{"method":"PUT","path":"/Users/bulkId:b","data":{"x":"bulkId:c","y":["bulkId:a","bulkId:b"]}}`)
	if got, want := j.Operations[0].References, []string{"a", "b", "c"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
