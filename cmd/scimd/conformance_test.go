package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimd/conformance/report"
	"scimd/conformance/suite"
	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/scim/quirk"
	"scimd/store"
)

var update = flag.Bool("update", false, "write docs/conformance.md")

const conformanceDoc = "../../docs/conformance.md"

// TestConformance judges the whole server, over TLS, in both profiles and on
// both databases: strict passes every row or says that it has no such feature;
// interop fails exactly the rows that its quirks bend.
func TestConformance(t *testing.T) {
	columns := []struct{ profile, database string }{
		{"strict", "SQLite"}, {"interop", "SQLite"}, {"strict", "PostgreSQL"}, {"interop", "PostgreSQL"},
	}
	var found []report.Column
	for _, c := range columns {
		name := c.profile + ", " + c.database
		t.Run(name, func(t *testing.T) {
			r, err := suite.Run(t.Context(), judged(t, c.profile, true, databases[c.database]), suite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, report.Column{Name: name, Report: r})
			expected(t, c.profile, r)
		})
	}
	if len(found) < len(columns) {
		t.Logf("docs/conformance.md was not held to what was found: %d of %d columns ran", len(found), len(columns))
		return
	}
	document(t, found)
}

// expected holds each row to what the profile makes of it.
func expected(t *testing.T, profile string, r *suite.Report) {
	t.Helper()
	bent := bentBy(profile)
	for _, result := range r.Results {
		unexpected := result.Outcome == suite.NotJudged || (result.Outcome == suite.Failed) != bent[result.Row.ID]
		if unexpected {
			t.Errorf("%s %s (bent by a quirk: %t): %s", result.Row.ID, result.Outcome, bent[result.Row.ID], strings.Join(result.Messages, "; "))
		}
		if unexpected && testing.Verbose() {
			for _, e := range result.Exchanges {
				t.Logf("%s %s %s\n%s\n=> %d %s", e.Client, e.Method, e.URL, e.RequestBody, e.Status, e.ResponseBody)
			}
		}
	}
	t.Logf("%+v", r.Totals())
}

// bentBy are the rows that the quirks of a profile bend.
func bentBy(profile string) map[string]bool {
	bent := map[string]bool{}
	if profile == "interop" {
		for _, e := range quirk.Table {
			for _, row := range e.Rows {
				bent[row] = bent[row] || quirk.Interop.Has(e.Quirk)
			}
		}
	}
	return bent
}

// document holds docs/conformance.md to what was found.
func document(t *testing.T, columns []report.Column) {
	t.Helper()
	var table bytes.Buffer
	table.WriteString(`# Conformance

What the suite of ` + "`conformance/suite`" + ` finds of scimd itself, in both profiles
and on both databases.
` + "`make conformance`" + ` prints it and fails where this page is out of date;
` + "`scimd conform`" + ` judges any server by the same rows. The profile interop fails
the rows that its quirks bend ([divergences](divergences.md)) and no others.

`)
	if err := report.Comparison(&table, columns); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(conformanceDoc, table.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(conformanceDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), table.String()); diff != "" {
		t.Errorf("docs/conformance.md is out of date (-update writes it):\n%s", diff)
	}
}

