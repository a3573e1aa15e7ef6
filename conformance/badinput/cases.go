package badinput

import (
	"fmt"
	"io"
	"strings"
)

const (
	scimJSON        = "application/scim+json"
	noAuthorization = "-"
	huge            = 60 << 20
)

// Case is one request that must be refused.
type Case struct {
	Name          string
	Method, Path  string
	ContentType   string           // none when empty
	Authorization string           // the directory's bearer token when empty
	Body          func() io.Reader // none when nil; a function because a case may be retried
	Length        int64            // declared Content-Length of a streamed body; chunked when 0
	Status        []int            // any of
	ScimType      []string         // any of; not checked when empty
	MayAccept     bool             // a 2xx is right too
	Absent        []string         // queries that must find nothing afterwards
}

// Cases lists every bad request against the fixture.
func Cases(f Fixture) []Case {
	var cases []Case
	for _, part := range [][]Case{
		bodies(f), wrongTypes(f), patches(f), filters(), foreign(f), routes(f), credentials(f), oddities(f),
	} {
		cases = append(cases, part...)
	}
	return cases
}

func body(text string) func() io.Reader {
	return func() io.Reader { return strings.NewReader(text) }
}

func patch(operations string) func() io.Reader {
	return body(`{"schemas":["` + patchSchema + `"],"Operations":[` + operations + `]}`)
}

// post is a POST /Users whose attempted userName must not be found afterwards.
func post(name, text, attempted string, scimTypes ...string) Case {
	return Case{Name: name, Method: "POST", Path: "/Users", ContentType: scimJSON, Body: body(text),
		Status: []int{400}, ScimType: scimTypes, Absent: absent(attempted)}
}

func absent(userNames ...string) []string {
	var paths []string
	for _, name := range userNames {
		if name != "" {
			paths = append(paths, filter("/Users", `userName eq "`+name+`"`))
		}
	}
	return paths
}

