package fault

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func filters() []Fault {
	return []Fault{
		{Name: "filters are ignored", Row: "7644-3.4.2.2-R01", Ask: drop("filter")},
		{Name: "ne is eq", Row: "7644-3.4.2.2-R04", Ask: filter(" ne ", " eq ")},
		{Name: "co is sw", Row: "7644-3.4.2.2-R05", Ask: filter(" co ", " sw ")},
		{Name: "ew is co", Row: "7644-3.4.2.2-R05", Ask: filter(" ew ", " co ")},
		{Name: "pr always holds", Row: "7644-3.4.2.2-R06", Ask: filter("title pr", "id pr")},
		{Name: "gt is ge", Row: "7644-3.4.2.2-R07", Ask: filter(" gt ", " ge ")},
		{Name: "or is and", Row: "7644-3.4.2.2-R10", Ask: filter(" or ", " and ")},
		{Name: "parentheses do not count", Row: "7644-3.4.2.2-R12", Ask: func(q *Request) { filter("(", "")(q); filter(")", "")(q) }},
		{Name: "not is lost", Row: "7644-3.4.2.2-R13", Ask: func(q *Request) { filter("not (", "(")(q); filter("not(", "(")(q) }},
		{Name: "brackets test any value", Row: "7644-3.4.2.2-R14",
			Ask: filter(`emails[type eq "work" and value co "@b"]`, `(emails.type eq "work" and emails.value co "@b")`)},
		{Name: "a broken filter finds nothing", Row: "7644-3.4.2.2-R26", Answer: func(a *Answer) {
			if a.Status == http.StatusBadRequest && a.Request.URL.Query().Has("filter") {
				a.Status, a.Body = http.StatusOK, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
			}
		}},
		{Name: "an unknown operator is eq", Row: "7644-3.4.2.2-R25", Ask: filter(" regex ", " eq ")},
		{Name: "case counts", Row: "7644-3.4.2.2-R03", Answer: func(a *Answer) {
			text := a.Request.URL.Query().Get("filter")
			a.list(func(o object, found []any) {
				kept := slices.DeleteFunc(found, func(r any) bool {
					title, _ := r.(object)["title"].(string)
					return title != "" && strings.Contains(strings.ToLower(text), strings.ToLower(title)) && !strings.Contains(text, title)
				})
				o["Resources"], o["totalResults"] = kept, len(kept)
			})
		}},
		{Name: "a search ignores its filter", Row: "7644-3.4.3-R03", Ask: func(q *Request) {
			if strings.HasSuffix(q.URL.Path, "/.search") {
				q.edit(func(o object) { delete(o, "filter") })
			}
		}},
		{Name: "a search creates", Row: "7644-3.4.3-R01", Answer: func(a *Answer) {
			if a.Status == http.StatusOK && strings.HasSuffix(a.Request.URL.Path, "/.search") {
				a.Status = http.StatusCreated
			}
		}},
		{Name: "a root query leaves groups out", Row: "7644-3.4.2.1-R01", Answer: func(a *Answer) {
			if !strings.HasSuffix(a.Request.URL.Path, "/v2/.search") {
				return
			}
			a.list(func(o object, found []any) {
				o["Resources"] = slices.DeleteFunc(found, func(r any) bool { return within(r.(object), "meta")["resourceType"] == "Group" })
			})
		}},
	}
}

