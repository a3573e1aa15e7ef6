package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

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
