package suite

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

const bulkResponse = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

func bulkCases() []Case {
	return Behind(bulkGate, slices.Concat(bulkMessageCases(), bulkResultCases(), bulkReferenceCases(), bulkLimitCases()))
}

func bulkGate(t *T) {
	t.Gate(t.Config().Bulk, func() {
		t.WantErrorOf(t.Post("/Bulk", BulkRequest(bulkPost("u", "/Users", t.User(nil)))), []int{501, 404})
	})
}

func bulkMessageCases() []Case {
	return []Case{
		{ID: "7644-3.7-R01", Run: func(t *T) {
			operation := bulkPost("u", "/Users", t.User(nil))
			t.Equal(len(bulkRun(t, operation)), 1, "results of one operation")
			for _, overrides := range []M{{"schemas": Omit}, {"schemas": []string{PatchMessage}}, {"Operations": Omit}} {
				t.Variant(asJSON(overrides), func() {
					body := merge(BulkRequest(bulkPost("u", "/Users", t.User(nil))), overrides)
					t.WantError(t.Post("/Bulk", body), 400, "invalidSyntax")
				})
			}
		}},
		{ID: "7644-3.7-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			for _, operation := range []M{
				{"path": u.Path},
				{"method": "GET", "path": u.Path},
				{"method": "MOVE", "path": u.Path, "data": u.With(nil)},
				{"method": "POST", "bulkId": "a", "data": t.User(nil)},
				{"method": "POST", "bulkId": "a", "path": "/Users"},
				{"method": "PUT", "path": u.Path},
				{"method": "PATCH", "path": u.Path},
			} {
				t.Variant(clip(asJSON(operation)), func() { bulkRefused(t, []string{"400"}, operation) })
			}
			t.Equal(t.Reload(u).Doc, u.Doc, "the user after operations that were refused")
		}},
		{ID: "7644-3.7-R03", Run: func(t *T) {
			t.Variant("no bulkId", func() {
				body := t.User(nil)
				bulkRefused(t, []string{"400"}, M{"method": "POST", "path": "/Users", "data": body})
				t.Equal(bulkFound(t, body), 0, "users made without a bulkId")
			})
			t.Variant("two equal", func() {
				a, b := t.User(nil), t.User(nil)
				bulkRefused(t, []string{"400"}, bulkPost("same", "/Users", a), bulkPost("same", "/Users", b))
				t.Assert(bulkFound(t, a)+bulkFound(t, b) < 2, "got two users of one bulkId, want one at most")
			})
		}},
		{ID: "7644-3.7-R04", Run: func(t *T) {
			u, body := t.NewUser(nil), t.User(nil)
			done := bulkRun(t, bulkPost("u", "/Users", t.User(nil)), bulkPut(u.Path, u.With(M{"title": "Guide"})))
			bulkStatuses(t, done, "201", "200")
			t.Equal(t.Reload(u).String("title"), "Guide", "title after a PUT in bulk")
			for _, operation := range []M{
				bulkPut("/Users", body), bulkPost("a", "/Bulk", BulkRequest(bulkPost("b", "/Users", body))),
				bulkPost("a", "/.search", SearchRequest(nil)), bulkPost("a", t.Base()+"/Users", body),
			} {
				t.Variant(asJSON(operation["method"])+" "+asJSON(operation["path"]), func() {
					bulkRefused(t, []string{"400", "404"}, operation)
				})
			}
			t.Equal(bulkFound(t, body), 0, "users made by a path that is none")
		}},
		{ID: "7644-3.7-R05", Run: func(t *T) {
			unknown := "/Users/" + t.Unique("unknown")
			bulkStatuses(t, bulkRun(t,
				bulkPost("a", "/Users", t.User(M{"userName": Omit})),
				bulkPut(unknown, t.User(nil)), bulkDelete(unknown),
			), "400", "404", "404")
		}},
		{ID: "7644-3.7-R06", Run: func(t *T) {
			good := t.User(nil)
			bulkStatuses(t, bulkRun(t, bulkPost("bad", "/Users", t.User(M{"userName": Omit})), bulkPost("good", "/Users", good)), "400", "201")
			t.Equal(bulkFound(t, good), 1, "users made after a failure")
		}},
		{ID: "7644-3.7-R07", Run: func(t *T) {
			t.Variant("after one", func() { bulkStops(t, 1, "201", "400") })
			t.Variant("after two", func() { bulkStops(t, 2, "400", "201", "400") })
		}},
	}
}

