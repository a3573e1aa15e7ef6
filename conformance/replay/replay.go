// Package replay owns the recorded conversations of identity providers and the
// runner that plays them against any SCIM server over HTTP. It must not know
// which server it talks to, so it imports nothing of scimd.
package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxReply bounds what is read of one answer; a trace asks for single
// resources and short pages, so more is a fault of the server.
const maxReply = 8 << 20

// Target is the server a trace is played against.
type Target struct {
	BaseURL string       // the SCIM base URL; a final slash is dropped
	Token   string       // sent as a bearer token unless the step sets Authorization
	Rand    string       // short lower-case run id, the value of ${rand}
	Client  *http.Client // nil means http.DefaultClient
}

// Result is the outcome of one step.
type Result struct {
	Step     string
	Status   int      // 0 when no answer arrived
	Failures []string // sentences of the form "got …, want …"; empty means passed
	Request  string   // method, path and body as sent
	Response string   // body as received
}

// OK reports whether every expectation of the step was met.
func (r Result) OK() bool { return len(r.Failures) == 0 }

// String tells what went wrong with the exchange that shows it.
func (r Result) String() string {
	if r.OK() {
		return fmt.Sprintf("step %q passed with status %d", r.Step, r.Status)
	}
	return fmt.Sprintf("step %q: %s\n  request:  %s\n  response: %d %s",
		r.Step, strings.Join(r.Failures, "; "), r.Request, r.Status, r.Response)
}

// Run plays every step of the trace in order and returns one result a step.
// A failed step does not stop the run: the later ones show what else breaks.
func Run(ctx context.Context, target Target, trace Trace) []Result {
	vars := map[string]string{"rand": target.Rand}
	results := make([]Result, 0, len(trace.Steps))
	for _, step := range trace.Steps {
		results = append(results, runStep(ctx, target, step, vars))
	}
	return results
}

// Failed keeps the results whose expectations were not met.
func Failed(results []Result) []Result {
	return slices.DeleteFunc(slices.Clone(results), Result.OK)
}

func runStep(ctx context.Context, target Target, step Step, vars map[string]string) Result {
	result := Result{Step: step.Name}
	fail := func(format string, args ...any) {
		result.Failures = append(result.Failures, fmt.Sprintf(format, args...))
	}
	path, body, err := expandRequest(step, vars)
	result.Request = strings.TrimSpace(step.Method + " " + path + " " + body)
	if err != nil {
		fail("got an unusable request (%v), want every variable saved by an earlier step", err)
		return result
	}
	reply, err := send(ctx, target, step, path, body)
	if err != nil {
		fail("got no answer (%v), want status %v", err, step.Expect.Status)
		return result
	}
	result.Status, result.Response = reply.status, string(reply.body)
	if !slices.Contains(step.Expect.Status, reply.status) {
		fail("got status %d, want one of %v", reply.status, step.Expect.Status)
	}
	if len(reply.body) == 0 {
		if len(step.Save) > 0 {
			fail("got an empty body, want one to save %v from", step.Save)
		}
		return result
	}
	var document any
	if err := json.Unmarshal(reply.body, &document); err != nil {
		fail("got a body that is not JSON (%v), want JSON", err)
		return result
	}
	for _, name := range sortedKeys(step.Save) {
		value, ok := scalar(lookup(document, step.Save[name]))
		if !ok {
			fail("got nothing to save at %s, want a value for ${%s}", step.Save[name], name)
			continue
		}
		vars[name] = value
	}
	for _, path := range sortedKeys(step.Expect.JSON) {
		if sentence := checkValue(document, path, step.Expect.JSON[path], vars); sentence != "" {
			fail("%s", sentence)
		}
	}
	return result
}

type reply struct {
	status int
	body   []byte
}

func send(ctx context.Context, target Target, step Step, path, body string) (reply, error) {
	var payload io.Reader
	if body != "" {
		payload = strings.NewReader(body)
	}
	url := strings.TrimSuffix(target.BaseURL, "/") + path
	req, err := http.NewRequestWithContext(ctx, step.Method, url, payload)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+target.Token)
	for name, value := range step.Headers {
		// net/http omits a User-Agent set to "", which is what OneLogin does.
		req.Header.Set(name, value)
	}
	client := target.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return reply{resp.StatusCode, data}, err
}

// expandRequest fills the variables in; they are substituted raw because the
// paths are recorded as the client encoded them.
func expandRequest(step Step, vars map[string]string) (path, body string, err error) {
	path, err = expand(step.Path, vars)
	if err != nil {
		return path, "", err
	}
	if len(step.Body) == 0 || string(step.Body) == "null" {
		return path, "", nil
	}
	body, err = expand(string(step.Body), vars)
	return path, body, err
}

func checkValue(document any, path string, want any, vars map[string]string) string {
	got := lookup(document, path)
	if text, ok := want.(string); ok {
		expanded, err := expand(text, vars)
		if err != nil {
			return fmt.Sprintf("got an expectation for %s that cannot be filled (%v), want its variables saved", path, err)
		}
		want = expanded
	}
	if equal(got, want) {
		return ""
	}
	return fmt.Sprintf("got %s = %s, want %s", path, asJSON(got), asJSON(want))
}
