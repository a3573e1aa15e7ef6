package suite

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func cursorCases() []Case {
	return slices.Concat(Behind(cursorFigureGate, cursorFigureCases()), Behind(cursorGate, cursorQueryCases()))
}

// cursorGate wants no cursor offered where none is advertised; a refusal will do.
func cursorGate(t *T) {
	t.Gate(t.Config().Cursor, func() {
		r := t.Get("/Users", "cursor", "", "count", "1")
		if r.Status != 200 {
			t.WantErrorOf(r, []int{400, 501})
			return
		}
		t.Assert(!t.WantList(r).Has("nextCursor"), "got a nextCursor, want cursors advertised in /ServiceProviderConfig")
	})
}

// cursorFigureGate opens also where pagination is described but without cursors.
func cursorFigureGate(t *T) {
	if !t.Config().Has("pagination") {
		cursorGate(t)
	}
}

func cursorFigureCases() []Case {
	return []Case{
		{ID: "9865-4-R01", Run: func(t *T) {
			cursorGate(t)
			_, object := t.Want(t.Get("/ServiceProviderConfig"), 200).Value("pagination").(map[string]any)
			t.Assert(object, "got pagination %s, want an object", asJSON(t.Config().Value("pagination")))
		}},
		{ID: "9865-4-R02", Run: func(t *T) {
			config := t.Want(t.Get("/ServiceProviderConfig"), 200)
			for _, name := range []string{"pagination.cursor", "pagination.index"} {
				_, boolean := config.Value(name).(bool)
				t.Assert(boolean, "got %s %s, want a boolean", name, asJSON(config.Value(name)))
			}
		}},
		{ID: "9865-4-R03", Run: func(t *T) {
			config := t.Want(t.Get("/ServiceProviderConfig"), 200)
			if method := config.Value("pagination.defaultPaginationMethod"); method != nil {
				t.Assert(method == "cursor" || method == "index", "got defaultPaginationMethod %s, want cursor or index", asJSON(method))
			}
			for _, name := range []string{"pagination.defaultPageSize", "pagination.maxPageSize", "pagination.cursorTimeout"} {
				t.Assert(!config.Has(name) || config.Int(name) > 0, "got %s %s, want a positive integer", name, asJSON(config.Value(name)))
			}
			size, limit := config.Int("pagination.defaultPageSize"), config.Int("pagination.maxPageSize")
			t.Assert(limit < 0 || size <= limit, "got defaultPageSize %d, want no more than the maxPageSize %d", size, limit)
		}},
	}
}

