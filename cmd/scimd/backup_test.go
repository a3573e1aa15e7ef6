package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"scimd/internal/testenv"
	"scimd/provision"
	"scimd/store"
)

// A backup taken while clients write has every write that was acknowledged
// before it began, and members in it are what a recomputation says (M-9).
func TestBackupWhileServing(t *testing.T) {
	s, _ := start(t)
	_, call := caller(t, s)
	var mu sync.Mutex
	var acknowledged []string
	enough, stop := make(chan struct{}), make(chan struct{})
	var clients sync.WaitGroup
	t.Cleanup(clients.Wait)
	for c := range 4 {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprintf("user-%d-%d", c, n)
				if status, body := call("POST", "/Users", fmt.Sprintf(newUser, name, "", "")); status != http.StatusCreated {
					t.Error(status, body)
					return
				}
				mu.Lock()
				if acknowledged = append(acknowledged, name); len(acknowledged) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	mu.Lock()
	before := acknowledged
	mu.Unlock()
	folder := t.TempDir()
	backup := filepath.Join(folder, "backup.db")
	command(t, "backup", backup, "--data", s.config.Data)
	close(stop)
	clients.Wait()

	config := s.config
	config.Data = filepath.Join(folder, "restored")
	command(t, "restore", backup, "--data", config.Data)
	restored := opened(t, quiet(), config)
	t.Cleanup(func() {
		if err := restored.close(); err != nil {
			t.Error(err)
		}
	})
	err := restored.provision.View(t.Context(), func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent("acme")
		if err != nil {
			return err
		}
		for _, name := range before {
			if _, err := r.AccountByUserName(p.Key, provision.Fold(name)); err != nil {
				t.Errorf("%s was acknowledged before the backup: got error %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if wrong, err := restored.provision.Verify(t.Context(), "acme"); err != nil || len(wrong) > 0 {
		t.Errorf("verify: got %v, %v, want no difference", wrong, err)
	}
}

// command runs one in this process.
func command(t *testing.T, args ...string) {
	t.Helper()
	var out, fault strings.Builder
	a := quiet()
	a.stdout, a.stderr = &out, &fault
	if status := a.run(args); status != 0 {
		t.Fatalf("scimd %s: got status %d, %s%s", strings.Join(args, " "), status, &out, &fault)
	}
}

// A backup of PostgreSQL is a file like any other, and fills an empty
// PostgreSQL, but no other.
func TestBackupPostgres(t *testing.T) {
	source, target, file := testenv.PostgresDSN(t), testenv.PostgresDSN(t), filepath.Join(t.TempDir(), "backup.db")
	on := func(dsn string) *server {
		s := opened(t, quiet(), Config{
			Listen: "localhost:0", Data: t.TempDir(), Log: LogConfig{"error", "text"}, Store: StoreConfig{"postgres", dsn},
			SCIM: SCIMConfig{MaxBody: 1 << 20, MaxResults: 100},
		})
		t.Cleanup(func() { _ = s.close() })
		return s
	}
	s := on(source)
	if err := (sandbox{s.provision, store.Cause{Kind: "admin"}}).build(t.Context()); err != nil {
		t.Fatal(err)
	}
	member := provision.MemberInput{Org: "acme-team", Person: "ann@acme.example", Email: "ann@acme.example"}
	if _, err := s.provision.AddMember(t.Context(), member, store.Cause{}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SCIMD_STORE_DRIVER", "postgres")
	t.Setenv("SCIMD_STORE_DSN", source)
	command(t, "backup", file)
	if status := quiet().run([]string{"backup", file}); status == 0 {
		t.Error("a backup was written over")
	}
	t.Setenv("SCIMD_STORE_DSN", target)
	command(t, "restore", file)
	if status := quiet().run([]string{"restore", file}); status == 0 {
		t.Error("a database that is not empty was written over")
	}
	restored := on(target)
	err := restored.provision.View(t.Context(), func(_ context.Context, r store.Reader) error {
		p, err := r.FindParent("acme")
		if err != nil {
			return err
		}
		last, err := r.LastEvent(p.Key)
		if last == 0 {
			t.Error("no event was restored")
		}
		_, missing := r.AccountByUserName(p.Key, provision.Fold("ann@acme.example"))
		return errors.Join(err, missing)
	})
	if err != nil {
		t.Error(err)
	}
	if wrong, err := restored.provision.Verify(t.Context(), "acme"); err != nil || len(wrong) > 0 {
		t.Errorf("verify: got %v, %v, want no difference", wrong, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(left) != 1 {
		t.Errorf("beside the backup: got %v, %v, want nothing", left, err)
	}
}
