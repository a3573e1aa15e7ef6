package suite

import "strings"

func unicodeCases() []Case {
	return []Case{
		{ID: "7644-5-R01", Run: func(t *T) {
			name := t.Unique("bjensen")
			unicodeSame(t, name, strings.ToUpper(name), unicodeFullWidth(name))
			unicodeSame(t, name+unicodeNFC, name+unicodeNFD, strings.ToUpper(name+unicodeNFC))
			unicodeSame(t, name+"-nfd-"+unicodeNFD, name+"-nfd-"+unicodeNFC)
		}},
		{ID: "7644-5-R02", Run: func(t *T) {
			for _, name := range []string{t.Unique("nul") + "\x00", t.Unique("king") + "\u265a", t.Unique("four") + "\u2163", " "} {
				t.Variant(asJSON(name), func() {
					t.WantError(t.Post("/Users", t.User(M{"userName": name})), 400, "invalidValue")
				})
			}
		}},
		{ID: "7644-5-R03", Run: func(t *T) {
			for _, name := range []string{t.Unique("juliet") + "@example.com", "Anne " + t.Unique("Marie")} {
				u := t.NewUser(M{"userName": name})
				t.Equal(t.Reload(u).Value("userName"), name, "userName")
				t.SameSet(t.Search("/Users", Eq("userName", name)).IDs(), []string{u.ID}, "users found by "+name)
			}
		}},
		{ID: "7644-5-R04", Run: func(t *T) {
			t.WantError(t.Post("/Users", t.User(M{"password": ""})), 400, "invalidValue")
			u := t.NewUser(M{"password": "t1me Ma$heen" + unicodeNFC})
			if !unicodePassword(t, u, "t1me Ma$heen"+unicodeNFC) {
				t.Notef("the server compares no passwords for a SCIM client")
				return
			}
			t.Assert(unicodePassword(t, u, "t1me Ma$heen"+unicodeNFD), "got no match in NFD, want NFC applied")
			t.Assert(unicodePassword(t, u, "t1me\u00a0Ma$heen"+unicodeNFC), "got no match with a no-break space, want it mapped to a space")
			t.Assert(!unicodePassword(t, u, "T1ME MA$HEEN"+unicodeNFC), "got a match in another case, want case kept")
		}},
		{ID: "7644-7.8-R01", Run: func(t *T) {
			for _, forms := range [][2]string{{unicodeNFD, unicodeNFC}, {unicodeNFC, unicodeNFD}} {
				stored, asked := forms[0], forms[1]
				name := t.Unique("caf")
				u := t.NewUser(M{"displayName": name + stored + " bar"})
				for _, filter := range []string{
					Eq("displayName", name+asked+" bar"),
					`displayName co "` + name + asked + `"`,
					`displayName sw "` + name + asked + ` b"`,
				} {
					t.SameSet(t.Search("/Users", filter).IDs(), []string{u.ID}, "users found by "+filter)
				}
			}
		}},
		{ID: "7644-3.4.2.2-R33", Run: func(t *T) {
			for _, row := range []struct {
				stored, asked string
				equal         bool
			}{
				{"ÉCOLE", "école", true}, {"Ж", "ж", true}, {"Ω", "ω", true},
				{"I", "ı", false}, {"İ", "i", false},
				{"straße", "STRASSE", t.Reading("A-41")}, {"straße", "STRAßE", true},
			} {
				t.Variant(row.stored+" eq "+row.asked, func() {
					name := t.Unique("title")
					u := t.NewUser(M{"title": name + row.stored})
					found := []string{}
					if row.equal {
						found = append(found, u.ID)
					}
					t.SameSet(t.Search("/Users", Eq("title", name+row.asked)).IDs(), found, "users found")
				})
			}
		}},
	}
}

// One letter, é, composed and decomposed.
const (
	unicodeNFC = "\u00e9"
	unicodeNFD = "e\u0301"
)

// unicodeFullWidth maps ASCII to its full-width forms.
func unicodeFullWidth(text string) string {
	return strings.Map(func(r rune) rune { return r + 0xfee0 }, text)
}

// unicodeSame makes a user of the name and wants each other form to be the
// same: taken for a second user, and found by a filter.
func unicodeSame(t *T, name string, forms ...string) {
	u := t.NewUser(M{"userName": name})
	for _, form := range append(forms, name) {
		t.Variant(asJSON(form)+" for "+asJSON(name), func() {
			t.WantError(t.Post("/Users", t.User(M{"userName": form})), 409, "uniqueness")
			t.SameSet(t.Search("/Users", Eq("userName", form)).IDs(), []string{u.ID}, "users found")
		})
	}
}

// unicodePassword tells whether a filter finds the user by the password. Few
// servers compare one, and none has to.
func unicodePassword(t *T, u *Resource, password string) bool {
	r := t.Get("/Users", "filter", Eq("userName", u.String("userName"))+" and "+Eq("password", password))
	return r.Status == 200 && r.Total() == 1
}
