package scim_test

import (
	"fmt"
	"net/url"
	"testing"
	"testing/fstest"

	"scimd/conformance/fixtures"
	"scimd/internal/testenv"
)

// startTypes gives a client of a directory without any leniency, and one of a
// directory with all of them.
func startTypes(t *testing.T) (strict, interop client, env *testenv.Env) {
	t.Helper()
	env, strict = startStrict(t, testenv.WithSchemas(t, fixtures.Files))
	return strict, strict.as(env.Token), env
}

// A resource type of a folder has what users have.
func TestResourceTypeOfAFolder(t *testing.T) {
	s, interop, env := startTypes(t)
	r := s.want(201, "POST", "/Widgets", widget(`"code":"aB","externalId":"e1","hits":7,"tags":["x","y"],"parts":[{"value":"p","type":"t","qty":2}]`))
	path := "/Widgets/" + r.id()
	if r.meta("resourceType") != "Widget" || r.meta("location") != s.base+path || r.header.Get("Location") != s.base+path {
		t.Errorf("POST: got meta %v and Location %q", r.body["meta"], r.header.Get("Location"))
	}
	if r.header.Get("ETag") != r.meta("version") || r.header.Get("ETag") == "" {
		t.Errorf("POST: got ETag %q and version %v", r.header.Get("ETag"), r.meta("version"))
	}
	if got := s.want(200, "GET", path, ""); got.json("hits") != "7" || got.json("tags") != `["x","y"]` || got.text("externalId") != "e1" {
		t.Errorf("GET: got %s", got.raw)
	}
	s.want(201, "POST", "/Widgets", widget(`"code":"second","hits":10`))

	for filter, total := range map[string]string{
		`code eq "aB"`: "1", `code eq "ab"`: "0", `id eq "` + r.id() + `"`: "1", `externalId eq "e1"`: "1", `externalId pr`: "1",
		`hits gt 7`: "1", `hits ge 7`: "2", `meta.created gt "2020-01-01T00:00:00Z"`: "2", `meta.resourceType eq "Widget"`: "2",
		`parts[value eq "p" and qty eq 2]`: "1", `tags eq "X"`: "1", `not (tags pr)`: "1", `kind pr`: "0",
		widgetURN + `:code eq "aB"`: "1",
	} {
		if got := s.want(200, "GET", "/Widgets?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("filter %s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	s.refused(400, "invalidFilter", "userName", "GET", "/Widgets?filter="+url.QueryEscape(`userName eq "x"`), "")
	if got := s.want(200, "GET", "/Widgets?count=1&startIndex=2", ""); got.json("totalResults") != "2" || got.json("itemsPerPage") != "1" {
		t.Errorf("a page: got %s", got.raw)
	}
	if got := s.want(200, "GET", path+"?attributes=hits", ""); got.json("hits") != "7" || got.json("code") != "" {
		t.Errorf("attributes=hits: got %s", got.raw)
	}

	put := s.want(200, "PUT", path, widget(`"code":"aB","hits":8`))
	if put.json("hits") != "8" || put.json("tags") != "" || put.meta("version") == r.meta("version") {
		t.Errorf("PUT: got %s", put.raw)
	}
	patch := s.want(200, "PATCH", path, patchOp(`{"op":"add","path":"tags","value":["z"]},{"op":"replace","path":"`+widgetURN+`:hits","value":9}`))
	if patch.json("tags") != `["z"]` || patch.json("hits") != "9" {
		t.Errorf("PATCH: got %s", patch.raw)
	}
	if again := s.want(200, "PATCH", path, patchOp(`{"op":"add","path":"tags","value":["z"]}`)); again.meta("lastModified") != patch.meta("lastModified") {
		t.Error("a PATCH that changes nothing moved lastModified")
	}

	interop.want(404, "GET", path, "")
	interop.want(201, "POST", "/widgets/", widget(`"code":"aB"`)) // 7644-6.2-R01, and loose_urls
	s.want(404, "GET", "/Users/"+r.id(), "")
	s.want(404, "GET", "/Gadgets/"+r.id(), "")
	s.want(204, "DELETE", path, "")
	s.want(404, "GET", path, "")
	s.want(404, "DELETE", path, "")
	s.want(201, "POST", "/Widgets", widget(`"code":"aB"`)) // 7644-3.6-R04
	env.MustVerify(t)
}

// 7643-7-R12: a unique value is one resource's, compared by caseExact.
func TestUniqueValues(t *testing.T) {
	s, _, _ := startTypes(t)
	s.want(201, "POST", "/Widgets", widget(`"code":"aB"`))
	s.refused(409, "uniqueness", "code", "POST", "/Widgets", widget(`"code":"aB"`))
	other := s.want(201, "POST", "/Widgets", widget(`"code":"ab"`))
	path := "/Widgets/" + other.id()
	s.refused(409, "uniqueness", "code", "PUT", path, widget(`"code":"aB"`))
	s.refused(409, "uniqueness", "code", "PATCH", path, patchOp(`{"op":"replace","path":"code","value":"aB"}`))
	s.want(200, "PUT", path, widget(`"code":"ab","hits":1`))
	s.want(200, "PATCH", path, patchOp(`{"op":"replace","path":"code","value":"aB"},{"op":"replace","path":"code","value":"free"}`)) // 7644-3.5.2-R23
	s.want(201, "POST", "/Widgets", widget(`"code":"ab"`))
}

// 7644-3.3-R07: of writes at once one has the value, and no change is lost.
func TestResourcesAtOnce(t *testing.T) {
	s, _, _ := startTypes(t)
	at := s.want(201, "POST", "/Widgets", widget(`"code":"shared"`)).id()
	const n = 20
	created, patched := make(chan int, n), make(chan int, n)
	for i := range n {
		go func() { created <- s.do("POST", "/Widgets", widget(`"code":"raced"`)).status }()
		go func() {
			patched <- s.do("PATCH", "/Widgets/"+at, patchOp(fmt.Sprintf(`{"op":"add","path":"tags","value":["t%d"]}`, i))).status
		}()
	}
	got := map[int]int{}
	for range n {
		got[<-created]++
		if status := <-patched; status != 200 {
			t.Errorf("PATCH: got %d", status)
		}
	}
	if got[201] != 1 || got[409] != n-1 {
		t.Errorf("POST of one code: got %v", got)
	}
	if tags := s.want(200, "GET", "/Widgets/"+at, "").body["tags"].([]any); len(tags) != n {
		t.Errorf("got %d tags of %d", len(tags), n)
	}
}

// A unique attribute of an extension holds for users too, beside userName.
func TestUniqueInAnExtension(t *testing.T) {
	const badge = "urn:x:Badge"
	env, s := start(t, testenv.WithSchemas(t, fstest.MapFS{
		"badge.json": {Data: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"` + badge + `","name":"Badge","attributes":[
			{"name":"number","uniqueness":"global"},
			{"name":"keys","type":"complex","multiValued":true,"subAttributes":[{"name":"value","caseExact":true,"uniqueness":"server"}]}]}`)},
		"user.json":  {Data: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"name":"User","schemaExtensions":[{"schema":"` + badge + `"}]}`)},
		"group.json": {Data: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"name":"Group","schemaExtensions":[{"schema":"` + badge + `"}]}`)},
	}))
	with := func(members string) string { return `"` + badge + `":{` + members + `}` }
	first := s.want(201, "POST", "/Users", anyUser(with(`"number":"Seven","keys":[{"value":"k"},{"value":"k"}]`)))
	s.refused(409, "uniqueness", badge+":number", "POST", "/Users", anyUser(with(`"number":"SEVEN"`)))
	s.refused(409, "uniqueness", badge+":keys.value", "POST", "/Users", anyUser(with(`"keys":[{"value":"j"},{"value":"k"}]`)))
	s.refused(409, "uniqueness", badge+":number", "POST", "/Groups", anyGroup(with(`"number":"seven"`)))
	g := s.want(201, "POST", "/Groups", anyGroup(with(`"number":"eight","keys":[{"value":"K"}]`)))
	s.refused(409, "uniqueness", badge+":number", "PATCH", "/Groups/"+g.id(), replace(badge+":number", `"seven"`))
	s.refused(409, "uniqueness", badge+":number", "PATCH", "/Users/"+first.id(), replace(badge+":number", `"eight"`))
	s.want(200, "PATCH", "/Users/"+first.id(), replace("title", `"t"`))
	s.want(204, "DELETE", "/Users/"+first.id(), "")
	s.want(200, "PATCH", "/Groups/"+g.id(), replace(badge+":number", `"seven"`))
	env.MustVerify(t)
}

// An attribute of a custom type is its own, whatever users and groups have
// under its name.
func TestNamesOfUsersInAnotherType(t *testing.T) {
	const box = "urn:x:Box"
	_, s := start(t, testenv.WithSchemas(t, fstest.MapFS{
		"box.json": {Data: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"` + box + `","name":"Box","attributes":[
			{"name":"userName"},{"name":"displayName"},{"name":"active","type":"boolean"},{"name":"password"},
			{"name":"members","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"type"}]},
			{"name":"groups","type":"complex","multiValued":true,"subAttributes":[{"name":"value"}]},
			{"name":"emails","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"type"}]}]}`)},
		"type.json": {Data: []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"name":"Box","endpoint":"/Boxes","schema":"` + box + `"}`)},
	}))
	body := `{"schemas":["` + box + `"],"userName":"U","displayName":"D","active":false,"password":"p","members":[{"value":"M"}],"groups":[{"value":"G"}],"emails":[{"value":"e@x","type":"work"}]}`
	r := s.want(201, "POST", "/Boxes", body)
	s.want(201, "POST", "/Boxes", body)
	for filter, total := range map[string]string{
		`userName eq "u"`: "2", `displayName sw "d"`: "2", `active eq false`: "2", `active eq true`: "0", `password eq "p"`: "2", `members.value eq "m"`: "2", `members[value eq "m"]`: "2",
		`groups[value eq "g"]`: "2", `groups.value eq "g"`: "2", `emails.value eq "E@X"`: "2", `emails[type eq "work" and value eq "e@x"]`: "2", `not (emails.value eq "no")`: "2", `userName eq "v"`: "0",
	} {
		if got := s.want(200, "GET", "/Boxes?filter="+url.QueryEscape(filter), ""); got.json("totalResults") != total {
			t.Errorf("%s: got %s results, want %s", filter, got.json("totalResults"), total)
		}
	}
	path := "/Boxes/" + r.id()
	got := s.want(200, "PATCH", path, patchOp(`{"op":"add","path":"members","value":[{"value":"N"}]},{"op":"replace","path":"members[value eq \"M\"].type","value":"t"}`))
	if !sameJSON(got.json("members"), `[{"value":"M","type":"t"},{"value":"N"}]`) || got.text("password") != "p" {
		t.Errorf("PATCH: got %s", got.raw)
	}
}

// A group has users and groups as members (RFC 7643 §4.2), nothing else.
func TestOtherTypesAreNoMembers(t *testing.T) {
	s, _, env := startTypes(t)
	w := s.want(201, "POST", "/Widgets", widget(`"code":"c"`))
	s.refused(400, "invalidValue", w.id(), "POST", "/Groups",
		groupOf("g", w.id()))
	env.MustVerify(t)
}