func cursorQueryCases() []Case {
	return []Case{
		{ID: "9865-4-R04", Run: func(t *T) {
			config := t.Config()
			t.Variant("defaultPageSize", func() {
				c := cursorCrowd(t, config.DefaultPageSize, 2)
				t.Equal(len(cursorPage(c, "").IDs()), config.DefaultPageSize, "resources on a page without count")
			})
			t.Variant("maxPageSize", func() {
				c := cursorCrowd(t, config.MaxPageSize, 2)
				r := c.get("cursor", "", "count", strconv.Itoa(config.MaxPageSize+1))
				if r.Status == 400 {
					t.WantError(r, 400, "invalidCount")
					return
				}
				got := len(t.Want(r, 200).IDs())
				t.Assert(got <= config.MaxPageSize, "got a page of %d, want no more than %d", got, config.MaxPageSize)
			})
			t.Variant("cursorTimeout", func() {
				timeout := cursorTimeout(t)
				c := crowd(t, 2)
				next := cursorPage(c, "", "count", "1").String("nextCursor")
				t.Wait(timeout * 4 / 5)
				t.Equal(len(cursorPage(c, next, "count", "1").IDs()), 1, "resources on the page of a cursor shortly before its time is over")
			})
		}},
		{ID: "9865-2-R01", Run: func(t *T) {
			c := crowd(t, 5)
			bare := Query("/Users?cursor", "filter", c.scope, "count", "3")
			for _, r := range []*Response{t.Get(bare), c.get("cursor", "", "count", "3")} {
				t.Want(r, 200)
				t.Assert(len(r.IDs()) > 0 && len(r.IDs()) <= 3, "%s: got %d resources, want a first page of 3 at most", r.Request, len(r.IDs()))
				t.Assert(r.String("nextCursor") != "", "%s: got nextCursor %s, want a cursor", r.Request, asJSON(r.Value("nextCursor")))
			}
		}},
		{ID: "9865-2-R02", Run: func(t *T) {
			c := crowd(t, 7)
			pages := cursorWalk(c, "count", "3")
			t.SameSet(pageIDs(pages), c.ids(), "the ids of the pages up to the one without nextCursor")
			t.Assert(len(pages[len(pages)-1].IDs()) > 0, "got an empty page after the last of 7 resources, want no nextCursor on the page that holds it")
			// An exact multiple may end in one empty page.
			t.Want(t.Delete(c.members[6].Path), 204)
			pages = cursorWalk(c, "count", "3")
			t.SameSet(pageIDs(pages), c.ids()[:6], "the ids of the pages of 6 resources")
			if last := len(pages) - 2; last >= 0 {
				t.Assert(len(pages[last].IDs()) > 0, "got two empty pages at the end, want one at most")
			}
		}},
		{ID: "9865-2-R03", Run: func(t *T) {
			c := people(t, M{"title": "Boss"}, M{"title": "Boss"}, nil, M{"title": "Boss"}, M{"title": "Boss"}, M{"title": "Boss"})
			want := slices.Delete(c.ids(), 2, 3)
			c.scope = c.within(`title eq "Boss"`)
			pages := cursorWalk(c, "count", "2", "attributes", "userName")
			t.SameSet(pageIDs(pages), want, "the ids of all pages")
			for _, page := range pages {
				for _, u := range page.List("Resources") {
					t.Assert(u.Has("userName") && !u.Has("title"), "got %s, want userName only", clip(asJSON(u)))
				}
			}
		}},
		{ID: "9865-2-R04", Run: func(t *T) {
			unreserved := regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
			for _, page := range cursorWalk(crowd(t, 3), "count", "1") {
				for _, name := range []string{"nextCursor", "previousCursor"} {
					t.Assert(!page.Has(name) || unreserved.MatchString(page.String(name)), "got %s %s, want unreserved characters only", name, asJSON(page.Value(name)))
				}
			}
		}},
		{ID: "9865-2-R05", Run: func(t *T) {
			c := crowd(t, 3)
			first := cursorPage(c, "", "count", "2")
			t.Assert(!first.Has("previousCursor"), "got previousCursor on the first page, want none")
			t.Assert(!cursorPage(c, "", "count", "5").Has("previousCursor"), "got previousCursor on the only page, want none")
			second := cursorPage(c, cursorNext(t, first), "count", "2")
			if back := second.String("previousCursor"); back != "" {
				t.Assert(!cursorPage(c, back, "count", "2").Has("previousCursor"), "got previousCursor after paging back to the first page, want none")
			}
		}},
		{ID: "9865-2-R06", Run: func(t *T) {
			c := crowd(t, 3)
			first := cursorPage(c, "", "count", "2")
			second := cursorPage(c, cursorNext(t, first), "count", "2")
			if !second.Has("previousCursor") {
				t.Absent("the server gives no previousCursor")
			}
			t.Equal(cursorPage(c, second.String("previousCursor"), "count", "2").IDs(), first.IDs(), "the ids of the page before the second")
		}},
		{ID: "9865-2-R07", Run: func(t *T) {
			c := crowd(t, 3)
			for _, page := range cursorWalk(c, "count", "2") {
				t.Assert(len(page.IDs()) <= 2, "got a page of %d with count=2, want no more", len(page.IDs()))
			}
			for _, count := range []string{"0", "-1"} {
				if count == "-1" && t.Reading("A-22") {
					t.WantError(c.get("cursor", "", "count", count), 400, "invalidCount")
					continue
				}
				r := cursorPage(c, "", "count", count)
				t.Assert(!r.Has("Resources"), "got Resources with count=%s, want none", count)
				if r.Has("totalResults") {
					t.Equal(r.Total(), 3, "totalResults with count="+count)
				}
			}
		}},
		{ID: "9865-2-R08", Run: func(t *T) {
			c := crowd(t, 3)
			for _, page := range cursorWalk(c, "count", "2") {
				if !page.Has("totalResults") {
					t.Absent("the server leaves out totalResults")
				}
				t.Equal(page.Total(), 3, "totalResults of a page by cursor")
			}
			if t.Config().Index.Supported {
				t.Equal(c.list("startIndex", "1").Total(), 3, "totalResults by index")
			}
		}},
		{ID: "9865-2.1-R01", Run: func(t *T) {
			c := crowd(t, 3)
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			refused := func(name string, r func() *Response) {
				t.Variant(name, func() { t.WantError(r(), 400, "invalidCursor") })
			}
			refused("no cursor at all", func() *Response { return c.get("cursor", "not-a-cursor", "count", "1") })
			if len(next) > 1 {
				refused("truncated", func() *Response { return c.get("cursor", next[:len(next)/2], "count", "1") })
			}
			refused("another filter", func() *Response {
				return t.Get("/Users", "filter", c.within("userName pr"), "cursor", next, "count", "1")
			})
			refused("another endpoint's", func() *Response {
				all := cursorNext(t, t.Want(t.Get("/Users", "cursor", "", "count", "1"), 200))
				return t.Get("/Groups", "cursor", all, "count", "1")
			})
		}},
		{ID: "9865-2.1-R02", Run: func(t *T) {
			timeout := cursorTimeout(t)
			c := crowd(t, 2)
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			t.Wait(timeout + 2*time.Second)
			t.WantError(c.get("cursor", next, "count", "1"), 400, "expiredCursor", "invalidCursor")
		}},
		{ID: "9865-2.1-R03", Run: func(t *T) {
			c := crowd(t, 4)
			t.WantError(c.get("cursor", "", "count", "abc"), 400, "invalidCount")
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			t.WantError(c.get("cursor", next, "count", "2"), 400, "invalidCount")
			limit := t.Config().MaxPageSize
			if limit < 1 {
				t.Notef("the server publishes no maxPageSize")
				return
			}
			if r := c.get("cursor", "", "count", strconv.Itoa(limit+1)); r.Status == 400 {
				t.WantError(r, 400, "invalidCount")
			} else {
				got := len(t.Want(r, 200).IDs())
				t.Assert(got > 0 && got <= limit, "got a page of %d, want no more than %d", got, limit)
			}
		}},
		{ID: "9865-2.1-R04", Run: func(t *T) {
			c := crowd(t, 2)
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			refused := 0
			for _, query := range [][]string{{"cursor", "not-a-cursor", "count", "1"}, {"cursor", next, "count", "2"}, {"cursor", "", "count", "abc"}} {
				r := c.get(query...)
				if r.Status == 200 {
					t.Notef("%s: the server accepts it", r.Request)
					continue
				}
				refused++
				t.WantError(r, 400)
				t.Assert(r.String("scimType") != "", "%s: got %s, want a scimType", r.Request, r.summary())
			}
			t.Assert(refused > 0, "got 200 for every bad cursor and count, want errors")
		}},
		{ID: "9865-2.2-R01", Run: func(t *T) {
			t.Gate(t.Config().Sort, nil)
			c := people(t, M{"title": "m"}, M{"title": "z"}, M{"title": "a"}, nil, M{"title": "t"})
			for order, want := range map[string]string{"ascending": "caebd", "descending": "dbeac"} {
				letters := ""
				for _, page := range cursorWalk(c, "sortBy", "title", "sortOrder", order, "count", "2") {
					letters += c.letters(page)
				}
				t.Equal(letters, want, "the pages in "+order+" order, one after another")
			}
		}},
		{ID: "9865-2.3-R01", Run: func(t *T) {
			t.Gate(Feature{"cursors as the only pagination", !t.Config().Index.Supported}, nil)
			c := crowd(t, 3)
			first := t.Want(c.get("count", "2"), 200)
			second := cursorPage(c, cursorNext(t, first), "count", "2")
			t.SameSet(append(first.IDs(), second.IDs()...), c.ids(), "the ids of both pages")
			if r := c.get("count", "2", "startIndex", "3"); r.Status == 400 {
				t.WantError(r, 400)
			} else {
				t.Equal(t.Want(r, 200).IDs(), first.IDs(), "the ids with startIndex=3, which is ignored")
			}
		}},
		{ID: "9865-2.4-R01", Run: func(t *T) {
			t.Gate(Feature{"both ways of pagination", t.Config().Index.Supported}, nil)
			r := t.Want(crowd(t, 3).get("count", "2"), 200)
			switch method := t.Config().DefaultMethod; method {
			case "index":
				t.Assert(r.Has("startIndex") && !r.Has("nextCursor"), "got %s, want startIndex and no nextCursor", r.summary())
			case "cursor":
				t.Assert(r.Has("nextCursor"), "got %s, want a nextCursor", r.summary())
			default:
				t.Notef("the server publishes no defaultPaginationMethod")
				t.Assert(r.Has("startIndex") || r.Has("nextCursor"), "got %s, want startIndex or nextCursor", r.summary())
			}
		}},
		{ID: "9865-2.4-R02", Run: func(t *T) {
			t.Gate(Feature{"both ways of pagination", t.Config().Index.Supported}, nil)
			if method := t.Config().DefaultMethod; method != "" {
				t.Equal(method, "index", "defaultPaginationMethod")
			}
			t.Assert(!t.Want(crowd(t, 3).get("count", "2"), 200).Has("nextCursor"), "got a nextCursor on a plain GET, want none")
		}},
		{ID: "9865-2.4-R03", Run: func(t *T) {
			t.Gate(Feature{"both ways of pagination", t.Config().Index.Supported}, nil)
			c := crowd(t, 3)
			r := c.list("startIndex", "1", "count", "2")
			t.Equal(r.Value("startIndex"), 1, "startIndex")
			t.Assert(!r.Has("nextCursor"), "got a nextCursor with startIndex=1, want none")
			t.Assert(cursorPage(c, "", "count", "2").Has("nextCursor"), "got no nextCursor with an empty cursor, want one")
			if both := c.get("cursor", "", "startIndex", "1", "count", "2"); t.Reading("A-22") && both.Status == 200 {
				t.Notef("the server takes both parameters at once")
			} else {
				t.WantError(both, 400, "invalidValue")
			}
		}},
		{ID: "9865-3-R01", Run: func(t *T) {
			c := crowd(t, 5)
			for _, path := range []string{"/Users/.search", "/.search"} {
				t.Variant(path, func() {
					search := func(cursor string) *Response {
						return t.Post(path, SearchRequest(M{"filter": c.scope, "cursor": cursor, "count": 3}))
					}
					if path == "/.search" && search("").Status == 501 {
						t.Notef("the server has no root queries")
						return
					}
					pages := cursorWalkBy(c, search)
					t.Assert(len(pages) > 1, "got everything on one page with count 3, want a nextCursor")
					t.SameSet(pageIDs(pages), c.ids(), "the ids of all pages")
				})
			}
		}},
		{ID: "9865-5.2-R01", Run: func(t *T) {
			t.Variant("another client", func() {
				other, c := t.Other(), crowd(t, 3)
				next := cursorNext(t, cursorPage(c, "", "count", "1"))
				r := other.Get("/Users", "filter", c.scope, "cursor", next, "count", "1")
				if r.Status == 400 {
					t.WantError(r, 400, "invalidCursor")
					return
				}
				t.Equal(t.Want(r, 200).IDs(), []string(nil), "the ids that another tenant sees")
				t.Assert(!r.Has("totalResults") || r.Total() == 0, "got totalResults %d in another tenant, want 0", r.Total())
			})
			t.Variant("rights that end", func() {
				c := crowd(t, 2)
				client := t.IssueToken(5 * time.Second)
				first := t.Want(client.Get("/Users", "filter", c.scope, "cursor", "", "count", "1"), 200)
				t.Wait(6 * time.Second)
				t.WantErrorOf(client.Get("/Users", "filter", c.scope, "cursor", cursorNext(t, first), "count", "1"), []int{401, 403})
			})
		}},
		{ID: "9865-5.2-R02", Run: func(t *T) {
			c := crowd(t, 3)
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			for _, i := range []int{0, len(next) / 2, len(next) * 3 / 4} {
				t.WantError(c.get("cursor", cursorFlip(next, i), "count", "1"), 400, "invalidCursor")
			}
			secrets := []string{c.prefix, "userName"}
			for _, id := range c.ids() {
				secrets = append(secrets, id, cursorBytes(id))
			}
			for _, text := range cursorTexts(next) {
				for _, secret := range secrets {
					t.Assert(secret == "" || !strings.Contains(text, secret), "got a cursor in which %q can be read, want it opaque", secret)
				}
			}
		}},
		{ID: "9865-5.2-R03", Run: func(t *T) {
			other, c := t.Other(), crowd(t, 3)
			next := cursorNext(t, cursorPage(c, "", "count", "1"))
			random := []byte(next)
			slices.Reverse(random)
			get := func(cursor string) *Response {
				return other.Get("/Users", "filter", c.scope, "cursor", cursor, "count", "1")
			}
			foreign, none := get(next), get(string(random))
			t.Assert(none.Status == 400, "%s: got %s, want 400", none.Request, none.summary())
			t.Equal(foreign.Status, none.Status, "the status for a foreign cursor, beside that for none")
			t.Equal(foreign.Doc, none.Doc, "the body for a foreign cursor, beside that for none")
		}},
		{ID: "9865-5.3-R01", Alone: true, Run: func(t *T) {
			c := crowd(t, 2)
			first := cursorNext(t, cursorPage(c, "", "count", "1"))
			cursors, bounded := map[string]bool{first: true}, false
			const rounds, each = 10, 20
			for range rounds {
				for _, r := range t.Together(each, func(int) *Response { return c.get("cursor", "", "count", "1") }) {
					switch r.Status {
					case 200:
						cursors[r.String("nextCursor")] = true
					case 429:
						bounded = true
					default:
						bounded = t.WantError(r, 400, "tooMany")
					}
				}
			}
			// A cursor that comes twice takes no memory, one that is gone gave it back.
			bounded = bounded || len(cursors) <= rounds*each || c.get("cursor", first, "count", "1").Status == 400
			if !bounded {
				cursorMemory(t, c, each)
			}
		}},
	}
}

