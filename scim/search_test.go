package scim_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim"
	"scimd/store"
)

// GET and .search are one query (7644-3.4.3-R01, R03).
func TestSearchIsGet(t *testing.T) {
	_, c := startStrict(t)
	c.user("b", `"title":"Boss"`)
	c.user("a", `"title":"boss"`)
	c.user("c")
	for _, query := range []map[string]any{
		{},
		{"filter": `title eq "BOSS"`, "attributes": []string{"userName", "title"}},
		{"filter": `userName sw "a" or userName sw "c"`, "sortBy": "userName", "sortOrder": "descending"},
		{"sortBy": "title", "startIndex": 2, "count": 1},
		{"count": 0},
		{"excludedAttributes": []string{"userName", "meta"}},
		{"filter": `nope eq "1"`},
		{"sortBy": "name"},
	} {
		inURL := c.ask("/Users", query, true)
		query["schemas"] = []string{searchURN}
		if inBody := c.ask("/Users", query, false); !reflect.DeepEqual(inURL, inBody) {
			t.Errorf("%v: got %+v in the URL, %+v in the body", query, inURL, inBody)
		}
	}
	c.search("/Users", `{"schemas":["`+searchURN+`"],"SORTBY":"USERNAME","filter":null}`).want(t, "names in any case, null as absent", "a b c", 3)
}

func TestInvalidSearches(t *testing.T) {
	env, strict := startStrict(t)
	interop := strict.as(env.Token)
	for _, c := range []struct{ row, more, scimType string }{
		{"7644-3.4.3-R04", `"filter":5`, "invalidValue"},
		{"7644-3.4.3-R04", `"filter":"nope"`, "invalidFilter"},
		{"7644-3.4.2.2-R26", `"filter":""`, "invalidFilter"},
		{"7644-3.4.3-R04", `"count":"x"`, "invalidValue"},
		{"7644-3.4.3-R04", `"count":"5"`, "invalidValue"},
		{"7644-3.4.3-R04", `"count":1.5`, "invalidValue"},
		{"7644-3.4.3-R04", `"startIndex":true`, "invalidValue"},
		{"7644-3.4.3-R04", `"sortBy":["userName"]`, "invalidValue"},
		{"7644-3.4.3-R04", `"attributes":{"a":1}`, "invalidValue"},
		{"7644-3.4.3-R04", `"attributes":[1]`, "invalidValue"},
		{"7644-3.4.2.3-R07", `"sortOrder":"up"`, "invalidValue"},
		{"7644-3.9-R06", `"attributes":["a"],"excludedAttributes":["b"]`, "invalidValue"},
		{"A-22", `"cursor":"","startIndex":1`, "invalidValue"},
		{"9865-2.1-R01", `"cursor":"x"`, "invalidCursor"},
	} {
		for _, client := range []client{strict, interop} {
			client.search("/Users", `{"schemas":["`+searchURN+`"],`+c.more+`}`).refused(t, c.row+" "+c.more, "400", c.scimType)
			client.search("", `{"schemas":["`+searchURN+`"],`+c.more+`}`).refused(t, c.row+" at the root "+c.more, "400", c.scimType)
		}
	}
	// 7644-3.4.3-R02, and what interop tolerates.
	for _, body := range []string{`{}`, `{"schemas":["urn:x"]}`, `{"schemas":"x"}`, `{"schemas":["` + searchURN + `"],"attributes":"userName,title"}`} {
		want := "invalidSyntax"
		if strings.Contains(body, "attributes") {
			want = "invalidValue"
		}
		strict.search("/Users", body).refused(t, body, "400", want)
		interop.search("/Users", body).want(t, body, "", 0)
	}
	strict.search("/Users", `[]`).refused(t, "an array", "400", "invalidSyntax")
}

