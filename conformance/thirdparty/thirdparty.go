// Package thirdparty runs other people's conformance suites, scim2-tester and
// scim-sanity, against a SCIM server and gives their findings. It must not know
// which server that is, nor judge what the suites say.
package thirdparty

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Suite is a suite that is installed beside a Python interpreter, as
// requirements.txt says.
type Suite struct {
	Name string
	run  func(ctx context.Context, python, url, token string) ([]Finding, error)
}

// Suites are those that are run.
func Suites() []Suite {
	return []Suite{{"scim2-tester", scim2Tester}, {"scim-sanity", scimSanity}}
}

// Finding is what a suite says of one check.
type Finding struct {
	Check    string `json:"check"`
	Resource string `json:"resource"` // type, or "" where the check is about none
	Status   string `json:"status"`
	Text     string `json:"text"`
}

// Passed tells whether the suite is content: a check that it skips, since the
// server offers no such thing, is no complaint.
func (f Finding) Passed() bool {
	switch f.Status {
	case "success", "compliant", "acceptable", "pass", "skipped", "skip":
		return true
	}
	return false
}

// Run plays the suite against the server at url. The error tells that the
// suite itself did not run.
func (s Suite) Run(ctx context.Context, python, url, token string) ([]Finding, error) {
	findings, err := s.run(ctx, python, url, token)
	if err == nil && len(findings) == 0 {
		err = errors.New("it made no check")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return findings, nil
}

//go:embed scim2_tester_run.py
var scim2TesterRun string

func scim2Tester(ctx context.Context, python, url, token string) ([]Finding, error) {
	out, err := output(exec.CommandContext(ctx, python, "-c", scim2TesterRun, url, token)) //nolint:gosec // the caller's interpreter
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for line := range strings.Lines(string(out)) {
		var f Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		findings = append(findings, f)
	}
	return findings, nil
}

func scimSanity(ctx context.Context, python, url, token string) ([]Finding, error) {
	program := filepath.Join(filepath.Dir(python), "scim-sanity")
	out, err := output(exec.CommandContext(ctx, program, "probe", url, "--token", token, "--i-accept-side-effects", "--json-output")) //nolint:gosec // the caller's interpreter
	if err != nil {
		return nil, err
	}
	var report struct {
		Results []struct{ Name, Status, Message, Phase string } `json:"results"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return nil, fmt.Errorf("%.200q: %w", out, err)
	}
	findings := make([]Finding, 0, len(report.Results))
	for _, r := range report.Results {
		findings = append(findings, Finding{Check: r.Name, Status: r.Status, Text: r.Message})
	}
	return findings, nil
}

// output gives what a program printed. An exit code that tells of findings is
// no error; one that printed nothing is.
func output(c *exec.Cmd) ([]byte, error) {
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("%w: %s", err, complaint.Bytes())
	}
	return out, nil
}
