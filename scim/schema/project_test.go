package schema

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json"

	"scimd/internal/scimtest"
	"scimd/scim/resource"
)

// TestProjection is 7644-3.9 and 7644-3.10-R01, R02.
func TestProjection(t *testing.T) {
	const ext = `"` + EnterpriseURN + `":`
	const user = `{` + bothSchema + `,"id":"1","userName":"u","name":{"givenName":"G","familyName":"F"},"password":"p",
		"emails":[{"value":"a","type":"work"},{"type":"home"}],` + ext + `{"division":"D","manager":{"value":"2","displayName":"M"}}}`
	always := bothSchema + `,"id":"1"`
	for _, c := range []struct{ name, attributes, excluded, want string }{
		{"default", "", "", strings.Replace(user, `"password":"p",`, "", 1)},
		{"R02 named", "userName", "", `{` + always + `,"userName":"u"}`},
		{"R03 excluded", "", "emails,id,schemas,name," + EnterpriseURN, `{` + always + `,"userName":"u"}`},
		{"R04 sub", "name.givenName", "", `{` + always + `,"name":{"givenName":"G"}}`},
		{"R04 sub of many", "emails.value", "", `{` + always + `,"emails":[{"value":"a"}]}`},
		{"R04 sub and whole", "emails.value,emails", "", `{` + always + `,"emails":[{"value":"a","type":"work"},{"type":"home"}]}`},
		{"R04 sub excluded", "", "name.familyName,emails," + EnterpriseURN, `{` + always + `,"userName":"u","name":{"givenName":"G"}}`},
		{"R04 every sub excluded", "", "name.familyName,name.givenName,emails," + EnterpriseURN, `{` + always + `,"userName":"u"}`},
		{"R05 never", "password", "", `{` + always + `}`},
		{"R07 unknown", "userName,nope,name.nope,urn:x:y", "", `{` + always + `,"userName":"u"}`},
		{"R07 only unknown", "nope", "", `{` + always + `}`},
		{"R08 blanks", " userName , ,name.givenName ", "", `{` + always + `,"userName":"u","name":{"givenName":"G"}}`},
		{"R08 extension", EnterpriseURN, "", `{` + always + `,` + ext + `{"division":"D","manager":{"value":"2","displayName":"M"}}}`},
		{"R01 URN and case", strings.ToUpper(UserURN) + ":USERNAME", "", `{` + always + `,"userName":"u"}`},
		{"R01 extension attribute", EnterpriseURN + ":division", "", `{` + always + `,` + ext + `{"division":"D"}}`},
		{"R01 extension sub", EnterpriseURN + ":manager.value", "", `{` + always + `,` + ext + `{"manager":{"value":"2"}}}`},
		{"R01 extension attribute excluded", "", EnterpriseURN + ":manager,emails,name", `{` + always + `,"userName":"u",` + ext + `{"division":"D"}}`},
		{"R02 bare extension attribute", "manager", "", `{` + always + `,` + ext + `{"manager":{"value":"2","displayName":"M"}}}`},
		{"core URN", UserURN, "", `{` + always + `,"userName":"u","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"a","type":"work"},{"type":"home"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			project(t, Core().Type("User"), c.attributes, c.excluded, user, c.want, nil)
		})
	}
}

// TestProjectionOfWidget is 7643-7-R08 to R10, down to sub-attributes.
func TestProjectionOfWidget(t *testing.T) {
	const in = `{"schemas":[],"id":"1","serial":"s","secret":"x","sticky":"y","hint":"h","part":{"key":"k","pin":"p","note":"n"}}`
	typ := widgetType(t)
	hint := Ref{Attribute: find(typ.Schema.Attributes, "hint")}
	for _, c := range []struct {
		name, attributes, excluded, want string
		written                          []Ref
	}{
		{"default", "", "", `{"schemas":[],"id":"1","serial":"s","sticky":"y","part":{"key":"k","note":"n"}}`, nil},
		{"request", "hint,secret", "", `{"schemas":[],"id":"1","sticky":"y","hint":"h"}`, nil},
		{"written", "", "", `{"schemas":[],"id":"1","serial":"s","sticky":"y","hint":"h","part":{"key":"k","note":"n"}}`, []Ref{hint}},
		{"always excluded", "", "sticky,part,serial", `{"schemas":[],"id":"1","sticky":"y"}`, nil},
		{"always sub excluded", "", "part.key,serial", `{"schemas":[],"id":"1","sticky":"y","part":{"key":"k","note":"n"}}`, nil},
		{"always sub beside another", "part.note", "", `{"schemas":[],"id":"1","sticky":"y","part":{"key":"k","note":"n"}}`, nil},
		{"never sub named", "part.pin", "", `{"schemas":[],"id":"1","sticky":"y","part":{"key":"k"}}`, nil},
		{"whole with a never sub", "part", "", `{"schemas":[],"id":"1","sticky":"y","part":{"key":"k","note":"n"}}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			project(t, typ, c.attributes, c.excluded, in, c.want, c.written)
		})
	}
}