// 7644-3.4.3-R05; a search is a POST that only reads.
func TestSearchEndpoints(t *testing.T) {
	env, c := startStrict(t)
	const body = `{"schemas":["` + searchURN + `"]}`
	for path, want := range map[string]int{"/Users/.search": 200, "/Groups/.search": 200, "/.search": 200, "/Nope/.search": 404, "/Users/x/.search": 404, "/Users/.search/x": 404, "/ResourceTypes/.search": 405} {
		c.want(want, "POST", path, body)
	}
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		for _, path := range []string{"/Users/.search", "/.search"} {
			if allow := c.want(405, method, path, "").header.Get("Allow"); allow != "POST, OPTIONS" {
				t.Errorf("%s %s: got Allow %q", method, path, allow)
			}
		}
	}
	_, secret, err := env.CreateToken(t.Context(), provision.TokenInput{Directory: "strict", Label: "reader", Scope: store.ScopeSCIMRead}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	reader := c.as(secret)
	reader.want(200, "POST", "/Users/.search", body)
	reader.want(403, "POST", "/Users", body)
	c.as("none").want(401, "POST", "/.search", body)
}

// TestRoot: a query over all types (7644-3.4.2.1-R01 to R03, A-39).
func TestRoot(t *testing.T) {
	_, c := startStrict(t)
	c.user("smith1", `"displayName":"Smith B","externalId":"2","title":"x"`)
	c.group("smiths", `"externalId":"1"`)
	c.user("smith2")
	c.group("others")
	for _, q := range []struct{ row, query, names string }{
		{"R01", ``, "smith1 smiths smith2 others"},
		{"R01", `filter=displayName sw "smith"`, "smith1 smiths"},
		{"R02", `filter=meta.resourceType eq "Group"`, "smiths others"},
		{"R02", `filter=meta.resourceType eq "User" or meta.resourceType eq "Group"`, "smith1 smiths smith2 others"},
		{"R02", `filter=meta.resourceType eq "Group" and displayName eq "others"`, "others"},
		{"R03", `filter=userName pr`, "smith1 smith2"},
		{"R03", `filter=not (userName pr)`, "smiths others"},
		{"R03", `filter=userName ne "smith1"`, "smiths smith2 others"},
		{"R03", `filter=userName eq null`, "smiths others"},
		{"7644-3.4.2.2-R28", `filter=nope eq "1"`, ""},
		{"R03", `filter=title pr or members pr`, "smith1"},
		{"7644-3.4.2.3-R01", `sortBy=externalId`, "smiths smith1 smith2 others"},
		{"7644-3.4.2.3-R01", `sortBy=meta.created&sortOrder=descending`, "others smith2 smiths smith1"},
		{"7644-3.4.2.3-R05", `sortBy=userName&sortOrder=descending`, "smiths others smith2 smith1"},
		{"7644-3.4.2.3-R05", `sortBy=displayName`, "others smith1 smiths smith2"},
		{"7644-3.4.2.4-R01", `sortBy=displayName&startIndex=2&count=2`, "smith1 smiths"},
		{"7644-3.4.2.4-R01", `startIndex=2&count=2`, "smiths smith2"},
	} {
		got := c.get("?" + strings.ReplaceAll(q.query, " ", "%20"))
		if got.names() != q.names || got.Status != "" {
			t.Errorf("%s %s: got %q, %s %s, want %q", q.row, q.query, got.names(), got.ScimType, got.Detail, q.names)
		}
		if q.names != "" && !strings.Contains(q.query, "startIndex") && *got.TotalResults != len(strings.Fields(q.names)) {
			t.Errorf("%s %s: got a total of %d", q.row, q.query, *got.TotalResults)
		}
	}
	got := c.get("?attributes=userName,members&filter=displayName%20pr")
	if len(got.Resources) != 3 || len(got.Resources[0]) != 3 || len(got.Resources[1]) != 2 {
		t.Errorf("a projection over types: got %v, want schemas, id and what the type has of it", got.Resources)
	}
	c.get(`?sortBy=nope`).refused(t, "a sort that no type knows", "400", "invalidValue")
	c.get(`?sortBy=name`).refused(t, "7644-3.4.2.3-R06", "400", "invalidValue")
	c.get(`?filter=name%20eq%20%22x%22`).refused(t, "7644-3.4.2.2-R19", "400", "invalidFilter")
	for _, sortBy := range []string{"", "displayName", "meta.lastModified", "id"} {
		var walked []string
		for page := range c.pages(func(cursor string) list { return c.get("?count=1&cursor=" + cursor + "&sortBy=" + sortBy) }) {
			walked = append(walked, page.ids()...)
		}
		if whole := c.get("?sortBy=" + sortBy).ids(); !slices.Equal(walked, whole) {
			t.Errorf("a walk by %q: got %v, want %v", sortBy, walked, whole)
		}
	}
}

