package scim_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

var groupSizes = flag.String("members", "10,2000", "sizes of the groups of BenchmarkGroup")

// bigGroup is a group that two orgs on scim map, and people beside it.
type bigGroup struct {
	*testenv.Env
	client
	orgs   []store.Org
	path   string
	inside []testenv.Person
	beside []testenv.Person // in nobody's group
}

func newBigGroup(b *testing.B, size int) *bigGroup {
	b.Helper()
	env, c := start(b)
	g := &bigGroup{Env: env, client: c}
	people := testenv.LoadPeople(b, env.Service, env.Directory, size+max(size, 1000))
	g.inside, g.beside = people[:size], people[size:]
	on, mode, never := true, "scim", size*1000
	for i := range 2 {
		name := fmt.Sprintf("org%d", i)
		_, err := env.CreateOrg(b.Context(), provision.OrgInput{Parent: "acme", Name: name, Product: "claude", Plan: "enterprise"}, testenv.Admin)
		mustNot(b, err)
		o, err := env.ChangeOrg(b.Context(), name, provision.OrgChange{Mode: &mode, GroupMappings: &on, Guards: &provision.GuardsChange{Count: &never}}, testenv.Admin)
		mustNot(b, err)
		g.orgs = append(g.orgs, o)
	}
	g.fill(b)
	env.MustVerify(b)
	return g
}

// fill makes the group, maps it while it is empty, and loads what follows from
// its members.
func (g *bigGroup) fill(b *testing.B) {
	b.Helper()
	group := testenv.LoadGroup(b, g.Service, g.Directory, "everyone", nil)
	for _, o := range g.orgs {
		_, err := g.AddMapping(b.Context(), provision.MappingInput{Org: o.Name, Group: "everyone", Role: "user"}, testenv.Admin)
		mustNot(b, err)
	}
	testenv.LoadMembersOf(b, g.Service, group, g.inside)
	for _, o := range g.orgs {
		testenv.LoadMembers(b, g.Service, o, "user", "premium", g.inside)
	}
	g.path = "/Groups/" + group.ID
}

func mustNot(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// sent is one request of a size that no test would keep in memory; what comes
// back is counted. It gives the time to the first byte.
func (g *bigGroup) sent(b *testing.B, status int, method, path, body string) (length int64, first time.Duration) {
	b.Helper()
	q, err := http.NewRequestWithContext(b.Context(), method, g.base+path, strings.NewReader(body))
	mustNot(b, err)
	q.Header.Set("Authorization", "Bearer "+g.token)
	if body != "" {
		q.Header.Set("Content-Type", "application/scim+json")
	}
	begin := time.Now()
	resp, err := g.over.RoundTrip(q)
	mustNot(b, err)
	defer resp.Body.Close()
	var one [1]byte
	n, _ := io.ReadFull(resp.Body, one[:])
	first = time.Since(begin)
	if resp.StatusCode != status {
		rest, _ := io.ReadAll(resp.Body)
		b.Fatalf("%s %s: got %d %s", method, path, resp.StatusCode, append(one[:n], rest...))
	}
	length, err = io.Copy(io.Discard, resp.Body)
	mustNot(b, err)
	return length + int64(n), first
}

func memberList(people []testenv.Person) string {
	var out bytes.Buffer
	for i, p := range people {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"value":%q}`, p.ID)
	}
	return "[" + out.String() + "]"
}

func membersPatch(op string, people []testenv.Person) string {
	if op == "remove" && len(people) == 1 {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, people[0].ID)
	}
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":%q,"path":"members","value":%s}]}`, op, memberList(people))
}

// measure runs fn b.N times with a clean peak and reports the memory that it
// took at its highest.
func (g *bigGroup) measure(b *testing.B, name string, fn func(b *testing.B)) {
	b.Run(name, func(b *testing.B) {
		runtime.GC()
		testenv.ResetPeak(b)
		before := testenv.Peak(b)
		b.ResetTimer()
		fn(b)
		b.ReportMetric(float64(testenv.Peak(b)-before)/(1<<20), "MB-more")
	})
}

