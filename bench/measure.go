package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"scimd/bench/people"
)

// The backends.
const (
	sqlite   = "SQLite"
	postgres = "PostgreSQL"
)

// result is what one backend came to.
type result struct {
	backend string
	rows    []row
	curves  map[string][]point
	growth  []growth
	tops    []figures
}

// session is one run of the driver.
type session struct {
	config
	out           io.Writer
	folder        string // temporary
	scimd, loader string // binaries
	ceiling       string // URL
	fsync         figures
	seeded        map[seedKey]seeded
}

type seedKey struct{ users, orgs int }

// seeded is a folder that the loader has filled; runs work on copies.
type seeded struct {
	folder string
	people.Manifest
}

// measure runs everything and reports it. What was measured before a violation
// is reported with it.
func (cfg config) measure(ctx context.Context, out io.Writer) (err error) {
	s := &session{config: cfg, out: out, scimd: cfg.scimd, seeded: map[seedKey]seeded{}}
	if s.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.folder)) }()
	if s.scimd == "" {
		if s.scimd, err = build(ctx, s.folder, "cmd/scimd"); err != nil {
			return err
		}
	}
	if s.loader, err = build(ctx, s.folder, "bench/seed"); err != nil {
		return err
	}
	url, stop, err := startCeiling(ctx)
	if err != nil {
		return err
	}
	defer stop()
	s.ceiling = url
	if s.fsync, err = measureFsync(s.folder, min(cfg.duration, time.Second)); err != nil {
		return err
	}
	backends := []string{sqlite}
	if cfg.storeDSN != "" {
		backends = append(backends, postgres)
	}
	var results []result
	var faults []error
	for _, backend := range backends {
		r, err := s.backend(ctx, backend)
		results = append(results, r)
		faults = append(faults, named(backend, err))
	}
	report := newReport(s, results)
	faults = append(faults, report.table(out))
	if cfg.docs != "" && errors.Join(faults...) == nil {
		faults = append(faults, report.write(cfg.docs))
	}
	return errors.Join(faults...)
}

// backend measures one backend whole.
func (s *session) backend(ctx context.Context, backend string) (r result, err error) {
	r.backend = backend
	var faults []error
	faults = append(faults, s.with(ctx, backend, s.users, 2, func(w *world) error {
		err := errors.Join(w.starts(), w.run(ctx, s.only, s.out))
		r.rows, r.curves, r.tops = w.rows, w.curves, w.tops
		return err
	}))
	if s.syncUsers > 0 && s.only.MatchString("sync") {
		faults = append(faults, s.with(ctx, backend, min(s.syncUsers, s.users), s.syncOrgs, func(w *world) error {
			w.weigh()
			err := errors.Join(w.learn(), w.sync(ctx))
			r.rows = append(r.rows, w.rows...)
			return err
		}))
	}
	if len(s.growth) > 1 && s.only.MatchString("growth") && (backend == sqlite || strings.Contains(s.storeDSN, "{users}")) {
		r.growth, err = s.grow(ctx, backend, s.growth, nil)
		faults = append(faults, err)
	}
	return r, errors.Join(faults...)
}

// grow opens the worlds of all sizes, one within the other.
func (s *session) grow(ctx context.Context, backend string, sizes []int, worlds []*world) (out []growth, err error) {
	if len(sizes) == 0 {
		return grow(ctx, worlds)
	}
	err = s.with(ctx, backend, sizes[0], 2, func(w *world) error {
		if err := w.learn(); err != nil {
			return err
		}
		out, err = s.grow(ctx, backend, sizes[1:], append(worlds, w))
		return err
	})
	return out, err
}