// cursorMemory takes so many first pages that a server which remembers their
// cursors shows it.
func cursorMemory(t *T, c *cohort, together int) {
	const pages, most = 10_000, 1 << 20
	before := t.Memory("what cursors keep in memory does not show over HTTP")
	for range pages / together {
		t.Together(together, func(int) *Response { return t.Want(c.get("cursor", "", "count", "1"), 200, 400, 429) })
	}
	after := t.Memory("what cursors keep in memory does not show over HTTP")
	t.Assert(after < before+most, "got %d bytes in use before %d first pages and %d after, want less than %d more", before, pages, after, most)
}

// cursorCrowd is a cohort that exceeds the limit, which must be published and
// small.
func cursorCrowd(t *T, limit, more int) *cohort {
	if limit < 1 || limit+more > pageReachable {
		t.NotJudged("it takes a published limit of %d at most, got %d", pageReachable-more, limit)
	}
	return crowd(t, limit+more)
}

// cursorTimeout is the published lifetime of a cursor, if it is short enough to
// wait for.
func cursorTimeout(t *T) time.Duration {
	const longest = 10
	seconds := t.Config().CursorTimeout
	if seconds < 1 || seconds > longest {
		t.NotJudged("it takes a cursorTimeout of %d seconds at most, got %d", longest, seconds)
	}
	return time.Duration(seconds) * time.Second
}

