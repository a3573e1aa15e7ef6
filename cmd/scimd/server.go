package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"scimd/api"
	"scimd/event"
	"scimd/idtoken"
	"scimd/mapping"
	"scimd/provision"
	"scimd/scim"
	"scimd/scim/quirk"
	"scimd/scim/schema"
	"scimd/store"
	"scimd/workos"
)

// The base paths below the public URL.
const (
	scimPath   = "/scim/v2"
	scimRoot   = "/scim"   // where the versions of SCIM are
	workosPath = "/workos" // of deliveries
)

// server is one running scimd: the store, the use cases and the front doors.
type server struct {
	config    Config
	log       *slog.Logger
	store     store.Store
	provision *provision.Service
	schemas   *schema.Registries
	types     map[string]store.ResourceType
	feed      *event.Feed
	cursorKey []byte
	listener  net.Listener
	keys      *keyPair       // nil: no TLS
	failures  *scim.Failures // nil: no limit
	now       func() time.Time
}

// open makes everything ready to serve, in the order in which it can fail.
func (a *app) open(ctx context.Context, c Config, catalogue *mapping.Catalogue, schemas *schema.Registries) (*server, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, err
	}
	log := a.logger(c.Log)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, err
	}
	db, err := a.openStore(ctx, c, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &server{config: c, log: log, store: db, schemas: schemas, listener: listener, now: a.now}
	if c.TLS.on() {
		if s.keys, err = loadKeyPair(c.TLS, s.log); err != nil {
			return nil, errors.Join(fmt.Errorf("tls: %w", err), s.close())
		}
	}
	if c.SCIM.FailuresPerMinute > 0 {
		s.failures = scim.NewFailures(c.SCIM.FailuresPerMinute, a.now)
	}
	s.provision = &provision.Service{
		Store: db, Catalogue: catalogue, Now: a.now, NewID: newID, Secret: newSecret, Quirks: quirk.Names(), Log: s.log,
		TokenLifetime: c.SCIM.TokenLifetime, PlanLifetime: c.Plans.Lifetime, Retention: c.People.Retention, Passwords: c.SCIM.hasher(),
		Committed: func(parent int64) { s.feed.Committed(parent) },
	}
	s.feed = event.NewFeed(s.provision.View)
	if s.types, err = s.provision.NumberTypes(ctx, schemas.TypeNames()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.cursorKey, err = s.provision.CursorKey(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) close() error { return errors.Join(s.listener.Close(), s.store.Close()) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// newSecret is 256 random bits; the prefix lets secret scanners find leaks.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return "scimd_" + base64.RawURLEncoding.EncodeToString(b[:])
}

func (a *app) logger(c LogConfig) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // Validate has read it
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}

// url is where the server is for those who are on the same machine.
func (s *server) url() string { return cmp.Or(s.config.PublicURL, s.local()) }

func (s *server) local() string {
	host, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	scheme := "http://"
	if s.keys != nil {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// publicURL is the scheme and host in the locations that a client is given.
func (s *server) publicURL(r *http.Request) string {
	if s.config.PublicURL != "" {
		return strings.TrimRight(s.config.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// handler joins the front doors; each answers everything below its path.
func (s *server) handler() http.Handler {
	c := s.config.SCIM
	front := &scim.Handler{
		Provision: s.provision, Registry: s.schemas.For, Types: s.types, BasePath: scimPath, PublicURL: s.publicURL,
		MaxBody: c.MaxBody, MaxResults: c.MaxResults, DefaultPage: c.DefaultPage, MaxScan: c.MaxScan,
		CursorKey: s.cursorKey, CursorTimeout: c.CursorTimeout, SensitiveFilters: c.SensitiveFilters,
		Bulk:      scim.BulkLimits{Operations: c.Bulk.MaxOperations, Payload: c.Bulk.MaxPayload},
		Passwords: s.provision.Passwords, Failures: s.failures, Log: s.log, NewID: newID,
	}
	back := (&api.API{Provision: s.provision, Feed: s.feed, Verifier: idtoken.New(nil, s.now), Log: s.log, NewID: newID}).Handler()
	hooks := &workos.Handler{Provision: s.provision, BasePath: workosPath, Log: s.log, NewID: newID}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case below(path, scimRoot): // also other versions: a SCIM client reads SCIM errors
			front.ServeHTTP(w, r)
		case below(path, "/api"):
			back.ServeHTTP(w, r)
		case below(path, workosPath):
			hooks.ServeHTTP(w, r)
		case path == "/healthz":
			s.health(w, r)
		default:
			answer(w, http.StatusNotFound, map[string]any{"status": http.StatusNotFound, "title": "Not Found", "detail": "there is nothing at " + path})
		}
	})
}

func below(path, base string) bool { return path == base || strings.HasPrefix(path, base+"/") }

// health says whether the store answers.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if _, err := s.provision.HasAdminKey(r.Context()); err != nil {
		s.log.ErrorContext(r.Context(), "health", "error", err)
		answer(w, http.StatusServiceUnavailable, map[string]any{"status": "the store does not answer"})
		return
	}
	answer(w, http.StatusOK, map[string]any{"status": "ok"})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone away
}

// serve answers requests and does what time asks for until ctx is done, then
// lets those that run finish.
func (s *server) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	chores := s.startChores(ctx)
	end := func() error {
		stop()
		chores.Wait()
		return s.store.Close()
	}
	web := &http.Server{
		Handler:           inPieces(s.handler(), s.now),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	web.RegisterOnShutdown(s.feed.Close)
	stopped := make(chan error, 1)
	go func() {
		if s.keys == nil {
			stopped <- web.Serve(s.listener)
			return
		}
		web.TLSConfig = s.keys.config()
		stopped <- web.ServeTLS(s.listener, "", "")
	}()
	select {
	case err := <-stopped:
		return errors.Join(err, end())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	err := web.Shutdown(grace)
	if err != nil {
		err = fmt.Errorf("requests were cut off: %w", err)
	}
	return errors.Join(err, end())
}
