package scim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
)

// several parts of an answer, and more than may wait for a client.
const manyMembers = 3000

// shownMembers are the ids of a group's members, in the order of the answer.
func shownMembers(t *testing.T, raw string) []string {
	t.Helper()
	var body struct{ Members []struct{ Value string } }
	if err := json.Unmarshal([]byte(raw), &body); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
	var ids []string
	for _, m := range body.Members {
		ids = append(ids, m.Value)
	}
	return ids
}

func personIDs(people []testenv.Person) []string {
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return ids
}

// A group larger than a part shows what a small one does: each projection of
// it is that of a small one, member by member (RFC 7644 §3.9).
func TestLargeGroupLooksLikeASmallOne(t *testing.T) {
	env, c := start(t)
	people := testenv.LoadPeople(t, env.Service, env.Directory, manyMembers)
	small := testenv.LoadGroup(t, env.Service, env.Directory, "two", people[:2])
	inner := testenv.LoadGroup(t, env.Service, env.Directory, "inner", nil)
	large := testenv.LoadGroup(t, env.Service, env.Directory, "large", people)
	c.want(200, "PATCH", "/Groups/"+large.ID+"?attributes=id", patchOp(`{"op":"add","path":"members","value":[{"value":"`+inner.ID+`"}]}`))
	for query, want := range map[string]string{
		"":                                      `{"value":"ID","$ref":"BASE/Users/ID","display":"NAME","type":"User"}`,
		"?attributes=members":                   `{"value":"ID","$ref":"BASE/Users/ID","display":"NAME","type":"User"}`,
		"?attributes=members.value":             `{"value":"ID"}`,
		"?attributes=members.$ref,members.type": `{"$ref":"BASE/Users/ID","type":"User"}`,
		"?excludedAttributes=members.value,members.$ref": `{"display":"NAME","type":"User"}`,
	} {
		for _, group := range []store.Resource{small, large} {
			raw := c.want(200, "GET", "/Groups/"+group.ID+query, "").raw
			first := strings.NewReplacer("ID", people[0].ID, "BASE", c.base, "NAME", "person0@acme.example").Replace(want)
			if !strings.Contains(raw, `"members":[`+first+`,`) {
				t.Errorf("%s%s: got %.400s, want %s first", group.Display, query, raw, first)
			}
			if strings.HasPrefix(query, "?attributes") == strings.Contains(raw, `"meta":{`) {
				t.Errorf("%s%s: meta is wrong in %.100s", group.Display, query, raw)
			}
		}
	}
	raw := c.want(200, "GET", "/Groups/"+large.ID, "").raw
	if got, want := shownMembers(t, raw), append(personIDs(people), inner.ID); !slices.Equal(sortedStrings(got), sortedStrings(want)) {
		t.Errorf("got %d members, want %d", len(got), len(want))
	}
	if want := `{"value":"` + inner.ID + `","$ref":"` + c.base + `/Groups/` + inner.ID + `","display":"inner","type":"Group"}`; !strings.Contains(raw, want) {
		t.Errorf("the group within is not shown as %s", want)
	}
	list := c.want(200, "GET", "/Groups?filter=displayName%20pr", "").body["Resources"].([]any)
	for i, id := range []string{small.ID, inner.ID, large.ID} {
		if got, want := asJSON(list[i]), asJSON(c.want(200, "GET", "/Groups/"+id, "").body); got != want {
			t.Errorf("in a list: got %.300s, want %.300s", got, want)
		}
	}
	whole, head := c.want(200, "GET", "/Groups/"+large.ID, "").header, c.want(200, "HEAD", "/Groups/"+large.ID, "")
	if head.header.Get("ETag") != whole.Get("ETag") || head.raw != "" {
		t.Errorf("HEAD: got %v, want what GET has without a body", head.header)
	}
	if got := c.want(304, "GET", "/Groups/"+large.ID, "", "If-None-Match: "+whole.Get("ETag")).raw; got != "" {
		t.Errorf("304: got a body %.100s", got)
	}
	// Members that show nothing leave an empty array, as ever.
	if got := c.want(200, "GET", "/Groups/"+small.ID+"?excludedAttributes=members.value,members.$ref,members.display,members.type", "").json("members"); got != "[]" {
		t.Errorf("members without anything: got %s, want []", got)
	}
}