// judged starts a server with small limits and the fixtures, and offers the
// suite all that it can use.
func judged(t *testing.T, profile string, overTLS bool, on database) suite.Target {
	t.Helper()
	folder := t.TempDir()
	pool, pair := x509.NewCertPool(), TLSConfig{filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}
	certify(t, pair, 1, pool)
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	a := &app{stdout: io.Discard, stderr: log, getenv: func(string) string { return "" }, now: time.Now}
	config := Config{
		Listen: "localhost:0", Data: folder, TLS: pair, Log: LogConfig{"info", "text"},
		SCIM: SCIMConfig{
			MaxBody: 1 << 20, MaxResults: 20, DefaultPage: 10, CursorTimeout: 10 * time.Second, Schemas: "../../conformance/fixtures",
			Bulk: BulkConfig{MaxOperations: 20, MaxPayload: 64 << 10}, Passwords: "hash", SensitiveFilters: []string{"name.familyName"},
		},
	}
	if !overTLS {
		config.TLS = TLSConfig{}
	}
	data := on(t, &config)
	s := opened(t, a, config)
	serveUntilEnd(t, s)
	tenants := tenantsOf(t, s.provision, profile)
	target := suite.Target{
		URL: s.local() + scimPath, Token: tenants.full, OtherToken: tenants.other, ReadOnlyToken: tenants.reader, SubjectToken: tenants.subject,
		Client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}},
	}
	target.Hooks = suite.Hooks{
		IssueToken: func(ctx context.Context, ttl time.Duration) (string, error) {
			_, secret, err := s.provision.CreateToken(ctx, provision.TokenInput{Directory: "judged", Scope: store.ScopeSCIM, Lifetime: ttl}, store.Cause{})
			return secret, err
		},
		Files: data.files,
		Logs:  func(context.Context) ([]byte, error) { return os.ReadFile(log.Name()) },
		Memory: func(context.Context) (uint64, error) {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc, nil
		},
		Fault: data.fault,
	}
	return target
}

type tenants struct{ full, reader, subject, other string }

func tenantsOf(t *testing.T, s *provision.Service, profile string) (out tenants) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	token := func(directory string, scope store.TokenScope, subject string) string {
		_, secret, err := s.CreateToken(ctx, provision.TokenInput{Directory: directory, Scope: scope, Subject: subject}, store.Cause{})
		must(err)
		return secret
	}
	for parent, directory := range map[string]string{"acme": "judged", "globex": "other"} {
		_, err := s.CreateParent(ctx, parent, "enterprise", store.Cause{})
		must(err)
		_, err = s.CreateDirectory(ctx, parent, directory, profile, store.Cause{})
		must(err)
	}
	var d store.Directory
	must(s.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		d, err = r.FindDirectory("judged")
		return err
	}))
	u, err := s.CreateUser(ctx, d, provision.UserInput{
		UserName: "subject@acme.example", Active: true,
		Document: json.RawMessage(`{"schemas":["` + suite.UserSchema + `"],"userName":"subject@acme.example","active":true}`),
	}, store.Cause{})
	must(err)
	return tenants{
		full: token("judged", store.ScopeSCIM, ""), reader: token("judged", store.ScopeSCIMRead, ""),
		subject: token("judged", store.ScopeSCIMSelf, u.ID), other: token("other", store.ScopeSCIM, ""),
	}
}

// database makes a server keep its data somewhere, and gives what the suite
// asks about it there.
type database func(*testing.T, *Config) keptData

// keptData is where the data is: the files that hold it, and a way to make reads and
// writes fail.
type keptData struct {
	files func(context.Context) ([]string, error)
	fault func(context.Context) (undo func() error, err error)
}

var databases = map[string]database{
	"SQLite": func(_ *testing.T, c *Config) keptData {
		file := c.databaseFile()
		return keptData{
			files: func(context.Context) ([]string, error) { return filepath.Glob(file + "*") },
			fault: func(ctx context.Context) (func() error, error) {
				return hideResources(ctx, "sqlite3", file+"?_busy_timeout=5000")
			},
		}
	},
	"PostgreSQL": func(t *testing.T, c *Config) keptData {
		t.Helper()
		dsn := testenv.PostgresDSN(t)
		c.Store = StoreConfig{"postgres", dsn}
		dump := filepath.Join(c.Data, "dump")
		return keptData{
			files: func(ctx context.Context) ([]string, error) {
				return []string{dump}, exec.CommandContext(ctx, "pg_dump", "--dbname", dsn, "--file", dump).Run()
			},
			fault: func(ctx context.Context) (func() error, error) { return hideResources(ctx, "pgx", dsn) },
		}
	},
}

// hideResources breaks the database under the server: reads and writes fail.
func hideResources(ctx context.Context, driver, dsn string) (undo func() error, err error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	rename := func(from, to string) error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), "ALTER TABLE "+from+" RENAME TO "+to)
		return err
	}
	if err := rename("resource", "hidden"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(rename("hidden", "resource"), db.Close()) }, nil
}
