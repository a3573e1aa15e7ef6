package scim_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"scimd/internal/naive"
	"scimd/scim/schema"
)

// proofExtension has an attribute of every data type.
const proofExtension = `{"id": "` + widgetURN + `", "name": "Widget", "attributes": [
	{"name": "code", "type": "string", "caseExact": true},
	{"name": "hits", "type": "integer"},
	{"name": "ratio", "type": "decimal"},
	{"name": "when", "type": "dateTime"},
	{"name": "ready", "type": "boolean"},
	{"name": "link", "type": "reference", "referenceTypes": ["external"]},
	{"name": "blob", "type": "binary"},
	{"name": "tags", "type": "string", "multiValued": true},
	{"name": "levels", "type": "integer", "multiValued": true},
	{"name": "parts", "type": "complex", "multiValued": true, "subAttributes": [
		{"name": "value", "type": "string"}, {"name": "type", "type": "string"}, {"name": "primary", "type": "boolean"},
		{"name": "qty", "type": "integer"}, {"name": "at", "type": "dateTime"}]}
]}`

// withWidget is the core registry whose users may carry a widget.
func withWidget(t testing.TB) *schema.Registry {
	t.Helper()
	loaded, err := schema.Load(fstest.MapFS{"widget.json": {Data: []byte(proofExtension)}})
	if err != nil {
		t.Fatal(err)
	}
	core := schema.Core()
	user := *core.Type("User")
	user.Extensions = append(user.Extensions[:1:1], schema.Extension{Schema: loaded[0]})
	return &schema.Registry{Types: []*schema.ResourceType{&user, core.Type("Group")}, Schemas: append(core.Schemas[:len(core.Schemas):len(core.Schemas)], loaded...)}
}

// attributes is what the filters of the proof name.
func attributes() []*naive.Attribute {
	const user, enterprise = userURN, enterpriseURN
	all := []*naive.Attribute{
		{Name: "schemas", Type: naive.String, Exact: true, Many: true},
		{Name: "id", Type: naive.String, Exact: true},
		{Name: "externalId", Type: naive.String, Exact: true},
		{Name: "meta", Type: naive.Whole},
		{Name: "meta", Sub: "resourceType", Type: naive.String, Exact: true},
		{Name: "meta", Sub: "created", Type: naive.DateTime},
		{Name: "meta", Sub: "lastModified", Type: naive.DateTime},
		{Name: "meta", Sub: "location", Type: naive.String, Exact: true},
		{Name: "meta", Sub: "version", Type: naive.String, Exact: true},
		{URN: user, Name: "userName", Type: naive.String},
		{URN: user, Name: "displayName", Type: naive.String},
		{URN: user, Name: "title", Type: naive.String},
		{URN: user, Name: "profileUrl", Type: naive.String, Exact: true},
		{URN: user, Name: "active", Type: naive.Boolean},
		{URN: user, Name: "name", Type: naive.Whole},
		{URN: user, Name: "name", Sub: "familyName", Type: naive.String},
		{URN: user, Name: "name", Sub: "givenName", Type: naive.String},
		{URN: user, Name: "addresses", Type: naive.Whole},
		{URN: user, Name: "addresses", Sub: "locality", Type: naive.String},
		{URN: user, Name: "addresses", Sub: "primary", Type: naive.Boolean},
		{URN: user, Name: "x509Certificates", Sub: "value", Short: true, Type: naive.Binary, Exact: true},
		{URN: user, Name: "groups", Type: naive.Whole},
		{URN: user, Name: "groups", Sub: "value", Short: true, Type: naive.String, Exact: true},
		{URN: user, Name: "groups", Sub: "display", Type: naive.String},
		{URN: user, Name: "groups", Sub: "type", Type: naive.String},
		{URN: enterprise, Inside: true, Type: naive.Whole},
		{URN: enterprise, Inside: true, Name: "department", Type: naive.String},
		{URN: enterprise, Inside: true, Name: "manager", Sub: "value", Short: true, Type: naive.String, Exact: true},
		{URN: widgetURN, Inside: true, Type: naive.Whole},
		{URN: widgetURN, Inside: true, Name: "code", Type: naive.String, Exact: true},
		{URN: widgetURN, Inside: true, Name: "hits", Type: naive.Number},
		{URN: widgetURN, Inside: true, Name: "ratio", Type: naive.Number},
		{URN: widgetURN, Inside: true, Name: "when", Type: naive.DateTime},
		{URN: widgetURN, Inside: true, Name: "ready", Type: naive.Boolean},
		{URN: widgetURN, Inside: true, Name: "link", Type: naive.String, Exact: true},
		{URN: widgetURN, Inside: true, Name: "blob", Type: naive.Binary, Exact: true},
		{URN: widgetURN, Inside: true, Name: "tags", Type: naive.String, Many: true},
		{URN: widgetURN, Inside: true, Name: "levels", Type: naive.Number, Many: true},
		{URN: widgetURN, Inside: true, Name: "parts", Type: naive.Whole},
		{URN: widgetURN, Inside: true, Name: "parts", Sub: "value", Short: true, Type: naive.String},
		{URN: widgetURN, Inside: true, Name: "parts", Sub: "primary", Type: naive.Boolean},
		{URN: widgetURN, Inside: true, Name: "parts", Sub: "qty", Type: naive.Number},
		{URN: widgetURN, Inside: true, Name: "parts", Sub: "at", Type: naive.DateTime},
	}
	for _, several := range []string{"emails", "phoneNumbers", "ims"} { // the first two are indexed
		all = append(all,
			&naive.Attribute{URN: user, Name: several, Type: naive.Whole},
			&naive.Attribute{URN: user, Name: several, Sub: "value", Short: true, Type: naive.String},
			&naive.Attribute{URN: user, Name: several, Sub: "type", Type: naive.String},
			&naive.Attribute{URN: user, Name: several, Sub: "primary", Type: naive.Boolean})
	}
	return all
}

