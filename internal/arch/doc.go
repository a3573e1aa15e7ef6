// Package arch holds the shape of the tree as tests: who may import whom, and
// that every package says in one comment what it owns. It has no code to run.
package arch
