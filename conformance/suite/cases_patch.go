package suite

import (
	"slices"
	"strings"
	"time"
)

func patchCases() []Case {
	return Behind(patchGate, slices.Concat(
		patchMessageCases(), patchPathCases(), patchValueCases(),
		patchAddCases(), patchRemoveCases(), patchReplaceCases(),
	))
}

func patchGate(t *T) {
	t.Gate(t.Config().Patch, func() {
		t.WantError(t.Patch(t.NewUser(nil).Path, PatchOp(Replace("title", "Guide"))), 501)
	})
}

func patchMessageCases() []Case {
	return []Case{
		{ID: "7644-3.5.2-R01", Run: func(t *T) {
			u := t.NewUser(nil)
			for _, schemas := range []any{Omit, []string{}, []string{UserSchema}, []string{BulkMessage}} {
				body := merge(PatchOp(Replace("title", "Guide")), M{"schemas": schemas})
				t.Variant("schemas "+asJSON(schemas), func() {
					t.WantError(t.Patch(u.Path, body), 400, "invalidSyntax", "invalidValue")
				})
			}
			t.Assert(!t.Reload(u).Has("title"), "got a title from a refused message, want none")
			t.Equal(t.Change(u, Replace("title", "Guide")).String("title"), "Guide", "title from a PatchOp")
		}},
		{ID: "7644-3.5.2-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			for _, operations := range []any{Omit, []M{}, Replace("title", "Guide"), []any{5}} {
				body := merge(PatchOp(), M{"Operations": operations})
				t.Variant("Operations "+asJSON(operations), func() {
					t.WantError(t.Patch(u.Path, body), 400, "invalidSyntax", "invalidValue")
				})
			}
			t.Assert(!t.Reload(u).Has("title"), "got a title from a refused message, want none")
		}},
		{ID: "7644-3.5.2-R03", Run: func(t *T) {
			patchRefused(t, t.NewUser(M{"title": "Guide"}), []string{"invalidSyntax", "invalidValue"},
				M{"path": "title", "value": "Lead"},
				M{"op": "move", "from": "title", "path": "nickName"},
				M{"op": "test", "path": "title", "value": "Guide"},
				M{"op": "copy", "from": "title", "path": "nickName"})
		}},
		{ID: "7644-3.5.2-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			operations := []M{
				{"op": "Add", "path": "title", "value": "Guide"},
				{"op": "REPLACE", "path": "title", "value": "Lead"},
				{"op": "Remove", "path": "title"},
			}
			if t.Reading("A-07") {
				patchRefused(t, u, nil, operations...)
				return
			}
			for i, title := range []any{"Guide", "Lead", nil} {
				t.Equal(t.Change(u, operations[i]).Value("title"), title, "title after "+asJSON(operations[i]))
			}
		}},
		{ID: "7644-3.5.2-R05", Run: func(t *T) {
			u := t.NewUser(M{"nickName": "Babs"})
			r := t.Want(t.Patch(u.Path, PatchOp(Replace("title", "Guide"))), 200, 204)
			after := t.Reload(u)
			t.Equal(after.String("title"), "Guide", "title")
			if r.Status == 200 {
				t.Equal(r.Doc, after.Doc, "the body of the 200, beside that of a GET")
			} else {
				t.Equal(len(r.Body), 0, "bytes in the body of the 204")
			}
			r = t.Want(t.Patch(u.Path+"?attributes=userName", PatchOp(Replace("title", "Lead"))), 200)
			t.WantOnly(r.Doc, UserSchema, "userName")
		}},
		{ID: "7644-3.5.2-R06", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": "old@example.com", "type": "work"}}})
			r := t.Change(u,
				Remove("emails"),
				Add("emails", []M{{"value": "new@example.com", "type": "work"}}),
				Replace(`emails[value eq "new@example.com"].type`, "home"),
				Replace("title", "Guide"), Replace("title", "Lead"))
			t.SameSet(r.Strings("emails.value"), []string{"new@example.com"}, "emails.value")
			t.SameSet(r.Strings("emails.type"), []string{"home"}, "emails.type")
			t.Equal(r.String("title"), "Lead", "title")
		}},
		{ID: "7644-3.5.2-R07", Run: func(t *T) {
			u := t.NewUser(M{"title": "Guide", "emails": []M{{"value": "a@example.com", "type": "work"}}})
			before := t.Reload(u)
			patchTick(t, before)
			r := t.Patch(u.Path, PatchOp(Replace("title", "Lead"), Replace(patchNoEmail(t)+".value", "b@example.com")))
			t.WantError(r, 400, "noTarget")
			after := t.Reload(u)
			t.Equal(after.Doc, before.Doc, "the user after a PATCH that failed")
			t.Equal(after.Header.Get("ETag"), before.Header.Get("ETag"), "the ETag after a PATCH that failed")
		}},
		{ID: "7644-3.5.2-R08", Run: func(t *T) {
			g := t.NewGroup(nil)
			u := t.NewUser(nil)
			patchReadOnly(t, u, "id", "another")
			patchReadOnly(t, u, "meta.created", "1999-01-01T00:00:00Z")
			patchReadOnly(t, u, "groups", []M{{"value": g.ID}})
			patchReadOnlyInObject(t, u)
			t.Variant("Widget computed", func() { patchReadOnly(t, t.NewWidget(nil), "computed", "mine") })
		}},
		{ID: "7644-3.5.2-R09", Run: func(t *T) {
			w := t.NewWidget(M{"serial": Omit})
			t.Equal(t.Change(w, Add("serial", "S-1")).String("serial"), "S-1", "serial after the first add")
			patchKeeps(t, w, Add("serial", "S-1"))
			patchRefused(t, w, []string{"mutability"}, Replace("serial", "S-2"), Add("serial", "S-2"), Remove("serial"))
		}},
		{ID: "7644-3.5.2-R10", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{
				{"value": "work@example.com", "type": "work", "primary": true}, {"value": "home@example.com", "type": "home"},
			}})
			r := t.Change(u, Add("emails", []M{{"value": "other@example.com", "type": "other", "primary": true}}))
			t.SameSet(patchPrimaries(r), []string{"other@example.com"}, "primary emails after add")
			t.SameSet(r.Strings("emails.value"), []string{"work@example.com", "home@example.com", "other@example.com"}, "emails.value")
			r = t.Change(u, Replace(`emails[type eq "home"].primary`, true))
			t.SameSet(patchPrimaries(r), []string{"home@example.com"}, "primary emails after replace")
		}},
		{ID: "7644-3.5.2-R11", Run: func(t *T) {
			two := []M{{"value": "a@example.com", "type": "work", "primary": true}, {"value": "b@example.com", "type": "home", "primary": true}}
			patchRefused(t, t.NewUser(nil), []string{"invalidValue"}, Replace("emails", two), Add("emails", two))
		}},
	}
}