func sortedStrings(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// watched counts the snapshots that are open and the calls that read
// memberships.
type watched struct {
	store.Store
	open, memberships atomic.Int64
	fail              atomic.Bool // the next walk of members stops half-way
}

func watch(env *testenv.Env) *watched {
	w := &watched{Store: env.Store}
	env.Store = w
	return w
}

func (w *watched) View(ctx context.Context, fn func(context.Context, store.Reader) error) error {
	w.open.Add(1)
	defer w.open.Add(-1)
	return w.Store.View(ctx, func(ctx context.Context, r store.Reader) error { return fn(ctx, watchedReader{r, w}) })
}

type watchedReader struct {
	store.Reader
	w *watched
}

func (r watchedReader) Members(directory, group int64, yield func(store.Reference) bool) error {
	r.w.memberships.Add(1)
	if !r.w.fail.Load() {
		return r.Reader.Members(directory, group, yield)
	}
	n := 0
	err := r.Reader.Members(directory, group, func(ref store.Reference) bool { n++; return n < manyMembers/2 && yield(ref) })
	if err == nil {
		err = context.DeadlineExceeded
	}
	return err
}

func (r watchedReader) CountMembers(directory, group int64, limit int) (int, error) {
	r.w.memberships.Add(1)
	return r.Reader.CountMembers(directory, group, limit)
}

func (r watchedReader) Groups(directory, member int64, transitive bool) ([]store.Reference, error) {
	r.w.memberships.Add(1)
	return r.Reader.Groups(directory, member, transitive)
}

func (r watchedReader) GroupsOf(directory int64, members []int64, transitive bool) (map[int64][]store.Reference, error) {
	r.w.memberships.Add(1)
	return r.Reader.GroupsOf(directory, members, transitive)
}

func (r watchedReader) UsersBelow(directory int64, groups []int64) ([]int64, error) {
	r.w.memberships.Add(1)
	return r.Reader.UsersBelow(directory, groups)
}

// What is not wanted is not read, and the groups of a page of users are read
// at once (RFC 7644 §3.9).
func TestMembershipsReadOnlyIfWanted(t *testing.T) {
	env, c := start(t)
	people := testenv.LoadPeople(t, env.Service, env.Directory, 20)
	group := testenv.LoadGroup(t, env.Service, env.Directory, "all", people)
	w := watch(env)
	for _, e := range []struct {
		method, path, body string
		reads              int64
	}{
		{"GET", "/Groups/" + group.ID, "", 1},
		{"GET", "/Groups/" + group.ID + "?excludedAttributes=members", "", 0},
		{"GET", "/Groups/" + group.ID + "?attributes=displayName", "", 0},
		{"HEAD", "/Groups/" + group.ID + "?excludedAttributes=members", "", 0},
		{"GET", "/Groups?excludedAttributes=members", "", 0},
		{"GET", "/Groups?attributes=displayName&sortBy=displayName", "", 0},
		{"GET", "/Groups?excludedAttributes=members&filter=members.value%20eq%20%22" + people[0].ID + "%22", "", 0},
		{"GET", "/Groups?excludedAttributes=members&filter=members[value%20eq%20%22" + people[0].ID + "%22%20and%20type%20eq%20%22User%22]", "", 0},
		{"GET", "/Groups?excludedAttributes=members&filter=not%20(members.type%20eq%20%22Group%22)", "", 0},
		{"GET", "/Groups?excludedAttributes=members&filter=members%20pr", "", 0},
		{"POST", "/Groups/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"excludedAttributes":["members"]}`, 0},
		{"PATCH", "/Groups/" + group.ID + "?excludedAttributes=members", patchOp(`{"op":"replace","path":"displayName","value":"everyone"}`), 0},
		{"PATCH", "/Groups/" + group.ID + "?attributes=id", patchOp(`{"op":"remove","path":"members[value eq \"` + people[0].ID + `\"]"}`), 0},
		{"GET", "/Users", "", 1},
		{"GET", "/Users?excludedAttributes=groups", "", 0},
		{"GET", "/", "", 2},
	} {
		before := w.memberships.Load()
		c.want(200, e.method, e.path, e.body)
		if got := w.memberships.Load() - before; got != e.reads {
			t.Errorf("%s %s: memberships were read %d times, want %d", e.method, e.path, got, e.reads)
		}
	}
}

// slowClient takes nothing until it is let.
type slowClient struct {
	httptest.ResponseRecorder
	mu   sync.Mutex
	gate chan struct{}
}

func (s *slowClient) Write(b []byte) (int, error) {
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ResponseRecorder.Write(b)
}

// A client that stops reading holds up no snapshot, and in the end has the
// members that the group had when the answer began, but for those who are gone.
func TestSlowClientHoldsUpNothing(t *testing.T) {
	for _, path := range []string{"/Groups/{id}", "/Groups?filter=displayName%20sw%20%22g%22"} {
		env, c := start(t)
		people := testenv.LoadPeople(t, env.Service, env.Directory, manyMembers+1)
		group := testenv.LoadGroup(t, env.Service, env.Directory, "g1", people[:manyMembers])
		testenv.LoadGroup(t, env.Service, env.Directory, "g2", people[:manyMembers])
		w := watch(env)
		slow := &slowClient{ResponseRecorder: *httptest.NewRecorder(), gate: make(chan struct{})}
		q := httptest.NewRequestWithContext(t.Context(), "GET", "/scim/v2"+strings.Replace(path, "{id}", group.ID, 1), nil)
		q.Header.Set("Authorization", "Bearer "+env.Token)
		done := make(chan struct{})
		go func() {
			defer close(done)
			env.Handler.ServeHTTP(slow, q)
		}()
		for w.memberships.Load() == 0 || w.open.Load() > 0 { // a test that never gets on fails by its time-out
			runtime.Gosched()
		}
		last, first := people[manyMembers-1], people[0]
		c.want(200, "PATCH", "/Groups/"+group.ID+"?attributes=id", patchOp(`{"op":"add","path":"members","value":[{"value":"`+people[manyMembers].ID+`"}]}`,
			`{"op":"remove","path":"members[value eq \"`+people[manyMembers-2].ID+`\"]"}`))
		c.want(204, "DELETE", "/Users/"+last.ID, "")
		close(slow.gate)
		<-done
		raw := slow.Body.String()
		if strings.Contains(path, "{id}") {
			if got, want := shownMembers(t, raw), personIDs(people[:manyMembers-1]); !slices.Equal(got, want) {
				t.Errorf("got %d members, want the %d of the beginning but for the one who is gone", len(got), len(want))
			}
			continue
		}
		var list struct{ Resources []json.RawMessage }
		if err := json.Unmarshal([]byte(raw), &list); err != nil || len(list.Resources) != 2 {
			t.Fatalf("got %d groups and %v, want 2", len(list.Resources), err)
		}
		for i, r := range list.Resources {
			if got := shownMembers(t, string(r)); len(got) != manyMembers-1 || got[0] != first.ID {
				t.Errorf("group %d in a list: got %d members, want %d", i, len(got), manyMembers-1)
			}
		}
	}
}

// An answer that cannot be finished is cut off: a client must not take half of
// a group for all of it.
func TestHalfAnAnswerIsCutOff(t *testing.T) {
	env, c := start(t)
	people := testenv.LoadPeople(t, env.Service, env.Directory, manyMembers)
	group := testenv.LoadGroup(t, env.Service, env.Directory, "all", people)
	watch(env).fail.Store(true)
	q, err := http.NewRequestWithContext(t.Context(), "GET", c.base+"/Groups/"+group.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+env.Token)
	resp, err := c.over.RoundTrip(q)
	if err != nil {
		return // before anything came
	}
	defer resp.Body.Close()
	var whole map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&whole); err == nil {
		t.Errorf("got a whole answer of %d members", len(whole["members"].([]any)))
	}
}