// waits runs fn while another client renames a user over and over, and reports
// the longest time that one of its writes took.
func (g *bigGroup) waits(b *testing.B, fn func()) {
	b.Helper()
	path := "/Users/" + g.user("rename "+g.NewID())
	var worst atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			begin := time.Now()
			a := g.exchange("PATCH", path, strings.NewReader(fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"%d"}]}`, n)))
			if a.status != http.StatusOK && a.status != http.StatusNoContent {
				b.Errorf("PATCH %s: got %d %s", path, a.status, a.raw)
				return
			}
			worst.Store(max(worst.Load(), int64(time.Since(begin))))
		}
	}()
	fn()
	close(stop)
	<-done
	b.ReportMetric(float64(time.Duration(worst.Load()).Microseconds())/1000, "ms-write-waits")
}

// BenchmarkGroup is what SCIM does to a group of each size of -members.
func BenchmarkGroup(b *testing.B) {
	for _, text := range strings.Split(*groupSizes, ",") {
		size, err := strconv.Atoi(text)
		mustNot(b, err)
		b.Run("members="+text, func(b *testing.B) { newBigGroup(b, size).run(b) })
	}
}

func (g *bigGroup) run(b *testing.B) {
	one := g.beside[:1]
	g.measure(b, "patch one", func(b *testing.B) {
		for b.Loop() {
			g.sent(b, http.StatusOK, "PATCH", g.path+"?excludedAttributes=members", membersPatch("add", one))
			g.sent(b, http.StatusOK, "PATCH", g.path+"?excludedAttributes=members", membersPatch("remove", one))
		}
	})
	g.measure(b, "patch one, no attributes named", func(b *testing.B) {
		for b.Loop() {
			g.sent(b, http.StatusOK, "PATCH", g.path, membersPatch("add", one))
			g.sent(b, http.StatusOK, "PATCH", g.path, membersPatch("remove", one))
		}
	})
	g.measure(b, "get without members", func(b *testing.B) {
		for b.Loop() {
			g.sent(b, http.StatusOK, "GET", g.path+"?excludedAttributes=members", "")
		}
	})
	g.measure(b, "get", func(b *testing.B) {
		var bytes int64
		var first, slowest time.Duration
		for b.Loop() {
			bytes, first = g.sent(b, http.StatusOK, "GET", g.path, "")
			slowest = max(slowest, first)
		}
		b.SetBytes(bytes)
		b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-first-byte")
	})
	g.measure(b, "find by member", func(b *testing.B) {
		for b.Loop() {
			g.sent(b, http.StatusOK, "GET", "/Groups?excludedAttributes=members&filter=members.value%20eq%20%22"+g.inside[0].ID+"%22", "")
		}
	})
	thousand := g.beside[:1000]
	for _, op := range []string{"add", "remove"} {
		other := map[string]string{"add": "remove", "remove": "add"}[op]
		g.measure(b, op+" 1000 members", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				g.sent(b, http.StatusOK, "PATCH", g.path+"?excludedAttributes=members", membersPatch(other, thousand))
				b.StartTimer()
				g.sent(b, http.StatusOK, "PATCH", g.path+"?excludedAttributes=members", membersPatch(op, thousand))
			}
		})
	}
	g.sent(b, http.StatusOK, "PATCH", g.path+"?excludedAttributes=members", membersPatch("remove", thousand))
	g.put(b)
	g.measure(b, "delete a group that no org maps", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			group := testenv.LoadGroup(b, g.Service, g.Directory, "unmapped", g.inside)
			b.StartTimer()
			g.waits(b, func() { g.sent(b, http.StatusNoContent, "DELETE", "/Groups/"+group.ID, "") })
		}
	})
	g.measure(b, "delete the group", func(b *testing.B) {
		for b.Loop() {
			g.waits(b, func() { g.sent(b, http.StatusNoContent, "DELETE", g.path, "") })
			b.StopTimer()
			g.fill(b)
			b.StartTimer()
		}
	})
	g.MustVerify(b)
}

// put replaces the members of a group beside, which nobody maps, as large as
// the group but 10,000 at most.
func (g *bigGroup) put(b *testing.B) {
	n := min(len(g.inside), 10_000)
	group := testenv.LoadGroup(b, g.Service, g.Directory, "replaced", g.inside[:n])
	path := "/Groups/" + group.ID + "?excludedAttributes=members"
	body := func(people ...testenv.Person) string {
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"replaced","members":` + memberList(people) + `}`
	}
	sets := map[string][2]string{
		"put, 90% the same":  {body(g.inside[:n]...), body(append(append([]testenv.Person{}, g.inside[:n-n/10]...), g.beside[:n/10]...)...)},
		"put, all different": {body(g.inside[:n]...), body(g.beside[:n]...)},
		"put, all the same":  {body(g.inside[:n]...), body(g.inside[:n]...)},
	}
	for name, bodies := range sets {
		g.sent(b, http.StatusOK, "PUT", path, bodies[0])
		g.measure(b, name, func(b *testing.B) {
			for i := 1; b.Loop(); i++ {
				g.sent(b, http.StatusOK, "PUT", path, bodies[i%2])
			}
		})
	}
}

// BenchmarkGroupsOfUsers lists users who are in five groups each.
func BenchmarkGroupsOfUsers(b *testing.B) {
	env, c := start(b)
	g := &bigGroup{Env: env, client: c}
	people := testenv.LoadPeople(b, env.Service, env.Directory, 2000)
	var groups []store.Resource
	for i := range 50 {
		var in []testenv.Person
		for j := range people {
			if (j*7+i)%10 == 0 {
				in = append(in, people[j])
			}
		}
		groups = append(groups, testenv.LoadGroup(b, env.Service, env.Directory, fmt.Sprintf("group%d", i), in))
	}
	above := testenv.LoadGroup(b, env.Service, env.Directory, "above", nil)
	mustNot(b, env.Store.Update(b.Context(), func(_ context.Context, tx store.Tx) error {
		_, err := tx.AddMembers(env.Directory.Key, above.Key, []int64{groups[0].Key, groups[1].Key})
		return err
	}))
	for _, path := range []string{"/Users?count=100", "/Users?count=100&excludedAttributes=groups", "/Users/" + people[3].ID, "/Users/" + people[3].ID + "?excludedAttributes=groups"} {
		b.Run(strings.ReplaceAll(path, people[3].ID, "{id}"), func(b *testing.B) {
			for b.Loop() {
				g.sent(b, http.StatusOK, "GET", path, "")
			}
		})
	}
}