func project(t *testing.T, typ *ResourceType, attributes, excluded, in, want string, written []Ref) {
	p, err := ParseProjection(typ, []string{attributes}, []string{excluded})
	if err != nil {
		t.Fatal(err)
	}
	o := scimtest.Object(t, in)
	got := returned(p.WithWritten(written), typ, o)
	if !resource.Equal(scimtest.Object(t, got), scimtest.Object(t, want)) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// returned is the JSON of what a projection leaves of a resource.
func returned(p *Projection, typ *ResourceType, o *resource.Object) string {
	b := []byte{'{'}
	for name, v := range o.All() {
		b = p.Append(b, typ, name, resource.Text(resource.AppendJSON(nil, v)))
	}
	return string(append(b, '}'))
}

// TestProjectionOfBoth is 7644-3.9-R06.
func TestProjectionOfBoth(t *testing.T) {
	user := Core().Type("User")
	if _, err := ParseProjection(user, []string{"userName"}, []string{"emails"}); scimtest.Type(err) != "invalidValue" {
		t.Errorf("both parameters: got %v, want invalidValue", err)
	}
	if _, err := ParseProjection(user, []string{"userName"}, []string{" ,"}); err != nil {
		t.Errorf("the second is blank: got %v, want no error", err)
	}
}

// TestWants: what a list of groups does not show need not be read.
func TestWants(t *testing.T) {
	group := Core().Type("Group")
	members := find(group.Schema.Attributes, "members")
	for _, c := range []struct {
		attributes, excluded string
		wants, named         bool
	}{
		{"", "", true, false}, {"members", "", true, true}, {"members.value", "", true, true}, {"displayName", "", false, false}, {"", "MEMBERS", false, false}, {"", "members.value", true, false},
	} {
		p, err := ParseProjection(group, []string{c.attributes}, []string{c.excluded})
		if err != nil {
			t.Fatal(err)
		}
		if p.Wants(Ref{Attribute: members}) != c.wants || p.Named(members) != c.named {
			t.Errorf("attributes=%s excludedAttributes=%s: wants %v, named %v, want %v, %v", c.attributes, c.excluded, p.Wants(Ref{Attribute: members}), p.Named(members), c.wants, c.named)
		}
	}
}

// TestLoadRefuses: the operator learns which file and attribute is wrong.
func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ attributes, names string }{
		"unknown type":         {`{"name":"bad","type":"float"}`, "bad"},
		"unknown mutability":   {`{"name":"bad","type":"string","mutability":"sometimes"}`, "bad"},
		"unknown returned":     {`{"name":"bad","type":"string","returned":"sometimes"}`, "bad"},
		"unknown uniqueness":   {`{"name":"bad","type":"string","uniqueness":"sometimes"}`, "bad"},
		"unknown sub type":     {`{"name":"c","type":"complex","subAttributes":[{"name":"bad","type":"float"}]}`, "c.bad"},
		"name with a dot":      {`{"name":"b.d","type":"string"}`, "b.d"},
		"name with a digit":    {`{"name":"1bad","type":"string"}`, "1bad"},
		"no name":              {`{"type":"string"}`, `""`},
		"twice":                {`{"name":"bad","type":"string"},{"name":"BAD","type":"string"}`, "BAD"},
		"sub twice":            {`{"name":"c","type":"complex","subAttributes":[{"name":"bad","type":"string"},{"name":"bad","type":"string"}]}`, "c.bad"},
		"complex sub":          {`{"name":"c","type":"complex","subAttributes":[{"name":"bad","type":"complex","subAttributes":[{"name":"x","type":"string"}]}]}`, "c.bad"},
		"complex without subs": {`{"name":"bad","type":"complex"}`, "bad"},
		"simple with subs":     {`{"name":"bad","type":"string","subAttributes":[{"name":"x","type":"string"}]}`, "bad"},
	} {
		_, err := Load(fstest.MapFS{"mine.json": {Data: []byte(`{"id":"urn:x","name":"X","attributes":[` + c.attributes + `]}`)}})
		if err == nil || !strings.Contains(err.Error(), "mine.json") || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: got error %v, want one that names mine.json and %s", name, err, c.names)
		}
	}
	for name, data := range map[string]string{
		"no JSON": `{`, "no id": `{"name":"X","attributes":[]}`, "no name": `{"id":"urn:x","attributes":[]}`, "array": `[]`, "attributes of strings": `{"id":"urn:x","name":"X","attributes":["a"]}`,
	} {
		if _, err := Load(fstest.MapFS{"mine.json": {Data: []byte(data)}}); err == nil || !strings.Contains(err.Error(), "mine.json") {
			t.Errorf("%s: got error %v, want one that names mine.json", name, err)
		}
	}
}

