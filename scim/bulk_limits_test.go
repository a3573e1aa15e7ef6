package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"scimd/internal/testenv"
	"scimd/scim"
	"scimd/scim/schema"
)

const (
	maxBulkOperations = 1000
	maxBulkPayload    = 4 << 20
)

// counted tells how much of a body was read.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// blanks are JSON that never ends.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// 7644-3.7.4-R01, R02: both limits are as advertised, exact, and named in the
// refusal; nothing beyond is carried out or read.
func TestBulkLimits(t *testing.T) {
	r := startDirectory(t)
	want := asJSON(map[string]any{"supported": true, "maxOperations": maxBulkOperations, "maxPayloadSize": maxBulkPayload})
	if got := r.want(200, "GET", "/ServiceProviderConfig", "").json("bulk"); got != want {
		t.Errorf("got bulk %s, want %s", got, want)
	}
	operations := slices.Repeat([]string{bulkDelete("/Users/" + absentID)}, maxBulkOperations-1)
	operations = append(operations, bulkUser("last", "last"))
	most := bulkMessage("", operations...)
	if items := r.bulkMessage(most); len(items) != maxBulkOperations || items[maxBulkOperations-1].Status != "201" {
		t.Errorf("got %d results, want %d", len(items), maxBulkOperations)
	}
	full := bulkMessage("", bulkUser("full", "full"))
	full += strings.Repeat(" ", maxBulkPayload-len(full))
	r.wantResults(r.bulkMessage(full), "201")

	refused := func(name string, body io.Reader, limit string, value int) {
		t.Helper()
		a := r.exchange("POST", "/Bulk", body)
		var e struct{ Detail, Status string }
		if err := a.into(&e); err != nil || a.status != http.StatusRequestEntityTooLarge || e.Status != "413" ||
			!strings.Contains(e.Detail, limit) || !strings.Contains(e.Detail, fmt.Sprint(value)) {
			t.Errorf("%s: got %d %s, want 413 with %s (%d)", name, a.status, a.raw, limit, value)
		}
	}
	many := bulkMessage("", append(operations, bulkUser("more", "more"))...)
	refused("an operation more", strings.NewReader(many), "maxOperations", maxBulkOperations)
	large := bulkMessage("", bulkUser("large", "large"))
	large += strings.Repeat(" ", maxBulkPayload+1-len(large))
	refused("a byte more", strings.NewReader(large), "maxPayloadSize", maxBulkPayload)
	refused("a byte more, chunked", io.MultiReader(strings.NewReader(large)), "maxPayloadSize", maxBulkPayload)
	r.wantNames("full", "last")
}

// 7644-3.7.4-R02: of a body that says that it is too large nothing is read, of
// another no more than the limit and a buffer.
func TestBulkPayloadIsNotRead(t *testing.T) {
	env := testenv.Start(t)
	h := bulkHandler(env, slog.DiscardHandler)
	for length, most := range map[int64]int64{4294967296: 0, -1: maxBulkPayload + 1} {
		body := &counted{Reader: blanks{}}
		w := bulkServe(t.Context(), h, env.Token, body, length)
		if w.Code != http.StatusRequestEntityTooLarge || body.n.Load() > most {
			t.Errorf("length %d: got %d after %d bytes, want 413 after %d at most", length, w.Code, body.n.Load(), most)
		}
	}
}

func bulkHandler(env *testenv.Env, log slog.Handler) *scim.Handler {
	return &scim.Handler{
		Provision: env.Service, Registry: func(string) *schema.Registry { return schema.Core() }, BasePath: "/scim/v2",
		PublicURL: func(*http.Request) string { return "https://scim.example" }, Log: slog.New(log), NewID: func() string { return "request-1" },
	}
}

