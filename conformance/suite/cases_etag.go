package suite

import (
	"fmt"
	"regexp"
	"strings"
)

func etagCases() []Case {
	return Behind(func(t *T) { t.Gate(t.Config().ETag, nil) }, []Case{
		{ID: "7644-3.14-R01", Run: func(t *T) {
			for _, r := range []*Resource{t.NewUser(nil), t.NewGroup(nil)} {
				etagOf(t, r.Response)
				etagOf(t, t.Reload(r))
				etagOf(t, t.Want(t.Put(r.Path, r.With(M{"externalId": "put"})), 200))
				if t.Config().Patch.Supported {
					etagOf(t, t.Want(t.Patch(r.Path, PatchOp(Replace("externalId", "patch"))), 200, 204))
				}
			}
		}},
		{ID: "7644-3.14-R02", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Equal(u.Value("meta.version"), etagOf(t, u.Response), "meta.version of a POST, beside the ETag")
			put := t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200)
			t.Equal(put.Value("meta.version"), etagOf(t, put), "meta.version of a PUT, beside the ETag")
			get := t.Reload(u)
			t.Equal(get.Value("meta.version"), etagOf(t, get), "meta.version of a GET, beside the ETag")
			item := t.Search("/Users", Eq("userName", u.String("userName"))).Item("Resources", "id", u.ID)
			t.Equal(item.Value("meta.version"), etagOf(t, get), "meta.version in a list, beside the ETag")
		}},
		{ID: "7644-3.14-R03", Run: func(t *T) {
			u, g := t.NewUser(M{"title": "Guide"}), t.NewGroup(nil)
			first := etagOf(t, u.Response)
			t.Equal(etagOf(t, t.Reload(u)), first, "the ETag of a GET")
			t.Equal(etagOf(t, t.Reload(u)), first, "the ETag of another GET")
			second := etagOf(t, t.Want(t.Put(u.Path, u.With(M{"title": "Lead"})), 200))
			t.Differ(second, first, "the ETag after a PUT")
			t.Equal(etagOf(t, t.Reload(u)), second, "the ETag of a GET after the PUT")
			if t.Config().Patch.Supported {
				t.Equal(etagOf(t, t.Change(u, Replace("title", "Lead"))), second, "the ETag after a PATCH that changes nothing")
				t.Differ(etagOf(t, t.Change(u, Replace("title", "Chief"))), second, "the ETag after a PATCH")
				t.Differ(etagOf(t, t.Change(g, Add("members", Members(u)))), etagOf(t, g.Response), "the ETag of a group after a new member")
			}
		}},
		{ID: "7644-3.14-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			tag := etagOf(t, u.Response)
			opaque := strings.TrimPrefix(tag, "W/")
			for _, match := range []string{opaque, "W/" + opaque, `"other", ` + tag, "*"} {
				t.Variant("If-None-Match: "+match, func() {
					r := t.Want(t.Do(Request{Method: "GET", Path: u.Path, Header: H{"If-None-Match": match}}), 304)
					t.Equal(len(r.Body), 0, "bytes in the body of the 304")
					t.Equal(r.Header.Get("ETag"), tag, "the ETag of the 304")
				})
			}
			for _, other := range []string{`"other"`, `W/"other"`} {
				r := t.Want(t.Do(Request{Method: "GET", Path: u.Path, Header: H{"If-None-Match": other}}), 200)
				t.Equal(r.Value("id"), u.ID, "the id of what another version gets")
			}
		}},
		{ID: "7644-3.14-R05", Run: func(t *T) {
			u := t.NewUser(nil)
			stale := etagOf(t, u.Response)
			current := t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200)
			for _, match := range []string{stale, `"other"`} {
				for _, request := range etagWrites(t, u) {
					t.Variant(request.Method+" If-Match: "+match, func() {
						request.Header = H{"If-Match": match}
						t.WantError(t.Do(request), etagMismatch(t))
					})
				}
			}
			after := t.Reload(u)
			t.Equal(after.Doc, current.Doc, "the user after writes with a stale version")
			t.Equal(etagOf(t, after), etagOf(t, current), "the ETag after writes with a stale version")
		}},
		{ID: "7644-3.14-R06", Run: func(t *T) {
			for _, list := range []string{"%s", `"other", %s`, "*"} {
				u := t.NewUser(nil)
				for _, request := range etagWrites(t, u) {
					t.Variant(request.Method+" If-Match: "+list, func() { etagPasses(t, u, request, list) })
				}
			}
		}},
		{ID: "7644-3.14-R07", Run: func(t *T) {
			const n = 20
			u := t.NewUser(nil)
			tag := etagOf(t, t.Reload(u))
			statuses, winner := map[int]int{}, ""
			for i, r := range t.Together(n, func(i int) *Response {
				return t.Do(Request{Method: "PATCH", Path: u.Path, Header: H{"If-Match": tag}, Body: PatchOp(Replace("title", fmt.Sprint("Guide ", i)))})
			}) {
				if r.Status == 204 {
					r.Status = 200 // either is a success
				}
				if statuses[r.Status]++; r.Status == 200 {
					winner = fmt.Sprint("Guide ", i)
				}
			}
			t.Equal(statuses, map[int]int{200: 1, etagMismatch(t): n - 1}, "answers by status")
			t.Equal(t.Reload(u).Value("title"), winner, "title, beside that of the one which succeeded")
		}},
		{ID: "7644-3.14-R08", Run: func(t *T) {
			u := t.NewUser(nil)
			t.Want(t.Put(u.Path, u.With(M{"title": "Guide"})), 200, 428)
			for _, request := range etagWrites(t, u) {
				r := t.Do(request)
				if r.Status == 428 {
					t.WantError(r, 428)
					t.NotJudged("the server wants If-Match, which its documentation has to say")
				}
				t.Want(r, 200, 204)
			}
		}},
	})
}

var etagForm = regexp.MustCompile(`^(W/)?"[^"]*"$`)

// etagOf is the entity tag of the answer, which must have one.
func etagOf(t *T, r *Response) string {
	tag := r.Header.Get("ETag")
	if !etagForm.MatchString(tag) {
		t.Fatalf("%s: got a %d with ETag %q, want an entity tag", r.Request, r.Status, tag)
	}
	return tag
}

// etagMismatch is the status of a write to another version.
func etagMismatch(t *T) int {
	if t.Reading("A-32") {
		return 409
	}
	return 412
}

// etagWrites are the ways to write a user, the last of which deletes it.
func etagWrites(t *T, u *Resource) []Request {
	writes := []Request{{Method: "PUT", Path: u.Path, Body: u.With(M{"title": "Put"})}}
	if t.Config().Patch.Supported {
		writes = append(writes, Request{Method: "PATCH", Path: u.Path, Body: PatchOp(Replace("title", "Patched"))})
	}
	return append(writes, Request{Method: "DELETE", Path: u.Path})
}

// etagPasses sends the write with the current tag put into the list. In the
// other reading of A-23 a weak tag matches nothing.
func etagPasses(t *T, u *Resource, write Request, list string) {
	tag := etagOf(t, t.Reload(u))
	write.Header = H{"If-Match": strings.ReplaceAll(list, "%s", tag)}
	r := t.Do(write)
	if t.Reading("A-23") && list != "*" && strings.HasPrefix(tag, "W/") {
		t.WantError(r, etagMismatch(t))
		return
	}
	t.Want(r, 200, 204)
	if write.Method == "DELETE" {
		t.WantError(t.Get(u.Path), 404)
		return
	}
	t.Equal(t.Reload(u).Value("title"), M{"PUT": "Put", "PATCH": "Patched"}[write.Method], "title")
}
