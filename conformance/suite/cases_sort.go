package suite

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func sortCases() []Case {
	return Behind(sortGate, []Case{
		{ID: "7644-3.4.2.3-R01", Run: func(t *T) {
			c := people(t, M{"userName": "m"}, M{"userName": "z"}, M{"userName": "a"}, M{"userName": "f"})
			sortWant(c, "cdab", "sortBy", "userName")
			sortWant(c, "cdab", "sortBy", "userName", "sortOrder", "ascending")
			sortWant(c, "badc", "sortBy", "userName", "sortOrder", "descending")
		}},
		{ID: "7644-3.4.2.3-R02", Run: func(t *T) {
			t.Variant("ignoring case", func() {
				c := people(t, M{"userName": "b", "title": "C"}, M{"userName": "A", "title": "b"}, M{"userName": "C", "title": "A"})
				sortWant(c, "bac", "sortBy", "userName")
				sortWant(c, "cba", "sortBy", "title")
			})
			t.Variant("case exact", func() {
				c := widgets(t, M{"code": "b"}, M{"code": "C"}, M{"code": "A"})
				sortWant(c, "cba", "sortBy", "code")
			})
		}},
		{ID: "7644-3.4.2.3-R03", Run: func(t *T) {
			t.Variant("meta.created", func() {
				c := crowd(t, 3)
				for _, order := range []string{"ascending", "descending"} {
					r := c.list("sortBy", "meta.created", "sortOrder", order)
					t.SameSet(r.IDs(), c.ids(), "the ids in "+order+" order")
					times := sortTimes(t, r)
					if order == "descending" {
						slices.Reverse(times)
					}
					t.Assert(slices.IsSortedFunc(times, time.Time.Compare), "got the times %v, want them in %s order", r.Strings("Resources.meta.created"), order)
				}
			})
			t.Variant("integers", func() {
				c := widgets(t, M{"hits": 10}, M{"hits": 9}, M{"hits": 100}, M{"hits": -2})
				sortWant(c, "dbac", "sortBy", "hits")
				sortWant(c, "cabd", "sortBy", "hits", "sortOrder", "descending")
			})
			t.Variant("mixed offsets", func() {
				c := widgets(t, M{"when": "2020-01-01T03:00:00-06:00"}, M{"when": "2020-01-01T08:00:00Z"}, M{"when": "2020-01-01T12:00:00+05:00"})
				sortWant(c, "cba", "sortBy", "when")
			})
		}},
		{ID: "7644-3.4.2.3-R04", Run: func(t *T) {
			mail := func(value string, primary bool) M {
				return M{"value": value + "@example.com", "primary": primary}
			}
			c := people(t,
				M{"emails": []M{mail("z", false), mail("b", true)}},
				M{"emails": []M{{"value": "d@example.com"}, {"value": "a@example.com"}}},
				M{"emails": []M{mail("c", false)}})
			sortWant(c, "acb", "sortBy", "emails.value")
			sortWant(c, "bca", "sortBy", "emails.value", "sortOrder", "descending")
		}},
		{ID: "7644-3.4.2.3-R05", Run: func(t *T) {
			c := people(t, M{"title": "x"}, nil, M{"title": "a"})
			sortWant(c, "cab", "sortBy", "title")
			sortWant(c, "bac", "sortBy", "title", "sortOrder", "descending")
		}},
		{ID: "7644-3.4.2.3-R06", Run: func(t *T) {
			person := func(given, department string) M {
				return M{"name": M{"givenName": given}, Enterprise: M{"department": department}}
			}
			c := people(t, person("m", "f"), person("a", "t"), person("f", "b"))
			sortWant(c, "bca", "sortBy", "name.givenName")
			sortWant(c, "bca", "sortBy", UserSchema+":name.givenName")
			sortWant(c, "cab", "sortBy", Enterprise+":department")
			t.WantError(t.Get("/Users", "sortBy", "name"), 400, "invalidPath", "invalidValue")
		}},
		{ID: "7644-3.4.2.3-R07", Run: func(t *T) {
			c := crowd(t, 3)
			t.WantError(t.Get("/Users", "sortBy", "userName", "sortOrder", "up"), 400, "invalidValue")
			t.SameSet(c.list("sortOrder", "descending").IDs(), c.ids(), "the ids with sortOrder alone")
		}},
		{ID: "7644-3.4.2.3-R08", Run: func(t *T) {
			c := people(t, M{"title": "m"}, M{"title": "z"}, M{"title": "a"}, M{"title": "f"}, M{"title": "t"})
			for order, want := range map[string]string{"ascending": "cdaeb", "descending": "beadc"} {
				pages := ""
				for start := 1; start <= 5; start += 2 {
					pages += c.letters(c.list("sortBy", "title", "sortOrder", order, "count", "2", "startIndex", strconv.Itoa(start)))
				}
				t.Equal(pages, want, "the pages in "+order+" order, one after another")
				body := SearchRequest(M{"filter": c.scope, "sortBy": "title", "sortOrder": order})
				t.Equal(c.letters(t.WantList(t.Post("/Users/.search", body))), want, "the order of /.search, "+order)
			}
		}},
	})
}

// sortGate wants sortBy ignored where no sorting is supported; a refusal
// will do.
func sortGate(t *T) {
	t.Gate(t.Config().Sort, func() {
		if r := t.Get("/Users", "sortBy", "userName", "count", "1"); r.Status == 200 {
			t.WantList(r)
		} else {
			t.WantErrorOf(r, []int{400, 501})
		}
	})
}

// sortWant checks the order in which a query lists the cohort.
func sortWant(c *cohort, letters string, query ...string) {
	c.t.Equal(c.letters(c.list(query...)), letters, "the order by "+strings.Join(query, " "))
}

func sortTimes(t *T, r *Response) []time.Time {
	var times []time.Time
	for _, text := range r.Strings("Resources.meta.created") {
		times = append(times, filterTime(t, text))
	}
	return times
}
