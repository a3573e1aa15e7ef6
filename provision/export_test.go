package provision

import "testing"

// Bounds lets a test of a few people come to what is meant for very many.
func Bounds(t *testing.T, moved, below int) {
	m, b := maxMoved, manyBelow
	maxMoved, manyBelow = moved, below
	t.Cleanup(func() { maxMoved, manyBelow = m, b })
}
