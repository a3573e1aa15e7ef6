package suite

import (
	"maps"
	"strconv"
	"strings"
)

func searchCases() []Case {
	return []Case{
		{ID: "7644-3.4.3-R01", Run: func(t *T) {
			body := SearchRequest(M{"count": 1})
			for _, rt := range t.ResourceTypes() {
				r := t.WantList(t.Post(rt.Endpoint+"/.search", body))
				t.Assert(r.Header.Get("Location") == "" && !r.Has("id"), "%s: got %s at %q, want nothing created", r.Request, r.summary(), r.Header.Get("Location"))
			}
			if r := t.Post("/.search", body); r.Status == 501 {
				t.WantError(r, 501)
			} else {
				t.WantList(r)
			}
		}},
		{ID: "7644-3.4.3-R02", Run: func(t *T) {
			for _, schemas := range []any{Omit, []string{}, []string{UserSchema}, []string{ListMessage}} {
				t.WantError(t.Post("/Users/.search", SearchRequest(M{"schemas": schemas, "count": 1})), 400, "invalidSyntax", "invalidValue")
			}
			t.WantList(t.Post("/Users/.search", M{"schemas": []string{SearchMessage}, "count": 1}))
		}},
		{ID: "7644-3.4.3-R03", Run: func(t *T) {
			c := people(t, M{"title": "a"}, M{"title": "c"}, M{"title": "b"}, nil)
			queries := []M{
				{}, {"count": 2}, {"startIndex": 2, "count": 2}, {"count": 0}, {"startIndex": 9}, {"filter": c.within("title pr")},
				{"attributes": []string{"userName", "title"}}, {"excludedAttributes": []string{"title", "meta"}},
				{"attributes": []string{"title"}, "filter": c.within(`title eq "a"`), "count": 1},
			}
			if t.Config().Sort.Supported {
				queries = append(queries, M{"sortBy": "title"}, M{"sortBy": "title", "sortOrder": "descending"})
			}
			for _, query := range queries {
				members := M{"filter": c.scope}
				maps.Copy(members, query)
				got := t.WantList(t.Post("/Users/.search", SearchRequest(members)))
				t.Equal(got.Doc, t.List("/Users", searchPairs(members)...).Doc, "the answer to "+asJSON(query)+", beside that to a GET")
			}
			t.Equal(c.list().Total(), 4, "totalResults by GET")
			all := t.WantList(t.Post("/Users/.search", SearchRequest(nil)))
			t.Assert(all.Total() >= 4 && len(all.IDs()) > 0, "got totalResults %d and %d resources without any parameter, want everything", all.Total(), len(all.IDs()))
		}},
		{ID: "7644-3.4.3-R04", Run: func(t *T) {
			refused := func(members M, scimTypes ...string) {
				t.Variant(asJSON(members), func() {
					t.WantError(t.Post("/Users/.search", SearchRequest(members)), 400, scimTypes...)
				})
			}
			for _, members := range []M{
				{"filter": 5}, {"count": "x"}, {"count": 1.5}, {"startIndex": []int{1}}, {"attributes": M{"name": "userName"}}, {"attributes": []int{5}}, {"excludedAttributes": 5},
			} {
				refused(members, "invalidSyntax", "invalidValue")
			}
			refused(M{"filter": `userName regex "x"`}, "invalidFilter")
			refused(M{"filter": "userName eq"}, "invalidFilter")
			if t.Config().Sort.Supported {
				refused(M{"sortBy": 5}, "invalidSyntax", "invalidValue")
				refused(M{"sortBy": "userName", "sortOrder": "up"}, "invalidSyntax", "invalidValue")
			}
			for _, body := range []string{"{", "[]", `"x"`} {
				t.WantError(t.Post("/Users/.search", body), 400, "invalidSyntax", "invalidValue")
			}
			t.Variant("attributes as one string", func() {
				t.NewUser(nil)
				r := t.Post("/Users/.search", SearchRequest(M{"attributes": "userName,title", "count": 1}))
				if r.Status != 200 {
					t.WantError(r, 400, "invalidSyntax", "invalidValue")
					return
				}
				t.Assert(r.Has("Resources.0.userName") && !r.Has("Resources.0.meta"), "got %s, want the string split into names, or refused", r.summary())
			})
		}},
		{ID: "7644-3.4.3-R05", Run: func(t *T) {
			t.WantError(t.Post("/Nope/.search", SearchRequest(nil)), 404)
			t.WantError(t.Post("/"+t.Unique("nope")+"/.search", SearchRequest(nil)), 404)
		}},
		{ID: "7644-3.4.2.1-R01", Run: func(t *T) {
			smiths := newSearchSmiths(t)
			smiths.find("", "user", "group")
			r := t.Get("", "filter", smiths.scope)
			if r.Status == 200 {
				t.SameSet(t.WantList(r).IDs(), []string{smiths.user.ID, smiths.group.ID}, "the ids by GET on the base URL")
			} else {
				t.WantErrorOf(r, []int{400, 403, 404, 405, 501})
			}
			discovery := `meta.resourceType eq "Schema" or meta.resourceType eq "ResourceType" or meta.resourceType eq "ServiceProviderConfig"`
			total := searchRoot(t, discovery).Total()
			if t.Reading("A-39") {
				t.Assert(total > 0, "got no discovery resources, want them included")
			} else {
				t.Equal(total, 0, "discovery resources in a root query")
			}
		}},
		{ID: "7644-3.4.2.1-R02", Run: func(t *T) {
			smiths := newSearchSmiths(t)
			smiths.find(`meta.resourceType eq "User" or meta.resourceType eq "Group"`, "user", "group")
			smiths.find(`meta.resourceType eq "Group"`, "group")
			smiths.find(`meta.resourceType eq "User"`, "user")
		}},
		{ID: "7644-3.4.2.1-R03", Run: func(t *T) {
			smiths := newSearchSmiths(t)
			smiths.find("userName pr", "user")
			smiths.find("not (userName pr)", "group")
			smiths.find(Eq("userName", smiths.user.String("userName")), "user")
			smiths.find(`members pr or displayName eq "x"`)
		}},
	}
}

