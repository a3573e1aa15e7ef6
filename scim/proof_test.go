package scim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"scimd/internal/naive"
	"scimd/internal/testenv"
	"scimd/scim"
	"scimd/scim/filter"
	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/store"
)

// The size of the proof.
const (
	proofUsers = 520
	proofTrees = 2400 // from each of two seeds
	proofWalks = 54   // queries over HTTP, walked by index or cursor
)

// proof is a directory full of users in a real database, as a client sees it.
type proof struct {
	client
	env   *testenv.Env
	dir   store.Directory
	users []naive.Resource // in order of creation
	trees []*resource.Object
	byKey map[int64]int // position in users
	typ   *schema.ResourceType
}

func newProof(t *testing.T) *proof {
	registry := withWidget(t)
	p := &proof{typ: registry.Types[0], byKey: map[int64]int{}}
	p.env = testenv.Start(t, func(h *scim.Handler) { h.Registry = func(string) *schema.Registry { return registry } })
	var token string
	p.dir, token = p.env.NewDirectory(t, "proof", "strict")
	p.client = newClient(t, p.env.SCIM, token)
	p.seed()
	p.load(t)
	return p
}

// seed writes users and nested groups of them.
func (p *proof) seed() {
	made := people{rand.New(rand.NewPCG(3, 4))}
	bodies := make(chan string, proofUsers)
	for i := range proofUsers {
		bodies <- asJSON(made.user(fmt.Sprintf("%s-%d", made.text(), i)))
	}
	close(bodies)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for body := range bodies {
				p.create("/Users", body)
			}
		})
	}
	wait.Wait()
	all := p.get("/Users?count=60")
	above := ""
	for i := range 12 {
		members := []any{}
		for _, r := range all.Resources[i*3 : i*5+3] {
			members = append(members, map[string]any{"value": r["id"]})
		}
		if above != "" && i%3 > 0 {
			members = append(members, map[string]any{"value": above})
		}
		above = p.create("/Groups", asJSON(map[string]any{"schemas": []string{groupURN}, "displayName": fmt.Sprint("Group ", i), "members": members}))
	}
}

// load reads back what clients see, and under which key it is stored.
func (p *proof) load(t *testing.T) {
	positions := map[string]int{}
	for start := 1; ; {
		page := p.get(fmt.Sprintf("/Users?count=200&startIndex=%d", start))
		if len(page.Resources) == 0 {
			break
		}
		for _, r := range page.Resources {
			o, err := resource.Parse([]byte(asJSON(r)))
			if err != nil {
				t.Fatal(err)
			}
			positions[r["id"].(string)] = len(p.users)
			p.users, p.trees = append(p.users, r), append(p.trees, o)
		}
		start += len(page.Resources)
	}
	err := p.env.View(t.Context(), func(_ context.Context, r store.Reader) error {
		rows, err := r.Find(store.Query{Directory: p.dir.Key, Type: store.User, Limit: proofUsers, WithoutDocument: true})
		for _, row := range rows.Resources {
			p.byKey[row.Key] = positions[row.ID]
		}
		return err
	})
	if err != nil || len(p.users) != proofUsers || len(p.byKey) != proofUsers {
		t.Fatalf("read back %d users under %d keys, error %v", len(p.users), len(p.byKey), err)
	}
}

// TestProof: generated filters on every operator, type and kind of path match
// the same users in three ways: by the text of the RFC, by the program in
// memory, and by what the store narrows to (rows of 7644-3.4.2.2).
func TestProof(t *testing.T) {
	p := newProof(t)
	random := rand.Uint64()
	t.Logf("the random seed is %d", random)
	g := &naive.Generator{Random: rand.New(rand.NewPCG(1, 2)), Attributes: attributes(), Resources: p.users}
	all := g.Leaves(14)
	for _, seed := range []uint64{1, random} {
		g.Random = rand.New(rand.NewPCG(seed, 0))
		for range proofTrees {
			all = append(all, g.Tree(1+g.Random.IntN(3)))
		}
	}
	if len(all) < 20_000 {
		t.Errorf("%d filters, want 20,000 or more", len(all))
	}
	for some := range slices.Chunk(all, len(all)/4+1) {
		t.Run("Filters", func(t *testing.T) {
			t.Parallel()
			p.prove(t, some)
		})
	}
	t.Run("Walks", func(t *testing.T) {
		t.Parallel()
		p.walks(t, g)
	})
}