// TestSortOrders over HTTP (7644-3.4.2.3); TestProof has the rest.
func TestSortOrders(t *testing.T) {
	_, c := startStrict(t)
	c.user("b", `"title":"x","emails":[{"value":"z"},{"value":"a","primary":true}],"name":{"givenName":"B"}`)
	c.user("A", `"emails":[{"value":"m"},{"value":"a0"}],"name":{"givenName":"a"}`)
	c.user("C", `"title":"X","`+enterpriseURN+`":{"department":"d"}`)
	for _, q := range []struct{ row, query, names string }{
		{"R01, R02", "sortBy=userName", "A b C"},
		{"R01", "sortBy=userName&sortOrder=ascending", "A b C"},
		{"R01", "sortBy=userName&sortOrder=descending", "C b A"},
		{"R03", "sortBy=meta.created&sortOrder=descending", "C A b"},
		{"R04", "sortBy=emails.value", "b A C"},
		{"R04", "sortBy=emails", "b A C"},
		{"R05, equal values by creation", "sortBy=title", "b C A"},
		{"R05", "sortBy=title&sortOrder=descending", "A b C"},
		{"R06", "sortBy=name.givenName", "A b C"},
		{"R06", "sortBy=" + enterpriseURN + ":department", "C b A"},
		{"R07", "sortOrder=descending", "b A C"},
		{"R08", "sortBy=title&startIndex=2&count=2", "C A"},
	} {
		if got := c.get("/Users?" + q.query); got.names() != q.names {
			t.Errorf("%s %s: got %q, %s, want %q", q.row, q.query, got.names(), got.Detail, q.names)
		}
	}
	for _, query := range []string{"sortBy=name", "sortBy=nope", "sortBy=password", "sortBy=" + enterpriseURN, "sortBy=userName&sortOrder=up"} {
		c.get("/Users?"+query).refused(t, query, "400", "invalidValue")
	}
}

// TestIndexPaging: rows of 7644-3.4.2.4.
func TestIndexPaging(t *testing.T) {
	_, c := startStrict(t, func(h *scim.Handler) { h.MaxResults, h.DefaultPage = 5, 4 })
	ids := c.users(12)
	for _, q := range []struct {
		row, query   string
		start, count int
	}{
		{"R01", "", 1, 4},
		{"R01", "startIndex=0", 1, 4},
		{"R01", "startIndex=-5&count=2", 1, 2},
		{"R02", "count=3", 1, 3},
		{"R03", "count=0", 1, 0},
		{"R03", "count=-1", 1, 0},
		{"R04", "count=1000", 1, 5},
		{"R05", "startIndex=11&count=5", 11, 2},
		{"R08", "startIndex=9999", 9999, 0},
		{"R08", "startIndex=9223372036854775807", 9223372036854775807, 0},
	} {
		for _, residual := range []string{"", "&filter=not%20(title%20pr)"} {
			got := c.get("/Users?" + q.query + residual)
			want := ids[min(q.start-1, len(ids)):]
			want = want[:min(q.count, len(want))]
			if !slices.Equal(got.ids(), want) || deref(got.TotalResults) != 12 || deref(got.StartIndex) != q.start || deref(got.ItemsPerPage) != len(want) || got.NextCursor != nil {
				t.Errorf("%s %s%s: got %d from %d of %d, %s", q.row, q.query, residual, len(got.Resources), deref(got.StartIndex), deref(got.TotalResults), got.Detail)
			}
		}
	}
	for _, query := range []string{"count=abc", "startIndex=1.5", "count=1e3", "count=99999999999999999999"} {
		c.get("/Users?"+query).refused(t, "R09 "+query, "400", "invalidValue")
	}
}

