package bulk

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
)

func message(operations string) string {
	return `{"schemas":["` + RequestURN + `"],"Operations":[` + operations + `]}`
}

func job(t testing.TB, operations string) *Job {
	t.Helper()
	j, err := Parse(scimtest.Object(t, message(operations)), quirk.Strict)
	if err != nil {
		t.Fatalf("%s: %v", operations, err)
	}
	return j
}

const remove = `{"method":"DELETE","path":"/Users/1"}`

// 7644-3.7-R01: what is wrong with the message refuses it whole.
func TestParseMessage(t *testing.T) {
	urn := `"schemas":["` + RequestURN + `"]`
	for _, c := range []struct{ name, text, fails string }{
		{"plain", `{` + urn + `,"Operations":[` + remove + `]}`, ""},
		{"names in another case", `{"SCHEMAS":["` + RequestURN + `"],"operations":[` + remove + `],"FAILONERRORS":1}`, ""},
		{"unknown names", `{` + urn + `,"Operations":[` + remove + `],"x":1}`, ""},
		{"no schemas", `{"Operations":[` + remove + `]}`, "invalidSyntax"},
		{"another schema", `{"schemas":["` + ResponseURN + `"],"Operations":[` + remove + `]}`, "invalidSyntax"},
		{"schemas is no array", `{"schemas":"` + RequestURN + `","Operations":[` + remove + `]}`, "invalidSyntax"},
		{"no Operations", `{` + urn + `}`, "invalidSyntax"},
		{"Operations null", `{` + urn + `,"Operations":null}`, "invalidSyntax"},
		{"Operations empty", `{` + urn + `,"Operations":[]}`, "invalidSyntax"},
		{"Operations is an object", `{` + urn + `,"Operations":` + remove + `}`, "invalidSyntax"},
		{"an operation is no object", `{` + urn + `,"Operations":[` + remove + `,7]}`, "invalidSyntax"},
		{"failOnErrors null", `{` + urn + `,"failOnErrors":null,"Operations":[` + remove + `]}`, ""},
		{"failOnErrors 0", `{` + urn + `,"failOnErrors":0,"Operations":[` + remove + `]}`, "invalidValue"},
		{"failOnErrors -1", `{` + urn + `,"failOnErrors":-1,"Operations":[` + remove + `]}`, "invalidValue"},
		{"failOnErrors 1.5", `{` + urn + `,"failOnErrors":1.5,"Operations":[` + remove + `]}`, "invalidValue"},
		{"failOnErrors is a string", `{` + urn + `,"failOnErrors":"1","Operations":[` + remove + `]}`, "invalidValue"},
	} {
		if _, err := Parse(scimtest.Object(t, c.text), quirk.Strict); scimtest.Type(err) != c.fails {
			t.Errorf("%s: got error %v (%s), want scimType %q", c.name, err, scimtest.Type(err), c.fails)
		}
	}
	if _, err := Parse(scimtest.Object(t, `{"Operations":[`+remove+`]}`), quirk.Strict.With(quirk.MissingSchemas, true)); err != nil {
		t.Errorf("no schemas under the quirk: got %v, want no error", err)
	}
}

