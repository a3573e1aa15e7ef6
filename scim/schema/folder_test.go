package schema

import (
	"strings"
	"testing"
	"testing/fstest"

	"scimd/conformance/fixtures"
	"scimd/internal/scimtest"
	"scimd/scim/quirk"
	"scimd/scim/resource"
)

const (
	schemaHead = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"urn:x:Thing","name":"Thing","attributes":`
	typeHead   = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],`
	thingType  = typeHead + `"name":"Thing","endpoint":"/Things","schema":"urn:x:Thing"}`
	oneName    = `[{"name":"a"}]`
)

// files makes a folder of pairs of a name and a text.
func files(pairs ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return out
}

func loaded(t *testing.T, pairs ...string) *Registries {
	t.Helper()
	r, err := LoadFolder(files(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFaultsOfAttributes is the table of what no attribute may say. The
// library's loader lets most of it pass.
func TestFaultsOfAttributes(t *testing.T) {
	const subs = `"subAttributes":[{"name":"x"}]`
	for name, c := range map[string]struct{ attributes, says string }{
		"none":                      {`[]`, `attributes is missing`},
		"strings":                   {`["a"]`, `attributes must be an array of objects`},
		"no name":                   {`[{"type":"string"}]`, `attribute "": its name must be a letter`},
		"name with a dot":           {`[{"name":"b.d"}]`, `attribute "b.d": its name must be a letter`},
		"name with a digit first":   {`[{"name":"1bad"}]`, `attribute "1bad": its name must be a letter`},
		"name is a number":          {`[{"name":5}]`, `attribute "": name must be a string`},
		"twice in another case":     {`[{"name":"bad"},{"name":"BAD"}]`, `attribute "BAD": it is defined twice`},
		"sub twice":                 {`[{"name":"c","type":"complex","subAttributes":[{"name":"bad"},{"name":"Bad"}]}]`, `attribute "c.Bad": it is defined twice`},
		"schemas":                   {`[{"name":"Schemas"}]`, `attribute "Schemas": the name is reserved`},
		"id":                        {`[{"name":"ID"}]`, `attribute "ID": the name is reserved`},
		"externalId":                {`[{"name":"externalid"}]`, `attribute "externalid": the name is reserved`},
		"meta":                      {`[{"name":"meta"}]`, `attribute "meta": the name is reserved`},
		"unknown keyword":           {`[{"name":"a","colour":"red"}]`, `attribute "a": unknown keyword "colour"`},
		"keyword in another case":   {`[{"name":"a","Required":true}]`, `attribute "a": unknown keyword "Required"`},
		"sub with unknown keyword":  {`[{"name":"c","type":"complex","subAttributes":[{"name":"x","colour":1}]}]`, `attribute "c.x": unknown keyword "colour"`},
		"flag as a string":          {`[{"name":"a","required":"true"}]`, `attribute "a": required must be true or false`},
		"values as a string":        {`[{"name":"a","canonicalValues":"x"}]`, `attribute "a": canonicalValues must be an array of strings`},
		"values of numbers":         {`[{"name":"a","canonicalValues":[1]}]`, `attribute "a": canonicalValues must be an array of strings`},
		"unknown type":              {`[{"name":"a","type":"float"}]`, `attribute "a": type must be one of string,`},
		"type in another case":      {`[{"name":"a","type":"String"}]`, `attribute "a": type must be one of string,`},
		"unknown mutability":        {`[{"name":"a","mutability":"sometimes"}]`, `attribute "a": mutability must be one of`},
		"unknown returned":          {`[{"name":"a","returned":"sometimes"}]`, `attribute "a": returned must be one of`},
		"unknown uniqueness":        {`[{"name":"a","uniqueness":"sometimes"}]`, `attribute "a": uniqueness must be one of`},
		"complex in complex":        {`[{"name":"c","type":"complex","subAttributes":[{"name":"x","type":"complex",` + subs + `}]}]`, `attribute "c.x": a sub-attribute cannot be complex`},
		"complex without subs":      {`[{"name":"a","type":"complex"}]`, `attribute "a": complex needs subAttributes`},
		"complex with no subs":      {`[{"name":"a","type":"complex","subAttributes":[]}]`, `attribute "a": complex needs subAttributes`},
		"subs of a string":          {`[{"name":"a",` + subs + `}]`, `attribute "a": only complex has subAttributes`},
		"reference without types":   {`[{"name":"a","type":"reference"}]`, `attribute "a": reference needs referenceTypes`},
		"types of a string":         {`[{"name":"a","referenceTypes":["external"]}]`, `attribute "a": only reference has referenceTypes`},
		"reference to nothing":      {`[{"name":"a","type":"reference","referenceTypes":["Thingy"]}]`, `attribute "a": referenceTypes names "Thingy"`},
		"writeOnly and returned":    {`[{"name":"a","mutability":"writeOnly","returned":"always"}]`, `attribute "a": writeOnly needs returned never`},
		"writeOnly without":         {`[{"name":"a","mutability":"writeOnly"}]`, `attribute "a": writeOnly needs returned never`},
		"readOnly and required":     {`[{"name":"a","mutability":"readOnly","required":true}]`, `attribute "a": readOnly cannot be required`},
		"complex with uniqueness":   {`[{"name":"a","type":"complex","uniqueness":"server",` + subs + `}]`, `attribute "a": complex and boolean have no uniqueness`},
		"complex with caseExact":    {`[{"name":"a","type":"complex","caseExact":true,` + subs + `}]`, `attribute "a": complex and boolean have no caseExact`},
		"boolean with uniqueness":   {`[{"name":"a","type":"boolean","uniqueness":"global"}]`, `attribute "a": complex and boolean have no uniqueness`},
		"boolean with case":         {`[{"name":"a","type":"boolean","caseExact":true}]`, `attribute "a": complex and boolean have no caseExact`},
		"a percent sign in a name":  {`[{"name":"%s"}]`, `attribute "%s": its name must be a letter`},
		"unknown reference of subs": {`[{"name":"c","type":"complex","subAttributes":[{"name":"$ref","type":"reference","referenceTypes":["No"]}]}]`, `attribute "c.$ref": referenceTypes names "No"`},
	} {
		_, err := LoadFolder(files("mine.json", schemaHead+c.attributes+`}`))
		if err == nil || !strings.Contains(err.Error(), "mine.json: "+c.says) {
			t.Errorf("%s: got error %v, want one with mine.json: %s", name, err, c.says)
		}
	}
}

// TestFaultsOfDocuments is the table of what no document may say.
func TestFaultsOfDocuments(t *testing.T) {
	const thing = schemaHead + oneName + `}`
	extension := strings.Replace(thing, "urn:x:Thing", "urn:x:Extra", 1)
	typ := func(members string) string { return typeHead + members + `}` }
	for name, c := range map[string]struct {
		says  string
		pairs []string
	}{
		"no JSON":              {`a.json: the body is not valid JSON`, []string{"a.json", `{"a"`}},
		"a name twice":         {`a.json: the body holds a name twice`, []string{"a.json", `{"id":"x","id":"y"}`}},
		"no YAML":              {`a.yaml: yaml: `, []string{"a.yaml", "a: b: c"}},
		"YAML with numbers":    {`a.yml: json: unsupported type`, []string{"a.yml", "a: {1: x}"}},
		"two in one file":      {`a.yaml: the file holds more than one document`, []string{"a.yaml", "a: 1\n---\nb: 2\n"}},
		"nothing":              {`a.yaml: the body must be a JSON object`, []string{"a.yaml", ""}},
		"an array":             {`a.json: the body must be a JSON object`, []string{"a.json", `[]`}},
		"neither":              {`a.json: schemas must be [`, []string{"a.json", `{"schemas":["urn:x"]}`}},
		"no schemas":           {`a.json: schemas must be [`, []string{"a.json", `{"id":"urn:x:Thing"}`}},
		"schema without id":    {`a.json: id is missing`, []string{"a.json", strings.Replace(thing, `"id":"urn:x:Thing",`, "", 1)}},
		"schema without name":  {`a.json: name is missing`, []string{"a.json", strings.Replace(thing, `"name":"Thing",`, "", 1)}},
		"unknown keyword":      {`a.json: unknown keyword "version"`, []string{"a.json", strings.Replace(thing, `"id"`, `"version":1,"id"`, 1)}},
		"URN twice":            {`b.json: id "URN:X:THING" belongs to another schema`, []string{"a.json", thing, "b.json", strings.Replace(thing, "urn:x:Thing", "URN:X:THING", 1)}},
		"URN of the server":    {`a.json: id "` + UserURN + `" belongs to another schema`, []string{"a.json", strings.Replace(thing, "urn:x:Thing", UserURN, 1)}},
		"URN of a message":     {`a.json: id "urn:ietf:params:scim:api:messages:2.0:Mine" is among the URNs of messages`, []string{"a.json", strings.Replace(thing, "urn:x:Thing", "urn:ietf:params:scim:api:messages:2.0:Mine", 1)}},
		"no schema":            {`t.json: schema is missing`, []string{"t.json", typ(`"name":"Thing","endpoint":"/Things"`)}},
		"unknown schema":       {`t.json: schema "urn:x:Thing" is no schema`, []string{"t.json", thingType}},
		"schema of User":       {`t.json: schema "` + UserURN + `" belongs to a built-in type`, []string{"t.json", typ(`"name":"Person","endpoint":"/People","schema":"` + UserURN + `"`)}},
		"schema of the server": {`t.json: schema "` + metaURN + `" describes the server`, []string{"t.json", typ(`"name":"Person","endpoint":"/People","schema":"` + metaURN + `"`)}},
		"unknown type keyword": {`t.json: unknown keyword "path"`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/Things","schema":"urn:x:Thing","path":"/x"`)}},
		"another id":           {`t.json: id must be the name`, []string{"a.json", thing, "t.json", typ(`"id":"t","name":"Thing","endpoint":"/Things","schema":"urn:x:Thing"`)}},
		"no name":              {`t.json: name "" must be a letter`, []string{"a.json", thing, "t.json", typ(`"endpoint":"/Things","schema":"urn:x:Thing"`)}},
		"name with a blank":    {`t.json: name "A b" must be a letter`, []string{"a.json", thing, "t.json", typ(`"name":"A b","endpoint":"/Things","schema":"urn:x:Thing"`)}},
		"name of the server":   {`t.json: name "schema" belongs to another`, []string{"a.json", thing, "t.json", typ(`"name":"schema","endpoint":"/Things","schema":"urn:x:Thing"`)}},
		"name of User":         {`t.json: name "user" belongs to another`, []string{"a.json", thing, "t.json", typ(`"name":"user","endpoint":"/Things","schema":"urn:x:Thing"`)}},
		"name twice":           {`u.json: name "THING" belongs to another`, []string{"a.json", thing, "t.json", thingType, "u.json", typ(`"name":"THING","endpoint":"/Other","schema":"urn:x:Thing"`)}},
		"endpoint taken":       {`t.json: endpoint "/users" belongs to another`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/users","schema":"urn:x:Thing"`)}},
		"endpoint Bulk":        {`t.json: endpoint "/Bulk" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/Bulk","schema":"urn:x:Thing"`)}},
		"endpoint Me":          {`t.json: endpoint "/me" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/me","schema":"urn:x:Thing"`)}},
		"endpoint Schemas":     {`t.json: endpoint "/Schemas" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/Schemas","schema":"urn:x:Thing"`)}},
		"endpoint of types":    {`t.json: endpoint "/ResourceTypes" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/ResourceTypes","schema":"urn:x:Thing"`)}},
		"endpoint of config":   {`t.json: endpoint "/ServiceProviderConfig" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/ServiceProviderConfig","schema":"urn:x:Thing"`)}},
		"endpoint d":           {`t.json: endpoint "/d" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/d","schema":"urn:x:Thing"`)}},
		"endpoint .search":     {`t.json: endpoint "/.search" is reserved`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/.search","schema":"urn:x:Thing"`)}},
		"endpoint of two":      {`t.json: endpoint "/a/b" must be a slash and one name`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/a/b","schema":"urn:x:Thing"`)}},
		"endpoint bare":        {`t.json: endpoint "Things" must be a slash`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"Things","schema":"urn:x:Thing"`)}},
		"no endpoint":          {`t.json: endpoint "" must be a slash`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","schema":"urn:x:Thing"`)}},
		"unknown extension":    {`t.json: schemaExtensions.schema "urn:x:Extra" is no schema`, []string{"t.json", typ(`"name":"User","schemaExtensions":[{"schema":"urn:x:Extra"}]`)}},
		"extension keyword":    {`t.json: schemaExtensions: unknown keyword "needed"`, []string{"x.json", extension, "t.json", typ(`"name":"User","schemaExtensions":[{"schema":"urn:x:Extra","needed":true}]`)}},
		"extension twice":      {`t.json: schemaExtensions.schema "urn:x:Extra" is named twice`, []string{"x.json", extension, "t.json", typ(`"name":"User","schemaExtensions":[{"schema":"urn:x:Extra"},{"schema":"URN:x:extra"}]`)}},
		"extends itself":       {`t.json: schemaExtensions.schema "urn:x:Thing" is the schema itself`, []string{"a.json", thing, "t.json", typ(`"name":"Thing","endpoint":"/Things","schema":"urn:x:Thing","schemaExtensions":[{"schema":"urn:x:Thing"}]`)}},
		"extension no object":  {`t.json: schemaExtensions must be an array of objects`, []string{"t.json", typ(`"name":"User","schemaExtensions":["urn:x:Extra"]`)}},
		"endpoint of User":     {`t.json: endpoint of User is "/Users"`, []string{"t.json", typ(`"name":"User","endpoint":"/People"`)}},
		"other schema of User": {`t.json: schema of User is`, []string{"x.json", extension, "t.json", typ(`"name":"User","schema":"urn:x:Extra"`)}},
		"twice in a directory": {`okta/t.json: name "Thing" belongs to another`, []string{"a.json", thing, "t.json", thingType, "okta/t.json", thingType}},
		"deeper":               {`okta/more: the folder of a directory holds no further folders`, []string{"okta/more/a.json", thing}},
	} {
		_, err := LoadFolder(files(c.pairs...))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got error %v, want one with %s", name, err, c.says)
		}
	}
}

