package suite

import "slices"

func groupCases() []Case {
	return []Case{
		{ID: "7643-4.2-R01", Run: func(t *T) {
			t.Characteristics(GroupSchema, "displayName", M{"required": true, "uniqueness": t.Schema(GroupSchema).Attribute("displayName").String("uniqueness")})
			t.WantError(t.Post("/Groups", t.Group(M{"displayName": Omit})), 400, "invalidValue")
		}},
		{ID: "7643-4.2-R02", Run: func(t *T) {
			t.Characteristics(GroupSchema, "members", M{"type": "complex", "multiValued": true})
			definition := t.Schema(GroupSchema).Attribute("members")
			for _, sub := range definition.List("subAttributes") {
				name := sub.String("name")
				t.Assert(slices.Contains([]string{"value", "$ref", "type", "display"}, name), "got the sub-attribute members.%s", name)
				t.Assert(name == "display" || sub.String("mutability") == "immutable", "got members.%s %s, want it immutable", name, sub.String("mutability"))
			}
			for _, name := range []string{"value", "$ref", "type"} {
				t.Assert(definition.Item("subAttributes", "name", name).Has("name"), "got no sub-attribute members.%s", name)
			}
			one, two := t.NewUser(nil), t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(one)})
			t.SameSet(t.Change(g, Add("members", Members(two))).Strings("members.value"), []string{one.ID, two.ID}, "members after add")
			t.SameSet(t.Change(g, Remove(`members[`+Eq("value", one.ID)+`]`)).Strings("members.value"), []string{two.ID}, "members after remove")
			t.WantError(t.Patch(g.Path, PatchOp(Replace(`members[`+Eq("value", two.ID)+`].value`, one.ID))), 400, "mutability")
			t.SameSet(t.Reload(g).Strings("members.value"), []string{two.ID}, "members after the refusal")
		}},
		{ID: "7643-4.2-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(u)})
			member := t.Reload(g).Item("members", "value", u.ID)
			t.Assert(member.Has("value"), "got members %s, want %s", asJSON(t.Reload(g).Value("members")), u.ID)
			t.Equal(t.Want(t.Get(member.String("$ref")), 200).String("id"), u.ID, "the id at members.$ref")
			t.Equal(member.String("type"), "User", "members.type")
		}},
		{ID: "7643-4.2-R04", Run: func(t *T) {
			inner := t.NewGroup(nil)
			r := t.Post("/Groups", t.Group(M{"members": []M{{"value": inner.ID, "type": "Group"}}}))
			if r.Status != 201 {
				t.WantError(r, 400, "invalidValue")
				t.Absent("groups do not nest")
			}
			member := t.Want(t.Get("/Groups/"+r.String("id")), 200).Item("members", "value", inner.ID)
			t.Equal(member.String("type"), "Group", "members.type")
			t.Equal(t.Want(t.Get(member.String("$ref")), 200).String("id"), inner.ID, "the id at members.$ref")
		}},
		{ID: "7643-4.2-R05", Run: func(t *T) {
			stays, goes := t.NewUser(nil), t.NewUser(nil)
			g := t.NewGroup(M{"members": Members(stays, goes)})
			t.Want(t.Delete(goes.Path), 204)
			members := t.Reload(g).Strings("members.value")
			t.Assert(slices.Contains(members, stays.ID), "got members %v, want the one who is still there", members)
			if slices.Contains(members, goes.ID) {
				t.Notef("a deleted user stays in its groups")
				t.WantError(t.Get(t.Reload(g).Item("members", "value", goes.ID).String("$ref")), 404)
			}
		}},
		{ID: "7643-4.3-R01", Run: func(t *T) {
			sample := M{"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park", "department": "Tour Operations"}
			for name := range sample {
				t.Characteristics(Enterprise, name, M{})
			}
			u := t.NewUser(M{Enterprise: sample})
			t.Equal(u.Value(Enterprise), sample, "the extension of the 201")
			t.Equal(t.Reload(u).Value(Enterprise), sample, "the extension of a GET")
		}},
		{ID: "7643-4.3-R02", Run: func(t *T) {
			t.Characteristics(Enterprise, "manager", M{"type": "complex"})
			t.Characteristics(Enterprise, "manager.value", M{"caseExact": true})
			t.Characteristics(Enterprise, "manager.$ref", M{"type": "reference", "referenceTypes": []string{"User"}})
			t.Characteristics(Enterprise, "manager.displayName", M{"mutability": "readOnly"})
			boss := t.NewUser(M{"displayName": "The Boss"})
			u := t.NewUser(M{Enterprise: M{"manager": M{"value": boss.ID, "displayName": "Mine"}}})
			after := t.Want(t.Put(u.Path, u.With(M{Enterprise: M{"manager": M{"value": boss.ID, "displayName": "Mine"}}})), 200)
			for _, d := range []Doc{u.Doc, after.Doc, t.Reload(u).Doc} {
				t.Equal(d.String(Enterprise+":manager.value"), boss.ID, "manager.value")
				t.Differ(d.String(Enterprise+":manager.displayName"), "Mine", "manager.displayName")
				if ref := d.String(Enterprise + ":manager.$ref"); ref != "" {
					t.Equal(t.Want(t.Get(ref), 200).String("id"), boss.ID, "the id at manager.$ref")
				}
			}
			t.WantError(t.Patch(u.Path, PatchOp(Replace(Enterprise+":manager.displayName", "Mine"))), 400, "mutability")
			if !t.Reading("A-38") {
				t.WantError(t.Post("/Users", t.User(M{Enterprise: M{"manager": boss.ID}})), 400, "invalidValue")
			}
		}},
		{ID: "7643-4.3-R03", Run: func(t *T) {
			u := t.NewUser(M{Enterprise: M{"department": "Tours"}})
			groupWithout(t, t.Want(t.Put(u.Path, u.With(M{"schemas": []string{UserSchema}, Enterprise: Omit})), 200).Doc, "PUT")
			if !t.Config().Patch.Supported {
				return
			}
			other := t.NewUser(M{Enterprise: M{"department": "Tours"}})
			groupWithout(t, t.Change(other, Remove(Enterprise)).Doc, "PATCH")
		}},
	}
}

// groupWithout wants neither the enterprise extension nor its URI.
func groupWithout(t *T, d Doc, after string) {
	t.Assert(!d.Has(Enterprise), "got the extension after %s, want it gone", after)
	t.Equal(d.Value("schemas"), []string{UserSchema}, "schemas after "+after)
}
