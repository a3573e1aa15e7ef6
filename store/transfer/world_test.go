package transfer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"scimd/internal/testenv"
	"scimd/mapping"
	"scimd/provision"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/sqlite"
	"scimd/store/transfer"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// kind is a kind of database.
type kind struct {
	name   string
	place  func(tb testing.TB) string
	serve  func(ctx context.Context, place string) (store.Store, error)
	source func(ctx context.Context, place string) (transfer.Target, error)
	target func(ctx context.Context, place string) (transfer.Target, error)
}

var (
	inSQLite = kind{
		name:   "sqlite",
		place:  func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "scimd.db") },
		serve:  func(ctx context.Context, place string) (store.Store, error) { return sqlite.Open(ctx, place) },
		source: func(_ context.Context, place string) (transfer.Target, error) { return sqlite.OpenSource(place) },
		target: func(ctx context.Context, place string) (transfer.Target, error) { return sqlite.OpenTarget(ctx, place) },
	}
	inPostgres = kind{
		name:  "postgres",
		place: testenv.PostgresDSN,
		serve: func(ctx context.Context, place string) (store.Store, error) { return postgres.Open(ctx, place) },
		source: func(ctx context.Context, place string) (transfer.Target, error) {
			return postgres.OpenSource(ctx, place)
		},
		target: func(ctx context.Context, place string) (transfer.Target, error) {
			return postgres.OpenTarget(ctx, place)
		},
	}
)

// world is a customer whose people come, go and change.
type world struct {
	tb testing.TB
	*provision.Service
	directory store.Directory
	group     string
	people    []string // ids
	made      int
}

// serve opens a store until the test ends.
func serve(tb testing.TB, k kind, place string) *provision.Service {
	tb.Helper()
	st, err := k.serve(tb.Context(), place)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	return &provision.Service{
		Store: st, Catalogue: mapping.Default(), Log: slog.New(slog.DiscardHandler),
		Now: testenv.NewClock().Now, NewID: newID, Secret: rand.Text,
	}
}

func newWorld(tb testing.TB, k kind, place string, people int) *world {
	tb.Helper()
	w := &world{tb: tb, Service: serve(tb, k, place)}
	ctx := tb.Context()
	w.must(errOf(w.CreateParent(ctx, "acme", "enterprise", testenv.Admin)))
	var err error
	w.directory, err = w.CreateDirectory(ctx, "acme", "okta", "interop", testenv.Admin)
	w.must(err)
	_, _, err = w.CreateToken(ctx, provision.TokenInput{Directory: "okta", Label: "test", Scope: store.ScopeSCIM}, testenv.Admin)
	w.must(err)
	w.must(errOf(w.CursorKey(ctx)))
	w.must(errOf(w.CreateOrg(ctx, provision.OrgInput{Parent: "acme", Name: "acme-claude", Product: "claude", Plan: "enterprise"}, testenv.Admin)))
	mode, on := "scim", true
	change := provision.OrgChange{Mode: &mode, GroupMappings: &on, Seats: map[string]int{"premium": 5, "standard": 10}}
	w.must(errOf(w.ChangeOrg(ctx, "acme-claude", change, testenv.Admin)))
	in := provision.GroupInput{DisplayName: "engineers", Document: []byte(`{"displayName":"engineers"}`)}
	g, err := w.CreateGroup(ctx, w.directory, in, nil, provision.Policy{}, testenv.Admin)
	w.must(err)
	w.group = g.ID
	w.must(errOf(w.AddMapping(ctx, provision.MappingInput{Org: "acme-claude", Group: g.ID, Role: "user"}, testenv.Admin)))
	for range people {
		w.come()
	}
	return w
}

func errOf[T any](_ T, err error) error { return err }

func (w *world) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

func person(name string) provision.UserInput {
	return provision.UserInput{
		UserName: name, Display: name + " \u00e9\U0001f600", Email: name + "@acme.example", Active: true,
		Document: []byte(fmt.Sprintf(`{"userName":%q}`, name)),
		Values:   []store.Value{{Attribute: "emails", Value: name + "@acme.example"}},
	}
}

func (w *world) come() {
	w.tb.Helper()
	w.made++
	u, err := w.CreateUser(w.tb.Context(), w.directory, person(fmt.Sprintf("user%d", w.made)), testenv.Admin)
	w.must(err)
	w.people = append(w.people, u.ID)
	_, err = w.ChangeGroup(w.tb.Context(), w.directory, w.group, provision.Policy{}, testenv.Admin, func(cur store.Resource) (provision.GroupInput, []provision.MemberStep, error) {
		return provision.GroupInput{DisplayName: cur.Display, Document: cur.Document}, []provision.MemberStep{{Op: provision.AddMembers, IDs: []string{u.ID}}}, nil
	})
	w.must(err)
}

func (w *world) rename(id, name string) {
	w.tb.Helper()
	w.must(errOf(w.ChangeUser(w.tb.Context(), w.directory, id, testenv.Admin, func(store.Resource) (provision.UserInput, error) { return person(name), nil })))
}

// turn has someone come, the first and the last exchange their names, and the
// second go.
func (w *world) turn() {
	w.tb.Helper()
	w.come()
	last := len(w.people) - 1
	first, other := w.nameOf(w.people[0]), w.nameOf(w.people[last])
	w.rename(w.people[0], "between")
	w.rename(w.people[last], first)
	w.rename(w.people[0], other)
	w.must(w.DeleteUser(w.tb.Context(), w.directory, w.people[1], testenv.Admin, nil))
	w.people = append(w.people[:1], w.people[2:]...)
}

func (w *world) nameOf(id string) (name string) {
	w.tb.Helper()
	w.must(w.View(w.tb.Context(), func(_ context.Context, r store.Reader) error {
		u, err := r.Resource(w.directory.Key, store.User, id)
		name = u.Name
		return err
	}))
	return name
}

// copied runs a copy on connections of its own.
func copied(tb testing.TB, from kind, source string, to kind, target string, o transfer.Options) (transfer.Report, error) {
	tb.Helper()
	return copiedBy(tb.Context(), tb, from, source, to, target, o)
}

func copiedBy(ctx context.Context, tb testing.TB, from kind, source string, to kind, target string, o transfer.Options) (r transfer.Report, err error) {
	tb.Helper()
	s, err := from.source(tb.Context(), source)
	if err != nil {
		return r, err
	}
	t, err := to.target(tb.Context(), target)
	if err != nil {
		return r, errors.Join(err, s.Close())
	}
	defer func() {
		if err := errors.Join(s.Close(), t.Close()); err != nil {
			tb.Error(err)
		}
	}()
	o.NewID = newID
	if from.name == "sqlite" {
		return transfer.Run(ctx, s, t, o)
	}
	return transfer.Run(ctx, struct{ transfer.Database }{s}, t, o)
}