// TestTooMany: 7644-3.4.2.1-R04; what an index answers has no limit.
func TestTooMany(t *testing.T) {
	_, c := startStrict(t, func(h *scim.Handler) { h.MaxScan = 5 })
	c.users(6)
	c.group("g")
	for _, query := range []string{`/Users?filter=title%20pr`, `/Users?sortBy=title`, `?sortBy=displayName`, `?filter=displayName%20pr`} {
		c.get(query).refused(t, query, "400", "tooMany")
	}
	for _, query := range []string{`/Users`, `/Users?filter=userName%20co%20%22user%22&sortBy=userName`, `/Groups?filter=members%20pr`,
		`/Users?filter=userName%20eq%20%22user01%22%20and%20not%20(title%20pr)&sortBy=title`, `?sortBy=id`} {
		if got := c.get(query); got.Status != "" {
			t.Errorf("%s: got %s %s", query, got.ScimType, got.Detail)
		}
	}
}

// TestSensitive: 7644-7.5.2-R01, A-47.
func TestSensitive(t *testing.T) {
	_, c := startStrict(t, func(h *scim.Handler) {
		h.SensitiveFilters = []string{"name.familyName", enterpriseURN + ":employeeNumber", "members.value", "nope"}
	})
	c.user("a", `"name":{"familyName":"Doe","givenName":"Ann"}`)
	for _, filter := range []string{`name.familyName eq "Doe"`, `not (NAME.FAMILYNAME pr)`, `name[familyName eq "Doe"]`, `name pr`, `employeeNumber eq "1"`,
		userURN + `:name.familyName sw "D"`, `userName eq "a" and ` + enterpriseURN + ` pr`} {
		for _, path := range []string{"/Users", ""} {
			c.ask(path, map[string]any{"filter": filter}, true).refused(t, filter, "403", "sensitive")
			got := c.ask(path, map[string]any{"filter": filter, "schemas": []string{searchURN}}, false)
			if got.Status != "" {
				t.Errorf("%s in a body: got %s %s", filter, got.ScimType, got.Detail)
			}
		}
	}
	c.ask("/Groups", map[string]any{"filter": `members eq "x"`}, true).refused(t, "members", "403", "sensitive")
	c.get(`/Users?filter=name.givenName%20eq%20%22ann%22&sortBy=name.familyName`).want(t, "another attribute", "a", 1)
}

// 7644-3.4.2.2-R30: a filter sees what the client was shown; A-40: a GET of one
// resource ignores it; A-33: schemas is in every item.
func TestFilterEdges(t *testing.T) {
	_, c := startStrict(t)
	id := c.user("a")
	c.get(`/Users?filter=active%20eq%20true&attributes=userName`).want(t, "R30", "a", 1)
	if got := c.get(`/Users?attributes=userName`); len(got.Resources) != 1 || got.Resources[0]["schemas"] == nil || len(got.Resources[0]) != 3 {
		t.Errorf("A-33: got %v, want schemas, id and userName", got.Resources)
	}
	c.want(200, "GET", "/Users/"+id+"?filter=nonsense", "")
	var config struct {
		Sort       struct{ Supported bool }
		Pagination map[string]any
	}
	if err := c.want(200, "GET", "/ServiceProviderConfig", "").into(&config); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"cursor": true, "index": true, "defaultPaginationMethod": "index",
		"defaultPageSize": json.Number("100"), "maxPageSize": json.Number("200"), "cursorTimeout": json.Number("3600")}
	if !config.Sort.Supported || !reflect.DeepEqual(config.Pagination, want) {
		t.Errorf("9865-4-R01 to R03: got %v, want %v", config, want)
	}
}