func lists() []Fault {
	return []Fault{
		{Name: "totalResults as a string", Row: "7644-3.4.2-R01", Answer: func(a *Answer) {
			a.list(func(o object, _ []any) { o["totalResults"] = "1" })
		}},
		{Name: "totalResults of the page alone", Row: "7644-3.4.2.4-R06", Answer: func(a *Answer) {
			a.list(func(o object, found []any) { o["totalResults"] = len(found) })
		}},
		{Name: "itemsPerPage as asked", Row: "7644-3.4.2.4-R05", Answer: func(a *Answer) {
			a.list(func(o object, _ []any) { o["itemsPerPage"] = 100 })
		}},
		{Name: "startIndex counts from zero", Row: "7644-3.4.2.4-R01", Ask: func(q *Request) { q.query("startIndex", shift(1)) }},
		{Name: "a page repeats the last row", Row: "7644-3.4.2.4-R07", Ask: func(q *Request) { q.query("startIndex", shift(-1)) }},
		{Name: "count is ignored", Row: "7644-3.4.2.4-R02", Ask: drop("count")},
		{Name: "count=0 gives resources", Row: "7644-3.4.2.4-R03", Ask: func(q *Request) {
			q.query("count", func(s string) *string {
				if s == "0" {
					s = "1"
				}
				return &s
			})
		}},
		{Name: "sortBy is ignored", Row: "7644-3.4.2.3-R01", Ask: drop("sortBy")},
		{Name: "sortOrder is ignored", Row: "7644-3.4.2.3-R01", Ask: drop("sortOrder")},
		{Name: "sorting after paging", Row: "7644-3.4.2.3-R08", Answer: func(a *Answer) {
			if a.Request.URL.Query().Has("sortBy") && a.Request.URL.Query().Has("count") {
				a.list(func(_ object, found []any) { slices.Reverse(found) })
			}
		}},
		{Name: "a page may be too large", Row: "7644-3.4.2.4-R04", Answer: func(a *Answer) {
			a.list(func(o object, found []any) {
				for len(found) > 0 && len(found) < 500 {
					found = append(found, found[0])
				}
				o["Resources"] = found
			})
		}},
	}
}

func shift(n int) func(string) *string {
	return func(s string) *string {
		if at, err := strconv.Atoi(s); err == nil && at+n > 0 {
			s = strconv.Itoa(at + n)
		}
		return &s
	}
}

func cursors() []Fault {
	paged := func(change func(object)) func(*Answer) {
		return func(a *Answer) {
			if a.Request.URL.Query().Has("cursor") {
				a.list(func(o object, _ []any) { change(o) })
			}
		}
	}
	return []Fault{
		{Name: "no nextCursor", Row: "9865-2-R02", Answer: paged(func(o object) { delete(o, "nextCursor") })},
		{Name: "a nextCursor on the last page", Row: "9865-2-R02", Answer: paged(func(o object) {
			if o["nextCursor"] == nil {
				o["nextCursor"] = "again"
			}
		})},
		{Name: "a cursor of reserved characters", Row: "9865-2-R04", Answer: paged(func(o object) {
			if o["nextCursor"] != nil {
				o["nextCursor"] = "a+b/c=="
			}
		})},
		{Name: "previousCursor on the first page", Row: "9865-2-R05", Answer: paged(func(o object) { o["previousCursor"] = "before" })},
		{Name: "a wrong cursor is invalidValue", Row: "9865-2.1-R01", Answer: func(a *Answer) {
			a.failure(func(o object) {
				if o["scimType"] == "invalidCursor" {
					o["scimType"] = "invalidValue"
				}
			})
		}},
		{Name: "a wrong cursor starts anew", Row: "9865-5.2-R02", Ask: func(q *Request) {
			q.query("cursor", func(string) *string { s := ""; return &s })
		}},
		{Name: "cursor beside startIndex", Row: "9865-2.4-R03", Ask: func(q *Request) {
			if q.URL.Query().Has("cursor") {
				drop("startIndex")(q)
			}
		}},
	}
}

func projections() []Fault {
	return []Fault{
		{Name: "attributes is ignored", Row: "7644-3.9-R02", Ask: drop("attributes")},
		{Name: "excludedAttributes is ignored", Row: "7644-3.9-R03", Ask: drop("excludedAttributes")},
		{Name: "a projection drops id", Row: "7643-3.1-R05", Answer: func(a *Answer) {
			if a.Request.URL.Query().Has("attributes") {
				a.each(func(o object) { delete(o, "id") })
			}
		}},
		{Name: "writes ignore attributes", Row: "7644-3.4.2.5-R01", Ask: func(q *Request) {
			if q.Method != http.MethodGet {
				drop("attributes")(q)
			}
		}},
		{Name: "sub-attributes cannot be named", Row: "7644-3.9-R04", Ask: func(q *Request) {
			q.query("attributes", func(s string) *string {
				name, _, _ := strings.Cut(s, ".")
				return &name
			})
		}},
		{Name: "both lists at once", Row: "7644-3.9-R06", Ask: func(q *Request) {
			if q.URL.Query().Has("attributes") {
				drop("excludedAttributes")(q)
			}
		}},
	}
}