func patchPathCases() []Case {
	return []Case{
		{ID: "7644-3.5.2-R12", Run: func(t *T) {
			u := t.NewUser(M{
				"name":   M{"givenName": "Barbara", "familyName": "Jensen"},
				"emails": []M{{"value": "x@example.com", "type": "x"}},
			})
			var operations []M
			for _, path := range []string{"emails[", `emails[type eq "x"]]`, "a..b", "name.a.b", "/name/givenName", "emails[0]", "emails.0.value", ""} {
				operations = append(operations, M{"op": "replace", "path": path, "value": "x"})
			}
			patchRefused(t, u, []string{"invalidPath"}, operations...)
			// the RFC's own example lacks the blank, so either will do.
			t.Variant("a blank is missing", func() {
				if r := t.Patch(u.Path, PatchOp(Remove(`emails[type eq"x"]`))); r.Status/100 != 2 {
					t.WantError(r, 400, "invalidPath", "invalidFilter")
				}
			})
			t.Variant("Widget tags", func() { patchSimpleValues(t) })
		}},
		{ID: "7644-3.5.2-R13", Run: func(t *T) {
			var operations []M
			for _, path := range []string{"nope", "name.nope", "urn:unknown:x"} {
				operations = append(operations, Add(path, "x"), Replace(path, "x"), Remove(path))
			}
			patchRefused(t, t.NewUser(M{"name": M{"givenName": "Barbara"}}), []string{"invalidPath", "noTarget"}, operations...)
		}},
		{ID: "7644-3.5.2-R14", Run: func(t *T) {
			u := t.NewUser(M{"emails": []M{{"value": "x@example.com", "type": "x"}}})
			patchRefused(t, u, []string{"invalidFilter", "invalidPath"},
				Remove(`emails[type zz "x"]`), Replace(`emails[type zz "x"].value`, "y@example.com"),
				Remove(`emails[nope eq "x"]`), Replace(`emails[nope eq "x"].value`, "y@example.com"))
		}},
		{ID: "7644-3.5.2-R16", Run: func(t *T) {
			boss, u := t.NewUser(nil), t.NewUser(nil)
			for _, row := range []struct{ path, value, shown string }{
				{"NAME.FAMILYNAME", "Jensen", "name.familyName"},
				{UserSchema + ":name.familyName", "Jensen-Smith", "name.familyName"},
				{Enterprise + ":manager.value", boss.ID, Enterprise + ":manager.value"},
				{Enterprise + ":DEPARTMENT", "Tours", Enterprise + ":department"},
			} {
				t.Variant(row.path, func() {
					t.Equal(t.Change(u, Replace(row.path, row.value)).String(row.shown), row.value, row.shown)
				})
			}
		}},
		{ID: "7644-3.5.2-R17", Run: func(t *T) {
			for _, operation := range []M{Add(Enterprise+":employeeNumber", "701984"), Replace(Enterprise+":employeeNumber", "701984")} {
				r := t.Change(t.NewUser(nil), operation)
				t.Equal(r.Value(Enterprise), M{"employeeNumber": "701984"}, Enterprise)
				t.SameSet(r.Strings("schemas"), []string{UserSchema, Enterprise}, "schemas")
			}
		}},
		{ID: "7644-3.5.2-R18", Run: func(t *T) {
			u := t.NewUser(M{Enterprise: M{"employeeNumber": "701984", "department": "Tours"}})
			r := t.Change(u, Remove(Enterprise+":employeeNumber"))
			t.Equal(r.Value(Enterprise), M{"department": "Tours"}, Enterprise)
			t.SameSet(r.Strings("schemas"), []string{UserSchema, Enterprise}, "schemas while one attribute is left")
			r = t.Change(u, Remove(Enterprise+":department"))
			t.Assert(r.Value(Enterprise) == nil, "got the container %s of an empty extension, want none", asJSON(r.Value(Enterprise)))
			t.SameSet(r.Strings("schemas"), []string{UserSchema}, "schemas when none is left")
		}},
		{ID: "7644-3.5.2-R19", Run: func(t *T) {
			value := M{"employeeNumber": "701984", "department": "Tours"}
			for _, operation := range []M{Add(Enterprise, value), Add("", M{Enterprise: value})} {
				t.Variant(asJSON(operation), func() {
					r := t.Change(t.NewUser(nil), operation)
					t.Equal(r.Value(Enterprise), value, Enterprise)
					t.SameSet(r.Strings("schemas"), []string{UserSchema, Enterprise}, "schemas")
				})
			}
		}},
	}
}

