package suite

import "slices"

func deleteCases() []Case {
	return []Case{
		{ID: "7644-3.6-R01", Run: func(t *T) {
			for _, resource := range []*Resource{t.NewUser(nil), t.NewGroup(nil)} {
				r := t.Want(t.Delete(resource.Path), 204)
				t.Equal(len(r.Body), 0, "bytes in the body of the 204")
			}
		}},
		{ID: "7644-3.6-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Want(t.Delete(u.Path), 204)
			t.WantError(t.Get(u.Path), 404)
			t.WantError(t.Put(u.Path, u.With(nil)), 404)
			if t.Config().Patch.Supported {
				t.WantError(t.Patch(u.Path, PatchOp(Replace("title", "Guide"))), 404)
			}
			t.WantError(t.Delete(u.Path), 404)
		}},
		{ID: "7644-3.6-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Want(t.Delete(u.Path), 204)
			t.Assert(!slices.Contains(t.All("/Users"), u.ID), "got the deleted user in the list of all, want it gone")
			for _, filter := range []string{Eq("id", u.ID), Eq("userName", u.String("userName"))} {
				t.Equal(t.Search("/Users", filter).Total(), 0, filter)
				if r := t.Post("/.search", SearchRequest(M{"filter": filter})); r.Status == 200 {
					t.Equal(r.Total(), 0, "a root query for "+filter)
				}
				if t.Config().Cursor.Supported {
					t.Assert(!t.Search("/Users", filter, "cursor", "").Has("Resources"), "got the deleted user in a cursor walk, want none")
				}
			}
		}},
		{ID: "7644-3.6-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Want(t.Delete(u.Path), 204)
			t.Differ(t.NewUser(M{"userName": u.String("userName")}).ID, u.ID, "the id of the next user of that name")
		}},
	}
}
