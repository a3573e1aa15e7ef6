package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

const absentID = "00000000-0000-7000-8000-000000000000"

// bulkItem is one result; a status that is no string does not decode.
type bulkItem struct {
	Location, Method, BulkID, Version, Status string
	Response                                  *struct {
		Schemas                  []string
		Status, ScimType, Detail string
	}
}

func (i bulkItem) id() string { return i.Location[strings.LastIndexByte(i.Location, '/')+1:] }

// bulk sends operations and gives the results of a job that was processed.
func (r *directory) bulk(operations ...string) []bulkItem {
	r.t.Helper()
	return r.bulkMessage(bulkMessage("", operations...))
}

func (r *directory) bulkMessage(message string) []bulkItem {
	r.t.Helper()
	a := r.do("POST", "/Bulk", message)
	var response struct {
		Schemas    []string
		Operations []bulkItem
	}
	if err := a.into(&response); err != nil || a.status != http.StatusOK || !slices.Equal(response.Schemas, []string{bulkResponseURN}) {
		r.t.Fatalf("got %d %s (%v), want 200 with a BulkResponse", a.status, a.raw, err)
	}
	return response.Operations
}

func bulkMessage(more string, operations ...string) string {
	return `{"schemas":["` + bulkRequestURN + `"],` + more + `"Operations":[` + strings.Join(operations, ",") + `]}`
}

func bulkPost(bulkID, path, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, path, bulkID, data)
}

func bulkUser(bulkID, name string) string { return bulkPost(bulkID, "/Users", user(name)) }

// bulkGroup creates a group with members by id or by reference.
func bulkGroup(bulkID, name string, members ...string) string {
	return bulkPost(bulkID, "/Groups", groupOf(name, members...))
}

func groupOf(name string, members ...string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fmt.Sprintf(`{"value":%q}`, m)
	}
	return group(name, `"members":[`+strings.Join(list, ",")+`]`)
}

func bulkPatch(path, operation string) string {
	return fmt.Sprintf(`{"method":"PATCH","path":%q,"data":%s}`, path, patchOp(operation))
}

func bulkDelete(path string) string { return fmt.Sprintf(`{"method":"DELETE","path":%q}`, path) }

func statuses(items []bulkItem) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Status
	}
	return strings.Join(out, " ")
}

// wantResults compares the statuses and holds every result to RFC 7644 §3.7.3.
func (r *directory) wantResults(items []bulkItem, want string) {
	r.t.Helper()
	if got := statuses(items); got != want {
		r.t.Fatalf("got statuses %s, want %s: %+v", got, want, items)
	}
	for i, item := range items {
		ok := item.Status[0] == '2'
		if has := item.Location != ""; has == (item.Method == "POST" && !ok) {
			r.t.Errorf("result %d: got location %q of a %s with %s (7644-3.7.3-R02)", i, item.Location, item.Method, item.Status)
		}
		if ok && item.Response != nil {
			r.t.Errorf("result %d: got response %+v, want none of a success", i, item.Response)
		}
		if e := item.Response; !ok && (e == nil || !slices.Equal(e.Schemas, []string{errorURN}) || e.Status != item.Status || e.Detail == "") {
			r.t.Errorf("result %d: got response %+v, want the Error with status %s (7644-3.7.3-R04)", i, e, item.Status)
		}
		if has := item.Version != ""; has != (ok && item.Method != "DELETE") {
			r.t.Errorf("result %d: got version %q of a %s with %s (7644-3.7-R08)", i, item.Version, item.Method, item.Status)
		}
	}
}