func (p *proof) prove(t *testing.T, filters []*naive.Filter) {
	faults := 0
	err := p.env.View(t.Context(), func(_ context.Context, r store.Reader) error {
		for _, f := range filters {
			if err := p.agree(r, f); err != nil {
				t.Errorf("%s: %v", f.Text, err)
				if faults++; faults == 20 {
					return errors.New("too many")
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// agree compares the three answers.
func (p *proof) agree(r store.Reader, f *naive.Filter) error {
	e, err := filter.Parse(f.Text, filter.DefaultLimits, quirk.Strict)
	if err != nil {
		return err
	}
	program, err := filter.Compile(p.typ, e, quirk.Strict)
	if err != nil {
		return err
	}
	where, exact := program.Query()
	narrowed := make([]bool, len(p.users))
	if where != nil {
		keys, err := r.Keys(store.Query{Directory: p.dir.Key, Type: store.User, Where: where})
		if err != nil {
			return err
		}
		for _, key := range keys {
			narrowed[p.byKey[key]] = true
		}
	}
	for i, user := range p.users {
		want, got := f.Matches(user), program.Match(p.trees[i])
		switch {
		case got != want:
			return fmt.Errorf("user %v: the program says %v, the RFC %v", user["id"], got, want)
		case where != nil && want && !narrowed[i]:
			return fmt.Errorf("user %v: the store leaves out a match", user["id"])
		case where != nil && exact && narrowed[i] != want:
			return fmt.Errorf("user %v: the store says %v, the RFC %v", user["id"], narrowed[i], want)
		}
	}
	return nil
}

// walks asks over HTTP, filtered and sorted in either direction, by index and
// by cursor, in the URL and in a body: the pages together are the sorted whole
// (7644-3.4.2.3-R08, 7644-3.4.2.4-R07, 9865-2-R03, 9865-2.2-R01).
func (p *proof) walks(t *testing.T, g *naive.Generator) {
	var sortable []*naive.Attribute
	for _, a := range g.Attributes {
		if a.Type != naive.Whole {
			sortable = append(sortable, a)
		}
	}
	for i := range proofWalks {
		by := sortable[i%len(sortable)]
		f := g.Tree(1)
		descending := g.Random.IntN(2) == 0
		body := map[string]any{"filter": f.Text, "sortBy": pathOf(by), "count": 120 + g.Random.IntN(80), "attributes": []string{"userName"}}
		if descending {
			body["sortOrder"] = "descending"
		}
		var want []naive.Resource
		for _, u := range p.users {
			if f.Matches(u) {
				want = append(want, u)
			}
		}
		want = naive.Sort(want, by, descending)
		way := []string{"index", "cursor", "cursor"}[i%3]
		if got := p.walk(t, body, way, i%2 == 0); !slices.Equal(got, idsOf(want)) {
			t.Errorf("%v by %s: got %d users, want %d, in that order", body, way, len(got), len(want))
		}
	}
}

func pathOf(a *naive.Attribute) string {
	path := a.Name
	if a.Sub != "" {
		path += "." + a.Sub
	}
	if a.Inside {
		return a.URN + ":" + path
	}
	return path
}

// walk collects all pages of a query.
func (p *proof) walk(t *testing.T, query map[string]any, way string, inURL bool) (ids []string) {
	t.Helper()
	ask := map[string]any{"schemas": []string{searchURN}}
	for k, v := range query {
		ask[k] = v
	}
	ids = []string{}
	total := -1
	collect := func(page list) {
		ids = append(ids, page.ids()...)
		if total < 0 {
			total = deref(page.TotalResults)
		}
		if total < 0 || total != deref(page.TotalResults) {
			t.Fatalf("%v: got %+v, want the total to stay %d", ask, page, total)
		}
	}
	if way == "cursor" {
		for page := range p.pages(func(cursor string) list {
			ask["cursor"] = cursor
			return p.ask("/Users", ask, inURL)
		}) {
			collect(page)
		}
	}
	for way == "index" && len(ids) != total {
		ask["startIndex"] = len(ids) + 1
		page := p.ask("/Users", ask, inURL)
		if collect(page); len(page.Resources) == 0 {
			break
		}
	}
	if total != len(ids) {
		t.Errorf("%v: got %d of %d", ask, len(ids), total)
	}
	return ids
}