// TestFaultsTogether: the operator learns of all at once.
func TestFaultsTogether(t *testing.T) {
	_, err := LoadFolder(files(
		"a.json", schemaHead+`[{"name":"1","colour":"red"},{"name":"id"}]}`, "b.yaml", "schemas: []", "c.json", `{`,
		"d.json", typeHead+`"name":"","endpoint":"/Me"}`, "okta/e.json", typeHead+`"name":"User","endpoint":"/x"}`))
	if err == nil {
		t.Fatal("the folder was accepted")
	}
	for _, says := range []string{
		`a.json: attribute "1": unknown keyword`, `a.json: attribute "1": its name`, `a.json: attribute "id": the name is reserved`,
		`b.yaml: schemas must be`, `c.json: the body is`, `d.json: name "" must`, `d.json: endpoint "/Me" is reserved`, `d.json: schema is missing`, `okta/e.json: endpoint of User`,
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not in:\n%v", says, err)
		}
	}
}

// TestFolder loads the fixtures: resource types, an extension, both languages.
func TestFolder(t *testing.T) {
	r, err := LoadFolder(fixtures.Files)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.TypeNames(), " "); got != "Gadget Group User Widget" {
		t.Errorf("types: got %s", got)
	}
	gadget := r.For("").Type("Gadget")
	if gadget == nil || gadget.Endpoint != "/Gadgets" || len(gadget.Extensions) != 1 || !gadget.Extensions[0].Required {
		t.Fatalf("Gadget: got %+v", gadget)
	}
	if a := find(gadget.Extensions[0].Schema.Attributes, "batch"); a.Path != "urn:example:params:scim:schemas:extension:test:2.0:Gadget:batch" {
		t.Errorf("path in an extension: got %s", a.Path)
	}
	widget := r.For("nobody").Type("Widget")
	if a := find(widget.Schema.Attributes, "parts").SubAttribute("qty"); a.Path != "parts.qty" || a.Type != Integer {
		t.Errorf("parts.qty: got %+v", a)
	}
	// 7643-2.2-R01: what is left out.
	kind := find(widget.Schema.Attributes, "kind")
	if kind.Type != String || kind.MultiValued || kind.Required || kind.CaseExact || kind.Mutability != ReadWrite || kind.Returned != Default || kind.Uniqueness != None {
		t.Errorf("the defaults: got %+v", kind)
	}
	if len(Core().Types) != 2 || len(Core().Type("User").Extensions) != 1 {
		t.Error("loading changed the core registry")
	}
}