// 7644-3.7.3-R01, R02, R03 and R04, 7644-3.7-R05 and R08, with all methods.
func TestBulkResults(t *testing.T) {
	r := startDirectory(t)
	id := r.user("old")
	items := r.bulk(
		bulkUser("qwerty", "alice"),
		fmt.Sprintf(`{"method":"PUT","path":"/Users/%s","data":%s}`, id, user("new")),
		bulkPatch("/Users/"+id, `{"op":"add","path":"nickName","value":"n"}`),
		bulkDelete("/Users/"+id),
		bulkDelete("/Users/"+id),
		bulkUser("again", "ALICE"),
	)
	r.wantResults(items, "201 200 200 204 404 409")
	for i, want := range []struct{ method, bulkID, location string }{
		{"POST", "qwerty", r.SCIM + "/Users/" + items[0].id()}, {"PUT", "", r.SCIM + "/Users/" + id}, {"PATCH", "", r.SCIM + "/Users/" + id},
		{"DELETE", "", r.SCIM + "/Users/" + id}, {"DELETE", "", r.SCIM + "/Users/" + id}, {"POST", "again", ""},
	} {
		if got := items[i]; got.Method != want.method || got.BulkID != want.bulkID || got.Location != want.location {
			t.Errorf("result %d: got %+v, want %+v", i, got, want)
		}
	}
	if got := r.want(200, "GET", "/Users/"+items[0].id(), ""); got.meta("version") != items[0].Version {
		t.Errorf("got version %s, want that of %s (7644-3.7-R08)", items[0].Version, got.raw)
	}
	if items[5].Response.ScimType != "uniqueness" {
		t.Errorf("got %+v, want uniqueness (7644-3.7-R10)", items[5].Response)
	}
	r.wantResults(r.bulk(bulkDelete("/Users/"+id), bulkPatch("/Groups/"+id, `{"op":"remove","path":"members"}`)), "404 404")
	r.wantNames("alice")
	r.settled()
}

// 7644-3.7-R01: what is no bulk request is refused whole.
func TestBulkMessage(t *testing.T) {
	r := startDirectory(t)
	strict := r.strict()
	for _, c := range []struct{ name, body, scimType string }{
		{"no JSON", `{"Operations":[`, "invalidSyntax"},
		{"another schema", strings.Replace(bulkMessage("", bulkUser("a", "x")), "BulkRequest", "BulkResponse", 1), "invalidSyntax"},
		{"no Operations", `{"schemas":["` + bulkRequestURN + `"]}`, "invalidSyntax"},
		{"failOnErrors 0", bulkMessage(`"failOnErrors":0,`, bulkUser("a", "x")), "invalidValue"},
		{"an operation is no object", bulkMessage("", bulkUser("a", "x"), "1"), "invalidSyntax"},
	} {
		for _, to := range []*directory{r, strict} {
			a := to.do("POST", "/Bulk", c.body)
			if a.status != http.StatusBadRequest || a.text("scimType") != c.scimType {
				t.Errorf("%s: got %d %s, want 400 %s", c.name, a.status, a.raw, c.scimType)
			}
		}
	}
	r.wantNames()
}

// 7644-3.7-R02, R03, R04 and R06: an operation that cannot be meant fails
// alone, and only resource types are within reach.
func TestBulkOperationFaults(t *testing.T) {
	r := startDirectory(t)
	strict := r.strict()
	id := strict.user("kept")
	for _, c := range []struct{ name, operation, status string }{
		{"GET", `{"method":"GET","path":"/Users/` + id + `"}`, "400"},
		{"lower case", `{"method":"delete","path":"/Users/` + id + `"}`, "400"},
		{"POST without bulkId", `{"method":"POST","path":"/Users","data":` + user("no") + `}`, "400"},
		{"POST without data", `{"method":"POST","path":"/Users","bulkId":"a"}`, "400"},
		{"POST on a resource", bulkPost("a", "/Users/"+id, user("no")), "400"},
		{"PUT on an endpoint", `{"method":"PUT","path":"/Users","data":` + user("no") + `}`, "400"},
		{"query", bulkDelete("/Users/" + id + "?x=y"), "400"},
		{"/Bulk", bulkPost("a", "/Bulk", bulkMessage("", bulkUser("b", "no"))), "404"},
		{"/.search", bulkPost("a", "/.search", `{}`), "404"},
		{"/Me", bulkPost("a", "/Me", user("no")), "404"},
		{"discovery", bulkDelete("/Schemas/" + userURN), "404"},
		{"unknown endpoint", bulkDelete("/Nothing/" + id), "404"},
		{"another directory by its path", bulkPost("a", "/d/okta/Users", user("no")), "400"},
		{"dots", bulkDelete("/Groups/../Users/" + id), "400"},
		{"trailing slash", bulkDelete("/Users/" + id + "/"), "404"},
		{"lower-case endpoint", bulkDelete("/users/" + id), "404"},
	} {
		strict.wantResults(strict.bulk(c.operation, bulkPatch("/Users/"+id, `{"op":"replace","path":"title","value":"`+c.name+`"}`)), c.status+" 200")
	}
	items := strict.bulk(`{"method":"DELETE","path":"https://scim.example/Users/`+id+`"}`, `{}`, bulkUser("d", "no"), bulkUser("d", "neither"), bulkUser("e", "good"))
	if got := statuses(items); got != "400 400 400 400 201" {
		t.Errorf("got %s, want 400 of each but the last", got)
	}
	strict.wantNames("good", "kept")
	// What a directory tolerates in a URL it tolerates here.
	id = r.user("gone")
	items = r.bulk(bulkPatch("/users/"+id, `{"op":"remove","path":"title"}`), bulkDelete("//users/"+id+"/"))
	r.wantResults(items, "200 204")
	if want := r.SCIM + "/Users/" + id; items[0].Location != want || items[1].Location != want {
		t.Errorf("got locations %s and %s, want %s", items[0].Location, items[1].Location, want)
	}
	r.wantNames()
}

