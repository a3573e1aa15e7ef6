package suite

func patchAddCases() []Case {
	return []Case{
		{ID: "7644-3.5.2.1-R01", Run: func(t *T) {
			patchRefused(t, t.NewUser(nil), []string{"invalidValue", "invalidSyntax"}, Add("title", Omit), Add("", Omit))
		}},
		{ID: "7644-3.5.2.1-R02", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "a@example.com", "type": "work"}}})
			r := t.Change(u, Add("", M{"emails": []M{{"value": "b@example.com", "type": "home"}}, "nickName": "Babs"}))
			t.SameSet(r.Strings("emails.value"), []string{"a@example.com", "b@example.com"}, "emails.value")
			t.Equal(r.String("nickName"), "Babs", "nickName")
			t.Equal(r.String("title"), "Guide", "title")
			patchRefused(t, u, []string{"invalidValue"}, Add("", "Babs"), Add("", 5))
		}},
		{ID: "7644-3.5.2.1-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Equal(t.Change(u, Add("title", "Guide")).Value("title"), "Guide", "title")
			t.Equal(t.Change(u, Add("title", "Lead")).Value("title"), "Lead", "title added again")
		}},
		{ID: "7644-3.5.2.1-R04", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": "a@example.com", "type": "work"}}})
			r := t.Change(u, Add("emails", []M{{"value": "b@example.com", "type": "home"}}))
			t.SameSet(r.Strings("emails.value"), []string{"a@example.com", "b@example.com"}, "emails.value after an array")
			r = t.Change(u, Add("emails", M{"value": "c@example.com", "type": "other"}))
			t.SameSet(r.Strings("emails.value"), []string{"a@example.com", "b@example.com", "c@example.com"}, "emails.value after one value")
		}},
		{ID: "7644-3.5.2.1-R05", Run: func(t *T) {
			u := t.NewUser(M{"name": M{"givenName": "Ann", "familyName": "Jensen"}})
			r := t.Change(u, Add("name", M{"givenName": "Barbara"}))
			t.Equal(r.String("name.givenName"), "Barbara", "name.givenName")
			t.Equal(r.String("name.familyName"), "Jensen", "name.familyName")
		}},
		{ID: "7644-3.5.2.1-R06", Run: func(t *T) {
			r := t.Change(t.NewUser(nil), Add("name.givenName", "Barbara"))
			t.Equal(r.String("name.givenName"), "Barbara", "name.givenName")
			t.Assert(!r.Has("name.familyName"), "got name %s, want nothing but what was added", asJSON(r.Value("name")))
		}},
		{ID: "7644-3.5.2.1-R07", Run: func(t *T) {
			member, email := t.NewUser(nil), M{"value": "a@example.com", "type": "work"}
			g, u := t.NewGroup(M{"members": Members(member)}), t.NewUser(M{"emails": []M{email}})
			r := t.Change(g, Add("members", Members(member)))
			t.SameSet(r.Strings("members.value"), []string{member.ID}, "members.value")
			r = t.Change(u, Add("emails", []M{email}))
			t.SameSet(r.Strings("emails.value"), []string{"a@example.com"}, "emails.value")
		}},
		{ID: "7644-3.5.2.1-R08", Run: func(t *T) {
			member, email := t.NewUser(nil), M{"value": "a@example.com", "type": "work"}
			g, u := t.NewGroup(M{"members": Members(member)}), t.NewUser(M{"title": "Guide", "emails": []M{email}})
			t.Assert(g.Has("meta.lastModified") && u.Has("meta.lastModified"), "got no meta.lastModified, want one to compare")
			patchKeeps(t, g, Add("members", Members(member)))
			patchKeeps(t, u, Add("emails", []M{email}), Add("title", "Guide"))
			for _, r := range []*Resource{g, u} {
				t.Equal(t.Reload(r).Value("meta.lastModified"), r.Value("meta.lastModified"), "meta.lastModified, beside that of the 201")
			}
		}},
		{ID: "7644-3.5.2.1-R09", Run: func(t *T) {
			u := t.NewUser(M{"addresses": patchAddresses()})
			r := t.Change(u, Add(`addresses[type eq "work"].postalCode`, "91608"))
			t.SameSet(patchOfType(r, "work", "postalCode"), []string{"91608", "91608"}, "postal codes at work")
			t.SameSet(patchOfType(r, "home", "postalCode"), []string{"10003"}, "postal codes at home")
			t.SameSet(r.Strings("addresses.streetAddress"), []string{"1 Work St", "2 Work St", "3 Home St"}, "addresses.streetAddress")
			t.Variant("no match", func() { patchAddWithoutMatch(t) })
		}},
	}
}