// with runs fn on a server of its own over a copy of a seed.
func (s *session) with(ctx context.Context, backend string, users, orgs int, fn func(*world) error) (err error) {
	seed, err := s.seedFor(ctx, users, orgs)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(s.folder, "data")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := copyFolder(seed.folder, folder); err != nil {
		return err
	}
	var environment []string
	var size int64
	if backend == postgres {
		dsn := strings.ReplaceAll(s.storeDSN, "{users}", strconv.Itoa(users))
		environment = []string{"SCIMD_STORE_DRIVER=postgres", "SCIMD_STORE_DSN=" + dsn}
		size, err = s.moveStore(ctx, folder, dsn)
	} else {
		size, err = databaseSize(folder)
	}
	if err != nil {
		return err
	}
	server, err := startServer(ctx, s.scimd, folder, environment...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	like := load{connections: s.connections, duration: s.duration}
	top := like
	top.door = door{base: s.ceiling, media: "*/*"}
	w := newWorld(seed.Manifest, backend, server.url, top, like)
	w.server, w.judged, w.size = server, s.judged, size
	return fn(w)
}

// moveStore moves a data folder to PostgreSQL as an operator would, into a
// database that is emptied first, and gives its size.
func (s *session) moveStore(ctx context.Context, folder, dsn string) (int64, error) {
	if _, err := psql(ctx, dsn, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		return 0, err
	}
	from := "sqlite:" + filepath.Join(folder, "scimd.db")
	out, err := exec.CommandContext(ctx, s.scimd, "store", "copy", "--from", from, "--to", "postgres:"+dsn, "--switch").CombinedOutput() //nolint:gosec // the binary under measurement
	if err != nil {
		return 0, fmt.Errorf("scimd store copy: %w\n%s", err, out)
	}
	text, err := psql(ctx, dsn, "SELECT pg_database_size(current_database())")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// psql runs a statement by PostgreSQL's own client.
func psql(ctx context.Context, dsn, statement string) (string, error) {
	cmd := exec.CommandContext(ctx, "psql", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--command", statement, dsn) //nolint:gosec // the statement is one of ours
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// starts measures the start and what the server needs before any load.
func (w *world) starts() error {
	b := w.budgets()
	if w.Users < 1_000_000 {
		b.start = budget{}
	}
	begin := time.Now()
	err := w.one(w.scim.door, func(c *conn) error {
		_, err := c.idOf("/Users", "userName", w.User(0).UserName)
		return err
	})
	if err != nil {
		return err
	}
	took := w.server.start + time.Since(begin)
	idle, err := w.server.memory()
	w.add(row{name: "start to first answer", figures: figures{done: 1, p50: took, p99: took}, budget: b.start})
	w.add(row{name: "memory, idle", bytes: idle, budget: b.idle})
	w.weigh()
	return err
}

// weigh tells what the database takes on disk, by 100,000 users.
func (w *world) weigh() {
	b := w.budgets().size
	if len(w.Orgs) < 10 || w.Users < 100_000 {
		b = budget{}
	}
	w.add(row{name: fmt.Sprintf("database with %d orgs, by 100,000 users", len(w.Orgs)), bytes: w.size * 100_000 / int64(w.Total()), budget: b})
}

// seedFor finds a seed or has it made.
func (s *session) seedFor(ctx context.Context, users, orgs int) (seeded, error) {
	key := seedKey{users, orgs}
	if done, ok := s.seeded[key]; ok {
		return done, nil
	}
	home := s.seeds
	if home == "" {
		home = s.folder
	}
	out := seeded{folder: filepath.Join(home, fmt.Sprintf("seed-%d-%d-%d", s.seed, users, orgs))}
	manifest := filepath.Join(out.folder, people.ManifestFile)
	raw, err := os.ReadFile(manifest) //nolint:gosec // of the folder that was named for it
	if errors.Is(err, fs.ErrNotExist) {
		begin := time.Now()
		_, _ = fmt.Fprintf(s.out, "seeding %d users in %d orgs\n", users, orgs)
		cmd := exec.CommandContext(ctx, s.loader, "-data", out.folder, "-users", strconv.Itoa(users), "-orgs", strconv.Itoa(orgs), "-seed", strconv.FormatUint(s.seed, 10)) //nolint:gosec // built by this run
		if made, err := cmd.CombinedOutput(); err != nil {
			return out, fmt.Errorf("seeding %d users: %w\n%s", users, err, made)
		}
		_, _ = fmt.Fprintf(s.out, "seeded %d users in %d orgs in %s\n", users, orgs, time.Since(begin).Round(100*time.Millisecond))
		raw, err = os.ReadFile(manifest) //nolint:gosec // likewise
	}
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out.Manifest); err != nil {
		return out, err
	}
	s.seeded[key] = out
	return out, nil
}