// after failOnErrors errors nothing more is carried out nor answered.
func TestBulkFailOnErrors(t *testing.T) {
	for _, c := range []struct {
		name, more string
		want       string
		names      []string
	}{
		{"7644-3.7-R06 absent", ``, "201 404 201 404 201", []string{"a", "b", "c"}},
		{"null", `"failOnErrors":null,`, "201 404 201 404 201", []string{"a", "b", "c"}},
		{"7644-3.7-R07 one", `"failOnErrors":1,`, "201 404", []string{"a"}},
		{"two", `"failOnErrors":2,`, "201 404 201 404", []string{"a", "b"}},
		{"three", `"failOnErrors":3,`, "201 404 201 404 201", []string{"a", "b", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := startDirectory(t)
			items := r.bulkMessage(bulkMessage(c.more, bulkUser("a", "a"), bulkDelete("/Users/"+absentID), bulkUser("b", "b"), bulkDelete("/Users/"+absentID), bulkUser("c", "c")))
			r.wantResults(items, c.want)
			r.wantNames(c.names...)
		})
	}
	// What waits is not answered either, what was carried out before its turn is.
	r := startDirectory(t)
	items := r.bulkMessage(bulkMessage(`"failOnErrors":1,`, bulkGroup("g", "g", "bulkId:late"), bulkUser("u", "u"), bulkDelete("/Users/"+absentID), bulkUser("late", "late")))
	if got := statuses(items); got != "201 404" || items[0].BulkID != "u" {
		t.Errorf("got %+v, want the results of u and of the failure", items)
	}
	r.wantNames("u")
}

