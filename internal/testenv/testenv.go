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
	"testing"

	"github.com/google/uuid"

	"scimd/mapping"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/quirk"
	"scimd/scim/schema"
	"scimd/store"
)

// Env is a running server with one parent, acme, and one directory, okta.
type Env struct {
	*provision.Service
	Directory store.Directory
	Token     string
	SCIM      string // the SCIM base URL
	Handler   *scim.Handler
}

// Admin is the cause of what a test does as administrator.
var Admin = store.Cause{Kind: "admin", Actor: "test"}

// NewService opens a database of its own and gives the use cases over it. Each
// look at the clock is a second later than the one before.
func NewService(tb testing.TB) *provision.Service {
	tb.Helper()
	return NewServiceAt(tb, NewClock())
}

// NewServiceAt is NewService by a clock that the test can set.
func NewServiceAt(tb testing.TB, clock *Clock) *provision.Service {
	tb.Helper()
	return &provision.Service{
		Store: OpenStore(tb), Catalogue: mapping.Default(), Log: slog.New(slog.DiscardHandler),
		Now:    clock.Now,
		NewID:  func() string { return uuid.Must(uuid.NewV7()).String() },
		Secret: rand.Text, Quirks: quirk.Names(),
	}
}

// WithSchemas adds a folder of schemas; fixtures.Files are Widget and Gadget.
func WithSchemas(tb testing.TB, files fs.FS) func(*scim.Handler) {
	return func(h *scim.Handler) {
		tb.Helper()
		registries, err := schema.LoadFolder(files)
		if err != nil {
			tb.Fatal(err)
		}
		h.Registry = registries.For
		if h.Types, err = h.Provision.NumberTypes(tb.Context(), registries.TypeNames()); err != nil {
			tb.Fatal(err)
		}
	}
}

// Start serves SCIM for the directory okta of the parent acme. The options may
// change the handler before its first request.
func Start(tb testing.TB, options ...func(*scim.Handler)) *Env {
	tb.Helper()
	e := &Env{Service: NewService(tb)}
	ctx := tb.Context()
	if _, err := e.CreateParent(ctx, "acme", "enterprise", Admin); err != nil {
		tb.Fatal(err)
	}
	e.Directory, e.Token = e.NewDirectory(tb, "okta", "interop")
	key, err := e.CursorKey(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	var server *httptest.Server
	e.Handler = &scim.Handler{
		Provision: e.Service, Registry: func(string) *schema.Registry { return schema.Core() }, BasePath: "/scim/v2",
		PublicURL: func(*http.Request) string { return server.URL },
		Log:       e.Log, NewID: e.NewID, CursorKey: key,
	}
	for _, option := range options {
		option(e.Handler)
	}
	server = httptest.NewServer(e.Handler)
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
	_, secret, err := e.CreateToken(tb.Context(), provision.TokenInput{Directory: name, Label: "test", Scope: store.ScopeSCIM}, Admin)
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
