package scim_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scimd/scim/quirk"
)

// TestTypes is 7643-2.3 and its sub-sections: what a type takes and what not.
func TestTypes(t *testing.T) {
	s, _, _ := startTypes(t)
	path := "/Widgets/" + s.want(201, "POST", "/Widgets", anyWidget(`"sticky":"y"`)).id()
	for _, c := range []struct{ row, name, good, bad string }{
		{"7643-2.3.3-R01", "ratio", `1.5|-0.25|2|12345678901234567890.125|1e2`, `"1.5"|true|{}|[1]`},
		{"7643-2.3.4-R01", "hits", `7|-7|0|9007199254740993|9223372036854775807`, `7.5|1e3|1.0|"7"|true|9223372036854775808`},
		{"7643-2.3.5-R01", "when", `"2008-01-23T04:56:22Z"|"2008-01-23T04:56:22.123+05:30"|"2008-01-23T04:56:22"|"2008-01-23T24:00:00Z"|"2008-02-29T00:00:00.1234567890123-14:00"`,
			`"2008-01-23"|"2008-13-01T00:00:00Z"|"04:56"|"now"|""|"2008-01-23T04:56:22."|"2008-01-23T24:00:01Z"|"2007-02-29T00:00:00Z"|"2008-01-23T04:56Z"|"2008-01-23 04:56:22Z"|"2008-01-23T04:56:22+15:00"|5`},
		{"7643-2.3.6-R01", "blob", `"AQI="|"AQI"|"AQ=="|"-_8="|"-_8"|"+/8="`, `"@@@"|"A"|"AQI=="|"AQ I"|"A-/8"|"AQ\nI="|5`},
		{"7643-2.3.7-R01", "link", `"https://x/y"|"Users/1"|"../a?b#c"|"urn:x:y"|"https://x/%C3%A9"|"https://x/é"`, `"ht tp://"|"https://[x"|"%zz"|"a<b"|"a\\b"|5`},
		{"7643-2.3-R01", "tags", `["x"]|["x","y"]`, `"x"|{"x":1}|[1]|[["x"]]|5`},
		{"7643-2.3-R01", "parts", `[{"value":"v","qty":1}]`, `{"value":"v"}|["v"]|[{"qty":"1"}]|[{"qty":1.5}]|[{"primary":"true"}]|"x"`},
		{"7643-2.3.1-R01", "kind", `"a"|"weird"`, `5|["a"]`},
	} {
		for good := range strings.SplitSeq(c.good, "|") {
			r := s.want(201, "POST", "/Widgets", anyWidget(fmt.Sprintf(`%q:%s`, c.name, good)))
			s.want(200, "PATCH", path, replace(c.name, good))
			for _, at := range []string{"/Widgets/" + r.id(), path} {
				if got := s.want(200, "GET", at, "").json(c.name); !sameJSON(got, good) {
					t.Errorf("%s: %s of %s came back as %s", c.row, c.name, good, got)
				}
			}
		}
		for bad := range strings.SplitSeq(c.bad, "|") {
			s.refused(400, "invalidValue", c.name, "POST", "/Widgets", anyWidget(fmt.Sprintf(`%q:%s`, c.name, bad)))
			s.refused(400, "invalidValue", c.name, "PATCH", path, replace(c.name, bad))
		}
	}
}

// sameJSON compares values by what they say and numbers as they are written.
func sameJSON(a, b string) bool {
	read := func(text string) (v any) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return nil
		}
		return v
	}
	x := read(a)
	return x != nil && reflect.DeepEqual(x, read(b))
}