func patchRemoveCases() []Case {
	return []Case{
		{ID: "7644-3.5.2.2-R01", Run: func(t *T) {
			patchRefused(t, t.NewUser(M{"title": "Guide"}), []string{"noTarget"}, Remove(""), M{"op": "remove", "value": M{"title": "Guide"}})
		}},
		{ID: "7644-3.5.2.2-R02", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "nickName": "Babs", "emails": []M{{"value": "a@example.com"}, {"value": "b@example.com"}}})
			r := t.Change(u, Remove("title"), Remove("emails"))
			t.Assert(!r.Has("title") && !r.Has("emails"), "got %s, want neither title nor emails", clip(string(r.Body)))
			t.Equal(r.String("nickName"), "Babs", "nickName")
			g := t.NewGroup(M{"members": Members(t.NewUser(nil), u)})
			t.Assert(!t.Change(g, Remove("members")).Has("members"), "got members after their removal, want none")
			t.Variant("remove with a value", func() { patchRemoveListed(t) })
			t.Equal(t.Search("/Users", Eq("userName", u.String("userName"))+" and (title pr or emails pr)").Total(), 0, "users with title or emails")
			t.Equal(t.Search("/Groups", Eq("displayName", g.String("displayName"))+" and members pr").Total(), 0, "groups with members")
		}},
		{ID: "7644-3.5.2.2-R03", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{
				{"value": "work@example.com", "type": "work"}, {"value": "work@example.org", "type": "work"}, {"value": "home@example.com", "type": "home"},
			}})
			r := t.Change(u, Remove(`emails[type eq "work" and value ew "example.com"]`))
			t.SameSet(r.Strings("emails.value"), []string{"work@example.org", "home@example.com"}, "emails.value")
			r = t.Change(u, Remove(`emails[type eq "home" or value eq "work@example.org"]`))
			t.Assert(r.Value("emails") == nil, "got emails %s when none is left, want it unassigned", asJSON(r.Value("emails")))
		}},
		{ID: "7644-3.5.2.2-R04", Run: func(t *T) {
			u := t.NewUser(M{
				"name":   M{"givenName": "Barbara", "middleName": "Jane"},
				"emails": []M{{"value": "work@example.com", "type": "work", "display": "Work"}, {"value": "home@example.com", "type": "home", "display": "Home"}},
			})
			r := t.Change(u, Remove("name.middleName"), Remove(`emails[type eq "work"].display`))
			t.Assert(!r.Has("name.middleName"), "got name %s, want no middleName", asJSON(r.Value("name")))
			t.Equal(r.String("name.givenName"), "Barbara", "name.givenName")
			t.SameSet(r.Strings("emails.display"), []string{"Home"}, "emails.display")
			t.SameSet(r.Strings("emails.value"), []string{"work@example.com", "home@example.com"}, "emails.value")
		}},
		{ID: "7644-3.5.2.2-R05", Run: func(t *T) {
			u, g := t.NewUser(nil), t.NewGroup(nil)
			// a required attribute may also be refused as invalidValue.
			patchRefused(t, u, []string{"mutability", "invalidValue"}, Remove("userName"), Remove("schemas"))
			patchRefused(t, g, []string{"mutability", "invalidValue"}, Remove("displayName"))
			patchRefused(t, u, []string{"mutability"}, Remove("id"))
		}},
		{ID: "7644-3.5.2.2-R06", Run: func(t *T) {
			u, member, stranger := t.NewUser(nil), t.NewUser(nil), t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(member)})
			nobody := Remove("members[" + Eq("value", stranger.ID) + "]")
			patchKeeps(t, u, Remove("title"))
			if t.Reading("A-01") {
				patchRefused(t, g, []string{"noTarget"}, nobody)
				return
			}
			patchKeeps(t, g, nobody)
		}},
	}
}

