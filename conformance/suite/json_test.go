package suite

import (
	"encoding/json"
	"testing"
)

func TestDoc(t *testing.T) {
	d, err := parse([]byte(`{"id":"7","n":12345678901234567890,"x":null,"none":[],"active":true,"name":{"givenName":"B"},
		"emails":[{"type":"work","value":"a"},{"type":"home","value":"b"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Tours","manager":{"value":"9"}},
		"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ got, want any }{
		{d.String("name.givenName"), "B"},
		{d.String("emails.1.value"), "b"},
		{d.String("emails.2.value"), ""},
		{d.String("emails.-1.value"), ""},
		{d.String(Enterprise + ":department"), "Tours"},
		{d.String(Enterprise + ".manager.value"), "9"},
		{d.String("urn:unknown:department"), ""},
		{d.Value("n"), json.Number("12345678901234567890")},
		{d.Value("NAME.givenName"), nil},
		{d.Int("id"), -1},
		{d.Bool("active"), true},
		{d.Has("x"), false},
		{d.Has("none"), false},
		{d.Has("name"), true},
		{d.Has(Enterprise), true},
		{d.Item("emails", "type", "home").String("value"), "b"},
		{d.Item("emails", "type", "other").Has(""), false},
		{d.Strings("emails.value"), []string{"a", "b"}},
		{d.IDs(), []string{"1", "2"}},
		{d.Total(), 2},
		{len(d.List("Resources")), 2},
		{Doc{}.Total(), -1},
	} {
		if !equal(tc.got, tc.want) {
			t.Errorf("got %v, want %v", tc.got, tc.want)
		}
	}
}

func TestBodies(t *testing.T) {
	user := Doc{M{"schemas": []any{UserSchema}, "title": "Guide", "id": "7"}}
	for _, tc := range []struct{ got, want any }{
		{user.With(M{"title": Omit, "nickName": nil}), M{"schemas": []string{UserSchema}, "id": "7", "nickName": nil}},
		{user.With(M{Enterprise: M{"department": "x"}})["schemas"], []string{UserSchema, Enterprise}},
		{Doc{user.With(M{Enterprise: M{}})}.With(M{Enterprise: Omit}), user},
		{user.With(M{"schemas": []string{"urn:x"}})["schemas"], []string{"urn:x"}},
		{PatchOp(Add("title", nil), Replace("", M{"a": 1}), Remove("x")), M{"schemas": []string{PatchMessage}, "Operations": []M{
			{"op": "add", "path": "title", "value": nil}, {"op": "replace", "value": M{"a": 1}}, {"op": "remove", "path": "x"},
		}}},
		{SearchRequest(M{"count": 3}), M{"schemas": []string{SearchMessage}, "count": 3}},
		{Members(&Resource{ID: "1"}, &Resource{ID: "2"}), []M{{"value": "1"}, {"value": "2"}}},
		{Eq("userName", `a"b`), `userName eq "a\"b"`},
	} {
		if !equal(tc.got, tc.want) {
			t.Errorf("got %s, want %s", asJSON(tc.got), asJSON(tc.want))
		}
	}
}
