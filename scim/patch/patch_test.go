package patch

import (
	"slices"
	"testing"
	"testing/fstest"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
)

const (
	enterprise = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
	ent        = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// message wraps operations as a client would send them.
func message(t testing.TB, ops string) *resource.Object {
	t.Helper()
	return scimtest.Object(t, `{"schemas":["`+MessageURN+`"],"Operations":[`+ops+`]}`)
}

// run does what the handler does with a PATCH of a stored resource.
func run(typ *schema.ResourceType, cur, msg *resource.Object, q quirk.Set) (*resource.Object, []MemberStep, error) {
	ops, err := Parse(typ, msg, q)
	if err != nil {
		return nil, nil, err
	}
	shown := cur.Clone()
	shown.Set("id", "7")
	if err := CheckRepeated(ops, func() *resource.Object { return shown }); err != nil {
		return nil, nil, err
	}
	next, steps, err := Apply(typ, cur, ops, q)
	if err != nil {
		return nil, nil, err
	}
	out, err := schema.Validate(typ, next, cur, schema.Patched, q)
	return out, steps, err
}

// patchCase is one PATCH of a user; exactly one of want and fails is set.
// Neither before nor want names userName "u", which every case has.
type patchCase struct {
	name   string
	before string
	ops    string
	quirks quirk.Set
	want   string
	fails  string
}

func (c patchCase) run(t *testing.T) {
	user := schema.Core().Type("User")
	// What is stored has been validated; this also checks the case itself.
	cur, err := schema.Validate(user, withName(scimtest.Object(t, c.before)), nil, schema.Create, bare)
	if err != nil {
		t.Fatalf("before: %v", err)
	}
	kept := cur.Clone()
	got, _, err := run(user, cur, message(t, c.ops), c.quirks)
	if scimtest.Type(err) != c.fails {
		t.Fatalf("got error %v (%s), want scimType %q", err, scimtest.Type(err), c.fails)
	}
	if !resource.Equal(cur, kept) {
		t.Errorf("the stored object became %s, want it untouched", cur.AppendJSON(nil))
	}
	if err != nil {
		return
	}
	want := withName(scimtest.Object(t, c.want))
	got.Delete("schemas")
	if !resource.Equal(got, want) {
		t.Errorf("got %s, want %s", got.AppendJSON(nil), want.AppendJSON(nil))
	}
}

func withName(o *resource.Object) *resource.Object {
	if _, ok := o.Lookup("userName"); !ok {
		o.Set("userName", "u")
	}
	return o
}

func runAll(t *testing.T, cases []patchCase) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

const (
	work = `{"value":"w@x","type":"work"}`
	home = `{"value":"h@x","type":"home"}`
	both = `{"emails":[` + work + `,` + home + `]}`
)

func TestAdd(t *testing.T) {
	const s, i = quirk.Strict, bare
	runAll(t, []patchCase{
		{"3.5.2.1-R01 no value", `{}`, `{"op":"add","path":"title"}`, s, ``, "invalidValue"},
		{"3.5.2.1-R02 merge", both, `{"op":"add","value":{"emails":[{"value":"n@x"}],"nickName":"B"}}`, s,
			`{"emails":[` + work + `,` + home + `,{"value":"n@x"}],"nickName":"B"}`, ""},
		{"3.5.2.1-R02 value is no object", `{}`, `{"op":"add","value":"x"}`, s, ``, "invalidValue"},
		{"3.5.2.1-R02 value is an array", `{}`, `{"op":"add","value":[]}`, i, ``, "invalidValue"},
		{"3.5.2.1-R03 twice", `{}`, `{"op":"add","path":"title","value":"a"},{"op":"add","path":"title","value":"b"}`, s, `{"title":"b"}`, ""},
		{"3.5.2.1-R04 array", both, `{"op":"add","path":"emails","value":[{"value":"n@x"}]}`, s,
			`{"emails":[` + work + `,` + home + `,{"value":"n@x"}]}`, ""},
		{"3.5.2.1-R04 one value", `{}`, `{"op":"add","path":"emails","value":` + work + `}`, s, `{"emails":[` + work + `]}`, ""},
		{"3.5.2.1-R05 complex", `{"name":{"givenName":"A","familyName":"F"}}`, `{"op":"add","path":"name","value":{"givenName":"B"}}`, s,
			`{"name":{"givenName":"B","familyName":"F"}}`, ""},
		{"3.5.2.1-R06 parent is created", `{}`, `{"op":"add","path":"name.givenName","value":"B"}`, s, `{"name":{"givenName":"B"}}`, ""},
		{"3.5.2.1-R07 no duplicate", both, `{"op":"add","path":"emails","value":[` + home + `]}`, s, both, ""},
		{"3.5.2.1-R09 sub of matching values", `{"addresses":[{"type":"work","locality":"A"},{"type":"home"}]}`,
			`{"op":"add","path":"addresses[type eq \"work\"].postalCode","value":"1"}`, s,
			`{"addresses":[{"type":"work","locality":"A","postalCode":"1"},{"type":"home"}]}`, ""},
		{"A-02 eq and eq creates", `{}`, `{"op":"add","path":"emails[type eq \"work\" and primary eq true].value","value":"n@x"}`, s,
			`{"emails":[{"value":"n@x","type":"work","primary":true}]}`, ""},
		{"A-02 or creates nothing", `{}`, `{"op":"add","path":"emails[type eq \"a\" or type eq \"b\"].value","value":"n@x"}`, i, ``, "noTarget"},
		{"A-02 ne creates nothing", `{}`, `{"op":"add","path":"emails[type ne \"a\"].value","value":"n@x"}`, i, ``, "noTarget"},
		{"value path with an object merges", both, `{"op":"add","path":"emails[type eq \"work\"]","value":{"display":"D"}}`, s,
			`{"emails":[{"value":"w@x","type":"work","display":"D"},` + home + `]}`, ""},
		{"value path without match takes an object", `{}`, `{"op":"add","path":"emails[type eq \"work\"]","value":{"value":"n@x"}}`, s,
			`{"emails":[{"value":"n@x","type":"work"}]}`, ""},
		{"value path with an object without value", both, `{"op":"Add","path":"emails[type eq \"work\"]","value":{"display":"D"}}`, i,
			`{"emails":[{"value":"w@x","type":"work","display":"D"},` + home + `]}`, ""},
		{"value path clears a sub", `{"emails":[{"value":"w@x","display":"D"}]}`, `{"op":"add","path":"emails[value eq \"w@x\"]","value":{"display":null}}`, s,
			`{"emails":[{"value":"w@x"}]}`, ""},
		{"null clears", `{"title":"a"}`, `{"op":"add","path":"title","value":null}`, s, `{}`, ""},
		{"null of many changes nothing", both, `{"op":"add","path":"emails","value":null}`, s, both, ""},
		{"[] changes nothing", both, `{"op":"add","path":"emails","value":[]}`, s, both, ""},
	})
}

func TestRemove(t *testing.T) {
	const s, i = quirk.Strict, bare
	runAll(t, []patchCase{
		{"3.5.2.2-R01 no path", `{"title":"a"}`, `{"op":"remove"}`, i, ``, "noTarget"},
		{"3.5.2.2-R01 no path but a value", `{"title":"a"}`, `{"op":"remove","value":{"title":"a"}}`, s, ``, "noTarget"},
		{"3.5.2.2-R02 singular", `{"title":"a"}`, `{"op":"remove","path":"title"}`, s, `{}`, ""},
		{"3.5.2.2-R02 many", both, `{"op":"remove","path":"emails"}`, s, `{}`, ""},
		{"3.5.2.2-R02 complex", `{"name":{"givenName":"A"}}`, `{"op":"remove","path":"name"}`, s, `{}`, ""},
		{"3.5.2.2-R03 filter", both, `{"op":"remove","path":"emails[type eq \"work\" and value ew \"x\"]"}`, s, `{"emails":[` + home + `]}`, ""},
		{"3.5.2.2-R03 the last", `{"emails":[` + work + `]}`, `{"op":"remove","path":"emails[type eq \"work\"]"}`, s, `{}`, ""},
		{"3.5.2.2-R04 sub", `{"name":{"givenName":"A","middleName":"M"}}`, `{"op":"remove","path":"name.middleName"}`, s, `{"name":{"givenName":"A"}}`, ""},
		{"3.5.2.2-R04 the last sub", `{"name":{"middleName":"M"}}`, `{"op":"remove","path":"name.middleName"}`, s, `{}`, ""},
		{"3.5.2.2-R04 sub of selected", `{"emails":[{"value":"w@x","type":"work","display":"D"},{"value":"h@x","display":"H"}]}`,
			`{"op":"remove","path":"emails[type eq \"work\"].display"}`, s, `{"emails":[` + work + `,{"value":"h@x","display":"H"}]}`, ""},
		{"3.5.2.2-R04 sub of all", `{"emails":[{"value":"w@x","display":"D"},{"value":"h@x","display":"H"}]}`,
			`{"op":"remove","path":"emails.display"}`, s, `{"emails":[{"value":"w@x"},{"value":"h@x"}]}`, ""},
		{"3.5.2.2-R05 required", `{}`, `{"op":"remove","path":"userName"}`, i, ``, "mutability"},
		{"3.5.2-R23 required, set again", `{}`, `{"op":"remove","path":"userName"},{"op":"add","path":"userName","value":"v"}`, s, ``, "mutability"},
		{"3.5.2.2-R05 id", `{}`, `{"op":"remove","path":"id"}`, i, ``, "mutability"},
		{"3.5.2.2-R05 schemas", `{}`, `{"op":"remove","path":"schemas"}`, i, ``, "mutability"},
		{"3.5.2.2-R06 absent", `{}`, `{"op":"remove","path":"title"}`, s, `{}`, ""},
		{"3.5.2.2-R06 absent sub", `{}`, `{"op":"remove","path":"name.givenName"}`, s, `{}`, ""},
		{"A-01 no match", both, `{"op":"remove","path":"emails[type eq \"other\"]"}`, s, both, ""},
		{"A-06 Entra value array", both, `{"op":"Remove","path":"emails","value":[{"value":"h@x"}]}`, i, `{"emails":[` + work + `]}`, ""},
		{"A-06 one value", both, `{"op":"Remove","path":"emails","value":{"value":"h@x","type":"home"}}`, i, `{"emails":[` + work + `]}`, ""},
		{"A-06 another type", both, `{"op":"Remove","path":"emails","value":{"value":"h@x","type":"work"}}`, i, both, ""},
		{"A-06 by type alone", both, `{"op":"Remove","path":"emails","value":{"type":"home"}}`, i, `{"emails":[` + work + `]}`, ""},
		{"A-06 empty array removes nothing", both, `{"op":"Remove","path":"emails","value":[]}`, i, both, ""},
		{"A-06 empty object removes nothing", both, `{"op":"Remove","path":"emails","value":[{}]}`, i, both, ""},
		{"A-06 strict", both, `{"op":"remove","path":"emails","value":[{"value":"h@x"}]}`, s, ``, "invalidValue"},
	})
}

func TestReplace(t *testing.T) {
	const s, i = quirk.Strict, bare
	runAll(t, []patchCase{
		{"3.5.2.3-R01 no path", `{"title":"T","emails":[` + work + `]}`, `{"op":"replace","value":{"emails":[` + home + `],"nickName":"B"}}`, s,
			`{"title":"T","emails":[` + home + `],"nickName":"B"}`, ""},
		{"3.5.2.3-R02 singular", `{"title":"T"}`, `{"op":"replace","path":"title","value":"U"}`, s, `{"title":"U"}`, ""},
		{"3.5.2.3-R02 many", both, `{"op":"replace","path":"emails","value":[` + home + `]}`, s, `{"emails":[` + home + `]}`, ""},
		{"3.5.2.3-R02 [] unassigns", both, `{"op":"replace","path":"emails","value":[]}`, s, `{}`, ""},
		{"3.5.2.3-R02 null unassigns", both, `{"op":"replace","path":"emails","value":null}`, s, `{}`, ""},
		{"3.5.2.3-R02 one object, strict", both, `{"op":"replace","path":"emails","value":` + home + `}`, s, ``, "invalidValue"},
		{"one object", both, `{"op":"replace","path":"emails","value":` + home + `}`, i, `{"emails":[` + home + `]}`, ""},
		{"3.5.2.3-R03 unset", `{}`, `{"op":"replace","path":"nickName","value":"B"}`, s, `{"nickName":"B"}`, ""},
		{"3.5.2.3-R04 complex", `{"name":{"givenName":"A","familyName":"F"}}`, `{"op":"replace","path":"name","value":{"givenName":"B"}}`, s,
			`{"name":{"givenName":"B","familyName":"F"}}`, ""},
		{"3.5.2.3-R05 whole value (A-04)", both, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n@x"}}`, s,
			`{"emails":[{"value":"n@x"},` + home + `]}`, ""},
		{"3.5.2.3-R05 in an array", both, `{"op":"replace","path":"emails[type eq \"work\"]","value":[{"value":"n@x"}]}`, s,
			`{"emails":[{"value":"n@x"},` + home + `]}`, ""},
		{"3.5.2.3-R05 in interop", both, `{"op":"Replace","path":"emails[type eq \"work\"]","value":[{"value":"n@x","type":"work"}]}`, i,
			`{"emails":[{"value":"n@x","type":"work"},` + home + `]}`, ""},
		{"3.5.2.3-R05 null removes the value", both, `{"op":"replace","path":"emails[type eq \"work\"]","value":null}`, s, `{"emails":[` + home + `]}`, ""},
		{"3.5.2.3-R05 several values for one", both, `{"op":"replace","path":"emails[type eq \"work\"]","value":[{"value":"a"},{"value":"b"}]}`, i, ``, "invalidValue"},
		{"3.5.2.3-R05 not an object", both, `{"op":"replace","path":"emails[type eq \"work\"]","value":5}`, i, ``, "invalidValue"},
		{"3.5.2.3-R06 two matches", `{"addresses":[{"type":"work","locality":"A"},{"type":"work","locality":"B"}]}`,
			`{"op":"replace","path":"addresses[type eq \"work\"].country","value":"DE"}`, s,
			`{"addresses":[{"type":"work","locality":"A","country":"DE"},{"type":"work","locality":"B","country":"DE"}]}`, ""},
		{"3.5.2.3-R07 strict", both, `{"op":"replace","path":"emails[type eq \"none\"].value","value":"n@x"}`, s, ``, "noTarget"},
		{"A-03 creates", `{}`, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x"}`, i, `{"emails":[{"value":"n@x","type":"work"}]}`, ""},
		{"A-03 not from co", both, `{"op":"Replace","path":"emails[value co \"none\"].value","value":"n@x"}`, i, ``, "noTarget"},
		{"3.5.2.3-R08 no value", `{}`, `{"op":"replace","path":"title"}`, s, ``, "invalidValue"},
		{"null clears one sub", `{"name":{"givenName":"A","familyName":"F"}}`, `{"op":"replace","value":{"name":{"familyName":null}}}`, s, `{"name":{"givenName":"A"}}`, ""},
		{"empty string clears", `{"title":"T"}`, `{"op":"Replace","path":"title","value":""}`, i, `{}`, ""},
		{"empty string stays in strict", `{"title":"T"}`, `{"op":"replace","path":"title","value":""}`, s, `{"title":""}`, ""},
		{"empty sub clears", `{"name":{"givenName":"A","familyName":"F"}}`, `{"op":"replace","path":"name.familyName","value":""}`, i, `{"name":{"givenName":"A"}}`, ""},
		{"clearing what no value path finds", `{}`, `{"op":"replace","path":"emails[type eq \"work\"].value","value":""}`, i, `{}`, ""},
	})
}

func TestAnyOp(t *testing.T) {
	const s, i = quirk.Strict, bare
	runAll(t, []patchCase{
		{"3.5.2-R03 move", `{}`, `{"op":"move","path":"title","value":"x"}`, i, ``, "invalidSyntax"},
		{"3.5.2-R03 no op", `{}`, `{"path":"title","value":"x"}`, i, ``, "invalidSyntax"},
		{"3.5.2-R02 no object", `{}`, `5`, i, ``, "invalidSyntax"},
		{"3.5.2-R04 capitals", `{"nickName":"N"}`, `{"op":"Add","path":"title","value":"x"},{"op":"REPLACE","path":"title","value":"y"},{"op":"Remove","path":"nickName"}`, s, `{"title":"y"}`, ""},
		{"3.5.2-R06 in order", both, `{"op":"remove","path":"emails"},{"op":"add","path":"emails","value":{"value":"X"}},{"op":"replace","path":"emails[value eq \"X\"].type","value":"work"}`, s,
			`{"emails":[{"value":"X","type":"work"}]}`, ""},
		{"3.5.2-R07 atomic", both, `{"op":"replace","path":"title","value":"T"},{"op":"replace","path":"emails[type eq \"none\"].value","value":"n"}`, s, ``, "noTarget"},
		{"3.5.2-R08 id", `{}`, `{"op":"replace","path":"id","value":"x"}`, i, ``, "mutability"},
		{"3.5.2-R08 meta.created", `{}`, `{"op":"add","path":"meta.created","value":"2011-05-13T04:42:34Z"}`, i, ``, "mutability"},
		{"3.5.2-R08 groups", `{}`, `{"op":"remove","path":"groups"}`, i, ``, "mutability"},
		{"3.5.2-R08 groups by filter", `{}`, `{"op":"remove","path":"groups[value eq \"1\"]"}`, i, ``, "mutability"},
		{"3.5.2-R08 manager.displayName", `{}`, `{"op":"add","path":"` + ent + `:manager.displayName","value":"B"}`, i, ``, "mutability"},
		{"A-08 Okta id in value", `{}`, `{"op":"replace","value":{"id":"1","schemas":["x"],"groups":[],"meta":{},"active":false}}`, i, `{"active":false}`, ""},
		{"A-08 the stored id, strict", `{}`, `{"op":"replace","value":{"id":"7","active":false}}`, s, `{"active":false}`, ""},
		{"A-08 another id, strict", `{}`, `{"op":"replace","value":{"id":"1","active":false}}`, s, ``, "mutability"},
		{"A-08 groups, strict", `{}`, `{"op":"replace","value":{"groups":[],"active":false}}`, s, ``, "mutability"},
		{"3.5.2-R10 add", `{"emails":[{"value":"a","primary":true}]}`, `{"op":"add","path":"emails","value":[{"value":"b","primary":true}]}`, s,
			`{"emails":[{"value":"a","primary":false},{"value":"b","primary":true}]}`, ""},
		{"3.5.2-R10 value path", `{"emails":[{"value":"a","primary":true},{"value":"b","type":"home"}]}`, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, s,
			`{"emails":[{"value":"a","primary":false},{"value":"b","type":"home","primary":true}]}`, ""},
		{"3.5.2-R10 created", `{"emails":[{"value":"a","primary":true}]}`, `{"op":"add","path":"emails[type eq \"home\" and primary eq true].value","value":"b"}`, s,
			`{"emails":[{"value":"a","primary":false},{"value":"b","type":"home","primary":true}]}`, ""},
		{"3.5.2-R11 replace", `{}`, `{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, i, ``, "invalidValue"},
		{"3.5.2-R11 add", `{}`, `{"op":"add","value":{"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}}`, i, ``, "invalidValue"},
		{"3.5.2-R11 two matches", `{"emails":[{"value":"a","type":"w"},{"value":"b","type":"w"}]}`, `{"op":"replace","path":"emails[type eq \"w\"].primary","value":true}`, s, ``, "invalidValue"},
		{"3.5.2-R16 case", `{}`, `{"op":"add","path":"NAME.FAMILYNAME","value":"F"}`, s, `{"name":{"familyName":"F"}}`, ""},
		{"3.5.2-R16 core URN", `{}`, `{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName","value":"F"}`, s, `{"name":{"familyName":"F"}}`, ""},
		{"3.5.2-R16 core URN before a filter", both, `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"]"}`, s, `{"emails":[` + home + `]}`, ""},
		{"3.5.2-R16 extension", `{}`, `{"op":"add","path":"` + ent + `:manager.value","value":"1"}`, s, `{` + enterprise + `:{"manager":{"value":"1"}}}`, ""},
		{"3.5.2-R19 whole URN path", `{` + enterprise + `:{"division":"D"}}`, `{"op":"add","path":"` + ent + `","value":{"costCenter":"C"}}`, s, `{` + enterprise + `:{"division":"D","costCenter":"C"}}`, ""},
		{"3.5.2-R19 nested container", `{}`, `{"op":"add","value":{` + enterprise + `:{"costCenter":"C"}}}`, s, `{` + enterprise + `:{"costCenter":"C"}}`, ""},
		{"core container", `{}`, `{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"title":"T"}}}`, i, `{"title":"T"}`, ""},
		{"3.5.2-R19 remove an extension", `{` + enterprise + `:{"division":"D"}}`, `{"op":"remove","path":"` + ent + `"}`, s, `{}`, ""},
		{"3.5.2-R20 active", `{}`, `{"op":"replace","path":"active","value":"maybe"}`, i, ``, "invalidValue"},
		{"3.5.2-R20 name", `{}`, `{"op":"replace","path":"name","value":5}`, i, ``, "invalidValue"},
		{"3.5.2-R20 userName null", `{}`, `{"op":"replace","path":"userName","value":null}`, i, ``, "invalidValue"},
		{"3.5.2-R20 userName empty", `{}`, `{"op":"replace","path":"userName","value":""}`, i, ``, "invalidValue"},
		{"3.5.2-R20 string for an extension", `{}`, `{"op":"add","path":"` + ent + `","value":"x"}`, i, ``, "invalidValue"},
		{"3.5.2-R20 object for a string", `{}`, `{"op":"add","path":"title","value":{"value":"x"}}`, i, ``, "invalidValue"},
		{"password is written", `{"password":"p"}`, `{"op":"replace","path":"password","value":"q"}`, s, `{"password":"q"}`, ""},
		{"password stays", `{"password":"p"}`, `{"op":"replace","path":"title","value":"T"}`, s, `{"title":"T","password":"p"}`, ""},
	})
}

func TestDialects(t *testing.T) {
	const s, i = quirk.Strict, bare
	managed := `{` + enterprise + `:{"manager":{"value":"1","$ref":"../Users/1"}}}`
	runAll(t, []patchCase{
		{"string boolean", `{"active":true}`, `{"op":"Replace","path":"active","value":"False"}`, i, `{"active":false}`, ""},
		{"string boolean in strict", `{"active":true}`, `{"op":"replace","path":"active","value":"False"}`, s, ``, "invalidValue"},
		{"string boolean in a filter", `{"roles":[{"value":"a","primary":true}]}`, `{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"admin"}`, i, `{"roles":[{"value":"admin","primary":true}]}`, ""},
		{"upsert by a string boolean", `{}`, `{"op":"Add","path":"roles[primary eq \"True\"].value","value":"admin"}`, i, `{"roles":[{"value":"admin","primary":true}]}`, ""},
		{"manager string", `{}`, `{"op":"Add","path":"` + ent + `:manager","value":"1"}`, i, `{` + enterprise + `:{"manager":{"value":"1"}}}`, ""},
		{"manager string drops the old $ref", managed, `{"op":"Replace","path":"` + ent + `:manager","value":"2"}`, i, `{` + enterprise + `:{"manager":{"value":"2"}}}`, ""},
		{"manager object drops the old $ref", managed, `{"op":"replace","path":"` + ent + `:manager","value":{"value":"2"}}`, s, `{` + enterprise + `:{"manager":{"value":"2"}}}`, ""},
		{"manager array and bare path", `{}`, `{"op":"Add","path":"manager","value":[{"$ref":"x","value":"1"}]}`, i, `{` + enterprise + `:{"manager":{"$ref":"x","value":"1"}}}`, ""},
		{"manager empty string", managed, `{"op":"Replace","path":"` + ent + `:manager","value":""}`, i, `{}`, ""},
		{"manager null", managed, `{"op":"Replace","path":"` + ent + `:manager","value":null}`, s, `{}`, ""},
		{"manager empty value", managed, `{"op":"Replace","path":"` + ent + `:manager","value":{"value":""}}`, i, `{}`, ""},
		{"manager removed", managed, `{"op":"Remove","path":"` + ent + `:manager"}`, s, `{}`, ""},
		{"manager string in strict", `{}`, `{"op":"add","path":"` + ent + `:manager","value":"1"}`, s, ``, "invalidValue"},
		{"dotted keys", `{"name":{"middleName":"M"}}`, `{"op":"replace","value":{"displayName":"D","name.givenName":"K","` + ent + `:employeeNumber":"7"}}`, i,
			`{"displayName":"D","name":{"middleName":"M","givenName":"K"},` + enterprise + `:{"employeeNumber":"7"}}`, ""},
		{"dotted keys on add", `{}`, `{"op":"add","value":{"name.givenName":"K"}}`, i, `{"name":{"givenName":"K"}}`, ""},
		{"dotted keys in strict are unknown", `{}`, `{"op":"replace","value":{"name.givenName":"K","title":"T"}}`, s, `{"title":"T"}`, ""},
		{"value path as a key", `{}`, `{"op":"replace","value":{"emails[type eq \"work\"].value":"n@x"}}`, i, `{"emails":[{"value":"n@x","type":"work"}]}`, ""},
		{"A-16 unknown key", `{}`, `{"op":"replace","value":{"nope":1,"title":"T"}}`, s, `{"title":"T"}`, ""},
		{"JSON inside a string", `{}`, `{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"1\"}"}]}`, i, `{"roles":[{"value":"{\"id\":\"1\"}"}]}`, ""},
		{"unquoted literal", both, `{"op":"Replace","path":"emails[type eq work].value","value":"n@x"}`, i, `{"emails":[{"value":"n@x","type":"work"},` + home + `]}`, ""},
		{"path null", `{}`, `{"op":"replace","path":null,"value":{"title":"T"}}`, i, `{"title":"T"}`, ""},
	})
}

// TestPaths is 7644-3.5.2-R12 to R14; the brief allows either error for a
// broken filter.
func TestPaths(t *testing.T) {
	user := schema.Core().Type("User")
	for _, path := range []string{
		`emails[`, `emails[type eq "x"]]`, `a..b`, `name.a.b`, `/name/givenName`, `emails[0]`, `emails.0.value`, ``, ` `,
		`nope`, `name.nope`, `urn:unknown:x`, `title[value eq "x"]`, `name[givenName eq "x"]`, `emails[type eq "x"].nope`,
		`emails.value[type eq "x"]`, `emails[type eq "x"].value.x`, `emails[]`, `urn:ietf:params:scim:schemas:core:2.0:User`,
		`.`, `name.`, `.givenName`, ent + `:`, `emails[type zz "x"]`, `emails[nope eq "x"]`,
	} {
		for _, op := range []string{"add", "replace", "remove"} {
			o := scimtest.Object(t, `{"op":"`+op+`","value":"x"}`)
			o.Set("path", path)
			msg := &resource.Object{}
			msg.Set("schemas", resource.Array{MessageURN})
			msg.Set("Operations", resource.Array{o})
			_, err := Parse(user, msg, bare)
			if got := scimtest.Type(err); got != "invalidPath" && got != "invalidFilter" {
				t.Errorf("%s of path %q: got %q (%v), want invalidPath or invalidFilter", op, path, got, err)
			}
		}
	}
	if _, err := Parse(user, message(t, `{"op":"add","path":5,"value":1}`), bare); scimtest.Type(err) != "invalidPath" {
		t.Errorf("a number as path: got %v, want invalidPath", err)
	}
	for _, path := range []string{`emails[0]`, `emails[`, `emails[type eq \"x\"]]`} {
		_, err := Parse(user, message(t, `{"op":"remove","path":"`+path+`"}`), bare)
		if scimtest.Type(err) != "invalidPath" {
			t.Errorf("path %s: got %v (%s), want invalidPath", path, err, scimtest.Type(err))
		}
	}
}

// TestMessage is 7644-3.5.2-R01 and R02.
func TestMessage(t *testing.T) {
	user := schema.Core().Type("User")
	const op = `{"op":"add","path":"title","value":"x"}`
	for _, c := range []struct {
		body  string
		q     quirk.Set
		fails string
	}{
		{`{"Operations":[` + op + `]}`, quirk.Strict, "invalidSyntax"},
		{`{"Operations":[` + op + `]}`, bare, ""},
		{`{"schemas":["x"],"Operations":[` + op + `]}`, bare, "invalidSyntax"},
		{`{"schemas":["` + MessageURN + `"]}`, bare, "invalidSyntax"},
		{`{"schemas":["` + MessageURN + `"],"Operations":[]}`, bare, "invalidSyntax"},
		{`{"schemas":["` + MessageURN + `"],"Operations":` + op + `}`, bare, "invalidSyntax"},
		{`{"SCHEMAS":["` + MessageURN + `"],"operations":[` + op + `]}`, quirk.Strict, ""},
	} {
		if _, err := Parse(user, scimtest.Object(t, c.body), c.q); scimtest.Type(err) != c.fails {
			t.Errorf("%s: got error %v, want scimType %q", c.body, err, c.fails)
		}
	}
}

// TestSchemasFollow is 7644-3.5.2-R17 and R18.
func TestSchemasFollow(t *testing.T) {
	user := schema.Core().Type("User")
	cur := scimtest.Object(t, `{"schemas":["`+schema.UserURN+`"],"userName":"u"}`)
	with, _, err := run(user, cur, message(t, `{"op":"add","path":"`+ent+`:employeeNumber","value":"7"}`), quirk.Strict)
	if err != nil {
		t.Fatal(err)
	}
	if want := (resource.Array{schema.UserURN, ent}); !resource.Equal(with.Get("schemas"), want) {
		t.Errorf("got schemas %v, want %v", with.Get("schemas"), want)
	}
	without, _, err := run(user, with, message(t, `{"op":"remove","path":"`+ent+`:employeeNumber"}`), quirk.Strict)
	if err != nil {
		t.Fatal(err)
	}
	if want := (resource.Array{schema.UserURN}); !resource.Equal(without.Get("schemas"), want) || without.Get(ent) != nil {
		t.Errorf("got %s, want neither container nor URI", without.AppendJSON(nil))
	}
}

func TestMembers(t *testing.T) {
	const s, i = quirk.Strict, bare
	for _, c := range []struct {
		name, op string
		quirks   quirk.Set
		want     MemberStep
		fails    string
	}{
		{"add", `{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"},{"value":"a"}]}`, s, MemberStep{Op: AddMembers, IDs: []string{"a", "b"}}, ""},
		{"add one", `{"op":"add","path":"members","value":{"value":"a"}}`, s, MemberStep{Op: AddMembers, IDs: []string{"a"}}, ""},
		{"Entra $ref null", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"}]}`, i, MemberStep{Op: AddMembers, IDs: []string{"a"}}, ""},
		{"bare id", `{"op":"add","path":"members","value":["a"]}`, i, MemberStep{Op: AddMembers, IDs: []string{"a"}}, ""},
		{"bare id in strict", `{"op":"add","path":"members","value":["a"]}`, s, MemberStep{}, "invalidValue"},
		{"no path", `{"op":"add","value":{"members":[{"value":"a"}]}}`, s, MemberStep{Op: AddMembers, IDs: []string{"a"}}, ""},
		{"URN path", `{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":[{"value":"a"}]}`, s, MemberStep{Op: AddMembers, IDs: []string{"a"}}, ""},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"a"}]}`, s, MemberStep{Op: ReplaceMembers, IDs: []string{"a"}}, ""},
		{"replace by []", `{"op":"replace","path":"members","value":[]}`, s, MemberStep{Op: ReplaceMembers}, ""},
		{"replace by null", `{"op":"replace","path":"members","value":null}`, s, MemberStep{Op: ReplaceMembers}, ""},
		{"remove all", `{"op":"remove","path":"members"}`, s, MemberStep{Op: ReplaceMembers}, ""},
		{"remove by eq", `{"op":"remove","path":"members[value eq \"a\"]"}`, s, MemberStep{Op: RemoveMembers, IDs: []string{"a"}}, ""},
		{"remove by or", `{"op":"remove","path":"members[value eq \"a\" or value eq \"b\" or value eq \"a\"]"}`, s, MemberStep{Op: RemoveMembers, IDs: []string{"a", "b"}}, ""},
		{"Entra remove by value", `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"}]}`, i, MemberStep{Op: RemoveMembers, IDs: []string{"a"}}, ""},
		{"remove by [] removes nobody", `{"op":"Remove","path":"members","value":[]}`, i, MemberStep{Op: RemoveMembers}, ""},
		{"remove by value in strict", `{"op":"remove","path":"members","value":[{"value":"a"}]}`, s, MemberStep{}, "invalidValue"},
		{"remove by {} is refused", `{"op":"Remove","path":"members","value":[{}]}`, i, MemberStep{}, "invalidValue"},
		{"member without value", `{"op":"add","path":"members","value":[{"display":"x"}]}`, i, MemberStep{}, "invalidValue"},
		{"member of a number", `{"op":"add","path":"members","value":[5]}`, i, MemberStep{}, "invalidValue"},
		{"changing a member", `{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}`, i, MemberStep{}, "mutability"},
		{"removing part of a member", `{"op":"remove","path":"members[value eq \"a\"].type"}`, i, MemberStep{}, "mutability"},
		{"replacing a member", `{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}`, i, MemberStep{}, "mutability"},
	} {
		t.Run(c.name, func(t *testing.T) {
			group := schema.Core().Type("Group")
			cur := scimtest.Object(t, `{"schemas":["`+schema.GroupURN+`"],"displayName":"g"}`)
			_, steps, err := run(group, cur, message(t, c.op), c.quirks)
			if scimtest.Type(err) != c.fails {
				t.Fatalf("got error %v, want scimType %q", err, c.fails)
			}
			if err != nil {
				return
			}
			if len(steps) != 1 || steps[0].Op != c.want.Op || !slices.Equal(steps[0].IDs, c.want.IDs) || steps[0].Match != nil {
				t.Errorf("got %+v, want one step %+v", steps, c.want)
			}
		})
	}
}

func TestMembersByFilter(t *testing.T) {
	group := schema.Core().Type("Group")
	cur := scimtest.Object(t, `{"schemas":["`+schema.GroupURN+`"],"displayName":"g"}`)
	_, steps, err := run(group, cur, message(t, `{"op":"remove","path":"members[type eq \"Group\"]"}`), quirk.Strict)
	if err != nil || len(steps) != 1 || steps[0].Op != RemoveMatching {
		t.Fatalf("got %+v, %v, want one step by a filter", steps, err)
	}
	for member, want := range map[string]bool{`{"value":"a","type":"Group"}`: true, `{"value":"a","type":"User"}`: false} {
		if got := steps[0].Match(scimtest.Object(t, member)); got != want {
			t.Errorf("%s matches: got %v, want %v", member, got, want)
		}
	}
}

// widget has what the core schemas lack: immutable and required values.
func widget(t testing.TB) *schema.ResourceType {
	t.Helper()
	list, err := schema.Load(fstest.MapFS{"widget.json": {Data: []byte(`{"id":"urn:x:Widget","name":"Widget","attributes":[
		{"name":"serial","type":"string","mutability":"immutable"},
		{"name":"tags","type":"string","multiValued":true},
		{"name":"computed","type":"string","mutability":"readOnly"},
		{"name":"codes","type":"string","multiValued":true,"required":true},
		{"name":"size","type":"complex","subAttributes":[{"name":"unit","type":"string","mutability":"immutable"},{"name":"count","type":"integer"}]},
		{"name":"parts","type":"complex","multiValued":true,"subAttributes":[
			{"name":"value","type":"string","mutability":"immutable"},{"name":"note","type":"string"}]}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return &schema.ResourceType{Name: "Widget", Endpoint: "/Widgets", Schema: list[0]}
}

// TestWidget is 7644-3.5.2-R09 and what else only custom schemas can show.
func TestWidget(t *testing.T) {
	typ := widget(t)
	const full = `"serial":"1","codes":["a","b"],"size":{"unit":"cm","count":1},"parts":[{"value":"p","note":"n"}]`
	for _, c := range []struct{ name, before, op, want, fails string }{
		{"R09 add when unset", `{"codes":["a"]}`, `{"op":"add","path":"serial","value":"2"}`, `{"codes":["a"],"serial":"2"}`, ""},
		{"R09 add the same", `{"codes":["a"],"serial":"2"}`, `{"op":"add","path":"serial","value":"2"}`, `{"codes":["a"],"serial":"2"}`, ""},
		{"R09 replace by the same", `{"codes":["a"],"serial":"2"}`, `{"op":"replace","path":"serial","value":"2"}`, `{"codes":["a"],"serial":"2"}`, ""},
		{"R09 replace", `{` + full + `}`, `{"op":"replace","path":"serial","value":"2"}`, "", "mutability"},
		{"R09 remove", `{` + full + `}`, `{"op":"remove","path":"serial"}`, "", "mutability"},
		{"R09 null", `{` + full + `}`, `{"op":"replace","path":"serial","value":null}`, "", "mutability"},
		{"R09 in two steps", `{"codes":["a"]}`, `{"op":"add","path":"serial","value":"1"},{"op":"replace","path":"serial","value":"2"}`, "", "mutability"},
		{"R09 sub", `{` + full + `}`, `{"op":"replace","path":"size.unit","value":"mm"}`, "", "mutability"},
		{"R09 sub with its parent", `{` + full + `}`, `{"op":"remove","path":"size"}`, "", "mutability"},
		{"R09 sub in an object", `{` + full + `}`, `{"op":"replace","value":{"size":{"unit":"mm"}}}`, "", "mutability"},
		{"R09 the sub beside it", `{"codes":["a"],"size":{"unit":"cm"}}`, `{"op":"add","path":"size.count","value":3}`, `{"codes":["a"],"size":{"unit":"cm","count":3}}`, ""},
		{"R09 in an element", `{` + full + `}`, `{"op":"replace","path":"parts[value eq \"p\"].value","value":"q"}`, "", "mutability"},
		{"R09 removed from an element", `{` + full + `}`, `{"op":"remove","path":"parts[value eq \"p\"].value"}`, "", "mutability"},
		{"R09 merged into an element", `{` + full + `}`, `{"op":"add","path":"parts[value eq \"p\"]","value":{"value":"q"}}`, "", "mutability"},
		{"R08 readOnly", `{` + full + `}`, `{"op":"add","path":"computed","value":"x"}`, "", "mutability"},
		{"required list", `{` + full + `}`, `{"op":"remove","path":"codes"}`, "", "mutability"},
		{"required list by filter", `{` + full + `}`, `{"op":"remove","path":"codes[value pr]"}`, "", "mutability"},
		{"A-43 one of a required list", `{"codes":["a","b"]}`, `{"op":"remove","path":"codes[value eq \"a\"]"}`, `{"codes":["b"]}`, ""},
		{"required list to []", `{` + full + `}`, `{"op":"replace","path":"codes","value":[]}`, "", "invalidValue"},
		{"A-43 replace one", `{"codes":["a","b"]}`, `{"op":"replace","path":"codes[value eq \"a\"]","value":"c"}`, `{"codes":["c","b"]}`, ""},
		{"simple values once", `{"codes":["a"],"tags":["x"]}`, `{"op":"add","path":"tags","value":["x","y"]}`, `{"codes":["a"],"tags":["x","y"]}`, ""},
		{"simple value alone", `{"codes":["a"]}`, `{"op":"add","path":"tags","value":"y"}`, `{"codes":["a"],"tags":["y"]}`, ""},
		{"upsert of a simple value", `{"codes":["a"]}`, `{"op":"add","path":"tags[value eq \"y\"]","value":"y"}`, `{"codes":["a"],"tags":["y"]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			cur := scimtest.Object(t, c.before)
			q := quirk.Strict.With(quirk.MissingSchemas, true)
			got, _, err := run(typ, cur, message(t, c.op), q)
			if scimtest.Type(err) != c.fails {
				t.Fatalf("got error %v (%s), want scimType %q", err, scimtest.Type(err), c.fails)
			}
			if err != nil {
				return
			}
			got.Delete("schemas")
			if want := scimtest.Object(t, c.want); !resource.Equal(got, want) {
				t.Errorf("got %s, want %s", got.AppendJSON(nil), want.AppendJSON(nil))
			}
		})
	}
}

// TestGroupName is 7644-3.5.2.2-R05 for a group.
func TestGroupName(t *testing.T) {
	group := schema.Core().Type("Group")
	cur := scimtest.Object(t, `{"schemas":["`+schema.GroupURN+`"],"displayName":"g"}`)
	if _, _, err := run(group, cur, message(t, `{"op":"remove","path":"displayName"}`), quirk.Strict); scimtest.Type(err) != "mutability" {
		t.Errorf("remove displayName: got %v, want mutability", err)
	}
}