func bodies(f Fixture) []Case {
	name := "body." + f.Run
	start := `{"schemas":["` + userSchema + `"],"userName":"` + name + `"`
	large := func() io.Reader {
		return io.MultiReader(strings.NewReader(start+`,"title":"`), io.LimitReader(letters{}, huge), strings.NewReader(`"}`))
	}
	return []Case{
		post("truncated JSON", start, name, "invalidSyntax"),
		post("empty body", "", "", "invalidSyntax"),
		post("array", "[]", "", "invalidSyntax"),
		post("string", `"x"`, "", "invalidSyntax"),
		post("null", "null", "", "invalidSyntax"),
		post("two documents", start+"}{}", name, "invalidSyntax"),
		post("trailing garbage", start+"} x", name, "invalidSyntax"),
		post("invalid UTF-8", start+",\"title\":\"\xff\xfe\"}", name, "invalidSyntax"),
		post("raw control character", start+",\"title\":\"a\x00b\"}", name, "invalidSyntax"),
		{Name: "duplicate key", Method: "POST", Path: "/Users", ContentType: scimJSON, Status: []int{400}, ScimType: []string{"invalidSyntax"},
			Body: body(start + `,"userName":"` + name + `.twice"}`), Absent: absent(name, name+".twice")},
		{Name: "duplicate key in another case", Method: "POST", Path: "/Users", ContentType: scimJSON, Status: []int{400}, ScimType: []string{"invalidSyntax"},
			Body: body(start + `,"USERNAME":"` + name + `.twice"}`), Absent: absent(name, name+".twice")},
		post("duplicate key inside name", start+`,"name":{"givenName":"a","givenName":"b"}}`, name, "invalidSyntax"),
		{Name: "nested 100,000 deep", Method: "POST", Path: "/Users", ContentType: scimJSON, Status: []int{400, 413},
			Body: body(start + `,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}"), Absent: absent(name)},
		{Name: "60 MB with its length", Method: "POST", Path: "/Users", ContentType: scimJSON, Body: large,
			Length: int64(len(start)+len(`,"title":"`)+len(`"}`)) + huge, Status: []int{413}, Absent: absent(name)},
		{Name: "60 MB in chunks", Method: "POST", Path: "/Users", ContentType: scimJSON, Body: large, Status: []int{413}, Absent: absent(name)},
		{Name: "unsupported media type", Method: "POST", Path: "/Users", ContentType: "text/xml", Body: body(start + "}"), Status: []int{415}, Absent: absent(name)},
		{Name: "form", Method: "POST", Path: "/Users", ContentType: "application/x-www-form-urlencoded", Body: body("userName=" + name), Status: []int{415}, Absent: absent(name)},
		{Name: "unsupported media type on PATCH", Method: "PATCH", Path: "/Users/" + f.User, ContentType: "text/plain", Body: patch(`{"op":"replace","path":"title","value":"x"}`), Status: []int{415}},
		post("no userName", `{"schemas":["`+userSchema+`"]}`, "", "invalidValue"),
		post("userName null", `{"schemas":["`+userSchema+`"],"userName":null}`, "", "invalidValue"),
		post("userName empty", `{"schemas":["`+userSchema+`"],"userName":""}`, "", "invalidValue"),
		post("two primary e-mails", start+`,"emails":[{"value":"a@x.org","primary":true},{"value":"b@x.org","primary":true}]}`, name, "invalidValue"),
		{Name: "userName taken, other case", Method: "POST", Path: "/Users", ContentType: scimJSON, Status: []int{409}, ScimType: []string{"uniqueness"},
			Body: body(string(user("BYSTANDER."+f.Run, nil)))},
		{Name: "group without displayName", Method: "POST", Path: "/Groups", ContentType: scimJSON, Status: []int{400}, ScimType: []string{"invalidValue"},
			Body: body(`{"schemas":["` + groupSchema + `"]}`)},
		{Name: "PUT truncated", Method: "PUT", Path: "/Users/" + f.User, ContentType: scimJSON, Body: body(start), Status: []int{400}, ScimType: []string{"invalidSyntax"}},
		{Name: "PUT without userName", Method: "PUT", Path: "/Users/" + f.User, ContentType: scimJSON, Body: body(`{"schemas":["` + userSchema + `"]}`), Status: []int{400}, ScimType: []string{"invalidValue"}},
	}
}

// letters is an endless stream of one letter, so that the large body costs no
// memory on our side.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// wrongTypes gives each core attribute a value of a type it cannot have.
func wrongTypes(f Fixture) []Case {
	var members []string
	for _, name := range []string{"displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone", "profileUrl", "externalId", "password"} {
		members = append(members, `"`+name+`":5`, `"`+name+`":{"a":"b"}`)
	}
	for _, name := range []string{"emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"} {
		members = append(members, `"`+name+`":5`, `"`+name+`":[5]`, `"`+name+`":[{"value":"v","type":5}]`)
	}
	for _, name := range []string{"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"} {
		members = append(members, `"name":{"`+name+`":5}`)
	}
	for _, name := range []string{"employeeNumber", "costCenter", "organization", "division", "department"} {
		members = append(members, `"`+enterprise+`":{"`+name+`":5}`)
	}
	members = append(members,
		`"name":5`, `"name":"x"`, `"active":5`, `"active":"maybe"`, `"active":{}`,
		`"emails":[{"value":5}]`, `"emails":[{"value":"a@x.org","primary":"maybe"}]`, `"addresses":[{"formatted":5}]`,
		`"x509Certificates":[{"value":"@@@"}]`, `"`+enterprise+`":5`, `"`+enterprise+`":{"manager":5}`)
	var cases []Case
	for i, member := range members {
		name := fmt.Sprintf("type%d.%s", i, f.Run)
		cases = append(cases, post("wrong type "+member, string(user(name, []byte(member))), name, "invalidValue", "invalidSyntax"))
	}
	cases = append(cases,
		post("wrong type userName", `{"schemas":["`+userSchema+`"],"userName":5}`, "5", "invalidValue", "invalidSyntax"),
		post("wrong type schemas", `{"schemas":5,"userName":"schemas.`+f.Run+`"}`, "schemas."+f.Run, "invalidValue", "invalidSyntax"),
		post("wrong type in schemas", `{"schemas":[5],"userName":"schemas.`+f.Run+`"}`, "schemas."+f.Run, "invalidValue", "invalidSyntax"))
	group := "types " + f.Run
	for _, member := range []string{`"members":5`, `"members":[5]`, `"members":[{"value":5}]`, `"externalId":5`} {
		cases = append(cases, Case{Name: "wrong type in a group " + member, Method: "POST", Path: "/Groups", ContentType: scimJSON,
			Body: body(`{"schemas":["` + groupSchema + `"],"displayName":"` + group + `",` + member + `}`), Status: []int{400},
			ScimType: []string{"invalidValue", "invalidSyntax"}, Absent: []string{filter("/Groups", `displayName eq "`+group+`"`)}})
	}
	return append(cases, Case{Name: "wrong type displayName of a group", Method: "POST", Path: "/Groups", ContentType: scimJSON,
		Body: body(`{"schemas":["` + groupSchema + `"],"displayName":5}`), Status: []int{400}, ScimType: []string{"invalidValue", "invalidSyntax"}})
}

// patches covers the message (RFC 7644 §3.5.2), the path grammar and the values.
func patches(f Fixture) []Case {
	var cases []Case
	onUser := func(name string, body func() io.Reader, scimTypes ...string) {
		cases = append(cases, Case{Name: "PATCH " + name, Method: "PATCH", Path: "/Users/" + f.User, ContentType: scimJSON,
			Body: body, Status: []int{400}, ScimType: scimTypes})
	}
	const good = `{"op":"replace","path":"title","value":"x"}`
	message := []string{"invalidSyntax", "invalidValue"}
	onUser("without schemas", body(`{"Operations":[`+good+`]}`), message...)
	onUser("with the schemas of a user", body(`{"schemas":["`+userSchema+`"],"Operations":[`+good+`]}`), message...)
	onUser("without Operations", body(`{"schemas":["`+patchSchema+`"]}`), message...)
	onUser("empty Operations", patch(""), message...)
	onUser("Operations an object", body(`{"schemas":["`+patchSchema+`"],"Operations":`+good+`}`), message...)
	onUser("operation a number", patch("5"), message...)
	onUser("without op", patch(`{"path":"title","value":"x"}`), message...)
	onUser("op null", patch(`{"op":null,"path":"title","value":"x"}`), message...)
	for _, op := range []string{"move", "copy", "test", ""} {
		onUser("op "+op, patch(`{"op":"`+op+`","path":"title","value":"x"}`), message...)
	}
	onUser("add without value", patch(`{"op":"add","path":"title"}`), message...)
	onUser("replace without value", patch(`{"op":"replace","path":"title"}`), message...)
	onUser("add without path, value no object", patch(`{"op":"add","value":"x"}`), message...)
	onUser("path a number", patch(`{"op":"replace","path":5,"value":"x"}`), "invalidPath", "invalidSyntax", "invalidValue")
	onUser("remove without path", patch(`{"op":"remove"}`), "noTarget")
	onUser("truncated", body(`{"schemas":["`+patchSchema+`"],"Operations":[`), "invalidSyntax")
	onUser("duplicate key", patch(`{"op":"replace","path":"title","path":"nickName","value":"x"}`), "invalidSyntax")

	for _, path := range []string{
		"emails[0]", "emails[0].value", "emails.0.value", "emails[", `emails[type eq \"x\"]]`, `emails[type eq \"x\"`, "a..b",
		"name.", ".name", "name.a.b", "/name/givenName", "title title", " ", "nope", "name.nope", "urn:unknown:x", "emails.nope",
		"urn:ietf:params:scim:schemas:core:2.0:User:nope", `title[value eq \"x\"]`,
	} {
		onUser("path "+path, patch(`{"op":"replace","path":"`+path+`","value":"x"}`), "invalidPath", "invalidFilter", "noTarget")
	}
	for _, path := range []string{`emails[type zz \"x\"]`, `emails[nope eq \"x\"]`, `emails[type eq]`, "emails[]"} {
		onUser("path filter "+path, patch(`{"op":"replace","path":"`+path+`.value","value":"x"}`), "invalidFilter", "invalidPath")
	}
	for _, attribute := range []string{"id", "meta.created", "groups"} {
		onUser("read-only "+attribute, patch(`{"op":"replace","path":"`+attribute+`","value":"x"}`), "mutability")
	}
	onUser("remove userName", patch(`{"op":"remove","path":"userName"}`), "mutability", "invalidValue")
	for _, operation := range []string{
		`{"op":"replace","path":"active","value":"maybe"}`, `{"op":"replace","path":"name","value":5}`, `{"op":"replace","path":"userName","value":null}`,
		`{"op":"replace","path":"userName","value":""}`, `{"op":"replace","path":"title","value":{"a":1}}`, `{"op":"add","path":"emails","value":5}`,
		`{"op":"replace","value":{"active":"maybe"}}`,
		`{"op":"replace","path":"emails","value":[{"value":"a@x.org","primary":true},{"value":"b@x.org","primary":true}]}`,
	} {
		onUser("value "+operation, patch(operation), "invalidValue", "invalidSyntax", "mutability")
	}
	// Atomic: the first operation is right and must not survive the second.
	onUser("good operation before a bad one", patch(good+`,{"op":"replace","path":"nope","value":"x"}`), "invalidPath", "noTarget")
	return append(cases,
		Case{Name: "PATCH removing displayName of a group", Method: "PATCH", Path: "/Groups/" + f.Group, ContentType: scimJSON,
			Body: patch(`{"op":"remove","path":"displayName"}`), Status: []int{400}, ScimType: []string{"mutability", "invalidValue"}},
		Case{Name: "PATCH members with a number", Method: "PATCH", Path: "/Groups/" + f.Group, ContentType: scimJSON,
			Body: patch(`{"op":"add","path":"members","value":[5]}`), Status: []int{400}, ScimType: []string{"invalidValue", "invalidSyntax"}})
}

// filters holds the forms RFC 7644 §3.4.2.2 rules out. Unquoted values are not
// among them: Microsoft's documentation shows them, so servers may accept them.
func filters() []Case {
	expressions := []string{
		"", " ", "userName", "userName eq", `eq "x"`, `userName "x"`, `userName eq "x`, `(title pr`, `title pr)`, `title pr title pr`,
		`and title pr`, `title pr and`, `title pr or or title pr`, `title pr xor title pr`, `not title pr`, `not (title pr`, `()`, `not ()`,
		`userName regex "x"`, `userName == "x"`, `userName eq "x" userName eq "y"`, `userName eq "\x"`, `userName eq {"a":1}`, `userName eq ["x"]`,
		`nope eq "x"`, `name.nope eq "x"`, `urn:unknown:2.0:User:nope eq "x"`, `name eq "x"`, `userName.value eq "x"`, `userName pr "x"`,
		`emails[type eq "x"`, `emails[]`, `emails[type eq "work" and emails[type eq "home"]]`, `emails[nope eq "x"]`, `emails[0].value eq "x"`,
		`active gt true`, `active co "t"`, `active eq "maybe"`, `active eq 5`, `meta.created gt "yesterday"`, `meta.created co "2020"`,
		`userName gt true`, `x509Certificates.value lt "a"`, `userName eq "x"; DROP TABLE users`, `userName eq "x" -- `,
	}
	var cases []Case
	for _, expression := range expressions {
		cases = append(cases, badFilter("filter "+expression, expression))
	}
	return append(cases,
		badFilter("100 kB of opening parentheses", strings.Repeat("(", 100_000)),
		badFilter("100 kB of not", strings.Repeat("not (", 20_000)),
		badFilter("4,000 nested parentheses", strings.Repeat("(", 4_000)+"title pr"+strings.Repeat(")", 4_000)),
		badFilter("5,000 terms", strings.Repeat("title pr or ", 5_000)+"title pr"),
		Case{Name: "invalid UTF-8 in a filter", Method: "GET", Path: "/Users?filter=userName%20eq%20%22%ff%22", Status: []int{400}, MayAccept: true},
		Case{Name: "broken percent-encoding", Method: "GET", Path: "/Users?filter=%zz", Status: []int{400}},
	)
}

func badFilter(name, expression string) Case {
	return Case{Name: name, Method: "GET", Path: filter("/Users", expression), Status: []int{400}, ScimType: []string{"invalidFilter"}}
}

// foreign asks for what is not in the directory: another's id, and none at all.
func foreign(f Fixture) []Case {
	var cases []Case
	for _, id := range []string{f.ForeignUser, "00919288221112222", f.Group} {
		path := "/Users/" + id
		notFound := func(method string, body func() io.Reader) {
			cases = append(cases, Case{Name: method + " of an id that is not a user here", Method: method, Path: path, ContentType: scimJSON, Body: body, Status: []int{404}})
		}
		notFound("GET", nil)
		notFound("PUT", body(string(user("stolen."+f.Run, nil))))
		notFound("PATCH", patch(`{"op":"replace","path":"title","value":"stolen"}`))
		notFound("DELETE", nil)
	}
	cases = append(cases, Case{Name: "foreign user as the only member", Method: "PATCH", Path: "/Groups/" + f.Group, ContentType: scimJSON,
		Body: patch(`{"op":"add","path":"members","value":[{"value":"` + f.ForeignUser + `"}]}`), Status: []int{400}, MayAccept: true})
	return cases
}

func routes(f Fixture) []Case {
	var cases []Case
	for _, path := range []string{"/Nope", "/Users/" + f.User + "/name", "/Schemas/urn:nope", "/ResourceTypes/Nope", "/Users/..%2f..%2fetc%2fpasswd"} {
		cases = append(cases, Case{Name: "unknown endpoint", Method: "GET", Path: path, Status: []int{404}})
	}
	for _, route := range []struct{ method, path string }{
		{"DELETE", "/Users"}, {"PUT", "/Users"}, {"PATCH", "/Users"}, {"DELETE", "/Groups"}, {"PUT", "/Groups"},
		{"POST", "/Users/" + f.User}, {"POST", "/Groups/" + f.Group},
		{"POST", "/Schemas"}, {"DELETE", "/ResourceTypes"}, {"PUT", "/ServiceProviderConfig"}, {"PATCH", "/Schemas/" + userSchema},
	} {
		cases = append(cases, Case{Name: "wrong method", Method: route.method, Path: route.path, ContentType: scimJSON, Body: body("{}"), Status: []int{405}})
	}
	return cases
}

func credentials(f Fixture) []Case {
	var cases []Case
	for _, authorization := range []string{noAuthorization, "non-token", "Bearer", "Bearer garbage", "Basic dXNlcjpwYXNz", "Bearer " + strings.Repeat("a", 20_000)} {
		for _, path := range []string{"/Users", "/Users/" + f.User, "/Users/00919288221112222"} {
			cases = append(cases, Case{Name: "credentials " + clip(authorization), Method: "GET", Path: path, Authorization: authorization, Status: []int{401}})
		}
	}
	return cases
}

// oddities may be accepted or refused, but never end in a server error.
func oddities(f Fixture) []Case {
	odd := func(name, path string) Case {
		return Case{Name: name, Method: "GET", Path: path, Status: []int{400, 404}, MayAccept: true}
	}
	text := func(name, value string) Case {
		return Case{Name: name, Method: "POST", Path: "/Users", ContentType: scimJSON, Status: []int{400}, MayAccept: true,
			Body: body(`{"schemas":["` + userSchema + `"],"userName":"odd.` + f.Run + value + `"}`)}
	}
	return []Case{
		odd("count past int64", "/Users?count=99999999999999999999"), odd("count a word", "/Users?count=many"), odd("count negative", "/Users?count=-1"),
		odd("startIndex the smallest int64", "/Users?startIndex=-9223372036854775808"), odd("startIndex the largest int64", "/Users?startIndex=9223372036854775807&count=9223372036854775807"),
		odd("sortBy a complex attribute", "/Users?sortBy=name"), odd("sortBy an unknown attribute", "/Users?sortBy=nope"), odd("sortOrder unknown", "/Users?sortBy=userName&sortOrder=sideways"),
		odd("both projections", "/Users?attributes=userName&excludedAttributes=name"), odd("10,000 attributes", "/Users?attributes="+strings.Repeat("a,", 10_000)),
		odd("NUL in the id", "/Users/%00"), odd("invalid UTF-8 in the id", "/Users/%ff%fe"), odd("a very long id", "/Users/"+strings.Repeat("a", 10_000)),
		text("escaped NUL in userName", `\u0000`), text("lone surrogate in userName", `\ud800`), text("userName of 1 MB", strings.Repeat("u", 1<<20)),
	}
}