// 7644-3.7.2-R01 and A-44: a reference becomes the id wherever it stands.
func TestBulkReferences(t *testing.T) {
	r := startDirectory(t)
	group := r.group("standing")
	boss := `{"schemas":["` + userURN + `","` + enterpriseURN + `"],"userName":"bob","` + enterpriseURN +
		`":{"manager":{"value":"bulkId:qwerty","$ref":"../Users/bulkId:qwerty"}}}`
	items := r.bulk(
		bulkUser("qwerty", "alice"),
		bulkGroup("ytrewq", "Tour Guides", "bulkId:qwerty"),
		bulkPost("bob", "/Users", boss),
		bulkPatch("/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"bulkId:qwerty"},{"value":"bulkId:bob"}]}`),
		bulkPatch("/Groups/"+group, `{"op":"remove","path":"members[value eq \"bulkId:qwerty\"]"}`),
		bulkPatch("/Users/bulkId:bob", `{"op":"add","path":"displayName","value":"Bob"}`),
		`{"method":"PUT","path":"/Groups/bulkId:ytrewq","data":`+groupOf("Guides", "bulkId:qwerty", "bulkId:bob")+`}`,
		bulkUser("brief", "brief"),
		bulkDelete("/Users/bulkId:brief"),
	)
	r.wantResults(items, "201 201 201 200 200 200 200 201 204")
	alice, guides, bob := items[0].id(), items[1].id(), items[2].id()
	r.wantMembers(guides, alice, bob)
	r.wantMembers(group, bob)
	if want := r.SCIM + "/Users/" + items[7].id(); items[8].Location != want {
		t.Errorf("got location %s, want %s", items[8].Location, want)
	}
	got := r.want(200, "GET", "/Users/"+bob, "").body
	manager := got[enterpriseURN].(map[string]any)["manager"].(map[string]any)
	if manager["value"] != alice || manager["$ref"] != r.SCIM+"/Users/"+alice || got["displayName"] != "Bob" {
		t.Errorf("got %v, want alice (%s) as manager", got, alice)
	}
	got = r.want(200, "GET", "/Groups/"+guides, "").body
	for _, m := range got["members"].([]any) {
		if m := m.(map[string]any); m["$ref"] != r.SCIM+"/Users/"+m["value"].(string) {
			t.Errorf("got member %v, want its $ref", m)
		}
	}
	r.wantNames("Bob", "Guides", "alice", "standing")
	r.settled()
}

// 7644-3.7.2-R02: what refers forward waits, and the results keep the order of
// the request.
func TestBulkForwardReferences(t *testing.T) {
	r := startDirectory(t)
	old := r.user("alice")
	group := r.create("/Groups", groupOf("standing", old))
	items := r.bulk(
		bulkGroup("top", "top", "bulkId:g"),
		bulkGroup("g", "g", "bulkId:u"),
		bulkPatch("/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"bulkId:u"}]}`),
		bulkPatch("/Groups/"+group, `{"op":"remove","path":"members"}`),
		bulkDelete("/Users/"+old), // makes room for the name
		bulkUser("u", "alice"),
	)
	r.wantResults(items, "201 201 200 200 204 201")
	r.wantMembers(items[0].id(), items[1].id())
	r.wantMembers(items[1].id(), items[5].id())
	r.wantMembers(group)
	r.wantNames("alice", "g", "standing", "top")
	r.settled()
}

// 7644-3.7.2-R03: a reference to nothing fails its operation, and what refers
// to that one; nothing literal is stored.
func TestBulkUnknownReferences(t *testing.T) {
	r := startDirectory(t)
	group := r.group("standing")
	r.user("taken")
	items := r.bulk(
		bulkGroup("a", "a", "bulkId:nope"),
		bulkGroup("b", "b", "bulkId:a"),
		bulkUser("dup", "taken"),
		bulkPatch("/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"bulkId:dup"}]}`),
		bulkPatch("/Groups/"+group, `{"op":"replace","path":"displayName","value":"bulkId:nope"}`),
		bulkPatch("/Groups/"+group, `{"op":"remove","path":"members[value eq \"bulkId:nope\"]"}`),
		bulkPatch("/Users/bulkId:nope", `{"op":"remove","path":"title"}`),
		bulkDelete("/Users/bulkId:dup"),
		bulkUser("name", "bulkId:"),
		`{"method":"PATCH","bulkId":"p","path":"/Groups/`+group+`","data":{"schemas":[],"Operations":[]}}`,
		bulkDelete("/Groups/bulkId:p"),
		bulkUser("good", "good"),
	)
	r.wantResults(items, "409 409 409 409 409 409 409 409 409 400 409 201")
	if want := r.SCIM + "/Users/bulkId:dup"; items[7].Location != want {
		t.Errorf("got location %s, want %s", items[7].Location, want)
	}
	r.wantNames("good", "standing", "taken")
}

// 7644-3.7.1-R01: circles are closed, of any size and through any attribute.
func TestBulkCircles(t *testing.T) {
	managed := func(name, manager string) string {
		return user(name, `"`+enterpriseURN+`":{"employeeNumber":"`+name+`","manager":{"value":"`+manager+`"}}`, `"groups":[{"value":"bulkId:a"}]`)
	}
	for _, profile := range []string{"interop", "strict"} {
		t.Run(profile, func(t *testing.T) {
			r := startDirectory(t)
			if profile == "strict" {
				r = r.strict()
			}
			plain := r.user("plain")
			items := r.bulk(
				bulkGroup("a", "a", "bulkId:b", plain),
				bulkGroup("b", "b", "bulkId:a"),
				bulkGroup("x", "x", "bulkId:z"),
				bulkGroup("y", "y", "bulkId:x", "bulkId:a"),
				bulkGroup("z", "z", "bulkId:y"),
				bulkPost("m", "/Users", managed("m", "bulkId:n")),
				bulkPost("n", "/Users", managed("n", "bulkId:m")),
				bulkPost("self", "/Users", managed("self", "bulkId:self")),
				bulkPost("in", "/Users", user("in", `"groups":[{"value":"bulkId:of"}]`)), // readOnly
				bulkGroup("of", "of", "bulkId:in"),
				bulkDelete("/Users/"+plain),
			)
			r.wantResults(items, "201 201 201 201 201 201 201 201 201 201 204")
			id := map[string]string{}
			for _, i := range items {
				id[i.BulkID] = i.id()
			}
			r.wantMembers(id["a"], id["b"])
			r.wantMembers(id["b"], id["a"])
			r.wantMembers(id["x"], id["z"])
			r.wantMembers(id["y"], id["x"], id["a"])
			r.wantMembers(id["z"], id["y"])
			r.wantMembers(id["of"], id["in"])
			for user, manager := range map[string]string{"m": "n", "n": "m", "self": "self"} {
				got := r.want(200, "GET", "/Users/"+id[user], "").body
				enterprise, _ := got[enterpriseURN].(map[string]any)
				of, _ := enterprise["manager"].(map[string]any)
				if of["value"] != id[manager] || enterprise["employeeNumber"] != user {
					t.Errorf("got %v, want %s (%s) as manager", got, manager, id[manager])
				}
			}
			for _, i := range items[:10] {
				if got := r.want(200, "GET", strings.TrimPrefix(i.Location, r.SCIM), ""); got.meta("version") != i.Version {
					t.Errorf("%s: got version %s, want that of %s", i.BulkID, i.Version, got.raw)
				}
			}
			r.names()
			r.settled()
		})
	}
}

// A circle is closed or leaves nothing behind.
func TestBulkBrokenCircles(t *testing.T) {
	for _, c := range []struct {
		name       string
		operations []string
		want       string
	}{
		{"the second is taken", []string{bulkGroup("a", "a", "bulkId:b"), bulkGroup("b", "taken", "bulkId:a")}, "409 409"},
		{"the last of three is taken", []string{bulkGroup("a", "a", "bulkId:c"), bulkGroup("b", "b", "bulkId:a"), bulkGroup("c", "taken", "bulkId:b")}, "409 409 409"},
		{"one is invalid", []string{bulkGroup("a", "a", "bulkId:b"), bulkPost("b", "/Groups", body(groupURN, `"members":[{"value":"bulkId:a"}]`))}, "409 400"},
		{"through required attributes alone", []string{bulkGroup("a", "bulkId:b"), bulkGroup("b", "bulkId:a")}, "409 409"},
		{"a required attribute of itself", []string{bulkGroup("a", "bulkId:a")}, "409"},
		{"beside an unknown reference", []string{bulkGroup("a", "a", "bulkId:b"), bulkGroup("b", "b", "bulkId:a", "bulkId:nope")}, "409 409"},
		{"at an endpoint that is none", []string{bulkGroup("a", "a", "bulkId:b"), bulkPost("b", "/Nothing", groupOf("b", "bulkId:a"))}, "409 404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := startDirectory(t)
			r.group("taken")
			items := r.bulk(append(c.operations, bulkGroup("after", "after", "bulkId:a"), bulkUser("good", "good"))...)
			r.wantResults(items, c.want+" 409 201")
			r.wantNames("good", "taken")
			r.settled()
		})
	}
	// A required attribute of one is no hindrance where another can wait.
	r := startDirectory(t)
	items := r.bulk(bulkGroup("a", "bulkId:b"), bulkGroup("b", "b", "bulkId:a"))
	r.wantResults(items, "201 201")
	r.wantMembers(items[1].id(), items[0].id())
	if got := r.want(200, "GET", "/Groups/"+items[0].id(), ""); got.text("displayName") != items[1].id() {
		t.Errorf("got %s, want the id of b (%s) as displayName", got.raw, items[1].id())
	}
}

// 7644-3.7-R10: an operation and the request that it stands for have the same
// outcome, in both profiles. PATCH data is a whole PatchOp message (erratum
// 5050).
func TestBulkIsTheSingleRequest(t *testing.T) {
	for _, profile := range []string{"interop", "strict"} {
		r := startDirectory(t)
		type side struct {
			*directory
			user, group string
		}
		sides := [2]side{}
		for i, name := range []string{"alone", "together"} {
			d := r.another(name, profile)
			sides[i] = side{d, d.user("first"), d.group("first")}
		}
		for _, c := range []struct{ method, path, data string }{
			{"POST", "/Users", user("second")},
			{"POST", "/Users", user("FIRST")},
			{"POST", "/Users", body(userURN)},
			{"POST", "/Users", `{"userName":"x"}`},
			{"POST", "/Users", user("bools", `"active":"True"`)},
			{"POST", "/Users", `{"schemas":["urn:none","` + userURN + `"],"userName":"urns","password":"p"}`},
			{"POST", "/Groups", group("first")},
			{"POST", "/Groups", groupOf("members", absentID)},
			{"PUT", "/Users/{user}", user("renamed")},
			{"PUT", "/Users/{user}", user("second")},
			{"PUT", "/Users/" + absentID, user("x")},
			{"PUT", "/Groups/{user}", group("x")},
			{"PATCH", "/Users/{user}", `[{"op":"remove","path":"nickName"}]`},
			{"PATCH", "/Users/{user}", `{"Operations":[{"op":"remove","path":"nickName"}]}`},
			{"PATCH", "/Users/{user}", patchOp(`{"op":"add","path":"nickName","value":"n"}`)},
			{"PATCH", "/Users/{user}", patchOp(`{"op":"replace","path":"id","value":"n"}`)},
			{"PATCH", "/Users/{user}", patchOp(`{"op":"replace","value":{"id":"n","title":"t"}}`)},
			{"PATCH", "/Users/{user}", patchOp(`{"op":"replace","path":"nothing[","value":"n"}`)},
			{"PATCH", "/Users/{user}", patchOp(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"w@x"}`)},
			{"PATCH", "/Groups/{group}", patchOp(`{"op":"add","path":"members","value":[{"value":"` + absentID + `"}]}`)},
			{"PATCH", "/Groups/" + absentID, patchOp(`{"op":"remove","path":"members"}`)},
			{"DELETE", "/Users/{user}", ""},
			{"DELETE", "/Users/{user}", ""},
			{"DELETE", "/Groups/{user}", ""},
			{"DELETE", "/Groups/{group}", ""},
		} {
			path := func(s side) string {
				return strings.NewReplacer("{user}", s.user, "{group}", s.group).Replace(c.path)
			}
			alone, together := sides[0], sides[1]
			answer := alone.do(c.method, path(alone), c.data)
			operation := fmt.Sprintf(`{"method":%q,"path":%q,"bulkId":"b"`, c.method, path(together))
			if c.data != "" {
				operation += `,"data":` + c.data
			}
			items := together.bulk(operation + "}")
			name := fmt.Sprintf("%s %s %s %s", profile, c.method, c.path, c.data)
			if len(items) != 1 || items[0].Status != fmt.Sprint(answer.status) {
				t.Errorf("%s: got %+v, want status %d", name, items, answer.status)
				continue
			}
			if e := items[0].Response; e != nil {
				detail := strings.NewReplacer(together.user, alone.user, together.group, alone.group).Replace(e.Detail)
				// The message of a bulk request judges data itself where it is no object.
				if answer.text("scimType") != e.ScimType || detail != answer.text("detail") && c.data[:min(1, len(c.data))] != "[" {
					t.Errorf("%s: got %+v, want %s", name, e, answer.raw)
				}
			}
		}
		if alone, together := sides[0].names(), sides[1].names(); !slices.Equal(alone, together) {
			t.Errorf("%s: one by one %v are stored, together %v", profile, alone, together)
		}
	}
}

// 7644-3.7-R09: the version of an operation is its If-Match.
func TestBulkVersion(t *testing.T) {
	r := startDirectory(t)
	id := r.user("u")
	version := asJSON(r.want(200, "GET", "/Users/"+id, "").meta("version"))
	put := func(name, version string) string {
		return fmt.Sprintf(`{"method":"PUT","path":"/Users/%s","version":%s,"data":%s}`, id, version, user(name))
	}
	r.wantResults(r.bulk(
		put("stale", `"W/\"none\""`), put("broken", `"none"`), put("right", version), put("again", version),
		`{"method":"PATCH","path":"/Users/`+id+`","version":`+version+`,"data":`+replace("userName", `"x"`)+`}`,
		`{"method":"DELETE","path":"/Users/`+id+`","version":`+version+`}`,
	), "412 400 200 412 412 412")
	r.wantNames("right")
}

// Who may do what is asked before the message is read.
func TestBulkCredentials(t *testing.T) {
	r := startDirectory(t)
	message := bulkMessage("", bulkUser("a", "a"))
	r.want(405, "GET", "/Bulk", "")
	r.want(404, "POST", "/Bulk/x", message)
	_, secret, err := r.CreateToken(t.Context(), provision.TokenInput{Directory: "okta", Label: "reader", Scope: store.ScopeSCIMRead}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{secret: http.StatusForbidden, "wrong": http.StatusUnauthorized} {
		r.as(token).want(want, "POST", "/Bulk", message)
	}
	r.wantNames()
}
