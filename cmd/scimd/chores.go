package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"scimd/store"
)

// upkeepInterval is how late a pin or a plan may expire.
const upkeepInterval = time.Minute

// eraseInterval is how often it is looked for people whose retention is over,
// which reads all of them.
const eraseInterval = time.Hour

// startChores does what time asks for until ctx is done: pins and plans expire,
// and everyone is decided again (P-3). They run apart, so that a long sync
// holds no upkeep up.
func (s *server) startChores(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	running.Go(func() {
		upkeep := chore{"upkeep", s.provision.Upkeep, s.log}
		upkeep.run(ctx)
		upkeep.every(ctx, upkeepInterval)
	})
	if interval := s.config.Sync.Interval; interval > 0 {
		running.Go(func() {
			chore{"sync", func(ctx context.Context) error {
				return s.provision.SyncAll(ctx, store.Cause{Detail: "on schedule"})
			}, s.log}.every(ctx, interval)
		})
	}
	if s.config.People.Retention > 0 {
		running.Go(func() {
			chore{"erase", s.provision.EraseIdle, s.log}.every(ctx, eraseInterval)
		})
	}
	return &running
}

// chore is done again and again; that it fails once stops nothing.
type chore struct {
	name string
	do   func(context.Context) error
	log  *slog.Logger
}

func (c chore) every(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.run(ctx)
		}
	}
}

func (c chore) run(ctx context.Context) {
	if err := c.do(ctx); err != nil && ctx.Err() == nil {
		c.log.ErrorContext(ctx, "chore failed", "chore", c.name, "error", err)
	}
}
