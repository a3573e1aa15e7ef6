package main

import "runtime/debug"

const (
	// gcPercent lets the heap grow to five times what is in use before garbage is
	// collected: a server of a million users has a few megabytes in use, and its
	// requests pay a quarter less.
	gcPercent = 400
	// memoryLimit is where a verb that concerns everyone stops paying for that.
	memoryLimit = 192 << 20 // bytes of the heap
)

// collectSeldom sets the garbage collector, unless the environment does
// (GOGC, GOMEMLIMIT).
func (a *app) collectSeldom() {
	if a.getenv("GOGC") != "" || a.getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
}