func patchReplaceCases() []Case {
	return []Case{
		{ID: "7644-3.5.2.3-R01", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "a@example.com", "type": "work"}, {"value": "b@example.com", "type": "home"}}})
			r := t.Change(u, Replace("", M{"emails": []M{{"value": "c@example.com", "type": "work"}}, "nickName": "Babs"}))
			t.SameSet(r.Strings("emails.value"), []string{"c@example.com"}, "emails.value")
			t.Equal(r.String("nickName"), "Babs", "nickName")
			t.Equal(r.String("title"), "Guide", "title")
		}},
		{ID: "7644-3.5.2.3-R02", Run: func(t *T) {
			a, b := t.NewUser(nil), t.NewUser(nil)
			u := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "a@example.com"}}})
			g := t.NewGroup(M{"members": Members(a, u)})
			t.Equal(t.Change(u, Replace("title", "Lead")).String("title"), "Lead", "title")
			r := t.Change(g, Replace("members", Members(a, b)))
			t.SameSet(r.Strings("members.value"), []string{a.ID, b.ID}, "members.value")
			r = t.Change(u, Replace("title", nil), Replace("emails", []M{}))
			t.Assert(!r.Has("title") && !r.Has("emails"), "got %s after null and [], want neither title nor emails", clip(string(r.Body)))
			t.Assert(!t.Change(g, Replace("members", []M{})).Has("members"), "got members after [], want none")
		}},
		{ID: "7644-3.5.2.3-R03", Run: func(t *T) {
			r := t.Change(t.NewUser(nil), Replace("nickName", "Babs"), Replace("emails", []M{{"value": "a@example.com"}}))
			t.Equal(r.String("nickName"), "Babs", "nickName")
			t.SameSet(r.Strings("emails.value"), []string{"a@example.com"}, "emails.value")
		}},
		{ID: "7644-3.5.2.3-R04", Run: func(t *T) {
			u := t.NewUser(M{"name": M{"givenName": "Ann", "familyName": "Jensen"}})
			r := t.Change(u, Replace("name", M{"givenName": "Barbara", "middleName": "Jane"}))
			t.Equal(r.String("name.givenName"), "Barbara", "name.givenName")
			t.Equal(r.String("name.middleName"), "Jane", "name.middleName")
			t.Equal(r.String("name.familyName"), "Jensen", "name.familyName")
		}},
		{ID: "7644-3.5.2.3-R05", Run: func(t *T) {
			value := M{"type": "work", "streetAddress": "9 New St"}
			t.Variant("one match", func() {
				u := t.NewUser(M{"addresses": patchAddresses()[1:]})
				r := t.Change(u, Replace(`addresses[type eq "work"]`, value))
				t.SameSet(r.Strings("addresses.streetAddress"), []string{"9 New St", "3 Home St"}, "addresses.streetAddress")
				kept := []string{"10003"}
				if t.Reading("A-04") {
					kept = append(kept, "10002") // merged into the value that matched
				}
				t.SameSet(r.Strings("addresses.postalCode"), kept, "addresses.postalCode")
			})
			t.Variant("two matches", func() {
				u := t.NewUser(M{"addresses": patchAddresses()})
				r := t.Change(u, Replace(`addresses[type eq "work"]`, value))
				// The two are equal now; a server may keep one of them.
				for _, street := range patchOfType(r, "work", "streetAddress") {
					t.Equal(street, "9 New St", "a street at work")
				}
				t.Assert(r.Item("addresses", "type", "work").Has(""), "got no address at work, want it replaced")
				t.SameSet(patchOfType(r, "home", "streetAddress"), []string{"3 Home St"}, "streets at home")
			})
		}},
		{ID: "7644-3.5.2.3-R06", Run: func(t *T) {
			u := t.NewUser(M{"addresses": patchAddresses()})
			r := t.Change(u, Replace(`addresses[type eq "work"].streetAddress`, "9 New St"))
			t.SameSet(patchOfType(r, "work", "streetAddress"), []string{"9 New St", "9 New St"}, "streets at work")
			t.SameSet(patchOfType(r, "home", "streetAddress"), []string{"3 Home St"}, "streets at home")
			t.SameSet(r.Strings("addresses.postalCode"), []string{"10001", "10002", "10003"}, "addresses.postalCode")
		}},
		{ID: "7644-3.5.2.3-R07", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": "a@example.com", "type": "work"}}})
			patchRefused(t, u, []string{"noTarget"},
				Replace(patchNoEmail(t)+".value", "b@example.com"),
				Replace(patchNoEmail(t), M{"value": "b@example.com", "type": "none"}))
		}},
		{ID: "7644-3.5.2.3-R08", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide"})
			patchRefused(t, u, []string{"invalidValue", "invalidSyntax"}, Replace("title", Omit), Replace("", Omit))
		}},
	}
}