// searchSmiths are a user and a group whose displayNames have a prefix that
// nothing else has.
type searchSmiths struct {
	t           *T
	scope       string
	user, group *Resource
}

func newSearchSmiths(t *T) searchSmiths {
	prefix := t.Unique("smith") + "-"
	s := searchSmiths{t: t, scope: "displayName sw " + asJSON(prefix)}
	searchRoot(t, s.scope)
	s.user, s.group = t.NewUser(M{"displayName": prefix + "ann"}), t.NewGroup(M{"displayName": prefix + "all"})
	return s
}

// find checks which of the two a root query finds.
func (s searchSmiths) find(filter string, who ...string) {
	full, want := s.scope, []string{}
	if filter != "" {
		full += " and (" + filter + ")"
	}
	for _, name := range who {
		want = append(want, map[string]string{"user": s.user.ID, "group": s.group.ID}[name])
	}
	r := searchRoot(s.t, full)
	s.t.SameSet(r.IDs(), want, "the ids for "+full)
	s.t.Equal(r.Total(), len(want), "totalResults for "+full)
}

// searchRoot queries all types at once. The case is absent where the server
// says that it cannot.
func searchRoot(t *T, filter string) *Response {
	if !t.Config().Filter.Supported {
		t.NotJudged("it takes a filter, which the server does not support")
	}
	r := t.Post("/.search", SearchRequest(M{"filter": filter}))
	t.Gate(Feature{"root queries", r.Status != 501}, func() { t.WantError(r, 501) })
	return t.WantList(r)
}

// searchPairs are the members of a SearchRequest as the parameters of a GET.
func searchPairs(members M) []string {
	var pairs []string
	for name, value := range members {
		switch value := value.(type) {
		case string:
			pairs = append(pairs, name, value)
		case int:
			pairs = append(pairs, name, strconv.Itoa(value))
		case []string:
			pairs = append(pairs, name, strings.Join(value, ","))
		}
	}
	return pairs
}
