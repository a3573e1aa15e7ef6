package suite

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func attributeCases() []Case {
	return []Case{
		{ID: "7643-2.1-R02", Run: func(t *T) {
			name := t.Unique("user")
			u := t.Full.New("/Users", M{"SCHEMAS": []string{UserSchema}, "USERNAME": name, "Name": M{"GIVENNAME": "Barbara"}})
			t.Equal(t.Reload(u).String("userName"), name, "userName")
			t.Equal(t.Reload(u).String("name.givenName"), "Barbara", "name.givenName")
			if !t.Reading("A-31") {
				t.WantError(t.Post("/Users", `{"schemas":["`+UserSchema+`"],"userName":"`+t.Unique("a")+`","username":"`+t.Unique("b")+`"}`), 400, "invalidSyntax")
			}
		}},
		{ID: "7643-2.2-R01", Run: func(t *T) {
			t.NewWidget(M{"kind": Omit}) // not required
			t.Characteristics(WidgetSchema, "kind", M{"canonicalValues": []string{"a", "b"}})
			w := t.NewWidget(M{"kind": "a"})
			t.NewWidget(M{"kind": "a"}) // not unique
			t.Equal(t.Reload(w).String("kind"), "a", "kind, returned by default")
			t.SameSet(t.Search(t.Widgets(), Eq("kind", "A")+" and "+Eq("id", w.ID)).IDs(), []string{w.ID}, "widgets by kind in another case")
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"kind": 5})), 400, "invalidValue", "invalidSyntax")
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"kind": []string{"a", "b"}})), 400, "invalidValue", "invalidSyntax")
		}},
		{ID: "7643-7-R06", Run: func(t *T) {
			w := t.NewWidget(M{"computed": "mine"})
			t.Differ(w.String("computed"), "mine", "computed of the 201")
			t.Differ(t.Want(t.Put(w.Path, w.With(M{"computed": "mine"})), 200).String("computed"), "mine", "computed after PUT")
			t.WantError(t.Patch(w.Path, PatchOp(Replace("computed", "mine"))), 400, "mutability")
		}},
		{ID: "7643-7-R07", Run: func(t *T) {
			w := t.NewWidget(M{"serial": "one"})
			t.Equal(t.Want(t.Put(w.Path, w.With(M{"serial": "one"})), 200).String("serial"), "one", "serial after PUT of the same")
			t.WantError(t.Put(w.Path, w.With(M{"serial": "two"})), 400, "mutability")
			t.Equal(t.Reload(w).String("serial"), "one", "serial after the refusal")
		}},
		{ID: "7643-7-R08", Run: func(t *T) {
			const secret = "t1meMa$heen-canary"
			w := t.NewWidget(M{"secret": secret})
			u := t.NewUser(M{"password": secret})
			for _, r := range []*Response{
				w.Response, t.Reload(w), t.Get(w.Path, "attributes", "secret"), t.Put(w.Path, w.With(M{"secret": secret})),
				t.Patch(w.Path, PatchOp(Replace("secret", secret))), t.Search(t.Widgets(), Eq("id", w.ID), "attributes", "secret"),
				u.Response, t.Reload(u), t.Get(u.Path, "attributes", "password"), t.Put(u.Path, u.With(M{"password": secret})),
				t.Patch(u.Path, PatchOp(Replace("password", secret))), t.Search("/Users", Eq("id", u.ID), "attributes", "password"),
			} {
				t.Assert(r.Status/100 == 2, "%s: got %s, want it accepted", r.Request, r.summary())
				t.Assert(!strings.Contains(string(r.Body), secret) && !r.Has("secret") && !r.Has("password"), "%s: got a writeOnly value back: %s", r.Request, r.summary())
			}
		}},
		{ID: "7643-7-R09", Run: func(t *T) {
			w := t.NewWidget(M{"sticky": "s", "secret": "x", "kind": "a"})
			for query, want := range map[string][2]bool{ // sticky, kind
				"": {true, true}, "attributes=code": {true, false}, "attributes=kind": {true, true},
				"excludedAttributes=sticky,kind": {true, false}, "attributes=secret": {true, false},
			} {
				t.Variant("?"+query, func() {
					name, value, _ := strings.Cut(query, "=")
					r := t.Want(t.Get(w.Path, pairOf(name, value)...), 200)
					t.Equal(r.Has("sticky"), want[0], "whether sticky is shown")
					t.Equal(r.Has("kind"), want[1], "whether kind is shown")
					t.Assert(!r.Has("secret"), "got secret, want it never")
				})
			}
		}},
		{ID: "7643-7-R10", Run: func(t *T) {
			w := t.NewWidget(M{"hint": "h"})
			t.Equal(w.String("hint"), "h", "hint of the 201 that wrote it")
			t.Assert(!t.Reload(w).Has("hint"), "got hint from a GET that did not ask for it")
			t.Equal(t.Get(w.Path, "attributes", "hint").String("hint"), "h", "hint of a GET that asked for it")
			t.Equal(t.Want(t.Put(w.Path, w.With(M{"hint": "i"})), 200).String("hint"), "i", "hint of the PUT that wrote it")
			if r := t.Patch(w.Path, PatchOp(Replace("hint", "j"))); r.Status == 200 {
				t.Equal(r.String("hint"), "j", "hint of the PATCH that wrote it")
			}
			t.Assert(!t.Search(t.Widgets(), Eq("id", w.ID)).Item("Resources", "id", w.ID).Has("hint"), "got hint in a list that did not ask for it")
		}},
		{ID: "7643-7-R11", Run: func(t *T) {
			for name, value := range map[string]any{"missing": Omit, "null": nil, "empty": "", "an empty array": []string{}} {
				t.Variant(name, func() { t.WantError(t.Post("/Users", t.User(M{"userName": value})), 400, "invalidValue") })
			}
			t.WantError(t.Post("/Groups", t.Group(M{"displayName": nil})), 400, "invalidValue")
			t.Variant("Widget", func() { t.WantError(t.Post(t.Widgets(), t.Widget(M{"code": nil})), 400, "invalidValue") })
		}},
		{ID: "7643-7-R12", Run: func(t *T) {
			u := t.NewUser(M{"userName": t.Unique("bjensen")})
			t.WantError(t.Post("/Users", t.User(M{"userName": strings.ToUpper(u.String("userName"))})), 409, "uniqueness")
			code := t.Unique("code")
			t.NewWidget(M{"code": code})
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"code": code})), 409, "uniqueness")
			t.NewWidget(M{"code": strings.ToUpper(code)}) // caseExact: another value
		}},
		{ID: "7643-7-R13", Run: func(t *T) {
			u := t.NewUser(M{"title": "aB " + t.Unique("title")})
			t.SameSet(t.Search("/Users", Eq("title", strings.ToUpper(u.String("title")))).IDs(), []string{u.ID}, "users by title in another case")
			w := t.NewWidget(M{"code": "aB" + t.Unique("code")})
			t.Equal(t.Reload(w).String("code"), w.String("code"), "code")
			t.Assert(strings.HasPrefix(w.String("code"), "aB"), "got the code %s, want its case kept", w.String("code"))
			t.SameSet(t.Search(t.Widgets(), Eq("code", w.String("code"))).IDs(), []string{w.ID}, "widgets by code")
			t.Equal(t.Search(t.Widgets(), Eq("code", strings.ToUpper(w.String("code")))).Total(), 0, "widgets by code in another case")
		}},
		{ID: "7643-2.3.1-R01", Run: func(t *T) {
			r := t.Post("/Users", t.User(M{"emails": []M{{"value": "a@example.com", "type": "weird"}}}))
			if r.Status != 201 {
				t.WantError(r, 400, "invalidValue")
				t.Absent("values that are not canonical are refused")
			}
			t.Notef("values that are not canonical are accepted")
			t.Equal(r.String("emails.0.type"), "weird", "emails.type")
		}},
		{ID: "7643-2.3-R01", Run: func(t *T) {
			for name, value := range map[string]any{"userName": 5, "active": 1, "title": M{}, "emails": "a@b", "name": []string{"Barbara"}} {
				t.Variant(name, func() {
					t.WantError(t.Post("/Users", t.User(M{name: value})), 400, "invalidValue", "invalidSyntax")
				})
			}
		}},
		{ID: "7643-2.3.2-R01", Run: func(t *T) {
			t.Equal(t.NewUser(M{"active": false}).Value("active"), false, "active")
			r := t.Post("/Users", t.User(M{"active": "true"}))
			if t.Reading("A-17") {
				t.Equal(t.Want(r, 201).Value("active"), true, "active sent as a string")
				return
			}
			t.WantError(r, 400, "invalidValue")
		}},
		{ID: "7643-2.3.3-R01", Run: func(t *T) {
			for _, n := range []string{"1.5", "-0.25", "2"} {
				t.Equal(t.Reload(t.NewWidget(M{"ratio": json.Number(n)})).Value("ratio"), json.Number(n), "ratio")
			}
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"ratio": "1.5"})), 400, "invalidValue")
		}},
		{ID: "7643-2.3.4-R01", Run: func(t *T) {
			t.Equal(t.Reload(t.NewWidget(M{"hits": 7})).Value("hits"), 7, "hits")
			for _, bad := range []any{json.Number("7.5"), json.Number("1e3"), "7"} {
				t.Variant(asJSON(bad), func() { t.WantError(t.Post(t.Widgets(), t.Widget(M{"hits": bad})), 400, "invalidValue") })
			}
			for _, large := range []string{"9007199254740993", "9223372036854775807", "123456789012345678901234567890"} {
				t.Variant(large, func() {
					r := t.Post(t.Widgets(), t.Widget(M{"hits": json.Number(large)}))
					if r.Status != 201 {
						t.WantError(r, 400, "invalidValue")
						return
					}
					t.Equal(t.Want(t.Get(t.Widgets()+"/"+r.String("id")), 200).Value("hits"), json.Number(large), "hits")
				})
			}
		}},
		{ID: "7643-2.3.5-R01", Run: func(t *T) {
			for _, good := range []string{"2008-01-23T04:56:22Z", "2008-01-23T04:56:22.123+05:30"} {
				t.Variant(good, func() {
					t.Equal(commonTime(t, t.Reload(t.NewWidget(M{"when": good})).Doc, "when").UnixMilli(), commonTime(t, Doc{M{"when": good}}, "when").UnixMilli(), "the instant")
				})
			}
			for _, bad := range []string{"2008-01-23", "2008-13-01T00:00:00Z", "04:56", "now"} {
				t.Variant(bad, func() { t.WantError(t.Post(t.Widgets(), t.Widget(M{"when": bad})), 400, "invalidValue") })
			}
		}},
		{ID: "7643-2.3.6-R01", Run: func(t *T) {
			for _, good := range []string{"AQI=", "AQI"} {
				t.Variant(good, func() {
					t.Equal(strings.TrimRight(t.Reload(t.NewWidget(M{"blob": good})).String("blob"), "="), "AQI", "blob")
				})
			}
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"blob": "@@@"})), 400, "invalidValue")
			w := t.NewWidget(M{"blob": "AQI="})
			t.Equal(t.Search(t.Widgets(), Eq("blob", "aqi=")+" and "+Eq("id", w.ID)).Total(), 0, "widgets by blob in another case")
		}},
		{ID: "7643-2.3.7-R01", Run: func(t *T) {
			for _, good := range []string{"https://x/y", "Users/1"} {
				t.Equal(t.Reload(t.NewWidget(M{"link": good})).String("link"), good, "link")
			}
			t.WantError(t.Post(t.Widgets(), t.Widget(M{"link": "ht tp://"})), 400, "invalidValue")
			w := t.NewWidget(M{"link": "https://example.com/Path"})
			t.Equal(t.Search(t.Widgets(), Eq("link", "https://example.com/path")+" and "+Eq("id", w.ID)).Total(), 0, "widgets by link in another case")
			u := t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(u)})
			t.Want(t.Get(t.Reload(g).String("members.0.$ref")), 200)
			t.Want(t.Get(t.Reload(u).String("groups.0.$ref")), 200)
		}},
		{ID: "7643-2.3.7-R02", Run: func(t *T) {
			g := t.NewGroup(nil)
			unknown := []M{{"value": t.Unique("unknown")}}
			answers := []*Response{
				t.Post("/Groups", t.Group(M{"members": unknown})),
				t.Put(g.Path, t.Group(M{"displayName": g.String("displayName"), "members": unknown})),
				t.Patch(g.Path, PatchOp(Add("members", unknown))),
			}
			if answers[0].Status != 201 {
				for _, r := range answers {
					t.WantError(r, 400, "invalidValue")
				}
				t.Notef("references must exist")
				return
			}
			for _, r := range answers {
				t.Assert(r.Status/100 == 2, "%s: got %s, want it accepted like the POST", r.Request, r.summary())
			}
			t.Notef("references need not exist")
		}},
		{ID: "7643-2.3.8-R01", Run: func(t *T) {
			name := t.Unique("user")
			u := t.Full.New("/Users", `{"emails":[{"primary":true,"type":"work","value":"a@example.com"}],"name":{"givenName":"Barbara","familyName":"Jensen"},"userName":"`+name+`","schemas":["`+UserSchema+`"]}`)
			t.Equal(u.Value("name"), M{"familyName": "Jensen", "givenName": "Barbara"}, "name")
			t.Equal(u.Value("emails"), []M{{"value": "a@example.com", "type": "work", "primary": true}}, "emails")
			t.Equal(u.String("userName"), name, "userName")
		}},
		{ID: "7643-2.4-R01", Run: func(t *T) {
			two := []M{{"value": "a@example.com", "primary": true}, {"value": "b@example.com", "primary": true}}
			r := t.Post("/Users", t.User(M{"emails": two}))
			if t.Reading("A-13") && r.Status == 201 {
				t.Assert(attributePrimaries(r.Doc) <= 1, "got %d primary values, want one at most", attributePrimaries(r.Doc))
				return
			}
			t.WantError(r, 400, "invalidValue")
			u := t.NewUser(nil)
			t.WantError(t.Put(u.Path, u.With(M{"emails": two})), 400, "invalidValue")
		}},
		{ID: "7643-2.4-R02", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": "a@example.com"}}})
			other := t.NewUser(M{"emails": []M{{"value": "a@example.com", "primary": true}}})
			filter := `emails[primary eq false] and (` + Eq("id", u.ID) + ` or ` + Eq("id", other.ID) + `)`
			t.SameSet(t.Search("/Users", filter).IDs(), []string{u.ID}, "users with a value that is not primary")
		}},
		{ID: "7643-2.4-R03", Run: func(t *T) {
			twice := M{"value": "a@example.com", "type": "work"}
			u := t.NewUser(M{"emails": []M{twice, twice}})
			t.Equal(len(t.Reload(u).List("emails")), 1, "values after the same pair twice")
			both := t.NewUser(M{"emails": []M{twice, {"value": "a@example.com", "type": "home"}}})
			t.SameSet(t.Reload(both).Strings("emails.type"), []string{"work", "home"}, "types of the same value")
		}},
		{ID: "7643-2.5-R01", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "a@example.com"}}})
			t.Want(t.Put(u.Path, u.With(M{"title": nil, "emails": []M{}})), 200)
			t.Assert(!t.Reload(u).Has("title"), "got title %s after null", asJSON(t.Reload(u).Value("title")))
			t.Assert(!t.Reload(u).Has("emails"), "got emails %s after []", asJSON(t.Reload(u).Value("emails")))
			t.Equal(t.Search("/Users", Eq("id", u.ID)+" and (title pr or emails pr)").Total(), 0, "users with title or emails present")
		}},
		{ID: "7644-3.3-R09", Run: func(t *T) {
			r := t.Post("/Users", t.User(M{"foo": 1}))
			if r.Status != http.StatusCreated {
				t.WantError(r, 400, "invalidSyntax", "invalidValue")
				t.Absent("unknown attributes are refused")
			}
			for _, d := range []Doc{r.Doc, t.Want(t.Get("/Users/"+r.String("id")), 200).Doc} {
				t.Assert(!slices.Contains(d.Names(), "foo"), "got the unknown attribute foo back")
			}
		}},
	}
}

// pairOf is a query of one parameter, or of none.
func pairOf(name, value string) []string {
	if name == "" {
		return nil
	}
	return []string{name, value}
}

func attributePrimaries(d Doc) (n int) {
	for _, e := range d.List("emails") {
		if e.Bool("primary") {
			n++
		}
	}
	return n
}
