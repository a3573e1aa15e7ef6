package suite

import (
	"slices"
	"strconv"
)

func pageCases() []Case {
	return []Case{
		{ID: "7644-3.4.2.4-R01", Run: func(t *T) {
			c := crowd(t, 3)
			whole := c.list().IDs()
			if !t.SameSet(whole, c.ids(), "the ids of the whole list") {
				return
			}
			for _, start := range []string{"", "1", "0", "-5"} {
				query := []string{"count", "1"}
				if start != "" {
					query = append(query, "startIndex", start)
				}
				t.Variant("startIndex="+start, func() {
					r := c.list(query...)
					t.Equal(r.IDs(), whole[:1], "the ids")
					t.Equal(r.Value("startIndex"), 1, "startIndex")
				})
			}
			r := c.list("startIndex", "2", "count", "1")
			t.Equal(r.IDs(), whole[1:2], "the ids from the second on")
			t.Equal(r.Value("startIndex"), 2, "startIndex")
		}},
		{ID: "7644-3.4.2.4-R02", Run: func(t *T) {
			c := crowd(t, 5)
			for _, count := range []int{1, 3} {
				got := len(c.list("count", strconv.Itoa(count)).IDs())
				t.Assert(got >= 1 && got <= count, "got %d resources with count=%d, want one at least and no more than that", got, count)
			}
		}},
		{ID: "7644-3.4.2.4-R03", Run: func(t *T) {
			c := crowd(t, 2)
			for _, count := range []string{"0", "-1"} {
				r := c.list("count", count)
				t.Equal(r.Total(), 2, "totalResults with count="+count)
				t.Assert(!r.Has("Resources"), "got Resources with count=%s, want none", count)
			}
		}},
		{ID: "7644-3.4.2.4-R04", Run: func(t *T) {
			limit := t.Config().MaxResults
			if limit < 1 || limit > pageReachable {
				pageWantLimit(t, limit)
				return
			}
			c := crowd(t, limit+2)
			for _, query := range [][]string{nil, {"count", "1000"}} {
				r := c.list(query...)
				t.Assert(len(r.IDs()) > 0 && len(r.IDs()) <= limit, "got %d resources of %d, want at most the %d of filter.maxResults", len(r.IDs()), limit+2, limit)
				t.Equal(r.Total(), limit+2, "totalResults")
			}
		}},
		{ID: "7644-3.4.2.4-R05", Run: func(t *T) {
			c := crowd(t, 5)
			r := c.list("count", "3")
			pageWantFigures(t, r, 1, 3)
			pageWantFigures(t, c.list("count", "3", "startIndex", strconv.Itoa(1+len(r.IDs()))), 1+len(r.IDs()), 3)
		}},
		{ID: "7644-3.4.2.4-R06", Run: func(t *T) {
			for i, page := range pageWalk(crowd(t, 5), 2) {
				t.Equal(page.Total(), 5, "totalResults of page "+strconv.Itoa(i+1))
			}
		}},
		{ID: "7644-3.4.2.4-R07", Run: func(t *T) {
			c := crowd(t, 7)
			for _, count := range []int{1, 3} {
				t.SameSet(pageIDs(pageWalk(c, count)), c.ids(), "the ids of all pages of "+strconv.Itoa(count))
			}
		}},
		{ID: "7644-3.4.2.4-R08", Run: func(t *T) {
			c := crowd(t, 2)
			for _, start := range []string{"3", "9999"} {
				r := c.list("startIndex", start)
				t.Equal(r.Total(), 2, "totalResults from "+start+" on")
				t.Assert(!r.Has("Resources"), "got Resources from %s on, want none", start)
			}
		}},
		{ID: "7644-3.4.2.4-R09", Run: func(t *T) {
			for _, query := range [][]string{{"count", "abc"}, {"startIndex", "1.5"}, {"count", "1.5"}, {"startIndex", "abc"}} {
				t.WantError(t.Get("/Users", query...), 400, "invalidValue")
			}
		}},
		{ID: "7644-3.4.2.1-R04", Run: func(t *T) {
			limited := false
			answers := []*Response{t.Get("/Users"), t.Post("/.search", SearchRequest(nil))}
			if t.Config().Filter.Supported {
				answers = append(answers, t.Get("/Users", "filter", `displayName co "a" or nickName co "a"`))
			}
			for _, r := range answers {
				switch r.Status {
				case 400:
					limited = true
					t.WantError(r, 400, "tooMany")
				case 501:
					t.Notef("%s: the server does not offer it", r.Request)
				default:
					t.WantList(r)
				}
			}
			if !limited {
				t.Absent("the server cuts a long list to a page and refuses none for its length")
			}
		}},
	}
}

// pageReachable is the largest limit that a case fills by itself.
const pageReachable = 60

// pageWantLimit checks a limit that is too large to reach against what the
// server holds already.
func pageWantLimit(t *T, limit int) {
	if limit < 1 {
		t.NotJudged("the server publishes no filter.maxResults")
	}
	for _, query := range [][]string{nil, {"count", strconv.Itoa(limit + 1)}} {
		r := t.List("/Users", query...)
		if r.Total() <= limit {
			t.NotJudged("filter.maxResults is %d, more than the server holds and a case creates", limit)
		}
		t.Assert(len(r.IDs()) > 0 && len(r.IDs()) <= limit, "got %d resources, want at most the %d of filter.maxResults", len(r.IDs()), limit)
	}
}

// pageWantFigures checks what a page says of itself.
func pageWantFigures(t *T, page *Response, start, count int) {
	t.Equal(page.Value("startIndex"), start, "startIndex")
	want := len(page.IDs())
	if t.Reading("A-24") {
		want = count
	}
	t.Equal(page.Value("itemsPerPage"), want, "itemsPerPage of a page of "+strconv.Itoa(len(page.IDs())))
}

// pageWalk follows startIndex until totalResults is reached.
func pageWalk(c *cohort, count int) []*Response {
	var pages []*Response
	for start := 1; start <= len(c.members); {
		page := c.list("startIndex", strconv.Itoa(start), "count", strconv.Itoa(count))
		if len(page.IDs()) == 0 {
			c.t.Fatalf("got an empty page from %d on, want the rest of %d", start, len(c.members))
		}
		start += len(page.IDs())
		pages = append(pages, page)
	}
	return pages
}

func pageIDs(pages []*Response) []string {
	var ids []string
	for _, page := range pages {
		ids = slices.Concat(ids, page.IDs())
	}
	return ids
}
