package patch

import (
	"errors"
	"testing"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
)

// stored are resources as the store holds them.
var stored = map[string]string{
	"User": `{"schemas":["` + schema.UserURN + `","` + ent + `"],"id":"1","externalId":"e","userName":"u",
		"name":{"givenName":"G","familyName":"F"},"active":true,"password":"p","title":"T",
		"emails":[{"value":"w@x","type":"work","primary":true},{"value":"h@x","type":"home"}],
		"addresses":[{"type":"work","country":"DE"}],"meta":{"resourceType":"User"},
		"` + ent + `":{"employeeNumber":"7","manager":{"value":"2","$ref":"../Users/2"}}}`,
	"Group": `{"schemas":["` + schema.GroupURN + `"],"id":"2","displayName":"g","meta":{"resourceType":"Group"}}`,
}

// seeds are operations of RFC 7644 §3.5.2 and of the IdPs.
var seeds = []string{
	`{"op":"add","path":"members","value":[{"display":"B","$ref":"https://x/Users/1","value":"1"}]}`,
	`{"op":"add","value":{"emails":[{"value":"b@x","type":"home"}],"nickName":"Babs"}}`,
	`{"op":"remove","path":"members[value eq \"2819c223-7f76-413861904646\"]"}`,
	`{"op":"remove","path":"emails[type eq \"work\" and value ew \"x\"]"}`,
	`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"1"}]}`,
	`{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","locality":"H","primary":true}}`,
	`{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"911 Universal City Plaza"}`,
	`{"op":"Replace","path":"active","value":"False"}`,
	`{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1"}`,
	`{"op":"Add","path":"` + ent + `:manager","value":"1"},{"op":"Replace","path":"manager","value":""}`,
	`{"op":"replace","value":{"displayName":"B","name.givenName":"K","` + ent + `:employeeNumber":"A"}}`,
	`{"op":"replace","value":{"` + ent + `":{"division":null,"manager":[{"value":"1"}]},"emails[type eq \"x\"].value":""}}`,
	`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u"}]}`,
	`{"op":"Remove","path":"emails","value":[{"type":"work"},5,null,[],{}]}`,
	`{"op":"replace","value":{"id":"1","schemas":[],"active":false}}`,
	`{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"admin"}`,
	`{"op":"remove","path":"` + ent + `"},{"op":"remove","path":"name"},{"op":"remove","path":"emails.type"}`,
	`{"op":"replace","path":"emails[type eq \"work\"]","value":null},{"op":"add","path":"emails","value":"x"}`,
	`{"op":"add","path":"x509Certificates","value":[{"value":"MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw"}]}`,
	`{"op":"replace","path":"profileUrl","value":"https://x/%zz"}`,
}

// FuzzPatch: whatever a client sends, the answer is a valid resource or an
// error for the client, and the stored resource is as before.
func FuzzPatch(f *testing.F) {
	for _, ops := range seeds {
		body := []byte(`{"schemas":["` + MessageURN + `"],"Operations":[` + ops + `]}`)
		f.Add("User", body, uint32(bare))
		f.Add("User", body, uint32(quirk.Strict))
		f.Add("Group", body, uint32(bare))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte, q uint32) {
		typ := schema.Core().Type(name)
		msg, err := resource.Parse(body)
		if typ == nil || err != nil {
			return
		}
		check(t, typ, msg, quirk.Set(q))
	})
}

func check(t *testing.T, typ *schema.ResourceType, msg *resource.Object, q quirk.Set) {
	cur := scimtest.Object(t, stored[typ.Name])
	before := cur.Clone()
	next, err := once(t, typ, cur, msg, q)
	if !resource.Equal(cur, before) {
		t.Fatalf("the stored object became %s, want it untouched", cur.AppendJSON(nil))
	}
	if err != nil {
		return
	}
	again, err := schema.Validate(typ, next, cur, schema.Patched, q)
	if err != nil {
		t.Fatalf("a valid object is refused when validated again: %v: %s", err, next.AppendJSON(nil))
	}
	if !resource.Equal(next, again) {
		t.Fatalf("validated once: %s, twice: %s", next.AppendJSON(nil), again.AppendJSON(nil))
	}
}

// once is one run, of which the only errors are those for a client.
func once(t *testing.T, typ *schema.ResourceType, cur, msg *resource.Object, q quirk.Set) (*resource.Object, error) {
	next, _, err := run(typ, cur, msg, q)
	var known *scimerr.Error
	if err != nil && !errors.As(err, &known) {
		t.Fatalf("got error %v (%T), want a SCIM error", err, err)
	}
	if err == nil && next == nil {
		t.Fatal("got neither object nor error")
	}
	return next, err
}