// TestFolderOfADirectory: a sub-folder is one directory's alone.
func TestFolderOfADirectory(t *testing.T) {
	extra := strings.Replace(schemaHead, "urn:x:Thing", "urn:x:Extra", 1) + `[{"name":"badge","uniqueness":"server"}]}`
	own := strings.Replace(schemaHead, "urn:x:Thing", "urn:x:Own", 1) + oneName + `}`
	r := loaded(t,
		"README.md", "not a document", ".hidden.json", "{", "..data/x.json", "{",
		"extra.JSON", extra, "user.json", typeHead+`"name":"User","schemaExtensions":[{"schema":"urn:x:Extra"}]}`,
		"okta/own.yaml", "schemas: ['"+metaURN+"']\nid: urn:x:Own\nname: Own\nattributes: [{name: a, type: integer}]\n",
		"okta/user.json", typeHead+`"name":"User","schema":"`+UserURN+`","endpoint":"/Users","schemaExtensions":[{"schema":"urn:x:Own"},{"schema":"urn:X:extra","required":true}]}`,
		"okta/own_type.json", typeHead+`"name":"Own","endpoint":"/Owns","schema":"urn:x:Own"}`,
		"entra/own.json", own, // the same URN in another directory
	)
	extensions := func(directory string) string {
		var out []string
		for _, e := range r.For(directory).Type("User").Extensions {
			s := e.Schema.ID
			if e.Required {
				s += "!"
			}
			out = append(out, s)
		}
		return strings.Join(out, " ")
	}
	for directory, want := range map[string]string{
		"": EnterpriseURN + " urn:x:Extra", "other": EnterpriseURN + " urn:x:Extra", "entra": EnterpriseURN + " urn:x:Extra",
		"okta": EnterpriseURN + " urn:x:Extra! urn:x:Own",
	} {
		if got := extensions(directory); got != want {
			t.Errorf("User in %q: got %s, want %s", directory, got, want)
		}
	}
	if r.For("okta").Type("Own") == nil || r.For("").Type("Own") != nil || r.For("").Schema("urn:x:Own") != nil {
		t.Error("what is okta's own is not only there")
	}
	if got := r.For("okta").Schema("urn:x:Own").Attributes[0].Type; got != Integer {
		t.Errorf("okta's urn:x:Own: got type %s", got)
	}
	if got := r.For("entra").Schema("urn:x:Own").Attributes[0].Type; got != String {
		t.Errorf("entra's urn:x:Own: got type %s", got)
	}
}

