package provision_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Checks of each of the three machines: each opens a database and lives through
// some thirty verbs; the fewer are for -short. -rapid.checks asks for more.
const (
	checks      = 40
	shortChecks = 8
)

func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		n := checks
		if testing.Short() {
			n = shortChecks
		}
		if err := flag.Set("rapid.checks", fmt.Sprint(n)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
