package suite

import (
	"net/http"
	"strings"
)

func projectionCases() []Case {
	return []Case{
		{ID: "7644-3.4.2.5-R01", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			for name, send := range projectionOperations(t, u) {
				t.Variant(name, func() {
					projectionWantOnly(t, send("attributes", "userName"), "userName")
					rest := send("excludedAttributes", "title")
					t.Assert(!rest.Has("title"), "got title, want it excluded")
					t.Assert(rest.Has("nickName") && rest.Has("userName") && rest.Has("emails"), "got %s, want everything but title", clip(asJSON(rest)))
				})
			}
		}},
		{ID: "7644-3.9-R02", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			for _, names := range [][]string{{"userName"}, {"userName", "title", "emails"}, {"title"}} {
				projectionWantOnly(t, projectionGet(t, u, "attributes", names...), names...)
			}
			projectionWantOnly(t, projectionGet(t, u, "attributes", "displayName"))
			projectionWantOnly(t, projectionGet(t, u, "attributes", "id"))
		}},
		{ID: "7644-3.9-R03", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			whole := t.Reload(u)
			t.Equal(projectionGet(t, u, "excludedAttributes", "emails", "id"), whole.With(M{"emails": Omit}), "the user without emails")
			t.Equal(projectionGet(t, u, "excludedAttributes", "id"), whole.Doc, "the user without what is always returned")
			if !t.Reading("A-33") {
				t.Equal(projectionGet(t, u, "excludedAttributes", "schemas"), whole.Doc, "the user without schemas")
			}
		}},
		{ID: "7644-3.9-R04", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			r := projectionGet(t, u, "attributes", "name.givenName")
			projectionWantOnly(t, r, "name")
			t.Equal(r.Value("name"), M{"givenName": "Barbara"}, "name")
			r = projectionGet(t, u, "attributes", "name")
			projectionWantOnly(t, r, "name")
			t.Equal(r.Value("name"), t.Reload(u).Value("name"), "the whole name")
			r = projectionGet(t, u, "attributes", "emails.value", "name.familyName")
			projectionWantOnly(t, r, "emails", "name")
			t.Equal(r.Value("emails"), []M{{"value": "b@example.com"}, {"value": "j@example.com"}}, "emails")
			r = projectionGet(t, u, "excludedAttributes", "name.familyName", "emails.type")
			t.Assert(r.Has("name.givenName") && !r.Has("name.familyName"), "got name %s, want it without familyName", asJSON(r.Value("name")))
			t.Assert(len(r.Strings("emails.value")) == 2 && len(r.Strings("emails.type")) == 0, "got emails %s, want them without type", asJSON(r.Value("emails")))
			t.Assert(r.Has("title"), "got no title, want what is not excluded")
		}},
		{ID: "7644-3.9-R05", Run: func(t *T) {
			t.Variant("never", func() {
				u := t.NewUser(projectionPerson())
				for _, names := range [][]string{{"password"}, {"password", "userName"}, {UserSchema + ":password"}} {
					r := projectionGet(t, u, "attributes", names...)
					t.Assert(!r.Has("password") && r.Has("id"), "got %s, want no password", clip(asJSON(r)))
				}
				list := t.List("/Users", "attributes", "password", "count", "1")
				t.Assert(!list.Has("Resources.0.password"), "got a password in a list, want none")
			})
			t.Variant("request", func() {
				w := t.NewWidget(M{"hint": "blue"})
				t.Assert(!t.Reload(w).Has("hint"), "got hint unasked, want it on request only")
				t.Equal(projectionGet(t, w, "attributes", "hint").Value("hint"), "blue", "hint")
				t.Assert(!projectionGet(t, w, "excludedAttributes", "kind").Has("hint"), "got hint with excludedAttributes=kind, want it on request only")
			})
		}},
		{ID: "7644-3.9-R06", Run: func(t *T) {
			u := t.NewUser(nil)
			both := []string{"attributes", "userName", "excludedAttributes", "title"}
			search := SearchRequest(M{"attributes": []string{"userName"}, "excludedAttributes": []string{"title"}})
			for _, r := range []*Response{t.Get(u.Path, both...), t.Get("/Users", both...), t.Post("/Users/.search", search)} {
				if t.Reading("A-21") {
					t.Want(r, 200)
				} else {
					t.WantError(r, 400, "invalidValue")
				}
			}
		}},
		{ID: "7644-3.10-R01", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			for name, want := range map[string]string{
				"URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:USERNAME": "userName",
				UserSchema + ":userName":                              "userName",
				"USERNAME":                                            "userName",
				UserSchema + ":NAME.GIVENNAME":                        "name",
				"Name.GivenName":                                      "name",
				Enterprise + ":department":                            Enterprise,
				"URN:IETF:PARAMS:SCIM:SCHEMAS:EXTENSION:ENTERPRISE:2.0:USER:DEPARTMENT": Enterprise,
			} {
				t.Variant(name, func() {
					r := projectionGet(t, u, "attributes", name)
					projectionWantOnly(t, r, want)
					switch want {
					case "name":
						t.Equal(r.Value(want), M{"givenName": "Barbara"}, want)
					case Enterprise:
						t.Equal(r.Value(want), M{"department": "Tours"}, want)
					}
				})
			}
			r := projectionGet(t, u, "excludedAttributes", UserSchema+":TITLE", "NICKNAME", Enterprise+":Department")
			t.Assert(!r.Has("title") && !r.Has("nickName") && !r.Has(Enterprise+":department"), "got %s, want no title, nickName and department", clip(asJSON(r)))
			t.Assert(r.Has("userName") && r.Has(Enterprise+":costCenter"), "got %s, want the rest", clip(asJSON(r)))
		}},
		{ID: "7644-3.10-R02", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			projectionWantOnly(t, projectionGet(t, u, "attributes", "userName"), "userName")
			r := projectionGet(t, u, "attributes", "department", "userName")
			t.Assert(r.Has("userName") && !r.Has("title") && !r.Has("department"), "got %s, want userName, and department within its extension if at all", clip(asJSON(r)))
			t.Notef("a bare department gives the extension %s", asJSON(r.Value(Enterprise)))
		}},
		{ID: "7644-3.9-R07", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			for _, unknown := range []string{"nope", "name.nope", "urn:example:nope:1.0:Nope:nope"} {
				r := projectionGet(t, u, "attributes", "userName", unknown)
				t.Assert(r.Has("userName") && !r.Has("title"), "got %s with attributes=userName,%s, want userName only", clip(asJSON(r)), unknown)
				r = projectionGet(t, u, "excludedAttributes", "title", unknown)
				t.Assert(r.Has("userName") && r.Has("name") && !r.Has("title"), "got %s with excludedAttributes=title,%s, want all but title", clip(asJSON(r)), unknown)
			}
		}},
		{ID: "7644-3.9-R08", Run: func(t *T) {
			u := t.NewUser(projectionPerson())
			projectionWantOnly(t, t.Want(t.Get(u.Path, "attributes", "userName, emails ,title"), 200).Doc, "userName", "emails", "title")
			t.Assert(!t.Want(t.Get(u.Path, "excludedAttributes", "emails, title"), 200).Has("title"), "got title, want it excluded after a blank")
			r := t.Get(u.Path, "attributes", Enterprise)
			if t.Reading("A-30") {
				t.Want(r, 200, 400)
				return
			}
			projectionWantOnly(t, t.Want(r, 200).Doc, Enterprise)
			t.Equal(r.Value(Enterprise), t.Reload(u).Value(Enterprise), "the whole extension")
			t.Assert(!projectionGet(t, u, "excludedAttributes", Enterprise).Has(Enterprise), "got the extension, want it excluded")
		}},
	}
}

