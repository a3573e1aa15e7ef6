// Package testenv starts a whole scimd in the test process, over a real
// database and real HTTP, with the clock and the ids injected. It must not
// hold any expectation.
package testenv

import (
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"scimd/mapping"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/schema"
	"scimd/store"
	"scimd/store/sqlite"
)

// Env is a running server with one parent, acme, and one directory, okta.
type Env struct {
	*provision.Service
	Directory store.Directory
	Token     string
	SCIM      string // the SCIM base URL
}

// Admin is the cause of what a test does as administrator.
var Admin = store.Cause{Kind: "admin", Actor: "test"}

// NewService opens a database of its own and gives the use cases over it. Each
// look at the clock is a second later than the one before.
func NewService(tb testing.TB) *provision.Service {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "scimd.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	var clock atomic.Int64
	clock.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	return &provision.Service{
		Store: st, Catalogue: mapping.Default(), Log: slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return time.Unix(clock.Add(1), 0) },
		NewID:  func() string { return uuid.Must(uuid.NewV7()).String() },
		Secret: rand.Text,
	}
}

// Option changes what Start serves.
type Option func(*options)

type options struct{ schemas fs.FS }

// WithSchemas adds a folder of schemas; fixtures.Files are Widget and Gadget.
func WithSchemas(files fs.FS) Option { return func(o *options) { o.schemas = files } }

// Start serves SCIM for the directory okta of the parent acme.
func Start(tb testing.TB, with ...Option) *Env {
	tb.Helper()
	var o options
	for _, w := range with {
		w(&o)
	}
	e := &Env{Service: NewService(tb)}
	ctx := tb.Context()
	registries, err := schema.LoadFolder(o.schemas)
	if err != nil {
		tb.Fatal(err)
	}
	types, err := e.NumberTypes(ctx, registries.TypeNames())
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := e.CreateParent(ctx, "acme", "enterprise", Admin); err != nil {
		tb.Fatal(err)
	}
	e.Directory, e.Token = e.NewDirectory(tb, "okta", "interop")
	var server *httptest.Server
	handler := &scim.Handler{
		Provision: e.Service, Registry: registries.For, Types: types, BasePath: "/scim/v2",
		PublicURL: func(*http.Request) string { return server.URL },
		Log:       e.Log, NewID: e.NewID,
	}
	server = httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	e.SCIM = server.URL + "/scim/v2"
	return e
}

// NewDirectory adds a directory of acme and gives a token for it.
func (e *Env) NewDirectory(tb testing.TB, name, profile string) (store.Directory, string) {
	tb.Helper()
	d, err := e.CreateDirectory(tb.Context(), "acme", name, profile, Admin)
	if err != nil {
		tb.Fatal(err)
	}
	_, secret, err := e.CreateToken(tb.Context(), name, "test", store.ScopeSCIM, "", time.Time{}, Admin)
	if err != nil {
		tb.Fatal(err)
	}
	return d, secret
}

// MustVerify fails the test if anything stored differs from a full
// recomputation (M-9).
func (e *Env) MustVerify(tb testing.TB) {
	tb.Helper()
	MustVerify(tb, e.Service)
}

// MustVerify checks every member, pool and line of acme.
func MustVerify(tb testing.TB, s *provision.Service) {
	tb.Helper()
	differences, err := s.Verify(tb.Context(), "acme")
	if err != nil {
		tb.Fatal(err)
	}
	for _, d := range differences {
		tb.Errorf("org %s, person %s: stored %s, recomputed %s", d.Org, d.Account, d.Stored, d.Recomputed)
	}
}