// cursorPage is the page of the cohort at the cursor, which is empty for the
// first, or the end of the case. Unlike other lists it need not count.
func cursorPage(c *cohort, cursor string, query ...string) *Response {
	return cursorWant(c.t, c.get(append([]string{"cursor", cursor}, query...)...))
}

func cursorWant(t *T, r *Response) *Response {
	t.Want(r, 200)
	if !slices.Contains(r.Strings("schemas"), ListMessage) {
		t.Fatalf("%s: got %s, want a ListResponse", r.Request, r.summary())
	}
	return r
}

// cursorNext is the nextCursor of a page that is not the last.
func cursorNext(t *T, page *Response) string {
	next := page.String("nextCursor")
	if next == "" {
		t.Fatalf("%s: got nextCursor %s, want a cursor since there are more pages", page.Request, asJSON(page.Value("nextCursor")))
	}
	return next
}

// cursorWalk follows nextCursor to the page without one.
func cursorWalk(c *cohort, query ...string) []*Response {
	return cursorWalkBy(c, func(cursor string) *Response { return c.get(append([]string{"cursor", cursor}, query...)...) })
}

func cursorWalkBy(c *cohort, get func(cursor string) *Response) []*Response {
	var pages []*Response
	for cursor := ""; len(pages) <= len(c.members)+1; {
		page := cursorWant(c.t, get(cursor))
		pages = append(pages, page)
		if !page.Has("nextCursor") {
			return pages
		}
		cursor = cursorNext(c.t, page)
	}
	c.t.Fatalf("got a nextCursor on %d pages of %d resources, want the walk to end", len(pages), len(c.members))
	return nil
}

// cursorFlip changes the character at i into one that no encoding takes for the
// same.
func cursorFlip(cursor string, i int) string {
	other := "A"
	if strings.EqualFold(cursor[i:i+1], other) {
		other = "B"
	}
	return cursor[:i] + other + cursor[i+1:]
}

// cursorTexts are the cursor and what the usual encodings make of its parts.
func cursorTexts(cursor string) []string {
	texts := []string{cursor}
	for _, part := range strings.FieldsFunc(cursor, func(r rune) bool { return r == '.' || r == '~' }) {
		for _, decode := range []func(string) ([]byte, error){
			base64.RawURLEncoding.DecodeString, base64.RawStdEncoding.DecodeString, hex.DecodeString,
			base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString, base32.HexEncoding.WithPadding(base32.NoPadding).DecodeString,
		} {
			if data, err := decode(part); err == nil {
				texts = append(texts, string(data))
			}
		}
	}
	return texts
}

// cursorBytes are the bytes of an id that is a UUID, otherwise "".
func cursorBytes(id string) string {
	data, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(data) < 8 {
		return ""
	}
	return string(data)
}