// patchAddWithoutMatch is A-02: eq terms joined by and say which value to
// create, other filters do not. The other reading creates nothing.
func patchAddWithoutMatch(t *T) {
	u := t.NewUser(nil)
	if t.Reading("A-02") {
		r := t.Patch(u.Path, PatchOp(Add(`emails[type eq "other"].value`, "a@example.com")))
		t.Assert(r.Status/100 == 2 || t.WantError(r, 400, "noTarget"), "got %s, want no change or noTarget", r.summary())
		t.Assert(!t.Reload(u).Has("emails"), "got an email from a filter without a match, want none")
		return
	}
	r := t.Change(u, Add(`emails[type eq "other"].value`, "a@example.com"))
	t.Equal(r.Item("emails", "type", "other").String("value"), "a@example.com", "the email of type other")
	r = t.Change(u, Add(`addresses[type eq "home" and country eq "US"].locality`, "Hollywood"))
	t.Equal(r.Value("addresses.0"), M{"type": "home", "country": "US", "locality": "Hollywood"}, "the new address")
	patchRefused(t, u, []string{"noTarget"}, Add(`phoneNumbers[type sw "wor"].value`, "555-555-5555"))
}

// patchRemoveListed is A-06: a remove with a value never empties the group. In
// the other reading the value says nothing, or is refused.
func patchRemoveListed(t *T) {
	a, b := t.NewUser(nil), t.NewUser(nil)
	g := t.NewGroup(M{"members": Members(a, b)})
	operation := M{"op": "remove", "path": "members", "value": Members(a)}
	if t.Reading("A-06") {
		r := t.Patch(g.Path, PatchOp(operation))
		t.Assert(r.Status/100 == 2 || t.WantError(r, 400), "got %s, want all members removed or 400", r.summary())
		return
	}
	r := t.Patch(g.Path, PatchOp(operation))
	if r.Status == 400 { // the RFC defines no value here; to wipe the group is what must not happen
		t.WantError(r, 400)
		t.Notef("remove takes no value")
		t.SameSet(t.Reload(g).Strings("members.value"), []string{a.ID, b.ID}, "members.value after the refusal")
		return
	}
	t.Want(r, 200, 204)
	t.SameSet(t.Reload(g).Strings("members.value"), []string{b.ID}, "members.value")
}

// patchAddresses are two of type work, then one of type home.
func patchAddresses() []M {
	return []M{
		{"type": "work", "streetAddress": "1 Work St", "postalCode": "10001"},
		{"type": "work", "streetAddress": "2 Work St", "postalCode": "10002"},
		{"type": "home", "streetAddress": "3 Home St", "postalCode": "10003"},
	}
}

// patchOfType collects a member of the addresses of one type.
func patchOfType(r *Response, kind, member string) []string {
	var found []string
	for _, address := range r.List("addresses") {
		if address.String("type") == kind {
			found = append(found, address.String(member))
		}
	}
	return found
}
