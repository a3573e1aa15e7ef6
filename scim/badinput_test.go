package scim_test

import (
	"testing"

	"scimd/conformance/badinput"
	"scimd/internal/testenv"
)

// Hostile requests get a clear SCIM error, store nothing and leave the server
// alive.
func TestBadInput(t *testing.T) {
	env := testenv.Start(t)
	_, other := env.NewDirectory(t, "entra", "interop")
	badinput.Check(t, env.SCIM, env.Token, other)
	env.MustVerify(t)
}
