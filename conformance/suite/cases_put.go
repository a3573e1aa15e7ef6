package suite

import "strings"

func putCases() []Case {
	return []Case{
		{ID: "7644-3.5-R01", Run: func(t *T) {
			u, g := t.NewUser(nil), t.NewGroup(nil)
			t.Equal(t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200).String("title"), "Guide", "title")
			name := t.Unique("group")
			t.Equal(t.Want(t.Put(g.Path, g.With(M{"displayName": name})), 200).String("displayName"), name, "displayName")
			t.Equal(t.Reload(u).String("title"), "Guide", "title")
			t.Equal(t.Reload(g).String("displayName"), name, "displayName")
		}},
		{ID: "7644-3.5.1-R01", Run: func(t *T) {
			id, body := t.Unique("unknown"), t.User(nil)
			t.WantError(t.Put("/Users/"+id, body), 404)
			t.WantError(t.Get("/Users/"+id), 404)
			t.Equal(t.Search("/Users", Eq("userName", Doc{body}.String("userName"))).Total(), 0, "users created by the PUT")
		}},
		{ID: "7644-3.5.1-R02", Run: func(t *T) {
			u := t.NewUser(M{
				"title": "Guide", "name": M{"givenName": "Barbara", "familyName": "Jensen"},
				"emails": []M{{"value": "b@example.com", "type": "work"}, {"value": "j@example.com", "type": "home"}},
			})
			t.Want(t.Put(u.Path, u.With(M{
				"title": "Boss", "password": "t1meMa$heen", "name": M{"givenName": "Ann", "familyName": "Jensen"},
				"emails": []M{{"value": "n@example.com", "type": "work"}},
			})), 200)
			r := t.Reload(u)
			t.Equal(r.Strings("emails.value"), []string{"n@example.com"}, "emails")
			t.Equal(r.String("title"), "Boss", "title")
			t.Equal(r.String("name.givenName"), "Ann", "name.givenName")
			g := t.NewGroup(M{"members": Members(u, t.NewUser(nil))})
			t.Want(t.Put(g.Path, g.With(M{"members": Members(u)})), 200)
			t.Equal(t.Reload(g).Strings("members.value"), []string{u.ID}, "members")
		}},
		{ID: "7644-3.5.1-R03", Run: func(t *T) {
			u, mine, other := t.NewUser(nil), t.NewGroup(nil), t.NewGroup(nil)
			t.Want(t.Put(mine.Path, mine.With(M{"members": Members(u)})), 200)
			before := t.Reload(u)
			r := t.Want(t.Put(u.Path, before.With(M{
				"id": "mine", "groups": []M{{"value": other.ID}}, "title": "Guide",
				"meta": M{"resourceType": "X", "created": "1999-01-01T00:00:00Z", "lastModified": "1999-01-01T00:00:00Z", "location": "https://example.com/x", "version": `W/"x"`},
			})), 200)
			for _, now := range []Doc{r.Doc, t.Reload(u).Doc} {
				for _, name := range []string{"id", "meta.resourceType", "meta.created", "meta.location", "groups"} {
					t.Equal(now.Value(name), before.Value(name), name)
				}
				t.Assert(!strings.HasPrefix(now.String("meta.lastModified"), "1999"), "got the client's meta.lastModified, want the server's")
				t.Equal(now.String("title"), "Guide", "title")
			}
			t.WantError(t.Get("/Users/mine"), 404)
			t.Assert(!t.Reload(other).Has("members"), "got members in the group that the PUT named, want none")
			t.Equal(t.Reload(mine).Strings("members.value"), []string{u.ID}, "members of the group that the PUT left out")
		}},
		{ID: "7644-3.5.1-R04", Run: func(t *T) {
			set, unset := t.NewWidget(M{"serial": "one"}), t.NewWidget(nil)
			t.Want(t.Put(set.Path, set.With(M{"serial": "one", "hits": 1})), 200)
			t.WantError(t.Put(set.Path, set.With(M{"serial": "two", "hits": 2})), 400, "mutability")
			t.Equal(t.Reload(set).String("serial"), "one", "serial after a change was refused")
			t.Equal(t.Reload(set).Value("hits"), 1, "hits after a change was refused")
			t.Equal(t.Want(t.Put(unset.Path, unset.With(M{"serial": "one"})), 200).String("serial"), "one", "serial set by the PUT")
			t.WantError(t.Put(unset.Path, unset.With(M{"serial": "two"})), 400, "mutability")
		}},
		{ID: "7644-3.5.1-R05", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "nickName": "Babs", "emails": []M{{"value": "b@example.com"}}})
			t.Want(t.Put(u.Path, u.With(M{"title": nil, "emails": []M{}})), 200)
			r := t.Reload(u)
			t.Assert(!r.Has("title") && !r.Has("emails"), "got %s, want title and emails cleared by null and []", clip(string(r.Body)))
			t.Equal(r.String("nickName"), "Babs", "nickName")
			r = t.Want(t.Put(u.Path, r.With(M{"nickName": Omit})), 200)
			if t.Reading("A-10") {
				t.Notef("a PUT without nickName leaves %s", asJSON(r.Value("nickName")))
				return
			}
			t.Assert(!r.Has("nickName") && !t.Reload(u).Has("nickName"), "got nickName after a PUT without it, want it cleared")
		}},
		{ID: "7644-3.5.1-R06", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide"})
			before := t.Reload(u)
			for _, name := range []any{Omit, nil} {
				t.WantError(t.Put(u.Path, u.With(M{"userName": name, "title": "Boss"})), 400, "invalidValue")
			}
			t.Equal(t.Reload(u).Doc, before.Doc, "the user after the refused PUTs")
		}},
		{ID: "7644-3.5.1-R07", Run: func(t *T) {
			u := t.NewUser(M{"nickName": "Babs", "emails": []M{{"value": "b@example.com", "type": "work"}}, Enterprise: M{"department": "Tours"}})
			r := t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200)
			t.Equal(r.Doc, t.Reload(u).Doc, "the body of the 200, beside that of a GET")
			t.Equal(r.String("title"), "Guide", "title")
			r = t.Want(t.Put(u.Path+"?attributes=userName", u.With(M{"title": "Boss"})), 200)
			projectionWantOnly(t, r.Doc, "userName")
			r = t.Want(t.Put(u.Path+"?excludedAttributes=title", u.With(M{"title": "Clerk"})), 200)
			t.Assert(!r.Has("title") && r.Has("nickName"), "got %s, want all but title", r.summary())
			t.Equal(t.Reload(u).String("title"), "Clerk", "title, though the answers left it out")
		}},
		{ID: "7644-3.5.1-R08", Run: func(t *T) {
			u, other := t.NewUser(nil), t.NewUser(nil)
			name, taken := u.String("userName"), other.String("userName")
			t.WantError(t.Put(u.Path, u.With(M{"userName": taken})), 409, "uniqueness")
			t.WantError(t.Put(u.Path, u.With(M{"userName": strings.ToUpper(taken)})), 409, "uniqueness")
			t.Equal(t.Reload(u).String("userName"), name, "userName after the refused PUTs")
			t.Want(t.Put(u.Path, u.With(M{"userName": strings.ToUpper(name)})), 200)
			t.SameSet(t.Search("/Users", Eq("userName", name)).IDs(), []string{u.ID}, "the ids of the user's own name in another case")
		}},
		{ID: "7644-3.5.1-R09", Run: func(t *T) {
			u, other := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "b@example.com"}}, "password": "t1meMa$heen"}), t.NewUser(nil)
			before := t.Reload(u)
			for fault, overrides := range map[string]M{
				"a wrong type":       {"name": 5},
				"a name that is had": {"userName": other.String("userName")},
				"no schemas":         {"schemas": Omit},
				"no boolean":         {"active": "maybe"},
			} {
				t.Variant(fault, func() {
					overrides["title"] = "Boss"
					r := t.Put(u.Path, u.With(overrides))
					t.Assert(r.Status/100 == 4, "%s: got %s, want a 4xx", r.Request, r.summary())
				})
			}
			after := t.Reload(u)
			t.Equal(after.Doc, before.Doc, "the user after the refused PUTs")
			t.Equal(after.Header.Get("ETag"), before.Header.Get("ETag"), "the ETag after the refused PUTs")
			password := putPassword(t, u, "t1meMa$heen")
			t.Want(t.Put(u.Path, u.With(M{"title": "Boss"})), 200)
			t.Equal(putPassword(t, u, "t1meMa$heen"), password, "whether the password holds after a PUT without it")
		}},
	}
}

// putPassword tells whether a filter finds the user by the password. Few
// servers compare passwords (RFC 7643 section 4.1.1), and none need to.
func putPassword(t *T, u *Resource, password string) bool {
	r := t.Get("/Users", "filter", Eq("userName", u.String("userName"))+" and "+Eq("password", password))
	if r.Status == 200 && r.Total() == 1 {
		return true
	}
	t.Notef("the server compares no passwords: it answers %d", r.Status)
	return false
}
