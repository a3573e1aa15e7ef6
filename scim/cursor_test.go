package scim_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/schema"
	"scimd/store"
	"scimd/store/sqlite"
)

// unreserved is RFC 3986 §2.3 (9865-2-R04).
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// walk follows nextCursor to the end and gives the sizes of the pages.
func (c client) walk(query string) (ids []string, sizes []int) {
	c.t.Helper()
	for page := range c.pages(func(cursor string) list { return c.get(query + "&cursor=" + cursor) }) {
		ids, sizes = append(ids, page.ids()...), append(sizes, len(page.Resources))
		if page.StartIndex != nil || deref(page.ItemsPerPage) != len(page.Resources) {
			c.t.Errorf("%s: got startIndex %d, itemsPerPage %d", query, deref(page.StartIndex), deref(page.ItemsPerPage))
		}
		if page.NextCursor != nil && !unreserved.MatchString(*page.NextCursor) {
			c.t.Errorf("nextCursor %q has reserved characters", *page.NextCursor)
		}
	}
	return ids, sizes
}

// TestCursorWalk: 9865-2-R01 to R08.
func TestCursorWalk(t *testing.T) {
	_, c := startStrict(t, func(h *scim.Handler) { h.MaxResults, h.DefaultPage = 7, 4 })
	ids := c.users(10)
	for _, q := range []struct {
		query string
		sizes []int
	}{
		{"count=3", []int{3, 3, 3, 1}},
		{"count=5", []int{5, 5}}, // R02: an exact multiple
		{"", []int{4, 4, 2}},
		{"count=1000", []int{7, 3}},
		{"count=3&sortBy=title", []int{3, 3, 3, 1}},
		{"count=5&filter=not%20(title%20pr)", []int{5, 5}},
		{"count=0", []int{0}},
		{"count=-1", []int{0}},
	} {
		got, sizes := c.walk("/Users?" + q.query)
		want := ids
		if sizes[0] == 0 {
			want = []string{}
		}
		if !slices.Equal(sizes, q.sizes) || !slices.Equal(got, want) {
			t.Errorf("%s: got pages of %v with %d of the users in order", q.query, sizes, len(got))
		}
	}
	first := c.get("/Users?cursor&count=3") // R01: without a value
	if deref(first.TotalResults) != 10 || first.NextCursor == nil {
		t.Errorf("R08: got %+v, want a total of 10 and more pages", first)
	}
	body := map[string]any{"schemas": []string{searchURN}, "cursor": "", "count": 6, "filter": `userName sw "user0"`}
	page := c.ask("/Users", body, false) // 9865-3-R01
	body["cursor"] = *page.NextCursor
	rest := c.ask("/Users", body, false)
	if got := append(page.ids(), rest.ids()...); !slices.Equal(got, ids) || rest.NextCursor != nil {
		t.Errorf("in a body: got %d and %d users, then cursor %v", len(page.Resources), len(rest.Resources), rest.NextCursor)
	}
	if plain := c.get("/Users?count=2"); plain.NextCursor != nil || deref(plain.StartIndex) != 1 { // 9865-2.4-R01 to R03
		t.Errorf("without cursor: got %+v, want a page by index", plain)
	}
	c.get("/Users?cursor&startIndex=1").refused(t, "9865-2.4-R03", "400", "invalidValue")
}

