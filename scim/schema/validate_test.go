package schema

import (
	"strings"
	"testing"
	"testing/fstest"

	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
)

func text(o *resource.Object) string { return string(o.AppendJSON(nil)) }

const (
	userSchema = `"schemas":["` + UserURN + `"]`
	bothSchema = `"schemas":["` + UserURN + `","` + EnterpriseURN + `"]`
	needed     = userSchema + `,"userName":"u"`
)

// widgetType has what the core schemas lack.
func widgetType(t testing.TB) *ResourceType {
	t.Helper()
	list, err := Load(fstest.MapFS{
		"a.json": {Data: []byte(`{"id":"urn:x:Widget","name":"Widget","attributes":[
			{"name":"serial","type":"string","mutability":"immutable"},
			{"name":"secret","type":"string","mutability":"writeOnly","returned":"never"},
			{"name":"computed","type":"string","mutability":"readOnly"},
			{"name":"sticky","type":"string","returned":"always"},
			{"name":"hint","type":"string","returned":"request"},
			{"name":"count","type":"integer"},{"name":"weight","type":"decimal"},
			{"name":"made","type":"dateTime"},{"name":"blob","type":"binary"},
			{"name":"link","type":"reference","referenceTypes":["external"]},
			{"name":"on","type":"boolean"},{"name":"tags","type":"string","multiValued":true},
			{"name":"part","type":"complex","subAttributes":[
				{"name":"key","type":"string","returned":"always"},{"name":"pin","type":"string","returned":"never"},
				{"name":"note","type":"string"}]}]}`)},
		"b.json": {Data: []byte(`{"id":"urn:x:Extra","name":"Extra","attributes":[
			{"name":"stamp","type":"string","mutability":"immutable"},
			{"name":"token","type":"string","mutability":"writeOnly","returned":"never"},
			{"name":"plain","type":"string"}]}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &ResourceType{Name: "Widget", Endpoint: "/Widgets", Schema: list[0], Extensions: []Extension{{Schema: list[1]}}, common: commonAttributes()}
}

// TestValidate reads bodies of users; want is without schemas unless it names
// them.
func TestValidate(t *testing.T) {
	const s, i = quirk.Strict, bare
	const ext = `"` + EnterpriseURN + `"`
	for _, c := range []struct {
		name, in string
		q        quirk.Set
		want     string
		fails    string
	}{
		{"canonical names", `{` + userSchema + `,"USERNAME":"u","Name":{"GIVENNAME":"G"}}`, s, `{"userName":"u","name":{"givenName":"G"}}`, ""},
		{"null, [] and {} are absent", `{` + needed + `,"title":null,"emails":[],"name":{},"roles":[null],"ims":[{}],` + ext + `:{}}`, s, `{` + needed + `}`, ""},
		{"null extension", `{` + needed + `,` + ext + `:null}`, s, `{` + needed + `}`, ""},
		{"readOnly is ignored", `{` + needed + `,"id":"1","meta":{"version":"x"},"groups":[{"value":"1"}]}`, s, `{` + needed + `}`, ""},
		{"A-16 unknown", `{` + needed + `,"nope":1,"name":{"nope":1},` + ext + `:{"nope":1}}`, s, `{` + needed + `}`, ""},
		{"externalId", `{` + needed + `,"externalId":"e"}`, s, `{"userName":"u","externalId":"e"}`, ""},
		{"externalId is a string", `{` + needed + `,"externalId":5}`, i, ``, "invalidValue"},

		{"no userName", `{` + userSchema + `}`, i, ``, "invalidValue"},
		{"7643-7-R11 null", `{` + userSchema + `,"userName":null}`, i, ``, "invalidValue"},
		{"7643-7-R11 empty", `{` + userSchema + `,"userName":""}`, i, ``, "invalidValue"},
		{"7643-7-R11 empty in strict", `{` + userSchema + `,"userName":""}`, s, ``, "invalidValue"},

		{"string", `{` + needed + `,"title":5}`, i, ``, "invalidValue"},
		{"string of an object", `{` + needed + `,"title":{}}`, i, ``, "invalidValue"},
		{"string of an array", `{` + needed + `,"title":["x"]}`, i, ``, "invalidValue"},
		{"boolean", `{` + needed + `,"active":1}`, i, ``, "invalidValue"},
		{"boolean string", `{` + needed + `,"active":"TRUE"}`, i, `{"userName":"u","active":true}`, ""},
		{"boolean string in strict", `{` + needed + `,"active":"true"}`, s, ``, "invalidValue"},
		{"other string as boolean", `{` + needed + `,"active":"yes"}`, i, ``, "invalidValue"},
		{"complex", `{` + needed + `,"name":"x"}`, i, ``, "invalidValue"},
		{"complex of an array", `{` + needed + `,"name":[{"givenName":"x"}]}`, i, ``, "invalidValue"},
		{"array", `{` + needed + `,"emails":{"value":"a"}}`, s, ``, "invalidValue"},
		{"one object for an array", `{` + needed + `,"emails":{"value":"a"}}`, i, `{"userName":"u","emails":[{"value":"a"}]}`, ""},
		{"one string for an array", `{` + needed + `,"emails":"a"}`, i, `{"userName":"u","emails":[{"value":"a"}]}`, ""},
		{"one string that its value cannot be", `{` + needed + `,"x509Certificates":"0"}`, i, ``, "invalidValue"},
		{"arrays in an array", `{` + needed + `,"emails":[[{"value":"a"}]]}`, i, ``, "invalidValue"},
		{"element of a wrong type", `{` + needed + `,"emails":[5]}`, i, ``, "invalidValue"},
		{"empty as absent", `{` + needed + `,"title":"","emails":[{"value":"a","type":""}]}`, i, `{"userName":"u","emails":[{"value":"a"}]}`, ""},
		{"empty in strict", `{` + needed + `,"title":""}`, s, `{"userName":"u","title":""}`, ""},
		{"valueless elements", `{` + needed + `,"emails":[{"type":"work"},{"value":"a"}]}`, i, `{"userName":"u","emails":[{"value":"a"}]}`, ""},
		{"valueless elements in strict", `{` + needed + `,"emails":[{"type":"work"}]}`, s, `{"userName":"u","emails":[{"type":"work"}]}`, ""},
		{"7643-2.4-R03 duplicates", `{` + needed + `,"emails":[{"value":"a","type":"work"},{"value":"a","type":"work"},{"value":"a","type":"home"}]}`, s,
			`{"userName":"u","emails":[{"value":"a","type":"work"},{"value":"a","type":"home"}]}`, ""},
		{"two primaries", `{` + needed + `,"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, i, ``, "invalidValue"},

		{"base64", `{` + needed + `,"x509Certificates":[{"value":"MAA="}]}`, s, `{"userName":"u","x509Certificates":[{"value":"MAA="}]}`, ""},
		{"base64 without padding", `{` + needed + `,"x509Certificates":[{"value":"MAA"}]}`, s, `{"userName":"u","x509Certificates":[{"value":"MAA"}]}`, ""},
		{"no base64", `{` + needed + `,"x509Certificates":[{"value":"*"}]}`, i, ``, "invalidValue"},
		{"URI", `{` + needed + `,"profileUrl":"https://x/y"}`, s, `{"userName":"u","profileUrl":"https://x/y"}`, ""},
		{"no URI", `{` + needed + `,"profileUrl":"https://x/%zz"}`, i, ``, "invalidValue"},
		{"URI with a blank", `{` + needed + `,"profileUrl":"https://x/a b"}`, i, ``, "invalidValue"},
		{"locale", `{` + needed + `,"locale":"en-US"}`, s, `{"userName":"u","locale":"en-US"}`, ""},
		{"locale with a blank", `{` + needed + `,"locale":"en US"}`, i, ``, "invalidValue"},
		{"country", `{` + needed + `,"addresses":[{"country":"Germany"}]}`, s, ``, "invalidValue"},
		{"free country", `{` + needed + `,"addresses":[{"country":"Germany"}]}`, i, `{"userName":"u","addresses":[{"country":"Germany"}]}`, ""},

		{"no schemas", `{"userName":"u"}`, i, `{"userName":"u"}`, ""},
		{"no schemas in strict", `{"userName":"u"}`, s, ``, "invalidSyntax"},
		{"empty schemas in strict", `{"schemas":[],"userName":"u"}`, s, ``, "invalidSyntax"},
		{"schemas is a string", `{"schemas":"` + UserURN + `","userName":"u"}`, s, ``, "invalidValue"},
		{"schemas of numbers", `{"schemas":[1],"userName":"u"}`, i, ``, "invalidValue"},
		{"schemas in another case", `{"SCHEMAS":["` + strings.ToUpper(UserURN) + `"],"userName":"u"}`, s, `{` + needed + `}`, ""},
		{"only the extension", `{"schemas":["` + EnterpriseURN + `"],"userName":"u"}`, s, ``, "invalidValue"},
		{"unknown schema", `{"schemas":["` + UserURN + `","urn:x"],"userName":"u"}`, i, `{` + needed + `}`, ""},
		{"unknown schema in strict", `{"schemas":["` + UserURN + `","urn:x"],"userName":"u"}`, s, ``, "invalidValue"},
		{"legacy schema", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"u"}`, i, `{` + needed + `}`, ""},
		{"legacy schema in strict", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"u"}`, s, ``, "invalidValue"},
		{"legacy container", `{` + needed + `,"urn:scim:schemas:extension:enterprise:1.0":{"division":"D"}}`, i, `{` + bothSchema + `,"userName":"u",` + ext + `:{"division":"D"}}`, ""},
		{"A-28 container derives schemas", `{` + needed + `,` + ext + `:{"division":"D"}}`, s, `{` + bothSchema + `,"userName":"u",` + ext + `:{"division":"D"}}`, ""},
		{"A-28 the reverse", `{` + bothSchema + `,"userName":"u"}`, s, `{` + needed + `}`, ""},
		{"unknown container", `{` + needed + `,"urn:x":{"a":1}}`, i, `{` + needed + `}`, ""},
		{"unknown container in strict", `{` + needed + `,"urn:x":{"a":1}}`, s, ``, "invalidValue"},
		{"container is a string", `{` + needed + `,` + ext + `:"x"}`, i, ``, "invalidValue"},
		{"flattened extension attribute", `{` + needed + `,"employeeNumber":"7"}`, i, `{` + needed + `}`, ""},

		{"manager string", `{` + needed + `,` + ext + `:{"manager":"1"}}`, i, `{` + bothSchema + `,"userName":"u",` + ext + `:{"manager":{"value":"1"}}}`, ""},
		{"manager empty", `{` + needed + `,` + ext + `:{"manager":""}}`, i, `{` + needed + `}`, ""},
		{"managerId", `{` + needed + `,` + ext + `:{"manager":{"managerId":"1"}}}`, i, `{` + bothSchema + `,"userName":"u",` + ext + `:{"manager":{"value":"1"}}}`, ""},
		{"manager string in strict", `{` + needed + `,` + ext + `:{"manager":"1"}}`, s, ``, "invalidValue"},
		{"dotted keys", `{` + needed + `,"name.givenName":"G","` + EnterpriseURN + `:division":"D"}`, i, `{` + bothSchema + `,"userName":"u","name":{"givenName":"G"},` + ext + `:{"division":"D"}}`, ""},
		{"dotted keys in strict are unknown", `{` + needed + `,"name.givenName":"G"}`, s, `{` + needed + `}`, ""},
		{"dotted key after its object", `{` + needed + `,"name":{"familyName":"F"},"name.givenName":"G"}`, i, `{"userName":"u","name":{"familyName":"F","givenName":"G"}}`, ""},
		{"dotted key before its object", `{` + needed + `,"name.givenName":"G","name":{"familyName":"F"}}`, i, `{"userName":"u","name":{"familyName":"F","givenName":"G"}}`, ""},
		{"dotted key into many", `{` + needed + `,"emails.value":"a"}`, i, `{` + needed + `}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Validate(Core().Type("User"), scimtest.Object(t, c.in), nil, Create, c.q)
			if scimtest.Type(err) != c.fails {
				t.Fatalf("got error %v (%s), want scimType %q", err, scimtest.Type(err), c.fails)
			}
			if err != nil {
				return
			}
			want := scimtest.Object(t, c.want)
			if want.Get("schemas") == nil {
				want.Set("schemas", resource.Array{UserURN})
			}
			if !resource.Equal(got, want) {
				t.Errorf("got %s, want %s", text(got), text(want))
			}
		})
	}
}

// TestCompareWithin is 7643-7-R07 inside complex values.
func TestCompareWithin(t *testing.T) {
	list, err := Load(fstest.MapFS{"a.json": {Data: []byte(`{"id":"urn:x:Box","name":"Box","attributes":[{"name":"label"},
		{"name":"lock","type":"complex","subAttributes":[{"name":"key","mutability":"immutable"},{"name":"pin","mutability":"writeOnly","returned":"never"},{"name":"note"}]},
		{"name":"seals","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"type"},{"name":"maker","mutability":"immutable"}]}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	box := &ResourceType{Name: "Box", Endpoint: "/Boxes", Schema: list[0], common: commonAttributes()}
	const prev = `{"lock":{"key":"k","pin":"p","note":"n"},"seals":[{"value":"1","maker":"m"},{"value":"2"}]}`
	for _, c := range []struct {
		name, in string
		mode     Mode
		want     string // without schemas
		fails    string
	}{
		{"left out by PUT", `{"label":"l"}`, Replace, `{"label":"l","lock":{"key":"k","pin":"p"}}`, ""},
		{"part left out by PUT", `{"lock":{"note":"o"}}`, Replace, `{"lock":{"note":"o","key":"k","pin":"p"}}`, ""},
		{"changed by PUT", `{"lock":{"key":"other"}}`, Replace, "", "mutability"},
		{"changed by PATCH", `{"lock":{"key":"other"}}`, Patched, "", "mutability"},
		{"removed by PATCH", `{"seals":[]}`, Patched, "", "mutability"},
		{"writeOnly removed by PATCH", `{"lock":{"key":"k"}}`, Patched, `{"lock":{"key":"k"}}`, ""},
		{"element changed", `{"lock":{"key":"k"},"seals":[{"value":"1","maker":"other"}]}`, Replace, "", "mutability"},
		{"element's part left out", `{"seals":[{"value":"1"},{"value":"2","maker":"new"}]}`, Replace,
			`{"seals":[{"value":"1","maker":"m"},{"value":"2","maker":"new"}],"lock":{"key":"k","pin":"p"}}`, ""},
		{"element comes and goes", `{"seals":[{"value":"1","type":"t","maker":"other"}]}`, Replace,
			`{"seals":[{"value":"1","type":"t","maker":"other"}],"lock":{"key":"k","pin":"p"}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Validate(box, scimtest.Object(t, c.in), scimtest.Object(t, prev), c.mode, bare)
			if scimtest.Type(err) != c.fails {
				t.Fatalf("got error %v, want scimType %q", err, c.fails)
			}
			if err != nil {
				return
			}
			got.Delete("schemas")
			if !resource.Equal(got, scimtest.Object(t, c.want)) {
				t.Errorf("got %s, want %s", text(got), c.want)
			}
		})
	}
}

// TestCheckValue holds the leaf checks of each type to good and bad values.
func TestCheckValue(t *testing.T) {
	typ := widgetType(t)
	for name, c := range map[string]struct{ good, bad string }{
		"count":  {`[0,-1,9223372036854775807]`, `[1.5,1e3,9223372036854775808,"1",true,{}]`},
		"weight": {`[0,-1.5,1e3]`, `["1.5",true]`},
		"made":   {`["2008-01-23T04:56:22Z","2008-01-23T04:56:22.5+01:00"]`, `["2008-01-23","now",5,"2008-13-23T04:56:22Z"]`},
		"blob":   {`["","AAA=","AAA"]`, `["*","A A",5]`},
		"link":   {`["https://x","../Users/1","urn:x"]`, `["a b","%zz",5,false]`},
		"on":     {`[true,false]`, `["true",1,"x"]`},
		"serial": {`["","x"]`, `[5,true,{},[]]`},
		"tags":   {`[[],["x"],"x"]`, `[[5],5,[["x"]]]`},
		"part":   {`[{"note":"n"},{}]`, `["x",5,[],{"note":5}]`},
	} {
		a := find(typ.Schema.Attributes, name)
		for _, v := range scimtest.Object(t, `{"l":`+c.good+`}`).Get("l").(resource.Array) {
			if _, err := CheckValue(a, v, quirk.Strict); err != nil {
				t.Errorf("%s of %v: got %v, want no error", name, v, err)
			}
		}
		for _, v := range scimtest.Object(t, `{"l":`+c.bad+`}`).Get("l").(resource.Array) {
			_, err := CheckValue(a, v, quirk.Strict)
			if scimtest.Type(err) != "invalidValue" || !strings.Contains(err.Error(), name) {
				t.Errorf("%s of %v: got %v, want invalidValue that names it", name, v, err)
			}
		}
		if v, err := CheckValue(a, nil, quirk.Strict); v != nil || err != nil {
			t.Errorf("%s of null: got %v, %v, want nil", name, v, err)
		}
	}
}

// TestCompare is 7643-7-R06 to R08 and A-10.
func TestCompare(t *testing.T) {
	const prev = `"serial":"1","secret":"s","urn:x:Extra":{"stamp":"2","token":"t"}`
	const kept = `{"schemas":["urn:x:Widget","urn:x:Extra"],` + prev + `}`
	for _, c := range []struct {
		name, in string
		mode     Mode
		want     string
		fails    string
	}{
		{"omitted by PUT", `{}`, Replace, kept, ""},
		{"same by PUT", `{` + prev + `}`, Replace, kept, ""},
		{"omitted within the extension", `{"urn:x:Extra":{"plain":"p"}}`, Replace,
			`{"schemas":["urn:x:Widget","urn:x:Extra"],"serial":"1","secret":"s","urn:x:Extra":{"plain":"p","stamp":"2","token":"t"}}`, ""},
		{"changed by PUT", `{"serial":"9"}`, Replace, "", "mutability"},
		{"changed in the extension", `{"urn:x:Extra":{"stamp":"9"}}`, Replace, "", "mutability"},
		{"removed by PATCH", `{"secret":"s","urn:x:Extra":{"stamp":"2"}}`, Patched, "", "mutability"},
		{"removed with its extension", `{"serial":"1"}`, Patched, "", "mutability"},
		{"writeOnly removed by PATCH", `{"serial":"1","urn:x:Extra":{"stamp":"2"}}`, Patched,
			`{"schemas":["urn:x:Widget","urn:x:Extra"],"serial":"1","urn:x:Extra":{"stamp":"2"}}`, ""},
		{"readOnly is ignored", `{"computed":"x"}`, Replace, kept, ""},
		{"writeOnly is written", `{"secret":"new"}`, Replace,
			`{"schemas":["urn:x:Widget","urn:x:Extra"],"serial":"1","secret":"new","urn:x:Extra":{"stamp":"2","token":"t"}}`, ""},
		{"POST compares nothing", `{"serial":"9"}`, Create, `{"schemas":["urn:x:Widget"],"serial":"9"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			old := scimtest.Object(t, `{`+prev+`}`)
			got, err := Validate(widgetType(t), scimtest.Object(t, c.in), old, c.mode, bare)
			if scimtest.Type(err) != c.fails {
				t.Fatalf("got error %v, want scimType %q", err, c.fails)
			}
			if err == nil && !resource.Equal(got, scimtest.Object(t, c.want)) {
				t.Errorf("got %s, want %s", text(got), c.want)
			}
			if text(old) != `{`+prev+`}` {
				t.Errorf("the stored object became %s, want it untouched", text(old))
			}
		})
	}
}
