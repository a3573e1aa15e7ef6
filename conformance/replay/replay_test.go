package replay_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"scimd/conformance/replay"
)

func play(t *testing.T, handler http.HandlerFunc, lines ...string) []replay.Result {
	t.Helper()
	trace, err := replay.Load("test", strings.NewReader(`{"comment":"test"}`+"\n"+strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	return replay.Run(t.Context(), replay.Target{BaseURL: server.URL + "/scim/", Token: "secret", Rand: "r1"}, trace)
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const person = `{"id":"7","active":true,"name":{"givenName":"Ada"},"emails":[{"value":"a@b"}],"urn:x:2.0:User":{"department":"R&D"},"nick":null}`

func TestExpectationsThatHold(t *testing.T) {
	results := play(t, answer(200, person), `{"step":"s","method":"GET","path":"/x","expect":{"status":[201,200],"json":{
		"$.id":"7","$.active":true,"$.name.givenName":"Ada","$.emails[0].value":"a@b","$.emails#len":1,
		"$.absent#len":0,"$.nick":null,"$.absent.deep[3].x":null,"$[\"urn:x:2.0:User\"].department":"R&D"}}}`)
	if failed := replay.Failed(results); len(failed) != 0 {
		t.Errorf("got failures %v, want none", failed)
	}
}

func TestFailuresAreReported(t *testing.T) {
	cases := []struct{ name, expect, want string }{
		{"status", `{"status":[404]}`, "got status 200, want one of [404]"},
		{"value", `{"status":[200],"json":{"$.name.givenName":"ada"}}`, `got $.name.givenName = "Ada", want "ada"`},
		{"type", `{"status":[200],"json":{"$.id":7}}`, `got $.id = "7", want 7`},
		{"null", `{"status":[200],"json":{"$.emails":null}}`, `want null`},
		{"length", `{"status":[200],"json":{"$.emails#len":2}}`, `got $.emails#len = 1, want 2`},
		{"length of a scalar", `{"status":[200],"json":{"$.id#len":0}}`, `not an array`},
		{"index past the end", `{"status":[200],"json":{"$.emails[1].value":"a@b"}}`, `got $.emails[1].value = null`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			result := play(t, answer(200, person), `{"step":"s","method":"POST","path":"/x","body":{"sent":1},"expect":`+tc.expect+`}`)[0]
			text := result.String()
			for _, part := range []string{tc.want, `{"sent":1}`, person} {
				if result.OK() || !strings.Contains(text, part) {
					t.Errorf("got %q, want a failure holding %q", text, part)
				}
			}
		})
	}
}

func TestBodilessAnswerSkipsJSON(t *testing.T) {
	results := play(t, answer(204, ""), `{"step":"s","method":"PATCH","path":"/x","expect":{"status":[200,204],"json":{"$.id":"7"}}}`)
	if !results[0].OK() {
		t.Errorf("got %v, want a pass: assertions hold only for answers with a body", results[0])
	}
}

func TestVariables(t *testing.T) {
	var seen []string
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Method+" "+r.RequestURI+" "+string(body))
		_, _ = io.WriteString(w, person)
	}
	results := play(t, echo,
		`{"step":"1","method":"POST","path":"/Users","body":{"userName":"u.${rand}"},"save":{"id":"$.id"},"expect":{"status":[200]}}`,
		`{"step":"2","method":"GET","path":"/Users/${id}?","body":null,"expect":{"status":[200],"json":{"$.id":"${id}"}}}`,
		`{"step":"3","method":"GET","path":"/Users/${missing}","expect":{"status":[200]}}`,
		`{"step":"4","method":"GET","path":"/x","save":{"gone":"$.gone"},"expect":{"status":[200]}}`)
	want := `POST /scim/Users {"userName":"u.r1"}|GET /scim/Users/7? |GET /scim/x `
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("got requests %q, want %q", got, want)
	}
	for i, ok := range []bool{true, true, false, false} {
		if results[i].OK() != ok {
			t.Errorf("got %v, want OK %v", results[i], ok)
		}
	}
}

func TestHeaders(t *testing.T) {
	var got http.Header
	record := func(_ http.ResponseWriter, r *http.Request) { got = r.Header }
	play(t, record, `{"step":"s","method":"GET","path":"/x","headers":{"User-Agent":"","Accept":"a/b"},"expect":{"status":[200]}}`)
	if got.Get("Authorization") != "Bearer secret" || got.Get("Accept") != "a/b" || got.Values("User-Agent") != nil {
		t.Errorf("got headers %v, want the bearer token, Accept a/b and no User-Agent", got)
	}
	play(t, record, `{"step":"s","method":"GET","path":"/x","headers":{"Authorization":"non-token"},"expect":{"status":[401]}}`)
	if got.Get("Authorization") != "non-token" {
		t.Errorf("got Authorization %q, want the step's own", got.Get("Authorization"))
	}
}

func TestNoServer(t *testing.T) {
	trace, err := replay.Load("test", strings.NewReader(`{} {"step":"s","method":"GET","path":"/","expect":{"status":[200]}}`))
	if err != nil {
		t.Fatal(err)
	}
	result := replay.Run(t.Context(), replay.Target{BaseURL: "http://127.0.0.1:1"}, trace)[0]
	if result.OK() || !strings.Contains(result.String(), "got no answer") {
		t.Errorf("got %v, want a failure telling that no answer came", result)
	}
}

// A typo in a trace would otherwise pass for a fault of the server under test.
func TestTracesAreUsable(t *testing.T) {
	traces, err := replay.Traces()
	if err != nil {
		t.Fatal(err)
	}
	if len(traces) < 4 {
		t.Fatalf("got %d traces, want at least the four recorded ones", len(traces))
	}
	for _, trace := range traces {
		if trace.Comment == "" || len(trace.Evidenced)+len(trace.Inferred) == 0 || len(trace.Steps) == 0 {
			t.Errorf("got trace %s without comment, evidence or steps, want all three", trace.Name)
		}
		saved := map[string]bool{"rand": true}
		for _, step := range trace.Steps {
			for _, name := range variables(step) {
				if !saved[name] {
					t.Errorf("trace %s, step %q: got ${%s} before any step saves it", trace.Name, step.Name, name)
				}
			}
			for name := range step.Save {
				saved[name] = true
			}
		}
	}
}

func variables(step replay.Step) []string {
	var names []string
	for _, part := range strings.Split(step.Path+string(step.Body), "${")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	return names
}
