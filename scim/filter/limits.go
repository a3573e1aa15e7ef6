// Package filter owns the language of RFC 7644 §3.4.2.2: text to syntax tree,
// syntax tree to a program resolved against a resource type, which matches
// objects and narrows a store query. It must not know HTTP or SQL.
package filter

// Limits bound the work that one filter may cause before anything is resolved.
type Limits struct {
	Bytes int // of the text
	Depth int // of nested parentheses
	Terms int // comparisons
}

// DefaultLimits are far above any filter of a known client.
var DefaultLimits = Limits{Bytes: 16 << 10, Depth: 32, Terms: 256}