func projectionPerson() M {
	return M{
		"title": "Guide", "nickName": "Babs", "password": "t1meMa$heen", "name": M{"givenName": "Barbara", "familyName": "Jensen"},
		"emails":   []M{{"value": "b@example.com", "type": "work"}, {"value": "j@example.com", "type": "home"}},
		Enterprise: M{"department": "Tours", "costCenter": "4130"},
	}
}

// projectionGet is the resource as a GET shows it with the parameter.
func projectionGet(t *T, r *Resource, parameter string, names ...string) Doc {
	return t.Want(t.Get(r.Path, parameter, strings.Join(names, ",")), 200).Doc
}

// projectionWantOnly checks a projection of a user. Where the target reads A-33
// the other way it may lack schemas.
func projectionWantOnly(t *T, d Doc, names ...string) {
	if t.Reading("A-33") && !d.Has("schemas") {
		d = Doc{d.With(M{"schemas": []string{UserSchema}})}
	}
	t.WantOnly(d, UserSchema, names...)
}

// projectionOperations are the operations that return a user, each with one
// parameter.
func projectionOperations(t *T, u *Resource) map[string]func(parameter, name string) Doc {
	filter := Eq("userName", u.String("userName"))
	send := func(method string, status int, path func() string, body func() any) func(parameter, name string) Doc {
		return func(parameter, name string) Doc {
			r := t.Do(Request{Method: method, Path: Query(path(), parameter, name), Body: body()})
			return t.Want(r, status).Doc
		}
	}
	one := func() string { return u.Path }
	operations := map[string]func(parameter, name string) Doc{
		"GET":  send(http.MethodGet, 200, one, func() any { return nil }),
		"POST": send(http.MethodPost, 201, func() string { return "/Users" }, func() any { return t.User(projectionPerson()) }),
		"PUT":  send(http.MethodPut, 200, one, func() any { return u.With(projectionPerson()) }),
	}
	if t.Config().Patch.Supported {
		operations["PATCH"] = send(http.MethodPatch, 200, one, func() any { return PatchOp(Replace("nickName", t.Unique("nick"))) })
	}
	if t.Config().Filter.Supported {
		item := func(r *Response) Doc { return t.WantList(r).Item("Resources", "id", u.ID) }
		operations["a list"] = func(parameter, name string) Doc {
			return item(t.Get("/Users", "filter", filter, parameter, name))
		}
		operations["/.search"] = func(parameter, name string) Doc {
			return item(t.Post("/Users/.search", SearchRequest(M{"filter": filter, parameter: []string{name}})))
		}
	}
	return operations
}
