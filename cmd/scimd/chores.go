package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"scimd/provision"
	"scimd/store"
)

// upkeepInterval is how late a pin or a plan may expire.
const upkeepInterval = time.Minute

// eraseInterval is how often it is looked for people whose retention is over,
// which reads all of them.
const eraseInterval = time.Hour

// kept is a store in a file that asks for upkeep.
type kept interface {
	Upkeep(ctx context.Context) error
}

// startChores does what time asks for until ctx is done. Of the servers of a
// database one does it, and another takes over when that one is gone.
func (s *server) startChores(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			err := s.store.Lead(ctx, "chores", s.doChores)
			if err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "chores wait for the database", "error", err)
				rest(ctx, time.Second)
			}
		}
	})
	if file, ok := s.store.(kept); ok {
		running.Go(func() { chore{"file", file.Upkeep, s.log}.every(ctx, upkeepInterval) })
	}
	return &running
}

// doChores lets pins and plans expire, and decides everyone again (P-3). They
// run apart, so that a long sync holds no upkeep up.
func (s *server) doChores(ctx context.Context) {
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
			}, s.log}.once(ctx, s.provision, interval)
		})
	}
	if s.config.People.Retention > 0 {
		running.Go(func() {
			chore{"erase", s.provision.EraseIdle, s.log}.once(ctx, s.provision, eraseInterval)
		})
	}
	running.Wait()
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

// once does the chore once in every interval, whichever server does it: a new
// one goes on with the schedule of the last.
func (c chore) once(ctx context.Context, p *provision.Service, interval time.Duration) {
	for ctx.Err() == nil {
		wait, err := p.Due(ctx, c.name, interval)
		if err == nil && wait == 0 {
			c.run(ctx)
			err = p.Did(ctx, c.name)
		}
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "chore without a schedule", "chore", c.name, "error", err)
			wait = time.Second
		}
		rest(ctx, wait)
	}
}

// rest waits, but no longer than ctx.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (c chore) run(ctx context.Context) {
	if err := c.do(ctx); err != nil && ctx.Err() == nil {
		c.log.ErrorContext(ctx, "chore failed", "chore", c.name, "error", err)
	}
}
