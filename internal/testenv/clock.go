package testenv

import (
	"sync"
	"time"
)

// Clock starts with the year 2026 and moves on by a step with each look, so
// that no two verbs happen at once.
type Clock struct {
	mu   sync.Mutex
	at   time.Time
	step time.Duration
}

// NewClock gives a clock that moves on by a second with each look.
func NewClock() *Clock {
	return &Clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), step: time.Second}
}

// Now looks at the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(c.step)
	return c.at
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Pace sets how far a look moves the clock, as for thousands of pushes within
// a minute.
func (c *Clock) Pace(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}