// published is an attribute as /Schemas shows it.
type published struct {
	Name, Type, Mutability, Returned, Uniqueness string
	MultiValued, Required, CaseExact             *bool
	ReferenceTypes                               []string
	CanonicalValues                              []string
	Description                                  string
	SubAttributes                                []published
}

// TestPublished walks the JSON of /Schemas: 7643-7-R01 to R05.
func TestPublished(t *testing.T) {
	for _, s := range Core().Schemas {
		var doc struct {
			Schemas               []string
			ID, Name, Description string
			Attributes            []published
		}
		if err := json.Unmarshal(s.JSON, &doc, json.MatchCaseInsensitiveNames(true), json.RejectUnknownMembers(true)); err != nil {
			t.Errorf("7643-7-R02 %s: %v", s.ID, err)
		}
		if len(doc.Schemas) != 1 || doc.Schemas[0] != metaURN || doc.ID != s.ID || len(doc.Attributes) == 0 {
			t.Errorf("7643-7-R01 %s: got schemas %v, id %s and %d attributes", s.ID, doc.Schemas, doc.ID, len(doc.Attributes))
		}
		for _, d := range doc.Attributes {
			d.check(t, s.ID+":"+d.Name, false)
		}
	}
}

func (d published) check(t *testing.T, at string, sub bool) {
	in := func(what, value, list string) {
		if value == "" || !strings.Contains(" "+list+" ", " "+value+" ") {
			t.Errorf("7643-7-R02 %s: got %s %q, want one of %s", at, what, value, list)
		}
	}
	in("type", d.Type, "string boolean decimal integer dateTime binary reference complex")
	in("mutability", d.Mutability, "readOnly readWrite immutable writeOnly")
	in("returned", d.Returned, "always never default request")
	if d.MultiValued == nil || d.Required == nil {
		t.Errorf("7643-7-R02 %s: multiValued or required is missing", at)
	}
	isComplex := d.Type == string(Complex)
	meta := strings.HasPrefix(at, metaURN+":")
	if isComplex != (len(d.SubAttributes) > 0) || sub && isComplex && !meta {
		t.Errorf("7643-7-R03 %s: type %s with %d subAttributes", at, d.Type, len(d.SubAttributes))
	}
	if (d.Type == string(Reference)) != (len(d.ReferenceTypes) > 0) {
		t.Errorf("7643-7-R04 %s: type %s with referenceTypes %v", at, d.Type, d.ReferenceTypes)
	}
	if isComplex && (d.CaseExact != nil && *d.CaseExact || d.Uniqueness != "" && d.Uniqueness != string(None)) {
		t.Errorf("7643-7-R05 %s: complex with uniqueness %q or caseExact", at, d.Uniqueness)
	}
	if d.Uniqueness != "" { // none if absent
		in("uniqueness", d.Uniqueness, "none server global")
	}
	for _, s := range d.SubAttributes {
		s.check(t, at+"."+s.Name, true)
	}
}
