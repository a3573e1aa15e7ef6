// Package scimtest reads SCIM documents and errors for the tests of the
// packages below scim. It must not hold any expectation.
package scimtest

import (
	"errors"
	"testing"

	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// Object is the parsed JSON object of text; a text that is none ends the test.
func Object(t testing.TB, text string) *resource.Object {
	t.Helper()
	o, err := resource.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// Type is the scimType that a client would be told of err (RFC 7644 §3.12),
// empty without an error and where the error has none.
func Type(err error) string {
	var e *scimerr.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return string(e.Wire.ScimType)
	}
	return "not a SCIM error: " + err.Error()
}