// people makes users whose values meet often, in many spellings.
type people struct{ *rand.Rand }

func (p people) text() string {
	return []string{"ann", "Ann", "ANNA", "joann", "Ångström", "A\u030angstro\u0308m", "straße", "STRASSE", "İstanbul", "\u03c3\u03c2", "\u03a3\u03a3",
		"o'malley", `a"b\c`, "a%n", "a_n", "日本語", "x", "", "Zoé", "zoe\u0301"}[p.IntN(20)]
}

func (p people) number() json.Number {
	return json.Number([]string{"0", "9", "10", "-3", "-20", "9007199254740993", "9007199254740992", "42", "1000000"}[p.IntN(9)])
}

func (p people) decimal() json.Number {
	return json.Number([]string{"0.5", "0.50", "5e-1", "-0.12", "-0.1", "1E3", "1000.0", "3.141592653589793238462643383279", "3.14159265358979323846264338328", "0"}[p.IntN(10)])
}

func (p people) time() string {
	return []string{"2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.5Z", "1969-07-20T20:17:40Z", "2030-01-01T00:00:00.000001Z"}[p.IntN(5)]
}

func (p people) url() string {
	return []string{"https://example.com/A", "https://example.com/a", "urn:x:1"}[p.IntN(3)]
}

// binary values are one DER sequence each, as certificates have to be.
func (p people) binary() string {
	return []string{"MAMEAWE=", "MAMEAWF=", "MAMEAWc=", "MAA="}[p.IntN(4)]
}

// some puts a value in two times out of three.
func (p people) some(o map[string]any, name string, v any) {
	if p.IntN(3) > 0 {
		o[name] = v
	}
}

func (p people) several(make func(i int) any) []any {
	list := []any{}
	for i := range p.IntN(4) {
		list = append(list, make(i))
	}
	return list
}

func (p people) plural(more func(map[string]any)) []any {
	primary := p.IntN(4)
	return p.several(func(i int) any {
		e := map[string]any{"value": p.text() + "@" + []string{"a", "B"}[p.IntN(2)]}
		p.some(e, "type", []string{"work", "Work", "home", "a%n"}[p.IntN(4)])
		if i == primary {
			e["primary"] = true
		} else {
			p.some(e, "primary", false)
		}
		if more != nil {
			more(e)
		}
		return e
	})
}

// user makes the body of a POST.
func (p people) user(userName string) map[string]any {
	o := map[string]any{"schemas": []string{userURN, enterpriseURN, widgetURN}, "userName": userName}
	for _, name := range []string{"externalId", "displayName", "title"} {
		p.some(o, name, p.text())
	}
	p.some(o, "profileUrl", p.url())
	p.some(o, "active", p.IntN(2) == 0)
	name := map[string]any{}
	p.some(name, "familyName", p.text())
	p.some(name, "givenName", p.text())
	p.some(o, "name", name)
	for _, several := range []string{"emails", "phoneNumbers", "ims"} {
		p.some(o, several, p.plural(nil))
	}
	p.some(o, "addresses", p.several(func(i int) any {
		return map[string]any{"locality": p.text(), "type": []string{"work", "home", "other"}[i], "primary": i == 1}
	}))
	p.some(o, "x509Certificates", p.several(func(int) any { return map[string]any{"value": p.binary()} }))
	enterprise := map[string]any{}
	p.some(enterprise, "department", p.text())
	p.some(enterprise, "manager", map[string]any{"value": []string{"M1", "m1", "m2"}[p.IntN(3)]})
	p.some(o, enterpriseURN, enterprise)
	w := map[string]any{}
	p.some(w, "code", p.text())
	p.some(w, "hits", p.number())
	p.some(w, "ratio", p.decimal())
	p.some(w, "when", p.time())
	p.some(w, "ready", p.IntN(2) == 0)
	p.some(w, "link", p.url())
	p.some(w, "blob", p.binary())
	p.some(w, "tags", p.several(func(int) any { return p.text() }))
	p.some(w, "levels", p.several(func(int) any { return p.number() }))
	p.some(w, "parts", p.plural(func(e map[string]any) {
		p.some(e, "qty", p.number())
		p.some(e, "at", p.time())
	}))
	p.some(o, widgetURN, w)
	return o
}