func bulkResultCases() []Case {
	return []Case{
		{ID: "7644-3.7.3-R01", Run: func(t *T) {
			u, gone := t.NewUser(nil), t.NewUser(nil)
			results := bulkRun(t,
				bulkPost("first", "/Users", t.User(nil)), bulkPatch(u.Path, Replace("title", "Guide")),
				bulkDelete(gone.Path), bulkPost("bad", "/Users", t.User(M{"userName": Omit})))
			var methods, ids []string
			for _, result := range results {
				methods, ids = append(methods, result.String("method")), append(ids, result.String("bulkId"))
			}
			t.Equal(methods, []string{"POST", "PATCH", "DELETE", "POST"}, "methods of the results")
			t.Equal(ids, []string{"first", "", "", "bad"}, "bulkIds of the results")
		}},
		{ID: "7644-3.7.3-R02", Run: func(t *T) {
			u, gone, unknown := t.NewUser(nil), t.NewUser(nil), "/Users/"+t.Unique("unknown")
			results := bulkRun(t,
				bulkPost("a", "/Users", t.User(nil)), bulkPut(u.Path, u.With(M{"title": "Guide"})),
				bulkPatch(u.Path, Replace("title", "Lead")), bulkDelete(gone.Path),
				bulkPost("b", "/Users", t.User(M{"userName": Omit})), bulkPut(unknown, t.User(nil)),
				bulkPatch(unknown, Replace("title", "Lead")), bulkDelete(unknown))
			bulkStatuses(t, results, "201", "200", "200 204", "204", "400", "404", "404", "404")
			t.Equal(results[0].Value("location"), bulkCreated(t, results, "a").Value("meta.location"), "location of a POST")
			t.Equal(results[4].Value("location"), nil, "location of a POST that failed")
			for i, path := range map[int]string{1: u.Path, 2: u.Path, 3: gone.Path, 5: unknown, 6: unknown, 7: unknown} {
				t.Assert(strings.HasSuffix(results[i].String("location"), path), "got the result %s, want the location of %s", clip(asJSON(results[i])), path)
			}
		}},
		{ID: "7644-3.7.3-R03", Run: func(t *T) {
			u, gone := t.NewUser(nil), t.NewUser(nil)
			bulkStatuses(t, bulkRun(t,
				bulkPost("a", "/Users", t.User(nil)), bulkPut(u.Path, u.With(M{"title": "Guide"})),
				bulkPatch(u.Path, Replace("title", "Lead")), bulkDelete(gone.Path), bulkDelete(gone.Path),
			), "201", "200", "200 204", "204", "404")
		}},
		{ID: "7644-3.7.3-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			results := bulkRun(t,
				bulkPost("a", "/Users", t.User(M{"userName": Omit})),
				bulkPost("b", "/Users", t.User(M{"userName": u.String("userName")})),
				bulkDelete("/Users/"+t.Unique("unknown")))
			bulkStatuses(t, results, "400", "409", "404")
			for i, result := range results {
				t.Equal(result.Value("response.schemas"), []string{ErrorMessage}, "response.schemas of "+asJSON(result))
				t.Equal(result.Value("response.status"), []string{"400", "409", "404"}[i], "response.status of "+asJSON(result))
			}
			t.Equal(results[1].Value("response.scimType"), "uniqueness", "response.scimType of a clash")
		}},
		{ID: "7644-3.7-R08", Run: func(t *T) {
			u := t.NewUser(nil)
			results := bulkRun(t, bulkPost("a", "/Users", t.User(nil)), bulkPut(u.Path, u.With(M{"title": "Guide"})))
			bulkStatuses(t, results, "201", "200")
			for i, now := range []*Response{bulkCreated(t, results, "a"), t.Reload(u)} {
				result := results[i]
				if result.Has("response") {
					t.Equal(result.Value("response.id"), now.Value("id"), "response.id")
				}
				if t.Config().ETag.Supported {
					t.Equal(result.Value("version"), now.Header.Get("ETag"), "version, beside the ETag of a GET")
				}
			}
		}},
		{ID: "7644-3.7-R09", Run: func(t *T) {
			t.Gate(t.Config().ETag, nil)
			u := t.NewUser(nil)
			stale := u.Header.Get("ETag")
			current := t.Change(u, Replace("title", "Guide"))
			operations := func(version string) []M {
				return []M{
					merge(bulkPut(u.Path, current.With(M{"title": "Put"})), M{"version": version}),
					merge(bulkPatch(u.Path, Replace("title", "Patched")), M{"version": version}),
					merge(bulkDelete(u.Path), M{"version": version}),
				}
			}
			mismatch := strconv.Itoa(etagMismatch(t))
			bulkStatuses(t, bulkRun(t, operations(stale)...), mismatch, mismatch, mismatch)
			t.Equal(t.Reload(u).Doc, current.Doc, "the user after operations with a stale version")
			for i, status := range []string{"200", "200 204", "204"} {
				bulkStatuses(t, bulkRun(t, operations(t.Reload(u).Header.Get("ETag"))[i]), status)
			}
		}},
	}
}

