package suite

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func errorCases() []Case {
	return []Case{
		{ID: "7644-3.12-R01", Run: func(t *T) {
			for _, e := range errorsThatMustCome(t) {
				t.Variant(e.name, func() { t.WantErrorOf(e.answer, e.statuses) })
			}
			// A server that does not refuse these breaks another row, or none.
			for _, e := range errorsThatMayCome(t) {
				t.Variant(e.name, func() {
					if !slices.Contains(e.statuses, e.answer.Status) {
						t.Notef("got status %d, so no %s to judge", e.answer.Status, oneOf(e.statuses))
					}
					if e.answer.Status >= 400 {
						t.WantError(e.answer, e.answer.Status)
					}
				})
			}
		}},
		{ID: "7644-3.12-R02", Run: func(t *T) {
			for _, e := range errorsThatMustCome(t) {
				t.Variant(e.name, func() {
					t.Want(e.answer, e.statuses...)
					t.Equal(e.answer.Value("status"), strconv.Itoa(e.answer.Status), "status")
				})
			}
		}},
		{ID: "7644-3.12-R03", Run: func(t *T) {
			for _, e := range errorsWithKeyword(t) {
				t.Variant(e.name, func() {
					t.Want(e.answer, e.statuses...)
					t.Assert(slices.Contains(e.keywords, e.answer.String("scimType")), "got scimType %s, want %s", asJSON(e.answer.Value("scimType")), oneOf(e.keywords))
				})
			}
			for _, e := range errorsThatMustCome(t) {
				keyword := e.answer.Value("scimType")
				switch e.answer.Status {
				case 401, 404, 500:
					t.Assert(keyword == nil, "%s: got scimType %s, want none", e.name, asJSON(keyword))
				default:
					t.Assert(keyword == nil || slices.Contains(errorKeywords, e.answer.String("scimType")), "%s: got scimType %s, want a registered one", e.name, asJSON(keyword))
				}
			}
		}},
		{ID: "7644-3.12-R04", Run: func(t *T) {
			for _, e := range slices.Concat(errorsThatMustCome(t), errorsFromHostileInput(t)) {
				t.Variant(e.name, func() {
					t.Want(e.answer, e.statuses...)
					errorDetail(t, e.answer)
				})
			}
		}},
		{ID: "7644-3.12-R05", Alone: true, Run: func(t *T) {
			u, lost := t.NewUser(nil), t.User(nil)
			undo := t.Fault()
			for _, r := range []*Response{t.Get(u.Path), t.Post("/Users", lost)} {
				t.WantError(r, 500)
				errorDetail(t, r)
			}
			undo()
			t.Equal(t.Reload(u).Doc, u.Doc, "the user after the fault")
			t.Equal(t.Search("/Users", Eq("userName", Doc{lost}.String("userName"))).Total(), 0, "users made during the fault")
		}},
		{ID: "7644-3.12-R06", Run: func(t *T) {
			if !t.Config().Patch.Supported {
				t.WantError(t.Patch(t.NewUser(nil).Path, PatchOp(Replace("title", "Guide"))), 501)
			}
			if !t.Config().Bulk.Supported {
				t.WantError(t.Post("/Bulk", BulkRequest(bulkPost("u", "/Users", t.User(nil)))), 501)
			}
			me := t.Get("/Me")
			if me.Status == 501 {
				t.WantError(me, 501)
			} else if t.Config().Patch.Supported && t.Config().Bulk.Supported {
				t.Notef("the server supports PATCH, Bulk and, it seems, /Me")
				as, _ := meAnswer(t)
				meCreates(t, as)
			}
		}},
	}
}

// errorKeywords are the values of scimType in RFC 7644 section 3.12 and RFC 9865
// section 2.1.
var errorKeywords = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget",
	"invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
}

// errorAnswer is what a request got that has to fail.
type errorAnswer struct {
	name     string
	answer   *Response
	statuses []int
	keywords []string
}

func errorsThatMustCome(t *T) []errorAnswer {
	u := t.NewUser(nil)
	return []errorAnswer{
		{"broken JSON", t.Post("/Users", `{"userName":`), []int{400}, nil},
		{"no credentials", t.Anonymous().Get("/Users"), []int{401}, nil},
		{"a bad token", t.WithToken(t.Unique("garbage")).Get("/Users"), []int{401}, nil},
		{"an unknown id", t.Get("/Users/" + t.Unique("unknown")), []int{404}, nil},
		{"an unknown endpoint", t.Get("/Nopes"), []int{404}, nil},
		{"DELETE of a type", t.Delete("/Users"), []int{405, 501}, nil},
		{"a taken userName", t.Post("/Users", t.User(M{"userName": u.String("userName")})), []int{409}, nil},
		{"XML", t.Do(Request{Method: "POST", Path: "/Users", Header: H{"Content-Type": "text/xml"}, Body: "<user/>"}), []int{415, 400}, nil},
	}
}