// TestCursorErrors: 9865-2.1-R01, R03, R04 and 9865-5.2-R01 to R03.
func TestCursorErrors(t *testing.T) {
	env, c := startStrict(t)
	c.users(5)
	other := c.as(env.Token)
	other.users(5)
	const query = "/Users?count=2&attributes=userName&filter=userName%20pr&sortBy=userName&cursor="
	next := *c.get(query).NextCursor
	if got := c.get(query + next); got.names() != "user02 user03" {
		t.Fatalf("the second page: got %q", got.names())
	}
	random := c.get(query + "not-a-cursor")
	random.refused(t, "R01", "400", "invalidCursor")
	for what, changed := range map[string]string{
		"truncated":  query + next[:len(next)-1],
		"cut":        query + next[:10],
		"longer":     query + next + "A",
		"line break": query + next[:20] + "%0A" + next[20:],
		"padded":     query + next + "%3D",
		"endpoint":   "/Groups?count=2&cursor=" + next,
		"root":       "?count=2&attributes=userName&filter=userName%20pr&sortBy=userName&cursor=" + next,
		"filter":     "/Users?count=2&attributes=userName&filter=userName%20PR&sortBy=userName&cursor=" + next,
		"no filter":  "/Users?count=2&attributes=userName&sortBy=userName&cursor=" + next,
		"sort":       "/Users?count=2&attributes=userName&filter=userName%20pr&sortBy=id&cursor=" + next,
		"direction":  query + next + "&sortOrder=descending",
		"attributes": "/Users?count=2&attributes=title&filter=userName%20pr&sortBy=userName&cursor=" + next,
	} {
		if got := c.get(changed); !reflect.DeepEqual(got, random) {
			t.Errorf("%s: got %+v, want the answer to a made-up cursor", what, got)
		}
	}
	if got := other.get(query + next); !reflect.DeepEqual(got, random) {
		t.Errorf("another directory: got %+v, want the answer to a made-up cursor", got)
	}
	for i := range next { // R02: tampering
		flipped := []byte(next)
		flipped[i] ^= 1
		if got := c.get(query + url.QueryEscape(string(flipped))); !reflect.DeepEqual(got, random) {
			t.Errorf("character %d flipped: got %+v, want the answer to a made-up cursor", i, got)
		}
	}
	for _, count := range []string{"3", "0", "100000"} {
		c.get("/Users?attributes=userName&filter=userName%20pr&sortBy=userName&count="+count+"&cursor="+next).refused(t, "R03", "400", "invalidCount")
	}
	// Rights are looked at on every page.
	token, secret, err := env.CreateToken(t.Context(), provision.TokenInput{Directory: "strict", Label: "second", Scope: store.ScopeSCIMRead}, testenv.Admin)
	if err != nil {
		t.Fatal(err)
	}
	second := c.as(secret)
	if got := second.get(query + next); got.names() != "user02 user03" {
		t.Errorf("another token of the directory: got %q, %s", got.names(), got.ScimType)
	}
	if err := env.RevokeToken(t.Context(), token.ID, testenv.Admin); err != nil {
		t.Fatal(err)
	}
	second.want(401, "GET", query+next, "")
}

// TestCursorExpiry: 9865-2.1-R02, 9865-4-R04.
func TestCursorExpiry(t *testing.T) {
	env, c := startStrict(t, func(h *scim.Handler) { h.CursorTimeout = time.Minute })
	var ahead atomic.Int64
	clock := env.Now
	env.Now = func() time.Time { return clock().Add(time.Duration(ahead.Load())) }
	c.users(3)
	next := *c.get("/Users?cursor&count=1").NextCursor
	ahead.Store(int64(50 * time.Second)) // each look takes another second
	if got := c.get("/Users?count=1&cursor=" + next); got.names() != "user01" {
		t.Errorf("in time: got %q, %s", got.names(), got.Detail)
	}
	ahead.Store(int64(time.Minute))
	c.get("/Users?count=1&cursor="+next).refused(t, "R02", "400", "expiredCursor")
	c.get("/Groups?count=1&cursor="+next).refused(t, "old and foreign", "400", "invalidCursor")
}

// TestCursorDeletes: whoever is there all along is seen exactly once, whatever
// is removed or made on the way, by column and by rank.
func TestCursorDeletes(t *testing.T) {
	env := testenv.Start(t)
	for i, query := range []string{"", "sortBy=userName", "sortBy=userName&sortOrder=descending", "sortBy=externalId", "sortBy=externalId&sortOrder=descending",
		"sortBy=meta.created&sortOrder=descending", "sortBy=id", "sortBy=title", "sortBy=title&sortOrder=descending", "filter=not%20(title%20eq%20%22t0%22)", "filter=title%20pr&sortBy=name.familyName"} {
		_, token := env.NewDirectory(t, fmt.Sprint("walk", i), "strict")
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, env.SCIM, token)
			c.walkWhileOthersGo(query, rand.New(rand.NewPCG(5, uint64(i))))
		})
	}
}