func bulkReferenceCases() []Case {
	return []Case{
		{ID: "7644-3.7.2-R01", Run: func(t *T) {
			results := bulkRun(t,
				bulkPost("q", "/Users", t.User(nil)),
				bulkPost("g", "/Groups", t.Group(M{"members": []M{{"value": "bulkId:q"}}})),
				bulkPost("e", "/Users", t.User(M{Enterprise: M{"manager": M{"value": "bulkId:q"}}})))
			bulkStatuses(t, results, "201", "201", "201")
			boss := bulkCreated(t, results, "q")
			bulkReference(t, bulkCreated(t, results, "g"), "members.0", boss)
			bulkReference(t, bulkCreated(t, results, "e"), Enterprise+":manager", boss)
			t.Variant("in a path", func() { bulkPathReference(t) })
		}},
		{ID: "7644-3.7.2-R02", Run: func(t *T) {
			results := bulkRun(t,
				bulkPost("g", "/Groups", t.Group(M{"members": []M{{"value": "bulkId:u"}}})),
				bulkPost("u", "/Users", t.User(nil)))
			bulkStatuses(t, results, "201", "201")
			bulkReference(t, bulkCreated(t, results, "g"), "members.0", bulkCreated(t, results, "u"))
		}},
		{ID: "7644-3.7.1-R01", Run: func(t *T) {
			results := bulkRun(t,
				bulkPost("a", "/Groups", t.Group(M{"members": []M{{"value": "bulkId:b", "type": "Group"}}})),
				bulkPost("b", "/Groups", t.Group(M{"members": []M{{"value": "bulkId:a", "type": "Group"}}})))
			bulkStatuses(t, results, "201 409", "201 409")
			if results[0].String("status") == "409" || results[1].String("status") == "409" {
				t.Notef("the server gives up on a cycle")
				return
			}
			a, b := bulkCreated(t, results, "a"), bulkCreated(t, results, "b")
			bulkReference(t, a, "members.0", b)
			bulkReference(t, b, "members.0", a)
		}},
		{ID: "7644-3.7.2-R03", Run: func(t *T) {
			orphan := func(bulkID string) M { return t.Group(M{"members": []M{{"value": "bulkId:" + bulkID}}}) }
			u, good := t.NewUser(nil), t.User(nil)
			unknown, failed := orphan("nope"), orphan("bad")
			bulkStatuses(t, bulkRun(t,
				bulkPost("a", "/Groups", unknown), bulkPost("bad", "/Users", t.User(M{"userName": Omit})),
				bulkPost("b", "/Groups", failed), bulkPatch(u.Path, Add(Enterprise+":manager", M{"value": "bulkId:nope"})),
				bulkPost("good", "/Users", good),
			), "409 400", "400", "409 400", "409 400", "201")
			t.Equal(bulkFound(t, good), 1, "users made beside references that lead nowhere")
			t.Equal(bulkFoundGroups(t, unknown, failed), 0, "groups made from references that lead nowhere")
			t.Assert(!strings.Contains(string(t.Reload(u).Body), "bulkId:"), "got a bulkId stored, want none")
		}},
	}
}

func bulkPost(bulkID, path string, data M) M {
	return M{"method": "POST", "bulkId": bulkID, "path": path, "data": data}
}
func bulkPut(path string, data M) M { return M{"method": "PUT", "path": path, "data": data} }
func bulkDelete(path string) M      { return M{"method": "DELETE", "path": path} }
func bulkPatch(path string, operations ...M) M {
	return M{"method": "PATCH", "path": path, "data": PatchOp(operations...)}
}

// bulkRun sends the operations and returns their results, or ends the case
// unless the answer is a BulkResponse.
func bulkRun(t *T, operations ...M) []Doc {
	return bulkResults(t, t.Post("/Bulk", BulkRequest(operations...)))
}

func bulkResults(t *T, r *Response) []Doc {
	t.Want(r, 200)
	if !slices.Equal(r.Strings("schemas"), []string{bulkResponse}) || !r.Has("Operations") {
		t.Fatalf("%s: got %s, want a BulkResponse with Operations", r.Request, r.summary())
	}
	return r.List("Operations")
}

