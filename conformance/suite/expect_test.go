package suite

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func answer(status int, contentType, body string) *Response {
	r := &Response{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), Request: "GET /x"}
	r.Doc, r.Invalid = parse(r.Body)
	return r
}

func TestErrorEnvelope(t *testing.T) {
	const good = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"no"}`
	for _, tc := range []struct {
		name   string
		answer *Response
		want   string // part of the one fault, "" for none
	}{
		{"good", answer(400, MediaType, good), ""},
		{"good with a charset", answer(400, MediaType+"; charset=utf-8", good), ""},
		{"another status", answer(404, MediaType, strings.Replace(good, "400", "404", 1)), "got status 404, want 400"},
		{"accepted", answer(201, MediaType, `{}`), "got status 201, want 400"},
		{"plain JSON", answer(400, "application/json", good), "Content-Type"},
		{"no type", answer(400, "", good), "Content-Type"},
		{"no JSON", answer(400, MediaType, "Bad Request"), "no JSON"},
		{"no body", answer(400, MediaType, ""), "no JSON"},
		{"another schema", answer(400, MediaType, strings.Replace(good, ":Error", ":Fault", 1)), "schemas"},
		{"a second schema", answer(400, MediaType, strings.Replace(good, `Error"`, `Error","urn:x"`, 1)), "schemas"},
		{"a number as status", answer(400, MediaType, strings.Replace(good, `"400"`, `400`, 1)), "member status 400"},
		{"another status in the body", answer(400, MediaType, strings.Replace(good, `"400"`, `"409"`, 1)), `member status "409"`},
		{"no status", answer(400, MediaType, strings.Replace(good, `"status"`, `"code"`, 1)), "member status null"},
		{"a detail that is no string", answer(400, MediaType, strings.Replace(good, `"no"`, `["no"]`, 1)), "detail"},
		{"another scimType", answer(400, MediaType, strings.Replace(good, "invalidValue", "invalidPath", 1)), `scimType "invalidPath"`},
		{"no scimType", answer(400, MediaType, strings.Replace(good, "scimType", "type", 1)), "scimType null"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			faults := errorFaults(tc.answer, []int{400}, []string{"invalidValue", "invalidSyntax"})
			if tc.want == "" && len(faults) == 0 {
				return
			}
			if tc.want == "" || len(faults) != 1 || !strings.Contains(faults[0], tc.want) {
				t.Errorf("got %q, want one fault with %q", faults, tc.want)
			}
		})
	}
	if faults := errorFaults(answer(400, MediaType, strings.Replace(good, "scimType", "type", 1)), []int{400}, nil); len(faults) > 0 {
		t.Errorf("got %q, want no scimType asked for", faults)
	}
}

func TestEqual(t *testing.T) {
	for _, tc := range []struct {
		got, want any
		equal     bool
	}{
		{json.Number("1.0"), 1, true},
		{json.Number("9007199254740993"), json.Number("9007199254740992"), false},
		{json.Number("1e3"), 1000, true},
		{json.Number("1e999999999"), 1, false},
		{"1", 1, false},
		{nil, false, false},
		{[]any{"a", "b"}, []string{"a", "b"}, true},
		{[]any{"b", "a"}, []string{"a", "b"}, false},
		{Doc{M{"a": json.Number("1"), "b": []any{}}}, M{"b": []string{}, "a": 1.0}, true},
		{M{"a": nil}, M{}, false},
	} {
		if got := equal(tc.got, tc.want); got != tc.equal {
			t.Errorf("%v and %v: got equal %v, want %v", tc.got, tc.want, got, tc.equal)
		}
	}
}

func TestExpectations(t *testing.T) {
	s := newServer(t)
	for name, run := range map[string]func(t *T){
		"Equal":        func(t *T) { t.Equal(1, 2, "x") },
		"Differ":       func(t *T) { t.Differ(1, 1.0, "x") },
		"SameSet":      func(t *T) { t.SameSet([]string{"a", "a"}, []string{"a"}, "x") },
		"Assert":       func(t *T) { t.Assert(false, "x") },
		"Want":         func(t *T) { t.Want(answer(500, "", ""), 200, 204) },
		"WantErrorOf":  func(t *T) { t.WantErrorOf(answer(200, "", "{}"), []int{403, 404}) },
		"no schemas":   func(t *T) { t.WantList(answer(200, MediaType, `{"totalResults":0}`)) },
		"no total":     func(t *T) { t.WantList(answer(200, MediaType, `{"schemas":["`+ListMessage+`"]}`)) },
		"total string": func(t *T) { t.WantList(answer(200, MediaType, `{"schemas":["`+ListMessage+`"],"totalResults":"0"}`)) },
	} {
		if got := judge(t, s.target(), Case{Run: run}); got.Outcome != Failed {
			t.Errorf("%s: got %s, want it failed", name, got.Outcome)
		}
	}
	wantOutcome(t, judge(t, s.target(), Case{Run: func(t *T) {
		t.SameSet([]string{"b", "a"}, []string{"a", "b"}, "x")
		t.Differ("a", "b", "x")
		t.WantList(answer(200, MediaType, `{"schemas":["`+ListMessage+`"],"totalResults":0}`))
	}}), Passed, "")
}