// errorsThatMayCome leaves out 500, which takes a server that is alone.
func errorsThatMayCome(t *T) []errorAnswer {
	u := t.NewUser(nil)
	may := []errorAnswer{
		{"a filter on discovery", t.Get("/Schemas", "filter", Eq("id", UserSchema)), []int{403}, nil},
		{"/Me", t.Get("/Me"), []int{404, 501}, nil},
		{"PATCH of nothing", t.Patch(u.Path, PatchOp()), []int{400, 501}, nil},
		{"an empty bulk job", t.Post("/Bulk", M{"schemas": []string{BulkMessage}}), []int{400, 501}, nil},
	}
	if t.Config().ETag.Supported {
		stale := Request{Method: "PUT", Path: u.Path, Header: H{"If-Match": `"other"`}, Body: u.With(nil)}
		may = append(may, errorAnswer{"another version", t.Do(stale), []int{412}, nil})
	}
	if limit := t.Config().MaxPayloadSize; t.Config().Bulk.Supported && limit > 0 && limit < bulkAffordable {
		may = append(may, errorAnswer{"a huge bulk job", t.Post("/Bulk", bulkPadded(t, limit+1)), []int{413}, nil})
	}
	if t.Target().ReadOnlyToken != "" {
		may = append(may, errorAnswer{"a write of a reader", t.ReadOnly().Delete(u.Path), []int{403}, nil})
	}
	return may
}

// errorsWithKeyword are the canonical triggers of the matrix, table 23.
func errorsWithKeyword(t *T) []errorAnswer {
	u := t.NewUser(nil)
	bad := func(name string, answer *Response, keywords ...string) errorAnswer {
		return errorAnswer{name, answer, []int{400}, keywords}
	}
	found := []errorAnswer{
		{"a taken userName", t.Post("/Users", t.User(M{"userName": u.String("userName")})), []int{409}, []string{"uniqueness"}},
		bad("broken JSON", t.Post("/Users", `{"userName":`), "invalidSyntax"),
		bad("active maybe", t.Post("/Users", t.User(M{"active": "maybe"})), "invalidValue", "invalidSyntax"),
		bad("no userName", t.Post("/Users", t.User(M{"userName": Omit})), "invalidValue"),
	}
	if t.Config().Filter.Supported {
		found = append(found, bad("an unknown operator", t.Get("/Users", "filter", `userName regex "x"`), "invalidFilter"))
	}
	if t.Config().Patch.Supported {
		patch := func(operation M) *Response { return t.Patch(u.Path, PatchOp(operation)) }
		found = append(found,
			bad("PATCH of id", patch(Replace("id", "x")), "mutability"),
			bad("a broken path", patch(Replace("emails[", "x")), "invalidPath"),
			bad("remove without path", patch(Remove("")), "noTarget"))
	}
	return found
}

func errorsFromHostileInput(t *T) []errorAnswer {
	found := []errorAnswer{
		{"a quote in an id", t.Get("/Users/%27%22%3B--"), []int{400, 404}, nil},
		{"a password in a faulty body", t.Post("/Users", t.User(M{"password": errorCanary, "active": "maybe"})), []int{400}, nil},
		{"deep nesting", t.Post("/Users", strings.Repeat(`{"name":`, 20000)), []int{400, 413}, nil},
		{"an object as a name", t.Post("/Users", t.User(M{"userName": M{"value": []int{1}}})), []int{400}, nil},
	}
	if t.Config().Filter.Supported {
		found = append(found,
			errorAnswer{"a quote in a filter", t.Get("/Users", "filter", `userName eq "x' or '1'='1`), []int{400}, nil},
			errorAnswer{"a half filter", t.Get("/Users", "filter", "((("), []int{400}, nil})
	}
	return found
}

const errorCanary = "c4nary-Pa$$word"

// errorLeaks are what no client has to see: stack traces, SQL, drivers, files.
var errorLeaks = regexp.MustCompile(`goroutine \d|\.(go|java|py|rb|cs|js|php):\d+|Traceback \(most|\bat [\w.$]+\(|` +
	`(?i:\bselect\b.+\bfrom\b|\binsert into\b|\bupdate\b.+\bset\b|\bdelete from\b|unique constraint failed|duplicate key value|sqlite|postgres|mysql|sqlstate|ORA-\d)|` +
	`(^|[\s"'(])(/(home|usr|var|etc|tmp|opt|srv|root)/|[A-Z]:\\)|` + regexp.QuoteMeta(errorCanary))

// errorDetail judges the detail of an error, if there is one.
func errorDetail(t *T, r *Response) {
	_, isString := r.Value("detail").(string)
	t.Assert(isString || r.Value("detail") == nil, "got detail %s, want a string", clip(asJSON(r.Value("detail"))))
	body := string(r.Body)
	leak := errorLeaks.FindString(body)
	t.Assert(leak == "", "got %q in the answer %s, want nothing of the server's inside", leak, clip(body))
	for _, token := range []string{t.Target().Token, t.Target().ReadOnlyToken, t.Target().OtherToken, t.Target().SubjectToken} {
		t.Assert(len(token) < secretLength || !strings.Contains(body, token), "got a token in the answer, want none")
	}
}