func (c client) walkWhileOthersGo(query string, random *rand.Rand) {
	var there []string // those that nobody removes
	for i := range 30 {
		more := fmt.Sprintf(`"title":"t%d"`, 1+i%4)
		if i%3 == 0 {
			more += fmt.Sprintf(`,"externalId":"e%d","name":{"familyName":"f%d"}`, i%2, i%5)
		}
		there = append(there, c.user(fmt.Sprintf("u%02d-%d", i*7%30, random.IntN(1000)), more))
	}
	remove := func(id string) {
		if i := slices.Index(there, id); i >= 0 {
			c.want(204, "DELETE", "/Users/"+id, "")
			there = slices.Delete(there, i, i+1)
		}
	}
	seen := map[string]int{}
	for page := range c.pages(func(cursor string) list { return c.get("/Users?count=4&" + query + "&cursor=" + cursor) }) {
		for i, id := range page.ids() {
			if seen[id]++; i%2 == 1 { // the last of a page, too, where the walk stands
				remove(id)
			}
		}
		if len(there) > 5 {
			remove(there[random.IntN(len(there))])
		}
		if len(seen) < 60 { // else the walk would follow the newcomers for ever
			c.user(fmt.Sprintf("new-%d", random.Uint32()), `"title":"t9"`)
		}
	}
	for _, id := range there {
		if seen[id] != 1 {
			c.t.Errorf("a user who was there all along was seen %d times, want once", seen[id])
		}
	}
	for id, n := range seen {
		if n > 1 {
			c.t.Errorf("user %s was seen %d times", id, n)
		}
	}
}

// TestCursorKey: every server of a database knows the cursors of the others,
// before and after a restart; those of another database are strange.
func TestCursorKey(t *testing.T) {
	env, c := startStrict(t)
	c.users(3)
	next := *c.get("/Users?cursor&count=2").NextCursor
	key, err := env.CursorKey(t.Context())
	if err != nil || len(key) != 32 {
		t.Fatalf("CursorKey: got %d bytes, error %v", len(key), err)
	}
	// another is a server over a database.
	another := func(st store.Store) *provision.Service {
		return &provision.Service{
			Store: st, Catalogue: env.Catalogue, Now: env.Now, NewID: env.NewID, Quirks: env.Quirks, Log: env.Log,
			Secret: func() string { return "another" },
		}
	}
	replica := another(env.Store)
	if again, err := replica.CursorKey(t.Context()); err != nil || !slices.Equal(again, key) {
		t.Errorf("CursorKey of a replica: got another key, error %v", err)
	}
	for _, other := range []struct {
		key   []byte
		names string
	}{{key, "user02"}, {make([]byte, 32), ""}} {
		server := httptest.NewServer(&scim.Handler{
			Provision: replica, Registry: func(string) *schema.Registry { return schema.Core() }, BasePath: "/scim/v2",
			PublicURL: func(*http.Request) string { return "https://scim.example" }, Log: env.Log, NewID: env.NewID, CursorKey: other.key,
		})
		got := newClient(t, server.URL+"/scim/v2", c.token).get("/Users?count=2&cursor=" + next)
		server.Close()
		if got.names() != other.names {
			t.Errorf("on another server: got %q, %s, want %q", got.names(), got.ScimType, other.names)
		}
	}
	path := filepath.Join(t.TempDir(), "again.db")
	var keys [][]byte
	for range 2 {
		st, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		s := another(st)
		s.Secret = env.Secret
		key, err := s.CursorKey(t.Context())
		if keys = append(keys, key); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(keys[0], keys[1]) || slices.Equal(keys[0], key) {
		t.Error("a restart changed the key, or two databases share it")
	}
}

// TestCursorSeal: 9865-5.2-R02; equal pages tell no one that they are equal.
func TestCursorSeal(t *testing.T) {
	_, c := startStrict(t)
	c.users(2)
	if a, b := c.get("/Users?cursor&count=1"), c.get("/Users?cursor&count=1"); *a.NextCursor == *b.NextCursor {
		t.Error("the same page gave the same cursor twice")
	}
}