// 7644-3.7-R02, R03, R04: what is wrong with one operation is said of that one.
func TestParseOperation(t *testing.T) {
	for _, c := range []struct {
		name, text string
		fault      bool
	}{
		{"POST", `{"method":"POST","path":"/Users","bulkId":"a","data":{}}`, false},
		{"PUT", `{"method":"PUT","path":"/Users/1","data":{}}`, false},
		{"PATCH with a bulkId", `{"method":"PATCH","path":"/Users/1","bulkId":"a","data":{}}`, false},
		{"DELETE", remove, false},
		{"DELETE with data", `{"method":"DELETE","path":"/Users/1","data":7}`, false},
		{"null members", `{"method":"DELETE","path":"/Users/1","version":null,"bulkId":null,"data":null}`, false},
		{"version", `{"method":"DELETE","path":"/Users/1","version":"W/\"1\""}`, false},
		{"an id with a colon and an escape", `{"method":"DELETE","path":"/Users/a%20b:c"}`, false},
		{"nothing", `{}`, true},
		{"no method", `{"path":"/Users/1"}`, true},
		{"GET", `{"method":"GET","path":"/Users/1"}`, true},
		{"lower case", `{"method":"delete","path":"/Users/1"}`, true},
		{"method is no string", `{"method":1,"path":"/Users/1"}`, true},
		{"no path", `{"method":"DELETE"}`, true},
		{"path is no string", `{"method":"DELETE","path":1}`, true},
		{"path is empty", `{"method":"DELETE","path":""}`, true},
		{"path without slash", `{"method":"DELETE","path":"Users/1"}`, true},
		{"absolute URL", `{"method":"DELETE","path":"https://x/Users/1"}`, true},
		{"query", `{"method":"DELETE","path":"/Users/1?a=b"}`, true},
		{"fragment", `{"method":"DELETE","path":"/Users/1#a"}`, true},
		{"broken escape", `{"method":"DELETE","path":"/Users/%zz"}`, true},
		{"POST on a resource", `{"method":"POST","path":"/Users/1","bulkId":"a","data":{}}`, true},
		{"POST on the root", `{"method":"POST","path":"/","bulkId":"a","data":{}}`, true},
		{"PUT on an endpoint", `{"method":"PUT","path":"/Users","data":{}}`, true},
		{"DELETE below a resource", `{"method":"DELETE","path":"/Users/1/x"}`, true},
		{"an escaped slash", `{"method":"DELETE","path":"/Users/1%2Fx"}`, true},
		{"POST without bulkId", `{"method":"POST","path":"/Users","data":{}}`, true},
		{"bulkId is empty", `{"method":"POST","path":"/Users","bulkId":"","data":{}}`, true},
		{"bulkId is no string", `{"method":"POST","path":"/Users","bulkId":1,"data":{}}`, true},
		{"POST without data", `{"method":"POST","path":"/Users","bulkId":"a"}`, true},
		{"PUT without data", `{"method":"PUT","path":"/Users/1"}`, true},
		{"PATCH with an array", `{"method":"PATCH","path":"/Users/1","data":[]}`, true},
		{"version is empty", `{"method":"DELETE","path":"/Users/1","version":""}`, true},
		{"version is no string", `{"method":"DELETE","path":"/Users/1","version":1}`, true},
	} {
		j := job(t, c.text+`,{"method":"DELETE","path":"/Users/2"}`)
		want := ""
		if c.fault {
			want = "invalidSyntax"
		}
		if got := scimtest.Type(j.Operations[0].Fault); got != want {
			t.Errorf("%s: got %v, want scimType %q", c.name, j.Operations[0].Fault, want)
		}
		if err := j.Operations[1].Fault; err != nil {
			t.Errorf("%s: the other operation: got %v, want none", c.name, err)
		}
	}
}

// 7644-3.7-R03: of two with the same bulkId neither is carried out.
func TestDuplicates(t *testing.T) {
	post := func(id string) string {
		return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":%q,"data":{"manager":{"value":"bulkId:c"}}},`, id)
	}
	j := job(t, post("a")+post("b")+post("a")+post("A")+`{"method":"DELETE","path":"/Users/1","bulkId":"b"}`)
	for i, want := range []bool{true, true, true, false, true} {
		if op := j.Operations[i]; (op.Fault != nil) != want || want && len(op.References) > 0 {
			t.Errorf("operation %d: got fault %v, references %v, want a fault: %t", i, op.Fault, op.References, want)
		}
	}
}

func TestOperationRead(t *testing.T) {
	j := job(t, `{"method":"PUT","path":"//Users/a%20b/","bulkId":"x","version":"W/\"1\"","data":{"a":1}},
		{"method":"POST","path":"/Users","bulkId":"y","version":"W/\"1\"","data":{}}`)
	got := j.Operations[0]
	want := Operation{Method: "PUT", Path: []string{"Users", "a b"}, Loose: true, BulkID: "x", Version: `W/"1"`, Data: got.Data}
	if !cmp.Equal(got, want, cmp.Comparer(func(a, b *resource.Object) bool { return resource.Equal(a, b) })) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if post := j.Operations[1]; post.Version != "" || post.Loose {
		t.Errorf("got %+v, want no version of what does not exist, and no loose path", post)
	}
}