func bulkServe(ctx context.Context, h http.Handler, token string, body io.Reader, length int64) *httptest.ResponseRecorder {
	q := httptest.NewRequestWithContext(ctx, "POST", "/scim/v2/Bulk", body)
	q.ContentLength = length
	q.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

// One line tells of the whole job.
func TestBulkLog(t *testing.T) {
	env := testenv.Start(t)
	var log bytes.Buffer
	h := bulkHandler(env, slog.NewJSONHandler(&log, nil))
	message := bulkMessage(`"failOnErrors":1,`, bulkUser("a", "a"), bulkDelete("/Users/"+absentID), bulkUser("b", "b"))
	if w := bulkServe(t.Context(), h, env.Token, strings.NewReader(message), int64(len(message))); w.Code != http.StatusOK {
		t.Fatalf("got %d %s, want 200", w.Code, w.Body)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("got %s (%v), want one line", &log, err)
	}
	for key, want := range map[string]any{"request": "request-1", "route": "/Bulk", "status": 200., "operations": 3., "done": 2., "failed": 1.} {
		if line[key] != want {
			t.Errorf("got %s %v, want %v", key, line[key], want)
		}
	}
}

// A client that goes away stops the job between two operations: what is done
// stays, and a circle is not left open.
func TestBulkClientGone(t *testing.T) {
	for _, c := range []struct {
		name       string
		at         int32 // of the ids given out, when the client goes
		operations []string
		want       [][]string
	}{
		// The write on whose way the client goes may or may not have happened.
		{"between", 3, []string{bulkUser("a", "a"), bulkUser("b", "b"), bulkUser("c", "c"), bulkUser("d", "d")}, [][]string{{"a", "b"}, {"a", "b", "c"}}},
		{"in a circle", 1, []string{bulkGroup("a", "a", "bulkId:b"), bulkGroup("b", "b", "bulkId:a"), bulkUser("c", "c")}, [][]string{{"a", "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := startDirectory(t)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			var ids atomic.Int32
			newID := r.NewID
			r.NewID = func() string {
				if ids.Add(1) == c.at {
					leave()
				}
				return newID()
			}
			message := bulkMessage("", c.operations...)
			w := bulkServe(ctx, bulkHandler(r.Env, slog.DiscardHandler), r.Token, strings.NewReader(message), int64(len(message)))
			if w.Body.Len() > 0 {
				t.Errorf("got %s, want nothing for nobody", w.Body)
			}
			got := r.names()
			if !slices.ContainsFunc(c.want, func(names []string) bool { return slices.Equal(names, got) }) {
				t.Errorf("stored %v, want one of %v", got, c.want)
			}
			if c.name == "in a circle" {
				for _, g := range r.get("/Groups").Resources {
					if len(g["members"].([]any)) != 1 {
						t.Errorf("got %v, want the other as member", g)
					}
				}
			}
			r.settled()
		})
	}
}

// Jobs and other writers at once: nothing is lost and everything is answered.
func TestBulkAmongOthers(t *testing.T) {
	t.Parallel()
	r := startDirectory(t)
	_, group := r.mapped(nil)
	const clients, each = 16, 8
	ids := make([][]string, clients)
	together(clients, func(i int) {
		for k := range each {
			name := fmt.Sprintf("user%d-%d", i, k)
			if i%2 == 0 {
				ids[i] = append(ids[i], r.user(name))
				r.patch("/Groups/"+group, membership(i, true, ids[i][k]))
				continue
			}
			message := bulkMessage("",
				bulkPatch("/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"bulkId:u"}]}`),
				bulkGroup("a", name+"-a", "bulkId:b"), bulkGroup("b", name+"-b", "bulkId:a", "bulkId:u"),
				bulkUser("u", name))
			a := r.do("POST", "/Bulk", message)
			items, _ := a.body["Operations"].([]any)
			if a.status != http.StatusOK || len(items) != 4 {
				t.Errorf("got %d %s, want 200 with four results", a.status, a.raw)
				return
			}
			for _, item := range items {
				if s := item.(map[string]any)["status"]; s != "201" && s != "200" {
					t.Errorf("got %v, want a success", item)
				}
			}
			location, _ := items[3].(map[string]any)["location"].(string)
			ids[i] = append(ids[i], location[strings.LastIndexByte(location, '/')+1:])
		}
	})
	r.wantMembers(group, slices.Concat(ids...)...)
	r.settled()
}
