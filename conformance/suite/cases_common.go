package suite

import (
	"slices"
	"strings"
	"time"
)

func commonCases() []Case {
	return []Case{
		{ID: "7643-3-R01", Run: func(t *T) {
			t.Assert(slices.Contains(t.Reload(t.NewUser(nil)).Strings("schemas"), UserSchema), "got a user without %s in schemas", UserSchema)
			t.Assert(slices.Contains(t.Reload(t.NewGroup(nil)).Strings("schemas"), GroupSchema), "got a group without %s in schemas", GroupSchema)
		}},
		{ID: "7643-3-R02", Run: func(t *T) {
			known := []string{UserSchema}
			for _, e := range t.TypeOf(UserSchema).Extensions {
				known = append(known, e.Schema)
			}
			u := t.NewUser(M{Enterprise: M{"department": "Tours"}})
			for _, uri := range t.Reload(u).Strings("schemas") {
				t.Assert(slices.Contains(known, uri), "got %s in schemas, want what the resource type declares", uri)
			}
			r := t.Post("/Users", t.User(M{"schemas": []string{UserSchema, "urn:foo"}}))
			if t.Reading("A-27") {
				t.Assert(!slices.Contains(t.Want(r, 201).Strings("schemas"), "urn:foo"), "got urn:foo back in schemas")
				return
			}
			t.WantError(r, 400, "invalidValue")
		}},
		{ID: "7643-3-R03", Run: func(t *T) {
			u := t.NewUser(M{"schemas": []string{Enterprise, UserSchema}, Enterprise: M{"department": "Tours"}})
			t.SameSet(u.Strings("schemas"), []string{UserSchema, Enterprise}, "schemas sent in the other order")
			t.Equal(u.String(Enterprise+":department"), "Tours", "department")
			r := t.Post("/Users", t.User(M{"schemas": []string{UserSchema, UserSchema}}))
			if r.Status == 201 {
				t.Equal(r.Value("schemas"), []string{UserSchema}, "schemas sent twice")
				return
			}
			t.WantError(r, 400)
		}},
		{ID: "7643-3.3-R01", Run: func(t *T) {
			u := t.NewUser(nil)
			for name, schemas := range map[string]any{"none": Omit, "the extension alone": []string{Enterprise}} {
				t.Variant(name, func() {
					t.WantError(t.Post("/Users", t.User(M{"schemas": schemas})), 400, "invalidSyntax", "invalidValue")
					t.WantError(t.Put(u.Path, u.With(M{"schemas": schemas})), 400, "invalidSyntax", "invalidValue")
				})
			}
		}},
		{ID: "7643-3.3-R02", Run: func(t *T) {
			for name, schemas := range map[string]any{"its URI in schemas": []string{UserSchema, Enterprise}, "its URI left out": []string{UserSchema}} {
				t.Variant(name, func() {
					u := t.NewUser(M{"schemas": schemas, Enterprise: M{"employeeNumber": "701984"}})
					for _, d := range []Doc{u.Doc, t.Reload(u).Doc} {
						t.Equal(d.String(Enterprise+":employeeNumber"), "701984", "employeeNumber inside its container")
						t.Assert(!d.Has("employeeNumber"), "got employeeNumber outside its container")
						t.SameSet(d.Strings("schemas"), []string{UserSchema, Enterprise}, "schemas")
					}
				})
			}
		}},
		{ID: "7643-3.1-R01", Run: func(t *T) {
			seen := map[string]bool{}
			for i := range 50 {
				r := t.NewUser(nil)
				if i%2 == 0 {
					r = t.NewGroup(nil)
				}
				t.Assert(!seen[r.ID], "got the id %s twice", r.ID)
				seen[r.ID] = true
			}
		}},
		{ID: "7643-3.1-R02", Run: func(t *T) {
			u := t.NewUser(M{"id": "mine"})
			t.Differ(u.ID, "mine", "the id of the 201")
			t.Equal(t.Want(t.Put(u.Path, u.With(M{"id": "other"})), 200).String("id"), u.ID, "the id after PUT")
			t.Equal(t.Reload(u).String("id"), u.ID, "the id afterwards")
		}},
		{ID: "7643-3.1-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			name := u.String("userName")
			t.Equal(t.Want(t.Put(u.Path, u.With(M{"userName": t.Unique("renamed")})), 200).String("id"), u.ID, "the id after a rename by PUT")
			if t.Config().Patch.Supported {
				t.Equal(t.Change(u, Replace("userName", name)).String("id"), u.ID, "the id after PATCH")
			}
			t.Want(t.Delete(u.Path), 204)
			t.Differ(t.NewUser(M{"userName": name}).ID, u.ID, "the id of the next user of that name")
		}},
		{ID: "7643-3.1-R04", Run: func(t *T) {
			ids := []string{t.NewUser(nil).ID, t.NewGroup(nil).ID}
			for _, schema := range t.List("/Schemas").List("Resources") {
				ids = append(ids, schema.String("id"))
			}
			for _, id := range append(ids, t.List("/Users", "count", "50").IDs()...) {
				t.Assert(!strings.Contains(id, "bulkId"), "got the id %s", id)
			}
		}},
		{ID: "7643-3.1-R05", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Equal(t.Want(t.Get(u.Path, "attributes", "userName"), 200).String("id"), u.ID, "id with attributes=userName")
			t.Equal(t.Want(t.Get(u.Path, "excludedAttributes", "id"), 200).String("id"), u.ID, "id with excludedAttributes=id")
			other := strings.ToUpper(u.ID)
			if other == u.ID {
				other = strings.ToLower(u.ID)
			}
			if other == u.ID {
				t.Notef("the id %s has no letters to change the case of", u.ID)
				return
			}
			t.Equal(t.Search("/Users", Eq("id", other)).Total(), 0, "users with the id in another case")
		}},
		{ID: "7643-3.1-R06", Run: func(t *T) {
			t.Assert(!t.NewUser(nil).Has("externalId"), "got an externalId that the client did not give")
			ext := t.Unique("AbC")
			u := t.NewUser(M{"externalId": ext})
			t.Equal(u.String("externalId"), ext, "externalId of the 201")
			t.Equal(t.Reload(u).String("externalId"), ext, "externalId of a GET")
			t.Equal(t.Search("/Users", Eq("externalId", strings.ToLower(ext))).Total(), 0, "users with the externalId in lower case")
			next := t.Unique("XyZ")
			t.Equal(t.Want(t.Put(u.Path, u.With(M{"externalId": next})), 200).String("externalId"), next, "externalId after PUT")
			t.SameSet(t.Search("/Users", Eq("externalId", next)).IDs(), []string{u.ID}, "users with the new externalId")
		}},
		{ID: "7643-3.1-R07", Run: func(t *T) {
			ext := t.Unique("ext")
			one, two := t.NewUser(M{"externalId": ext}), t.NewUser(M{"externalId": ext})
			t.SameSet(t.Search("/Users", Eq("externalId", ext)).IDs(), []string{one.ID, two.ID}, "users with the externalId")
		}},
		{ID: "7643-3.1-R08", Run: func(t *T) {
			foreign := M{"created": "1999-01-01T00:00:00Z", "lastModified": "1999-01-01T00:00:00Z", "resourceType": "X", "location": "https://example.com/x", "version": `W/"x"`}
			u := t.NewUser(M{"meta": foreign})
			after := t.Want(t.Put(u.Path, u.With(M{"meta": foreign, "title": "Guide"})), 200)
			for _, d := range []Doc{u.Doc, after.Doc} {
				for name, value := range foreign {
					t.Differ(d.Value("meta."+name), value, "meta."+name)
				}
			}
		}},
		{ID: "7643-3.1-R09", Run: func(t *T) {
			for want, r := range map[string]*Resource{"User": t.NewUser(nil), "Group": t.NewGroup(nil)} {
				t.Variant(want, func() {
					t.Equal(r.String("meta.resourceType"), want, "meta.resourceType")
					t.Assert(strings.HasSuffix(r.String("meta.location"), "/"+r.ID), "got meta.location %q, want the URI of %s", r.String("meta.location"), r.ID)
					commonTime(t, r.Doc, "meta.created")
					commonTime(t, r.Doc, "meta.lastModified")
				})
			}
		}},
		{ID: "7643-3.1-R10", Run: func(t *T) {
			u := t.NewUser(nil)
			created := commonTime(t, u.Doc, "meta.created")
			t.Assert(commonTime(t, u.Doc, "meta.lastModified").Equal(created), "got lastModified %s beside created %s, want the same", u.String("meta.lastModified"), u.String("meta.created"))
			t.Wait(20 * time.Millisecond)
			after := t.Want(t.Put(u.Path, u.With(M{"displayName": "Changed"})), 200)
			t.Assert(commonTime(t, after.Doc, "meta.created").Equal(created), "got created %s after a change, want %s", after.String("meta.created"), u.String("meta.created"))
			t.Assert(commonTime(t, after.Doc, "meta.lastModified").After(created), "got lastModified %s after a change, want it later than %s", after.String("meta.lastModified"), u.String("meta.created"))
		}},
		{ID: "7643-3.1-R11", Run: func(t *T) {
			u := t.NewUser(nil)
			location := u.String("meta.location")
			t.Equal(u.Header.Get("Location"), location, "Location of the 201")
			r := t.Want(t.Get(location), 200)
			t.Equal(r.String("id"), u.ID, "the id at meta.location")
			t.Equal(r.String("meta.location"), location, "meta.location of a GET")
			if content := r.Header.Get("Content-Location"); content != "" {
				t.Equal(content, location, "Content-Location")
			}
		}},
		{ID: "7643-3.1-R12", Run: func(t *T) {
			t.Gate(t.Config().ETag, nil)
			u := t.NewUser(nil)
			answers := []*Response{u.Response, t.Reload(u), t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200)}
			if r := t.Patch(u.Path, PatchOp(Replace("title", "Boss"))); r.Status == 200 {
				answers = append(answers, r)
			}
			for _, r := range answers {
				version := r.String("meta.version")
				t.Equal(version, r.Header.Get("ETag"), r.Request+": meta.version, beside the ETag")
				opaque := strings.TrimPrefix(version, "W/")
				t.Assert(len(opaque) >= 2 && strings.HasPrefix(opaque, `"`) && strings.HasSuffix(opaque, `"`), "got the version %s, want an entity tag", version)
			}
		}},
	}
}

// commonTime is the instant at the path, which must be an xsd:dateTime.
func commonTime(t *T, d Doc, path string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, d.String(path))
	t.Assert(err == nil, "got %s %s, want a date and time", path, asJSON(d.Value(path)))
	return at
}
