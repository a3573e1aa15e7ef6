package suite

import (
	"net/http"
	"slices"
	"strings"
)

func mediaCases() []Case {
	return []Case{
		{ID: "7644-3.8-R01", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200)
			t.Variant("PATCH", func() {
				if t.Config().Patch.Supported {
					t.Want(t.Patch(u.Path, PatchOp(Replace("title", "Boss"))), 200, 204)
				}
			})
			for _, path := range []string{"/Users/.search", "/.search"} {
				t.Variant(path, func() {
					t.Want(t.Post(path, SearchRequest(M{"filter": Eq("userName", u.String("userName"))})), 200, 501)
				})
			}
			t.Variant("/Bulk", func() {
				if t.Config().Bulk.Supported {
					t.Want(t.Post("/Bulk", BulkRequest(M{"method": "DELETE", "path": "/Users/" + t.Unique("unknown")})), 200)
				}
			})
		}},
		{ID: "7644-3.8-R02", Run: func(t *T) {
			mediaOf(t, MediaType, MediaType)
		}},
		{ID: "7644-3.8-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			r := t.Want(t.Do(Request{Method: http.MethodGet, Path: u.Path, Header: H{"Accept": "application/json"}}), 200)
			mediaIs(t, r, MediaType, "application/json")
			t.Equal(r.Doc, t.Reload(u).Doc, "the body, beside one of "+MediaType)
		}},
		{ID: "7644-3.8-R04", Run: func(t *T) {
			mediaOf(t, "", MediaType)
			mediaOf(t, "*/*", MediaType)
		}},
		{ID: "7644-3.8-R05", Run: func(t *T) {
			const name = "Ærø 東京 😀"
			for _, media := range []string{MediaType, MediaType + "; charset=utf-8"} {
				t.Variant(media, func() {
					r := t.Want(t.Do(Request{Method: http.MethodPost, Path: "/Users", Header: H{"Content-Type": media}, Body: t.User(M{"displayName": name})}), 201)
					t.Equal(r.String("displayName"), name, "displayName of the 201")
					t.Equal(t.Want(t.Get("/Users/"+r.String("id")), 200).String("displayName"), name, "displayName of a GET")
				})
			}
		}},
		{ID: "7644-3.8-R06", Run: func(t *T) {
			t.Want(t.Do(Request{Method: http.MethodPost, Path: "/Users", Header: H{"Content-Type": "application/json"}, Body: t.User(nil)}), 201)
		}},
		{ID: "7644-3.8-R07", Run: func(t *T) {
			u := t.NewUser(nil)
			r := t.Get(u.Path + ".scim")
			if r.Status == 200 {
				t.Equal(r.String("id"), u.ID, "id")
				return
			}
			t.WantError(r, 404)
			t.Absent("the server takes no .scim suffix")
		}},
		{ID: "9110-15.5.16-R01", Run: func(t *T) {
			name := t.Unique("user")
			r := t.Do(Request{Method: http.MethodPost, Path: "/Users", Header: H{"Content-Type": "text/xml"}, Body: t.User(M{"userName": name})})
			t.WantErrorOf(r, []int{415, 400})
			t.Equal(t.Search("/Users", Eq("userName", name)).Total(), 0, "users created by it")
		}},
		{ID: "9110-15.5.7-R01", Run: func(t *T) {
			r := t.Do(Request{Method: http.MethodGet, Path: "/Users", Header: H{"Accept": "text/xml"}})
			if r.Status == 200 {
				mediaIs(t, t.WantList(r), MediaType)
				return
			}
			t.WantError(r, 406)
		}},
		{ID: "7644-3.1-R01", Run: func(t *T) {
			u := t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(u)})
			mediaSchemas(t, u.Doc, UserSchema)
			mediaSchemas(t, t.Reload(g).Doc, GroupSchema)
			list := t.Search("/Users", Eq("userName", u.String("userName")))
			mediaSchemas(t, list.Doc, ListMessage)
			for _, resource := range list.List("Resources") {
				mediaSchemas(t, resource, UserSchema)
			}
			mediaSchemas(t, t.Get("/Users/"+t.Unique("unknown")).Doc, ErrorMessage)
			if t.Config().Bulk.Supported {
				mediaSchemas(t, t.Post("/Bulk", BulkRequest(M{"method": "DELETE", "path": "/Users/" + t.Unique("unknown")})).Doc,
					"urn:ietf:params:scim:api:messages:2.0:BulkResponse")
			}
		}},
		{ID: "7644-3.1-R02", Run: func(t *T) {
			for _, schema := range t.List("/Schemas").List("Resources") {
				t.Assert(!strings.HasPrefix(schema.String("id"), "urn:ietf:params:scim:api:"), "got the message schema %s among /Schemas", schema.String("id"))
			}
			t.WantError(t.Get("/Schemas/"+PatchMessage), 404)
		}},
		{ID: "7644-3.12-R07", Run: func(t *T) {
			for _, body := range []string{`{"userName":`, "", "[]", `"x"`} {
				t.Variant("body "+body, func() { t.WantError(t.Post("/Users", body), 400, "invalidSyntax") })
			}
		}},
		{ID: "9110-15.5.6-R01", Run: func(t *T) {
			for _, r := range []Request{{Method: http.MethodDelete, Path: "/Users"}, {Method: http.MethodPut, Path: "/Users", Body: M{}}, {Method: http.MethodPost, Path: "/Schemas", Body: M{}}} {
				t.Variant(r.Method+" "+r.Path, func() {
					answer := t.Do(r)
					t.WantErrorOf(answer, []int{405, 501})
					t.Assert(answer.Status != 405 || answer.Header.Get("Allow") != "", "got 405 without Allow, want the permitted methods")
				})
			}
		}},
		{ID: "7644-1.2-R01", Run: func(t *T) {
			u := t.NewUser(M{"userName": t.Unique("b jensen+%41")})
			filter := Eq("userName", u.String("userName"))
			t.SameSet(t.Search("/Users", filter).IDs(), []string{u.ID}, "the encoded filter finds")
			r := t.Post("/Users/.search", SearchRequest(M{"filter": filter}))
			if r.Status != 501 {
				t.SameSet(t.WantList(r).IDs(), []string{u.ID}, "the literal filter finds")
			}
		}},
	}
}

// mediaOf reads a user with the Accept and wants the type of the answer.
func mediaOf(t *T, accept, want string) {
	u := t.NewUser(nil)
	mediaIs(t, t.Want(t.Do(Request{Method: http.MethodGet, Path: u.Path, Header: H{"Accept": accept}}), 200), want)
}

// mediaIs compares the media type without its parameters.
func mediaIs(t *T, r *Response, wanted ...string) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	t.Assert(slices.Contains(wanted, strings.TrimSpace(media)), "%s: got Content-Type %q, want %s", r.Request, r.Header.Get("Content-Type"), oneOf(wanted))
}

func mediaSchemas(t *T, d Doc, urn string) {
	list := d.Strings("schemas")
	t.Assert(len(list) > 0 && len(list) == len(d.List("schemas")), "got schemas %s, want an array of URIs", asJSON(d.Value("schemas")))
	for _, uri := range list {
		t.Assert(strings.Contains(uri, ":"), "got %q among schemas, want a URI", uri)
	}
	t.Assert(len(list) > 0 && slices.Contains(list, urn), "got schemas %v, want %s among them", list, urn)
}
