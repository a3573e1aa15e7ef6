package declare_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"scimd/declare"
	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is a service with what people do not write into files: two directories
// with groups and people.
type world struct {
	*provision.Service
	t   failer
	ctx context.Context
}

// groups of the directories; eng is in both, and doubled in neither.
var groups = map[string][]string{"okta": {"eng", "admins", "Sales"}, "entra": {"eng", "ops"}}

func newWorld(t *testing.T, f failer) *world {
	w := &world{testenv.NewService(t), f, t.Context()}
	_, err := w.CreateParent(w.ctx, "acme", "enterprise", testenv.Admin)
	w.must(err)
	for _, name := range []string{"okta", "entra"} {
		d, err := w.CreateDirectory(w.ctx, "acme", name, "", testenv.Admin)
		w.must(err)
		var ids []string
		for _, person := range []string{"ann", "bob", "cy", "di"} {
			if name == "entra" && person == "ann" {
				continue
			}
			user := person + "@acme.example"
			u, err := w.CreateUser(w.ctx, d, provision.UserInput{UserName: user, Email: user, Active: true, Document: []byte("{}")}, testenv.Admin)
			w.must(err)
			ids = append(ids, u.ID)
		}
		for i, g := range groups[name] {
			w.group(d, g, ids[i:i+2]...)
		}
	}
	return w
}

func (w *world) directory(name string) (d store.Directory) {
	w.t.Helper()
	w.must(w.View(w.ctx, func(_ context.Context, r store.Reader) (err error) {
		d, err = r.FindDirectory(name)
		return err
	}))
	return d
}

func (w *world) group(d store.Directory, name string, members ...string) store.Resource {
	w.t.Helper()
	g, err := w.CreateGroup(w.ctx, d, provision.GroupInput{DisplayName: name, Document: []byte("{}")}, members, provision.Policy{}, testenv.Admin)
	w.must(err)
	return g
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) export() (d declare.Document) {
	w.t.Helper()
	w.must(w.View(w.ctx, func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent("acme")
		if err == nil {
			d, err = declare.Export(r, w.Catalogue, p)
		}
		return err
	}))
	return d
}

func (w *world) yaml() string {
	w.t.Helper()
	raw, err := w.export().YAML()
	w.must(err)
	return string(raw)
}

// against gives a document's difference and its faults.
func (w *world) against(want declare.Document) (diff declare.Difference, faults declare.Faults) {
	w.t.Helper()
	err := w.View(w.ctx, func(_ context.Context, r store.Reader) (err error) {
		diff, err = declare.Against(r, w.Catalogue, want, w.Now())
		return err
	})
	if !errors.As(err, &faults) {
		w.must(err)
	}
	return diff, faults
}

// apply plans and applies as the front doors do; false: it was refused.
func (w *world) apply(want declare.Document) (applied bool, why error) {
	w.t.Helper()
	diff, faults := w.against(want)
	if len(faults) > 0 {
		return false, faults
	}
	tried := w.Try(w.ctx, "acme", diff.Steps(), testenv.Admin)
	plan, err := w.Preview(w.ctx, "acme", diff.Steps(), testenv.Admin)
	if (tried == nil) != (err == nil) {
		w.t.Fatalf("tried: %v, previewed: %v", tried, err)
	}
	var refusal *provision.Error
	if errors.As(err, &refusal) {
		return false, err
	}
	w.must(err)
	if *w.export().SecondAdministrator {
		_, err := w.ApprovePlan(w.ctx, plan.ID, store.Cause{Kind: "admin", Actor: "second"})
		w.must(err)
	}
	_, err = w.ApplyPlan(w.ctx, plan.ID, testenv.Admin)
	w.must(err)
	return true, nil
}

func texts(d declare.Difference) []string {
	var out []string
	for _, c := range d.Changes {
		out = append(out, c.Text)
	}
	return out
}

func read(t *testing.T, text string) declare.Document {
	t.Helper()
	f, err := declare.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f.Document
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}
