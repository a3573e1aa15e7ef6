package suite

func getCases() []Case {
	return []Case{
		{ID: "7644-3.4.1-R01", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "password": "t1meMa$heen"})
			r := t.Reload(u)
			t.Equal(r.String("id"), u.ID, "id")
			t.Equal(r.String("userName"), u.String("userName"), "userName")
			t.Equal(r.String("title"), "Guide", "title")
			t.Assert(r.Has("schemas") && r.Has("meta"), "got %s, want schemas and meta", clip(string(r.Body)))
			t.Assert(!r.Has("password"), "got a password, want it never returned")
			if !t.Reading("A-40") {
				t.Want(t.Get(u.Path, "filter", Eq("userName", "nobody")), 200)
			}
		}},
		{ID: "7644-3.4.1-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			t.WantError(t.Get("/Users/"+t.Unique("unknown")), 404)
			t.WantError(t.Get("/Groups/"+u.ID), 404)
		}},
		{ID: "7644-3.4.2-R01", Run: func(t *T) {
			t.NewUser(nil)
			r := t.List("/Users")
			t.Equal(r.Value("schemas"), []string{ListMessage}, "schemas")
			t.Assert(r.Total() > 0, "got totalResults %d, want the new user counted", r.Total())
		}},
		{ID: "7644-3.4.2-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			t.SameSet(t.Search("/Users", Eq("userName", u.String("userName"))).IDs(), []string{u.ID}, "Resources")
			none := t.Search("/Users", Eq("userName", t.Unique("nobody")))
			t.Equal(none.Total(), 0, "totalResults without a match")
			t.Assert(!none.Has("Resources"), "got Resources without a match, want none")
		}},
		{ID: "7644-3.4.2-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Equal(t.Want(t.Get(u.Path, "foo", "bar"), 200).Doc, t.Reload(u).Doc, "one user with ?foo=bar")
			filter := Eq("userName", u.String("userName"))
			t.Equal(t.Search("/Users", filter, "foo", "bar").Doc, t.Search("/Users", filter).Doc, "a list with &foo=bar")
		}},
		{ID: "7644-3.4.2-R04", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "password": "t1meMa$heen", Enterprise: M{"department": "Tours"}})
			item := t.Search("/Users", Eq("userName", u.String("userName"))).Item("Resources", "id", u.ID)
			t.Equal(item, t.Reload(u).Doc, "the item of the list, beside a GET")
			t.Assert(!item.Has("password"), "got a password in a list, want it never returned")
		}},
	}
}
