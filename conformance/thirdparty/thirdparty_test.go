package thirdparty_test

import (
	"os"
	"testing"

	"scimd/conformance/thirdparty"
	"scimd/internal/testenv"
)

// disputed are the checks that scimd does not mean to pass, each argued in
// docs/divergences.md.
var disputed = map[string]string{
	"scim-sanity PATCH /Groups/{id} add member":  "a member that does not exist is refused",
	"scim2-tester check_add_attribute Group":     "members.display is the server's",
	"scim2-tester check_replace_attribute Group": "members.display is the server's",
}

func TestSuites(t *testing.T) {
	python := os.Getenv("SCIMD_PYTHON")
	if python == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("SCIMD_PYTHON names no interpreter with the suites: make test sets it")
		}
		t.Skip("SKIPPED third-party suites: SCIMD_PYTHON names no interpreter with them; make test installs them")
	}
	env := testenv.Start(t)
	_, strict := env.NewDirectory(t, "strict", "strict")
	for profile, token := range map[string]string{"interop": env.Token, "strict": strict} {
		for _, suite := range thirdparty.Suites() {
			t.Run(profile+"/"+suite.Name, func(t *testing.T) {
				findings, err := suite.Run(t.Context(), python, env.SCIM, token)
				if err != nil {
					t.Fatal(err)
				}
				failed := map[string]bool{}
				for _, f := range findings {
					name := suite.Name + " " + f.Check
					if f.Resource != "" {
						name += " " + f.Resource
					}
					if f.Passed() {
						continue
					}
					failed[name] = true
					if disputed[name] == "" {
						t.Errorf("%s: %s: %s", name, f.Status, f.Text)
					}
				}
				t.Logf("%d checks, %d disputed", len(findings), len(failed))
			})
		}
	}
}
