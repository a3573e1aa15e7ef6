package suite

import (
	"net/http"
	"strings"
)

func postCases() []Case {
	return []Case{
		{ID: "7644-3.3-R01", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Equal(u.Header.Get("Location"), u.String("meta.location"), "the Location header")
			t.Equal(t.Want(t.Get(u.Header.Get("Location")), 200).String("id"), u.ID, "the id at the Location")
		}},
		{ID: "7644-3.3-R02", Run: func(t *T) {
			u := t.NewUser(M{
				"name": M{"givenName": "Barbara", "familyName": "Jensen"}, "title": "Guide", "active": true,
				"emails":   []M{{"value": "bjensen@example.com", "type": "work", "primary": true}},
				Enterprise: M{"department": "Tours"},
			})
			t.Equal(u.Doc, t.Reload(u).Doc, "the body of the 201, beside that of a GET")
		}},
		{ID: "7644-3.3-R03", Run: func(t *T) {
			g := t.NewGroup(nil)
			u := t.NewUser(M{
				"id": "mine", "groups": []M{{"value": g.ID}},
				"meta": M{"resourceType": "X", "created": "1999-01-01T00:00:00Z", "location": "https://example.com/x"},
			})
			t.Differ(u.ID, "mine", "id")
			t.Equal(u.String("meta.resourceType"), "User", "meta.resourceType")
			t.Assert(!strings.HasPrefix(u.String("meta.created"), "1999"), "got the client's meta.created, want the server's")
			t.Differ(u.String("meta.location"), "https://example.com/x", "meta.location")
			t.Assert(!t.Reload(u).Has("groups"), "got the client's groups on the user, want none")
			t.Assert(!t.Reload(g).Has("members"), "got the user in the group, want no members")
		}},
		{ID: "7644-3.3-R04", Run: func(t *T) {
			t.Notef("without active in the body it is %s", asJSON(t.NewUser(nil).Value("active")))
			u := t.NewUser(M{"active": nil, "emails": []M{}})
			t.Assert(!u.Has("active"), "got active %s after an explicit null, want it unassigned", asJSON(u.Value("active")))
			t.Assert(!u.Has("emails"), "got emails after an explicit [], want it unassigned")
		}},
		{ID: "7644-3.3-R05", Run: func(t *T) {
			name := t.Unique("user")
			t.NewUser(M{"userName": name})
			t.WantError(t.Post("/Users", t.User(M{"userName": name})), 409, "uniqueness")
			t.WantError(t.Post("/Users", t.User(M{"userName": strings.ToUpper(name)})), 409, "uniqueness")
			t.Equal(t.Search("/Users", Eq("userName", name)).Total(), 1, "users of that name")
		}},
		{ID: "7644-3.3-R06", Run: func(t *T) {
			taken := t.NewUser(nil).String("userName")
			postRefused(t, "a wrong type", M{"name": 5})
			postRefused(t, "no schemas", M{"schemas": Omit})
			postRefused(t, "two primary emails", M{"emails": []M{{"value": "a@example.com", "primary": true}, {"value": "b@example.com", "primary": true}}})
			t.WantError(t.Post("/Users", t.User(M{"userName": taken, "externalId": taken})), 409)
			t.Equal(t.Search("/Users", Eq("externalId", taken)).Total(), 0, "users left by a conflict")
		}},
		{ID: "7644-3.3-R07", Run: func(t *T) {
			body := t.User(nil)
			statuses := map[int]int{}
			for _, r := range t.Together(20, func(int) *Response { return t.Post("/Users", body) }) {
				statuses[r.Status]++
			}
			t.Equal(statuses, map[int]int{201: 1, 409: 19}, "answers by status")
		}},
		{ID: "7644-3.3-R08", Run: func(t *T) {
			t.Gate(t.Config().ETag, nil)
			u := t.NewUser(nil)
			etag := u.Header.Get("ETag")
			if etag == "" {
				t.Fatalf("got a 201 without ETag, want the new version")
			}
			t.Equal(t.Reload(u).Header.Get("ETag"), etag, "the ETag of a GET")
			t.Want(t.Do(Request{Method: http.MethodPut, Path: u.Path, Header: H{"If-Match": etag}, Body: u.With(M{"title": "Guide"})}), 200)
		}},
		{ID: "7644-3.9-R01", Run: func(t *T) {
			u := t.Full.New("/Users?attributes=userName", t.User(M{"title": "Guide"}))
			t.WantOnly(u.Doc, UserSchema, "userName")
			u = t.Full.New("/Users?excludedAttributes=title", t.User(M{"title": "Guide", "nickName": "Babs"}))
			t.Assert(!u.Has("title"), "got title, want it excluded")
			t.Assert(u.Has("nickName") && u.Has("userName"), "got %s, want everything but title", clip(string(u.Body)))
		}},
	}
}

// postRefused posts a faulty user. A server that takes it breaks another row.
func postRefused(t *T, fault string, overrides M) {
	t.Variant(fault, func() {
		body := t.User(overrides)
		r := t.Post("/Users", body)
		if r.Status == 201 {
			t.Notef("accepted")
			return
		}
		t.Assert(r.Status/100 == 4, "%s: got %s, want a 4xx", r.Request, r.summary())
		t.Equal(t.Search("/Users", Eq("userName", Doc{body}.String("userName"))).Total(), 0, "users left behind")
	})
}
