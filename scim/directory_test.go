package scim_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
)

// directory is one of a running server, as its client has it and as it is
// stored.
type directory struct {
	client
	*testenv.Env
}

func startDirectory(t *testing.T) *directory {
	t.Helper()
	env, c := start(t)
	return &directory{c, env}
}

// another adds a directory to the same server.
func (r *directory) another(name, profile string) *directory {
	r.t.Helper()
	env := *r.Env
	env.Directory, env.Token = r.NewDirectory(r.t, name, profile)
	return &directory{r.as(env.Token), &env}
}

// strict adds a directory without leniencies.
func (r *directory) strict() *directory { return r.another("strict", "strict") }

// patch sends operations and accepts the two answers of a success.
func (r *directory) patch(path, operation string) {
	if a := r.do("PATCH", path, patchOp(operation)); a.status != http.StatusOK && a.status != http.StatusNoContent {
		r.t.Errorf("PATCH %s with %s: got %d %s, want 200 or 204", path, operation, a.status, a.raw)
	}
}

func (r *directory) members(group string) map[string]bool {
	r.t.Helper()
	listed, _ := r.want(200, "GET", "/Groups/"+group, "").body["members"].([]any)
	ids := map[string]bool{}
	for _, m := range listed {
		id, _ := m.(map[string]any)["value"].(string)
		if ids[id] {
			r.t.Errorf("got member %s twice, want it once", id)
		}
		ids[id] = true
	}
	return ids
}

// view reads one snapshot.
func (r *directory) view(read func(store.Reader) error) {
	r.t.Helper()
	if err := r.View(r.t.Context(), func(_ context.Context, s store.Reader) error { return read(s) }); err != nil {
		r.t.Error(err)
	}
}

// events checks that the numbers given out are 1, 2, 3 … to the last (T-3).
func (r *directory) events() (events []store.Event) {
	r.t.Helper()
	var last int64
	r.view(func(s store.Reader) (err error) {
		if last, err = s.LastEvent(r.Directory.Parent); err != nil {
			return err
		}
		events, err = s.Events(r.Directory.Parent, 0, int(last)+1)
		return err
	})
	if int64(len(events)) != last {
		r.t.Errorf("got %d events, want %d", len(events), last)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			r.t.Fatalf("got event number %d in place %d, want no gap", e.Seq, i+1)
		}
	}
	return events
}

// settled is what every test of many at once ends with.
func (r *directory) settled() []store.Event {
	r.t.Helper()
	r.MustVerify(r.t)
	return r.events()
}

// names lists the names of what is stored, without literal references.
func (r *directory) names() (names []string) {
	r.t.Helper()
	r.view(func(s store.Reader) error {
		for _, typ := range []store.ResourceType{store.User, store.Group} {
			page, err := s.Find(store.Query{Directory: r.Directory.Key, Type: typ, Limit: 1 << 20})
			if err != nil {
				return err
			}
			for _, row := range page.Resources {
				names = append(names, row.Display)
				if strings.Contains(string(row.Document), `"bulkId:`) {
					r.t.Errorf("stored %s, want no literal reference (7644-3.7.2-R03)", row.Document)
				}
			}
		}
		return nil
	})
	slices.Sort(names)
	return names
}

func (r *directory) wantNames(want ...string) {
	r.t.Helper()
	if got := r.names(); !slices.Equal(got, want) {
		r.t.Errorf("stored %v, want %v", got, want)
	}
}

func (r *directory) wantMembers(group string, want ...string) {
	r.t.Helper()
	got := r.members(group)
	for _, id := range want {
		if !got[id] {
			r.t.Errorf("group %s has members %v, want %s", group, got, id)
		}
	}
	if len(got) != len(want) {
		r.t.Errorf("group %s has members %v, want %v", group, got, want)
	}
}
