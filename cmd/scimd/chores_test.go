package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"scimd/provision"
	"scimd/store"
)

// A chore comes again after it failed, and ends with the server.
func TestChoreComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		runs := 0
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			chore{"count", func(context.Context) error {
				runs++
				return errors.New("disk full")
			}, slog.New(slog.NewTextHandler(&log, nil))}.every(ctx, time.Minute)
		}()
		time.Sleep(3*time.Minute + time.Second) //nolint:forbidigo // synctest's time
		stop()
		<-done
		if runs != 3 || strings.Count(log.String(), `chore=count error="disk full"`) != 3 {
			t.Errorf("%d runs, log %s", runs, &log)
		}
	})
}

// The first upkeep is at the start: what expired meanwhile is gone.
func TestUpkeepAtStart(t *testing.T) {
	s := opened(t, quiet(), Config{
		Listen: "localhost:0", Data: t.TempDir(), Log: LogConfig{"error", "text"},
		SCIM: SCIMConfig{MaxBody: 1 << 20, MaxResults: 100}, Plans: PlanConfig{time.Microsecond}, Sync: SyncConfig{time.Millisecond},
	})
	if _, err := s.provision.CreateParent(t.Context(), "acme", "", store.Cause{}); err != nil {
		t.Fatal(err)
	}
	no := false
	plan, err := s.provision.Preview(t.Context(), "acme", []provision.Step{{Parent: &provision.ParentChange{AdmitOutside: &no}}}, store.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	serveUntilEnd(t, s)
	for range 500 {
		err := s.provision.View(t.Context(), func(_ context.Context, r store.Reader) error {
			_, err := r.FindPlan(plan.ID)
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // the upkeep tells nobody that it has run
	}
	t.Error("the plan is still there")
}
