package replay

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// files holds the traces, so that the conformance tests run from any folder.
//
//go:embed testdata/traces/*.jsonl
var files embed.FS

// Trace is one recorded conversation of a client.
type Trace struct {
	Name      string   `json:"-"` // the file name without .jsonl
	Comment   string   `json:"comment"`
	IDP       string   `json:"idp"`
	Evidenced []string `json:"evidenced"` // what is known of the client, and from where
	Inferred  []string `json:"inferred"`  // what we filled in
	Steps     []Step   `json:"-"`
}

// Step is one request and what its answer must hold.
type Step struct {
	Name    string            `json:"step"`
	Method  string            `json:"method"`
	Path    string            `json:"path"` // relative to the base URL, already percent-encoded
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"` // null means no body
	Save    map[string]string `json:"save"` // variable name to path; nothing there fails the step
	Expect  Expect            `json:"expect"`
	Note    string            `json:"note,omitempty"`
}

// Expect is checked against the answer: any of the statuses, and every path of
// JSON when there is a body.
type Expect struct {
	Status []int          `json:"status"`
	JSON   map[string]any `json:"json"`
}

// Load reads a trace: one line of metadata, then one step a line.
func Load(name string, source io.Reader) (Trace, error) {
	trace := Trace{Name: name}
	decoder := json.NewDecoder(source)
	if err := decoder.Decode(&trace); err != nil {
		return Trace{}, fmt.Errorf("trace %s, metadata: %w", name, err)
	}
	for {
		var step Step
		err := decoder.Decode(&step)
		if errors.Is(err, io.EOF) {
			return trace, nil
		}
		if err != nil {
			return Trace{}, fmt.Errorf("trace %s after step %d: %w", name, len(trace.Steps), err)
		}
		if step.Method == "" || len(step.Expect.Status) == 0 {
			return Trace{}, fmt.Errorf("trace %s, step %q: want a method and an expected status", name, step.Name)
		}
		trace.Steps = append(trace.Steps, step)
	}
}

// Traces lists every trace we hold, by name.
func Traces() ([]Trace, error) {
	names, err := fs.Glob(files, "testdata/traces/*.jsonl")
	if err != nil {
		return nil, err
	}
	traces := make([]Trace, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		trace, err := Load(strings.TrimSuffix(path.Base(name), ".jsonl"), bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		traces = append(traces, trace)
	}
	return traces, nil
}