func patchValueCases() []Case {
	return []Case{
		{ID: "7644-3.5.2-R20", Run: func(t *T) {
			u := t.NewUser(M{"active": true, "name": M{"givenName": "Barbara"}})
			patchRefused(t, u, []string{"invalidValue"}, Replace("active", "maybe"), Replace("name", 5))
			// unassigning a required attribute may also be called mutability.
			patchRefused(t, u, []string{"invalidValue", "mutability"}, Replace("userName", nil))
		}},
		{ID: "7644-3.5.2-R21", Run: func(t *T) {
			taken, u := t.NewUser(nil), t.NewUser(nil)
			before := t.Reload(u)
			status := 409
			if t.Reading("A-29") {
				status = 400
			}
			for _, name := range []string{taken.String("userName"), strings.ToUpper(taken.String("userName"))} {
				t.WantError(t.Patch(u.Path, PatchOp(Replace("title", "Guide"), Replace("userName", name))), status, "uniqueness")
			}
			t.Equal(t.Reload(u).Doc, before.Doc, "the user after a PATCH that clashed")
		}},
		{ID: "7644-3.5.2-R22", Run: func(t *T) {
			path, name := "/Users/"+t.Unique("unknown"), t.Unique("user")
			t.WantError(t.Patch(path, PatchOp(Add("userName", name))), 404)
			t.WantError(t.Get(path), 404)
			if t.Config().Filter.Supported {
				t.Equal(t.Search("/Users", Eq("userName", name)).Total(), 0, "users made by a PATCH of an unknown id")
			}
		}},
		{ID: "7644-3.5.2-R23", Run: func(t *T) {
			taken, u, free := t.NewUser(nil), t.NewUser(nil), t.Unique("free")
			r := t.Patch(u.Path, PatchOp(Remove("userName"), Add("userName", free)))
			t.WantError(r, 400, "mutability", "invalidValue")
			t.Equal(t.Reload(u).String("userName"), u.String("userName"), "userName after a refused removal")
			after := t.Change(u, Replace("userName", taken.String("userName")), Replace("userName", free))
			t.Equal(after.String("userName"), free, "userName that was taken in between only")
		}},
	}
}