// TestForms is topic 6: what the attributes of a user ask of their text.
func TestForms(t *testing.T) {
	s, interop, _ := startTypes(t)
	const der = `MAA=` // an empty sequence
	for _, c := range []struct{ row, name, good, bad, bent string }{
		{"7643-4.1.1-R04", "profileUrl", `"https://x/y"`, `"not a uri"|5`, ""},
		{"7643-4.1.1-R05", "preferredLanguage", `"en-US, fr;q=0.8"|"de"|"*"|"da, en-gb;q=0.8, en;q=0.7"`, `"en_US"|"en;q=2"|"e n"`, `"en_US"`},
		{"7643-4.1.1-R06", "locale", `"en-US"|"en_US"|"zh-Hant-TW"`, `"en US"|"-"`, `"-"`},
		{"7643-4.1.1-R07", "timezone", `"America/Los_Angeles"|"UTC"`, `"Mars/Base"|"Local"|"../etc"`, `"Mars/Base"`},
		{"7643-4.1.1-R08", "active", `true|false`, `"true"|1|{}`, `"True"`},
		{"7643-4.1.2-R06", "addresses", `[{"country":"US","formatted":"a\nb"}]|[{"country":"de"}]`, `[{"country":"USA"}]|[{"country":"XQ"}]|[{"country":"1"}]`, `[{"country":"USA"}]`},
		{"7643-4.1.2-R10", "x509Certificates", `[{"value":"` + der + `"}]`, `[{"value":"@@@"}]|[{"value":"MAAwAA=="}]|[{"value":"MIID"}]|[{"value":"AgEB"}]`, ""},
		{"7643-4.1.2-R04", "ims", `[{"value":"x","type":"other"}]`, `["x"]`, ""},
		{"7643-4.1.2-R05", "photos", `[{"value":"https://x/p.png","type":"photo"}]`, `[{"value":"a b"}]`, ""},
		{"7643-4.1.2-R03", "phoneNumbers", `[{"value":"tel:+1-201-555-0123"},{"value":"(0)1 23"}]`, `[{"value":5}]`, ""},
		{"7643-4.1.2-R02", "emails", `[{"value":"bjensen@EXAMPLE.COM"}]`, `"a@b"`, `[{"value":"a@b"}]`},
	} {
		for good := range strings.SplitSeq(c.good, "|") {
			r := s.want(201, "POST", "/Users", anyUser(fmt.Sprintf(`%q:%s`, c.name, good)))
			if got := s.want(200, "GET", "/Users/"+r.id(), "").json(c.name); !sameJSON(got, good) {
				t.Errorf("%s: %s of %s came back as %s", c.row, c.name, good, got)
			}
		}
		for bad := range strings.SplitSeq(c.bad, "|") {
			s.refused(400, "invalidValue", c.name, "POST", "/Users", anyUser(fmt.Sprintf(`%q:%s`, c.name, bad)))
		}
		if c.bent != "" {
			interop.want(201, "POST", "/Users", anyUser(fmt.Sprintf(`%q:%s`, c.name, c.bent)))
		}
	}
	interop.refused(400, "invalidValue", "locale", "POST", "/Users", anyUser(`"locale":"en US"`))
	for _, wrong := range []string{`"userName":5`, `"title":{}`, `"name":[]`, `"name":5`, `"title":["x"]`} { // 7643-2.3-R01
		body := anyUser(wrong)
		if strings.HasPrefix(wrong, `"userName"`) {
			body = `{"schemas":["` + userURN + `"],` + wrong + `}`
		}
		s.refused(400, "invalidValue", strings.Split(wrong, `"`)[1], "POST", "/Users", body)
	}
}

// TestEmailsIgnoreCase is 7643-4.1.2-R02: an address is kept as it was sent,
// and found in any case.
func TestEmailsIgnoreCase(t *testing.T) {
	s, _, _ := startTypes(t)
	s.want(201, "POST", "/Users", anyUser(`"emails":[{"value":"BJensen@EXAMPLE.COM"}]`))
	for _, value := range []string{"bjensen@example.com", "BJENSEN@example.COM"} {
		if got := s.want(200, "GET", "/Users?filter="+url.QueryEscape(`emails.value eq "`+value+`"`), ""); got.json("totalResults") != "1" {
			t.Errorf("%s: got %s", value, got.raw)
		}
	}
}