// bulkRefused wants the last of the operations refused with one of the
// statuses and a response, or all of them with a 400.
func bulkRefused(t *T, statuses []string, operations ...M) {
	r := t.Post("/Bulk", BulkRequest(operations...))
	if r.Status != 200 {
		t.WantError(r, 400, "invalidSyntax")
		return
	}
	results := bulkResults(t, r)
	last := results[len(results)-1]
	t.Equal(len(results), len(operations), "results")
	t.Assert(slices.Contains(statuses, last.String("status")) && last.Has("response"),
		"got the result %s, want status %s and a response", clip(asJSON(last)), oneOf(statuses))
}

// bulkStatuses wants one result for each status, which may name several that
// will do: "200 204". The status is a string; the other reading is a
// number.
func bulkStatuses(t *T, results []Doc, statuses ...string) {
	if len(results) != len(statuses) {
		t.Fatalf("got %d results %s, want %d", len(results), clip(bulkText(results)), len(statuses))
	}
	for i, want := range statuses {
		status := results[i].String("status")
		if number, ok := results[i].Value("status").(json.Number); ok && t.Reading("A-26") {
			status = number.String()
		}
		t.Assert(status != "" && slices.Contains(strings.Fields(want), status), "result %d: got %s, want the status as a string, %s", i, clip(asJSON(results[i])), want)
	}
}

func bulkText(results []Doc) string {
	var texts []string
	for _, result := range results {
		texts = append(texts, asJSON(result))
	}
	return strings.Join(texts, " ")
}

// bulkStops sends operations that end with these statuses and one more, and
// wants the job to stop before that one.
func bulkStops(t *T, failOnErrors int, statuses ...string) {
	var operations []M
	for _, status := range statuses {
		body := t.User(nil)
		if status != "201" {
			body = t.User(M{"userName": Omit})
		}
		operations = append(operations, bulkPost(t.Unique("op"), "/Users", body))
	}
	last := t.User(nil)
	operations = append(operations, bulkPost(t.Unique("op"), "/Users", last))
	r := t.Post("/Bulk", merge(BulkRequest(operations...), M{"failOnErrors": failOnErrors}))
	if !t.Reading("A-25") {
		bulkStatuses(t, bulkResults(t, r), statuses...)
	}
	t.Equal(bulkFound(t, last), 0, "users made after the job should have stopped")
}

// bulkCreated is the resource that the POST with the bulkId made.
func bulkCreated(t *T, results []Doc, bulkID string) *Response {
	for _, result := range results {
		if result.String("bulkId") == bulkID && result.Has("location") {
			return t.Want(t.Get(result.String("location")), 200)
		}
	}
	t.Fatalf("got %s, want the location of what %s made", clip(bulkText(results)), bulkID)
	return nil
}

// bulkReference wants the reference at the path to lead to the resource.
func bulkReference(t *T, from *Response, path string, to *Response) {
	t.Equal(from.Value(path+".value"), to.String("id"), path+".value")
	ref := from.String(path + ".$ref")
	t.Assert(ref == "" || strings.HasSuffix(ref, "/"+to.String("id")), "got %s.$ref %s, want that of %s", path, ref, to.String("id"))
	t.Assert(!strings.Contains(string(from.Body), "bulkId:"), "got %s, want no bulkId left", clip(string(from.Body)))
}

// bulkPathReference is A-44: a bulkId stands for an id in a path, too.
func bulkPathReference(t *T) {
	if t.Reading("A-44") {
		return
	}
	results := bulkRun(t,
		bulkPost("u", "/Users", t.User(nil)), bulkPost("g", "/Groups", t.Group(nil)),
		bulkPatch("/Groups/bulkId:g", Add("members", []M{{"value": "bulkId:u"}})))
	bulkStatuses(t, results, "201", "201", "200 204")
	bulkReference(t, bulkCreated(t, results, "g"), "members.0", bulkCreated(t, results, "u"))
}

// bulkFound counts the users of the body's userName.
func bulkFound(t *T, body M) int {
	return t.Search("/Users", Eq("userName", Doc{body}.String("userName"))).Total()
}

// bulkFoundGroups counts the groups of the bodies' displayNames.
func bulkFoundGroups(t *T, bodies ...M) (found int) {
	for _, body := range bodies {
		found += t.Search("/Groups", Eq("displayName", Doc{body}.String("displayName"))).Total()
	}
	return found
}
