package suite

import (
	"net/url"
	"regexp"
	"strings"
)

func versionCases() []Case {
	return []Case{
		{ID: "7644-3.13-R01", Run: func(t *T) {
			base := t.Base()
			if root, version := versionOf(base); version == "" {
				base = root + "/v2"
				if t.Get(base+"/Users", "count", "1").Status == 404 {
					t.Absent("the server uses no version segment")
				}
			}
			t.List(base+"/Users", "count", "1")
			u := t.Full.New(base+"/Users", t.User(nil))
			t.Equal(u.Value("meta.location"), base+"/Users/"+url.PathEscape(u.ID), "meta.location under "+base)
			t.Equal(t.Want(t.Get(u.Path), 200).Value("meta.location"), u.Value("meta.location"), "meta.location of a GET")
		}},
		{ID: "7644-3.13-R02", Run: func(t *T) {
			root, _ := versionOf(t.Base())
			for _, method := range []string{"GET", "POST"} {
				request := Request{Method: method, Path: root + "/v9/Users"}
				if method == "POST" {
					request.Body = t.User(nil)
				}
				versionRefused(t, t.Do(request))
			}
		}},
		{ID: "7644-3.13-R03", Run: func(t *T) {
			u := t.NewUser(nil)
			root, version := versionOf(t.Base())
			r := t.Get(root + u.Path)
			if version != "" && r.Status == 404 {
				t.Absent("the server offers no URL without a version")
			}
			t.Equal(t.Want(r, 200).Value("id"), u.ID, "the id of what is found under "+root)
		}},
		{ID: "7643-2.4-R04", Run: func(t *T) {
			u := t.NewUser(nil)
			root, version := versionOf(t.Base())
			for _, base := range []string{root, root + "/v1", root + "/v2"} {
				if base == root+version {
					continue
				}
				t.Variant("$ref under "+base, func() {
					g := t.Reload(t.NewGroup(M{"members": []M{{"value": u.ID, "$ref": base + u.Path}}}))
					t.SameSet(g.Strings("members.value"), []string{u.ID}, "members.value")
					ref := g.String("members.0.$ref")
					t.Assert(ref == "" || strings.HasSuffix(u.String("meta.location"), ref), "got $ref %s, want %s", ref, u.String("meta.location"))
				})
			}
		}},
	}
}

var versionSegment = regexp.MustCompile(`/v[0-9]+$`)

// versionOf splits a base URL into its root and its version segment, "/v2" or
// nothing.
func versionOf(base string) (root, version string) {
	version = versionSegment.FindString(base)
	return strings.TrimSuffix(base, version), version
}

// versionRefused is A-34: 400 invalidVers or 404. The other reading is 501.
func versionRefused(t *T, r *Response) {
	switch {
	case r.Status == 400:
		t.WantError(r, 400, "invalidVers")
	case t.Reading("A-34"):
		t.WantErrorOf(r, []int{501, 404})
	default:
		t.WantErrorOf(r, []int{400, 404})
	}
}