// TestCharacteristics is 7643-7-R06 to R11, 7644-3.5.1-R04, 7644-3.5.2-R09 and
// 7644-3.9-R05.
func TestCharacteristics(t *testing.T) {
	s, _, _ := startTypes(t)
	r := s.want(201, "POST", "/Widgets", anyWidget(`"serial":"1","computed":"x","secret":"s","hint":"h","sticky":"y","kind":"a"`))
	path := "/Widgets/" + r.id()
	code := r.text("code")
	shows := func(what string, r answer, names string) {
		t.Helper()
		var got []string
		for _, name := range []string{"code", "serial", "computed", "secret", "hint", "sticky", "kind"} {
			if r.json(name) != "" {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != names {
			t.Errorf("%s: got %v, want %s", what, got, names)
		}
	}
	shows("POST", r, "code serial hint sticky kind")
	shows("GET", s.want(200, "GET", path, ""), "code serial sticky kind")
	shows("attributes=hint", s.want(200, "GET", path+"?attributes=hint", ""), "hint sticky")
	shows("attributes=secret,code", s.want(200, "GET", path+"?attributes=secret,code", ""), "code sticky")
	shows("excludedAttributes", s.want(200, "GET", path+"?excludedAttributes=sticky,kind,"+widgetURN+":serial", ""), "code sticky")
	shows("PATCH of another", s.want(200, "PATCH", path, replace("kind", `"b"`)), "code serial sticky kind")
	shows("PATCH of hint", s.want(200, "PATCH", path, replace("hint", `"i"`)), "code serial hint sticky kind")
	shows("PATCH without path", s.want(200, "PATCH", path, patchOp(`{"op":"add","value":{"HINT":"j"}}`)), "code serial hint sticky kind")
	shows("PATCH excluded", s.want(200, "PATCH", path+"?excludedAttributes=hint", replace("hint", `"k"`)), "code serial sticky kind")
	shows("PATCH attributes=kind", s.want(200, "PATCH", path+"?attributes=kind", replace("hint", `"l"`)), "sticky kind")
	shows("PUT with hint", s.want(200, "PUT", path, widget(`"code":"`+code+`","sticky":"y","HINT":"h"`)), "code serial hint sticky")
	shows("PUT without", s.want(200, "PUT", path, widget(`"code":"`+code+`","computed":"x"`)), "code serial")

	// immutable
	if got := s.want(200, "PUT", path, widget(`"code":"`+code+`","serial":"1"`)); got.text("serial") != "1" {
		t.Errorf("PUT of the same serial: got %s", got.raw)
	}
	s.refused(400, "mutability", "serial", "PUT", path, widget(`"code":"`+code+`","serial":"2"`))
	s.refused(400, "mutability", "serial", "PATCH", path, replace("serial", `"2"`))
	s.refused(400, "mutability", "serial", "PATCH", path, patchOp(`{"op":"remove","path":"serial"}`))
	before := s.want(200, "GET", path, "")
	if again := s.want(200, "PATCH", path, patchOp(`{"op":"add","path":"serial","value":"1"}`)); again.meta("version") != before.meta("version") {
		t.Error("adding the same serial changed the version")
	}
	unset := "/Widgets/" + s.want(201, "POST", "/Widgets", anyWidget(`"sticky":"y"`)).id()
	s.want(200, "PATCH", unset, patchOp(`{"op":"add","path":"serial","value":"9"}`))
	s.refused(400, "mutability", "serial", "PATCH", unset, replace("serial", `"8"`))
	unset = s.want(201, "POST", "/Widgets", widget(`"code":"put"`)).id()
	if got := s.want(200, "PUT", "/Widgets/"+unset, widget(`"code":"put","serial":"5"`)); got.text("serial") != "5" {
		t.Errorf("first set by PUT: got %s", got.raw)
	}

	// readOnly and writeOnly
	s.refused(400, "mutability", "computed", "PATCH", path, replace("computed", `"x"`))
	s.refused(400, "invalidFilter", "secret", "GET", "/Widgets?filter="+url.QueryEscape(`secret eq "s"`), "")

	// required
	s.refused(400, "invalidValue", "code", "POST", "/Widgets", widget())
	s.refused(400, "invalidValue", "code", "POST", "/Widgets", widget(`"code":null`))
	s.refused(400, "invalidValue", "code", "POST", "/Widgets", widget(`"code":""`))
	s.refused(400, "invalidValue", "code", "PUT", path, widget(`"sticky":"y"`))
	s.refused(400, "mutability", "code", "PATCH", path, patchOp(`{"op":"remove","path":"code"}`))

	// 7643-7-R13
	if got := s.want(201, "POST", "/Widgets", widget(`"code":"aB"`)); got.text("code") != "aB" {
		t.Errorf("code: got %s", got.raw)
	}
	for filter, total := range map[string]string{`code eq "aB"`: "1", `code eq "AB"`: "0"} {
		if got := s.want(200, "GET", "/Widgets?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("7643-7-R13 %s: got %s", filter, got.raw)
		}
	}
}

// TestMultiValued is 7643-2.4 and 2.5.
func TestMultiValued(t *testing.T) {
	s, _, _ := startTypes(t)
	s.refused(400, "invalidValue", "emails", "POST", "/Users", anyUser(`"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`))
	r := s.want(201, "POST", "/Users", anyUser(`"emails":[{"value":"a","type":"work"},{"value":"a","type":"work","primary":true},{"value":"a","type":"home"}],"title":"t"`))
	if got := r.json("emails"); !sameJSON(got, `[{"value":"a","type":"work","primary":true},{"value":"a","type":"home"}]`) {
		t.Errorf("7643-2.4-R03: got %s", got)
	}
	for filter, total := range map[string]string{
		`emails[type eq "home" and primary eq false]`: "1", `emails[type eq "work" and primary eq false]`: "0", `emails[primary eq false]`: "1",
	} {
		if got := s.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("7643-2.4-R02 %s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	put := s.want(200, "PUT", "/Users/"+r.id(), user(r.text("userName"), `"title":null,"emails":[],"name":{}`))
	if put.json("title") != "" || put.json("emails") != "" || put.json("name") != "" {
		t.Errorf("7643-2.5-R01: got %s", put.raw)
	}
	for _, filter := range []string{`title pr`, `emails pr`, `name pr`} {
		if got := s.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != "0" {
			t.Errorf("7643-2.5-R01 %s: got %s", filter, got.raw)
		}
	}
}

// TestActive is 7644-3.3-R04 and 7644-3.4.2.2-R30.
func TestActive(t *testing.T) {
	s, interop, _ := startTypes(t)
	if got := s.want(201, "POST", "/Users", anyUser()); got.json("active") != "true" {
		t.Errorf("left out: got %s", got.raw)
	}
	null := s.want(201, "POST", "/Users", anyUser(`"active":null`))
	if null.json("active") != "" {
		t.Errorf("null in strict: got %s", null.raw)
	}
	if got := interop.want(201, "POST", "/Users", anyUser(`"active":null`)); got.json("active") != "true" {
		t.Errorf("null in interop: got %s", got.raw)
	}
	off := s.want(201, "POST", "/Users", anyUser(`"active":false`))
	for filter, total := range map[string]string{`active eq true`: "1", `active eq false`: "1", `active pr`: "2", `not (active eq true)`: "2", `not (active eq false)`: "2", `active ne true`: "2"} {
		if got := s.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("%s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	if got := s.want(200, "PUT", "/Users/"+off.id(), user(off.text("userName"))); got.json("active") != "true" {
		t.Errorf("PUT without: got %s", got.raw)
	}
}

// TestCommonAttributes is topic 4 on a type of its own.
func TestCommonAttributes(t *testing.T) {
	s, interop, _ := startTypes(t)
	body := func(schemas, members string) string {
		return fmt.Sprintf(`{"schemas":[%s],"userName":%q%s}`, schemas, rand.Text(), members)
	}
	const u, e = `"` + userURN + `"`, `"` + enterpriseURN + `"`
	s.refused(400, "invalidValue", "urn:foo", "POST", "/Users", body(u+`,"urn:foo"`, ""))   // 7643-3-R02, A-27
	interop.want(201, "POST", "/Users", body(u+`,"urn:foo"`, ""))                           // unknown_schemas
	s.refused(400, "invalidSyntax", "schemas", "POST", "/Users", `{"userName":"x"}`)        // 7643-3.3-R01
	s.refused(400, "invalidValue", userURN, "POST", "/Users", body(e, ""))                  // 7643-3.3-R01
	s.refused(400, "invalidValue", "urn:x", "POST", "/Users", body(u, `,"urn:x":{"a":1}`))
	s.refused(400, "invalidSyntax", "", "POST", "/Users", body(u, `,"USERNAME":"twice"`))
	s.refused(400, "invalidSyntax", "", "POST", "/Users", body(u, `,"title":1,"title":""`))
	for _, c := range []struct{ row, schemas, members, want string }{
		{"7643-3-R03", e + "," + u, `,` + e + `:{"division":"D"}`, `[` + u + `,` + e + `]`},
		{"7643-3-R03", u + "," + u, "", `[` + u + `]`},
		{"A-28 without its URI", u, `,` + e + `:{"division":"D"}`, `[` + u + `,` + e + `]`},
		{"A-28 without its data", u + "," + e, "", `[` + u + `]`},
		{"7643-2.1-R02", u, `,"` + strings.ToUpper(enterpriseURN) + `":{"DIVISION":"D"}`, `[` + u + `,` + e + `]`},
		{"7643-3.3-R02", u, `,"division":"D"`, `[` + u + `]`},
	} {
		r := s.want(201, "POST", "/Users", body(c.schemas, c.members))
		if got := r.json("schemas"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.row, got, c.want)
		}
		if inside := r.json(enterpriseURN); (inside == `{"division":"D"}`) != strings.Contains(c.want, e) || r.json("division") != "" {
			t.Errorf("%s: got %s", c.row, r.raw)
		}
	}
	r := s.want(201, "POST", "/Widgets", anyWidget(`"id":"mine","meta":{"created":"1999-01-01T00:00:00Z","resourceType":"X"},"externalId":"AbC"`))
	if r.id() == "mine" || strings.Contains(r.id(), "bulkId") || r.meta("resourceType") != "Widget" || r.meta("created") != r.meta("lastModified") || strings.HasPrefix(fmt.Sprint(r.meta("created")), "1999") {
		t.Errorf("7643-3.1: got %s", r.raw)
	}
	if r.text("externalId") != "AbC" {
		t.Errorf("7643-3.1-R06: got %s", r.raw)
	}
	second := s.want(201, "POST", "/Widgets", anyWidget(`"externalId":"AbC"`)) // 7643-3.1-R07
	for filter, total := range map[string]string{
		`externalId eq "AbC"`: "2", `externalId eq "abc"`: "0", `id eq "` + strings.ToUpper(second.id()) + `"`: "0", `id eq "` + second.id() + `"`: "1",
	} {
		if got := s.want(200, "GET", "/Widgets?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("%s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	put := s.want(200, "PUT", "/Widgets/"+r.id(), widget(`"code":"new","id":"other","meta":{"created":"1999-01-01T00:00:00Z"},"externalId":"New"`))
	if put.id() != r.id() || put.meta("created") != r.meta("created") || put.text("externalId") != "New" || put.meta("lastModified") == r.meta("lastModified") {
		t.Errorf("7643-3.1-R02, R08, R10: got %s", put.raw)
	}
	for _, p := range []string{"?attributes=hits", "?excludedAttributes=id,schemas"} { // 7643-3.1-R05, A-33
		if got := s.want(200, "GET", "/Widgets/"+r.id()+p, ""); got.id() != r.id() || got.json("schemas") == "" {
			t.Errorf("%s: got %s", p, got.raw)
		}
	}
}

// TestReferences is 7643-4.1.2-R07, 7643-4.2-R02, R03, R05, 7643-4.3-R02, A-36.
func TestReferences(t *testing.T) {
	s, _, env := startTypes(t)
	boss := s.want(201, "POST", "/Users", anyUser(`"displayName":"Boss"`))
	const e = `"` + enterpriseURN + `"`
	r := s.want(201, "POST", "/Users", anyUser(e+`:{"manager":{"value":"`+boss.id()+`","$ref":"../Users/wrong","displayName":"Liar"}}`))
	path := "/Users/" + r.id()
	manager := fmt.Sprintf(`{"value":%q,"$ref":%q,"displayName":"Boss"}`, boss.id(), s.base+"/Users/"+boss.id())
	managed := func(r answer) string {
		in, _ := r.body[enterpriseURN].(map[string]any)
		b, err := json.Marshal(in["manager"])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := managed(s.want(200, "GET", path, "")); !sameJSON(got, manager) {
		t.Errorf("manager: got %s, want %s", got, manager)
	}
	s.refused(400, "mutability", "manager.displayName", "PATCH", path, replace(enterpriseURN+":manager.displayName", `"x"`))
	s.refused(400, "invalidValue", "manager", "PATCH", path, replace(enterpriseURN+":manager", `"x"`))
	for filter, total := range map[string]string{
		enterpriseURN + `:manager.displayName eq "boss"`: "1", enterpriseURN + `:manager.displayName eq "liar"`: "0",
		enterpriseURN + `:manager.value eq "` + strings.ToUpper(boss.id()) + `"`: "0",
	} {
		if got := s.want(200, "GET", "/Users?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("%s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	if got := managed(s.want(200, "PATCH", path, replace(enterpriseURN+":manager.value", `"unknown"`))); got != `{"value":"unknown"}` {
		t.Errorf("a manager who is no user: got %s", got)
	}
	if got := s.want(200, "PATCH", path, patchOp(`{"op":"remove","path":"`+enterpriseURN+`"}`)); got.json(enterpriseURN) != "" || strings.Contains(got.json("schemas"), enterpriseURN) {
		t.Errorf("7643-4.3-R03: got %s", got.raw)
	}

	g := s.want(201, "POST", "/Groups", anyGroup(`"members":[{"value":"`+boss.id()+`","type":"Group","display":"Liar","$ref":"x"}]`))
	want := fmt.Sprintf(`[{"value":%q,"$ref":%q,"display":"Boss","type":"User"}]`, boss.id(), s.base+"/Users/"+boss.id())
	if got := s.want(200, "GET", "/Groups/"+g.id(), "").json("members"); !sameJSON(got, want) {
		t.Errorf("members: got %s, want %s", got, want)
	}
	s.refused(400, "mutability", "member", "PATCH", "/Groups/"+g.id(), replace(`members[value eq "`+boss.id()+`"].value`, `"x"`))
	want = fmt.Sprintf(`[{"value":%q,"$ref":%q,"display":%q,"type":"direct"}]`, g.id(), s.base+"/Groups/"+g.id(), g.text("displayName"))
	if got := s.want(200, "GET", "/Users/"+boss.id(), "").json("groups"); !sameJSON(got, want) {
		t.Errorf("groups: got %s, want %s", got, want)
	}
	s.refused(400, "mutability", "groups", "PATCH", "/Users/"+boss.id(), patchOp(`{"op":"add","path":"groups","value":[{"value":"x"}]}`))
	s.want(204, "DELETE", "/Users/"+boss.id(), "")
	if got := s.want(200, "GET", "/Groups/"+g.id(), "").json("members"); got != "" {
		t.Errorf("7643-4.2-R05: got %s", got)
	}
	s.refused(400, "invalidValue", "displayName", "POST", "/Groups", body(groupURN)) // 7643-4.2-R01
	env.MustVerify(t)
}

// TestGadget is 7643-6-R06 over HTTP.
func TestGadget(t *testing.T) {
	s, _, _ := startTypes(t)
	s.refused(400, "invalidValue", gadgetExtURN, "POST", "/Gadgets", body(gadgetURN, `"label":"x"`))
	s.refused(400, "invalidValue", "batch", "POST", "/Gadgets", body(gadgetURN, `"`+gadgetExtURN+`":{"note":"n"}`))
	r := s.want(201, "POST", "/Gadgets", fmt.Sprintf(`{"schemas":[%q,%q],%q:{"batch":"b","note":"n"}}`, gadgetURN, gadgetExtURN, gadgetExtURN))
	path := "/Gadgets/" + r.id()
	s.refused(400, "mutability", "batch", "PATCH", path, patchOp(`{"op":"remove","path":"`+gadgetExtURN+`"}`))
	s.refused(400, "mutability", "batch", "PATCH", path, patchOp(`{"op":"remove","path":"`+gadgetExtURN+`:batch"}`))
	s.refused(400, "invalidValue", gadgetExtURN, "PUT", path, body(gadgetURN))
	if got := s.want(200, "PATCH", path, replace(gadgetExtURN+":batch", `"c"`)); got.json(gadgetExtURN) != `{"batch":"c","note":"n"}` {
		t.Errorf("PATCH: got %s", got.raw)
	}
}

// TestRefuseUnknown: the switch names any attribute that no schema has, and
// nothing else is refused by it.
func TestRefuseUnknown(t *testing.T) {
	_, s, env := startTypes(t)
	setQuirk(t, env, "refuse_unknown_attributes", true)
	r := s.want(201, "POST", "/Users", anyUser(`"id":"x","meta":{},"groups":[],"name.givenName":"G","`+enterpriseURN+`":{"manager":{"managerId":"1","displayName":"d"}}`))
	path := "/Users/" + r.id()
	for names, members := range map[string]string{
		"nope": `"nope":1`, "name.nope": `"name":{"nope":1}`, enterpriseURN + ":nope": `"` + enterpriseURN + `":{"nope":1}`, "emails.nope": `"emails":[{"value":"v","nope":1}]`,
		"urn:x": `"urn:x":{}`, "emails.value": `"emails.value":"v"`, "division": `"division":"D"`,
	} {
		s.refused(400, "invalidValue", names, "POST", "/Users", anyUser(members))
		if names == "emails.value" || names == "division" { // PATCH knows what it means
			continue
		}
		s.refused(400, "invalidValue", names, "PATCH", path, patchOp(`{"op":"add","value":{`+members+`}}`))
	}
	s.want(200, "PUT", path, anyUser(`"title":"t"`))
	s.refused(400, "invalidValue", "name.nope", "PATCH", path, replace("name", `{"nope":1}`))
}

// TestProjection is topic 14 over HTTP, on each kind of answer.
func TestProjection(t *testing.T) {
	s, _, _ := startTypes(t)
	names := func(r map[string]any) string {
		var out []string
		for name := range r {
			out = append(out, name)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	const only = "id schemas userName"
	r := s.want(201, "POST", "/Users?attributes=userName", anyUser(`"title":"t"`))
	if got := names(r.body); got != only {
		t.Errorf("7644-3.9-R01: got %s", got)
	}
	path := "/Users/" + r.id()
	body := anyUser(`"title":"t","emails":[{"value":"v","type":"work"}],"` + enterpriseURN + `":{"department":"D"}`)
	for _, c := range []struct{ method, body string }{{"PUT", body}, {"GET", ""}, {"PATCH", replace("title", `"u"`)}} {
		if got := names(s.want(200, c.method, path+"?attributes=userName", c.body).body); got != only {
			t.Errorf("7644-3.4.2.5-R01 %s: got %s", c.method, got)
		}
	}
	for query, want := range map[string]string{
		"attributes=URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:USERNAME":        only,
		"attributes=userName,%20emails.value&":                                  "emails id schemas userName",
		"attributes=" + enterpriseURN + ":department":                           "id schemas " + enterpriseURN,
		"attributes=" + enterpriseURN:                                           "id schemas " + enterpriseURN,
		"attributes=department":                                                 "id schemas " + enterpriseURN,
		"attributes=userName,nope":                                              only,
		"attributes=password":                                                   "id schemas",
		"excludedAttributes=emails,id,meta,active,title," + enterpriseURN:       only,
		"excludedAttributes=emails,meta,active,userName,title," + enterpriseURN: "id schemas",
		"attributes=userName&attributes=title":                                  "id schemas title userName",
	} {
		if got := names(s.want(200, "GET", path+"?"+query, "").body); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	s.refused(400, "invalidValue", "attributes", "GET", path+"?attributes=userName&excludedAttributes=title", "") // 7644-3.9-R06, A-21
	list := s.want(200, "GET", "/Users?attributes=userName", "")
	for _, e := range list.body["Resources"].([]any) {
		if got := names(e.(map[string]any)); got != only {
			t.Errorf("list: got %s", got)
		}
	}
}

// TestDiscovery is topic 3.
func TestDiscovery(t *testing.T) {
	s, _, _ := startTypes(t)
	open := s.as("")
	types := open.want(200, "GET", "/ResourceTypes?startIndex=2&count=1&sortBy=name", "")
	all := types.body["Resources"].([]any)
	if types.json("totalResults") != "4" || len(all) != 4 {
		t.Errorf("7644-4-R02, R05: got %s", types.raw)
	}
	published := map[string]map[string]any{}
	for _, e := range open.want(200, "GET", "/Schemas", "").body["Resources"].([]any) {
		e := e.(map[string]any)
		published[e["id"].(string)] = e
	}
	for _, e := range all {
		e := e.(map[string]any)
		name := e["name"].(string)
		if one := open.want(200, "GET", "/ResourceTypes/"+name, ""); fmt.Sprint(one.body) != fmt.Sprint(e) {
			t.Errorf("7644-4-R03 %s: got %s", name, one.raw)
		}
		uris := []string{e["schema"].(string)}
		extensions, _ := e["schemaExtensions"].([]any)
		for _, x := range extensions {
			x := x.(map[string]any)
			uris = append(uris, x["schema"].(string))
			if _, ok := x["required"].(bool); !ok {
				t.Errorf("7643-6-R03 %s: got %v", name, x)
			}
		}
		for _, uri := range uris { // 7643-6-R02, 7643-7-R01
			one := open.want(200, "GET", "/Schemas/"+url.PathEscape(uri), "")
			if published[uri] == nil || one.id() != uri || one.meta("resourceType") != "Schema" || one.meta("location") != s.base+"/Schemas/"+uri {
				t.Errorf("7643-6-R02 %s: got %s", uri, one.raw)
			}
		}
		if got := s.want(200, "GET", e["endpoint"].(string), ""); got.json("totalResults") == "" { // 7643-6-R05
			t.Errorf("7643-6-R05 %s: got %s", name, got.raw)
		}
	}
	for id, schema := range published {
		walk(t, id, schema["attributes"].([]any), false)
	}
	open.want(404, "GET", "/ResourceTypes/Nope", "")
	open.want(404, "GET", "/Schemas/urn:nope", "")
	open.want(404, "GET", "/Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp", "") // 7644-3.1-R02
	open.refused(403, "", "filter", "GET", "/Schemas?filter=id%20pr", "")
}

var attributeNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9$_-]*$`)

// walk is 7643-7-R02 to R05 and 7643-2.1-R01 with the defaults of 7643-2.2-R01.
func walk(t *testing.T, id string, attributes []any, sub bool) {
	t.Helper()
	meta := id == "urn:ietf:params:scim:schemas:core:2.0:Schema"
	or := func(a map[string]any, name, otherwise string) string {
		if v, ok := a[name]; ok {
			s, ok := v.(string)
			if !ok || s == "" {
				t.Errorf("%s %s: %s is %v", id, a["name"], name, v)
			}
			return s
		}
		return otherwise
	}
	for _, e := range attributes {
		a := e.(map[string]any)
		name, _ := a["name"].(string)
		if name != "$ref" && !attributeNames.MatchString(name) {
			t.Errorf("7643-2.1-R01 %s: name %q", id, name)
		}
		for keyword := range a {
			if !slices.Contains([]string{"name", "type", "subAttributes", "multiValued", "description", "required", "canonicalValues", "caseExact", "mutability", "returned", "uniqueness", "referenceTypes"}, keyword) {
				t.Errorf("7643-7-R02 %s %s: keyword %s", id, name, keyword)
			}
		}
		typ := or(a, "type", "string")
		in := func(value, list string) {
			if !slices.Contains(strings.Fields(list), value) {
				t.Errorf("7643-7-R02 %s %s: %q is not one of %s", id, name, value, list)
			}
		}
		in(typ, "string boolean decimal integer dateTime binary reference complex")
		in(or(a, "mutability", "readWrite"), "readOnly readWrite immutable writeOnly")
		in(or(a, "returned", "default"), "always never default request")
		in(or(a, "uniqueness", "none"), "none server global")
		subs, _ := a["subAttributes"].([]any)
		references, _ := a["referenceTypes"].([]any)
		isComplex := typ == "complex"
		if isComplex != (len(subs) > 0) || isComplex && sub && !meta {
			t.Errorf("7643-7-R03 %s %s", id, name)
		}
		if (typ == "reference") != (len(references) > 0) {
			t.Errorf("7643-7-R04 %s %s: referenceTypes %v", id, name, references)
		}
		if isComplex && (a["caseExact"] == true || or(a, "uniqueness", "none") != "none") {
			t.Errorf("7643-7-R05 %s %s", id, name)
		}
		walk(t, id, subs, true)
	}
}

// TestDescribesItself: what the discovery documents say is what their schemas
// define (7643-7-R01).
func TestDescribesItself(t *testing.T) {
	s, _, _ := startTypes(t)
	for path, urn := range map[string]string{
		"/ServiceProviderConfig": "ServiceProviderConfig", "/ResourceTypes/Gadget": "ResourceType",
		"/Schemas/" + userURN: "Schema", "/Schemas/" + widgetURN: "Schema",
	} {
		schema := s.want(200, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:"+urn, "")
		doc := s.want(200, "GET", path, "").body
		for _, common := range []string{"schemas", "id", "meta"} {
			delete(doc, common)
		}
		describes(t, path, schema.body["attributes"].([]any), doc, urn == "Schema")
	}
}

func describes(t *testing.T, at string, attributes []any, doc map[string]any, meta bool) {
	t.Helper()
	defined := map[string]map[string]any{}
	for _, e := range attributes {
		a := e.(map[string]any)
		defined[a["name"].(string)] = a
		if name := a["name"].(string); a["required"] == true && doc[name] == nil && name != "id" && !meta {
			t.Errorf("%s: %s is required and missing", at, name)
		}
	}
	kinds := map[string]string{"string": "string", "boolean": "bool", "integer": "json.Number", "complex": "map[string]interface {}", "reference": "string"}
	for name, value := range doc {
		a := defined[name]
		if a == nil {
			t.Errorf("%s: %s is in no schema", at, name)
			continue
		}
		list, many := value.([]any)
		if many != (a["multiValued"] == true) {
			t.Errorf("%s.%s: multiValued is %v", at, name, a["multiValued"])
		}
		if !many {
			list = []any{value}
		}
		for _, e := range list {
			if got, want := fmt.Sprintf("%T", e), kinds[a["type"].(string)]; got != want {
				t.Errorf("%s.%s: got %s, defined as %s", at, name, got, a["type"])
			}
			subs, _ := a["subAttributes"].([]any)
			if o, ok := e.(map[string]any); ok && len(subs) > 0 {
				describes(t, at+"."+name, subs, o, meta)
			}
		}
	}
}

// TestQuirksOfTypes: on a type of its own, too, each leniency bends one rule.
func TestQuirksOfTypes(t *testing.T) {
	s, interop, _ := startTypes(t)
	for name, bent := range map[string]string{
		"hint": `"hint":"","sticky":"y"`, "tags": `"tags":"x"`, "parts.qty": `"parts":[{"value":"v","primary":"TRUE"}]`,
	} {
		body := anyWidget(bent)
		interop.want(201, "POST", "/Widgets", body)
		r := s.do("POST", "/Widgets", body)
		if (r.status == 201) != (name == "hint") {
			t.Errorf("%s in strict: got %d: %s", name, r.status, r.raw)
		}
	}
	if quirk.Strict.Has(quirk.RefuseUnknown) || quirk.Interop.Has(quirk.RefuseUnknown) {
		t.Error("refuse_unknown_attributes is on without being asked for")
	}
}