// patchRefused sends each operation in a request of its own. All of them are
// 400 with one of the scimTypes, and the resource stays as it was.
func patchRefused(t *T, r *Resource, scimTypes []string, operations ...M) {
	before := t.Reload(r)
	for _, operation := range operations {
		t.Variant(asJSON(operation), func() {
			t.WantError(t.Patch(r.Path, PatchOp(operation)), 400, scimTypes...)
		})
	}
	t.Equal(t.Reload(r).Doc, before.Doc, "the resource after operations that were refused")
}

// patchKeeps wants the operations to succeed and to change nothing, the time
// and the version included.
func patchKeeps(t *T, r *Resource, operations ...M) {
	before := t.Reload(r)
	patchTick(t, before)
	after := t.Change(r, operations...)
	t.Equal(after.Doc, before.Doc, "the resource after an operation that changes nothing")
	t.Equal(after.Header.Get("ETag"), before.Header.Get("ETag"), "the ETag after an operation that changes nothing")
}

// patchTick lets the clock of a server that knows whole seconds only move on,
// or the next change would not show in lastModified.
func patchTick(t *T, before *Response) {
	if !strings.Contains(before.String("meta.lastModified"), ".") {
		t.Wait(1100 * time.Millisecond)
	}
}

func patchReadOnly(t *T, r *Resource, path string, value any) {
	patchRefused(t, r, []string{"mutability"}, Add(path, value), Replace(path, value), Remove(path))
}

// patchReadOnlyInObject is A-08: what a client read and sends back is no change.
// The other reading disregards another id there, too.
func patchReadOnlyInObject(t *T, u *Resource) {
	stored := t.Reload(u)
	after := t.Change(u, Replace("", M{"id": u.ID, "schemas": stored.Value("schemas"), "meta": stored.Value("meta"), "title": "Guide"}))
	t.Equal(after.String("title"), "Guide", "title beside the stored id, schemas and meta")
	if t.Reading("A-08") {
		t.Equal(t.Change(u, Replace("", M{"id": "another", "title": "Lead"})).String("id"), u.ID, "id")
		return
	}
	patchRefused(t, u, []string{"mutability"}, Replace("", M{"id": "another", "title": "Lead"}))
}

// patchSimpleValues is A-43: of the two ways to select a value of a simple
// attribute only tags[value eq "x"] is in the grammar.
func patchSimpleValues(t *T) {
	w := t.NewWidget(M{"tags": []string{"x", "y"}})
	if t.Reading("A-43") {
		t.SameSet(t.Change(w, Remove(`tags eq "x"`)).Strings("tags"), []string{"y"}, "tags")
		return
	}
	patchRefused(t, w, []string{"invalidPath"}, Remove(`tags eq "x"`))
	t.SameSet(t.Change(w, Remove(`tags[value eq "x"]`)).Strings("tags"), []string{"y"}, "tags")
}

// patchNoEmail selects no email. A server that reads A-03 the other way creates
// what an eq filter describes, but cannot do so from another operator.
func patchNoEmail(t *T) string {
	if t.Reading("A-03") {
		return `emails[type sw "none"]`
	}
	return `emails[type eq "none"]`
}

// patchPrimaries are the values of the emails that are primary.
func patchPrimaries(r *Response) []string {
	var primaries []string
	for _, email := range r.List("emails") {
		if email.Bool("primary") {
			primaries = append(primaries, email.String("value"))
		}
	}
	return primaries
}