// TestServedAsLoaded: /Schemas shows a document as it was written.
func TestServedAsLoaded(t *testing.T) {
	const want = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"urn:x:Thing","name":"Thing","description":"D","attributes":[{"name":"a"},{"name":"n","type":"integer","multiValued":true}]}`
	for name, text := range map[string]string{
		"thing.json": want,
		"thing.yaml": "schemas: ['" + metaURN + "']\nid: urn:x:Thing\nname: Thing\ndescription: D\nattributes:\n- name: a\n- {name: n, type: integer, multiValued: true}\n",
	} {
		got := scimtest.Object(t, string(loaded(t, name, text).For("").Schema("urn:x:Thing").JSON))
		if !resource.Equal(got, scimtest.Object(t, want)) {
			t.Errorf("%s: got %s, want %s", name, got.AppendJSON(nil), want)
		}
	}
}

// TestReferencesAreExact is 7643-2.3.6 and 2.3.7: by their type.
func TestReferencesAreExact(t *testing.T) {
	s := loaded(t, "a.json", schemaHead+`[{"name":"r","type":"reference","referenceTypes":["Thing","User","uri"]},{"name":"b","type":"binary","caseExact":false},{"name":"dollar$"}]}`,
		"t.json", thingType).For("").Schema("urn:x:Thing")
	for _, name := range []string{"r", "b"} {
		if !find(s.Attributes, name).CaseExact {
			t.Errorf("%s is compared without case", name)
		}
	}
}

// TestRequiredExtension is 7643-6-R06.
func TestRequiredExtension(t *testing.T) {
	r, err := LoadFolder(fixtures.Files)
	if err != nil {
		t.Fatal(err)
	}
	const head = `"schemas":["urn:example:params:scim:schemas:test:2.0:Gadget"],"label":"l"`
	const ext = `"urn:example:params:scim:schemas:extension:test:2.0:Gadget"`
	for body, fails := range map[string]string{
		`{` + head + `}`:                                "invalidValue",
		`{` + head + `,` + ext + `:{}}`:                 "invalidValue",
		`{` + head + `,` + ext + `:{"note":"n"}}`:       "invalidValue",
		`{` + head + `,` + ext + `:{"batch":null}}`:     "invalidValue",
		`{` + head + `,` + ext + `:{"BATCH":"b"}}`:      "",
		`{` + head + `,` + ext + `:{"batch":"b"}}`:      "",
		`{` + head + `,"batch":"b"}`:                    "invalidValue",
		`{` + head + `,` + ext + `:{"batch":["b"]}}`:    "invalidValue",
		`{` + head + `,` + ext + `:[{"batch":"b"}]}`:    "invalidValue",
		`{` + head + `,"urn:x":{},` + ext + `:{"a":1}}`: "invalidValue",
	} {
		if _, err := Validate(r.For("").Type("Gadget"), scimtest.Object(t, body), nil, Create, quirk.Interop); scimtest.Type(err) != fails {
			t.Errorf("%s: got %v, want %q", body, err, fails)
		}
	}
}
