package main

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// clock gives the times and ids of a load, the same ones each time.
type clock struct {
	mu     sync.Mutex
	at     time.Time
	random *rand.Rand
}

func newClock(seed uint64) *clock {
	return &clock{
		at:     time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		random: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // the same ids each time is the point
	}
}

// now is a millisecond later each time.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

// id is a UUIDv7 of the present (RFC 9562 §5.7).
func (c *clock) id() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(10 * time.Microsecond)
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(c.at.UnixMilli())<<16|c.random.Uint64()&0xffff)
	binary.BigEndian.PutUint64(u[8:], c.random.Uint64())
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}
