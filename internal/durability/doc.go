// Package durability proves that what a client was told is done stays done
// when the server dies: it kills a real server process under load, again and
// again on one data folder, and compares what comes back with what was
// acknowledged. It holds tests only. A killed process leaves the pages that
// the kernel has taken; the loss of power is the business of store/sqlite,
// which insists on synchronous=FULL.
package durability
