package suite

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// bulkAffordable is the largest body that the limits are worth.
const bulkAffordable = 32 << 20

func bulkLimitCases() []Case {
	return []Case{
		{ID: "7644-3.7.4-R01", Run: func(t *T) {
			limit, made := bulkLimit(t, "maxOperations"), t.User(nil)
			operations := bulkUnknown(t, limit)
			if size := len(bulkBody(BulkRequest(operations...))); size > min(bulkAffordable, bulkLimit(t, "maxPayloadSize")) {
				t.NotJudged("%d operations are more than a body may hold", limit)
			}
			// An error per operation would be a long answer, so the job stops at once.
			atLimit := t.Post("/Bulk", merge(BulkRequest(operations...), M{"failOnErrors": 1}))
			if t.Reading("A-25") {
				t.Differ(atLimit.Status, 413, "the answer to as many operations as there may be")
			} else {
				t.Equal(atLimit.Status, 200, "the answer to as many operations as there may be")
			}
			over := t.Post("/Bulk", BulkRequest(append([]M{bulkPost("a", "/Users", made)}, operations...)...))
			bulkTooLarge(t, over, "maxOperations", limit)
			t.Equal(bulkFound(t, made), 0, "users made by a job that was too large")
		}},
		{ID: "7644-3.7.4-R02", Run: func(t *T) {
			limit := bulkLimit(t, "maxPayloadSize")
			if limit > bulkAffordable {
				t.NotJudged("a body of more than %d bytes is too much to send", limit)
			}
			t.Equal(t.Post("/Bulk", bulkPadded(t, limit)).Status, 200, "the answer to as many bytes as there may be")
			bulkTooLarge(t, t.Post("/Bulk", bulkPadded(t, limit+1)), "maxPayloadSize", limit)
			t.Variant("chunked", func() {
				body := bulkPadded(t, limit+1)
				bulkTooLarge(t, t.Post("/Bulk", func() io.Reader { return bytes.NewReader(body) }), "maxPayloadSize", limit)
			})
		}},
		{ID: "7644-3.7-R10", Run: func(t *T) {
			u := t.NewUser(nil)
			taken := bulkPost("a", "/Users", t.User(M{"userName": u.String("userName")}))
			results := bulkRun(t, bulkPatch(u.Path, Replace("title", "Guide")), taken)
			bulkStatuses(t, results, "200 204", "409")
			t.Equal(t.Reload(u).String("title"), "Guide", "title after a PATCH in bulk")
			t.Equal(results[1].Value("response.scimType"), "uniqueness", "response.scimType of a clash")
			t.Variant("forbidden", func() {
				r := t.ReadOnly().Post("/Bulk", BulkRequest(bulkPatch(u.Path, Replace("title", "Lead"))))
				if r.Status == 200 {
					bulkStatuses(t, bulkResults(t, r), "403")
				} else {
					t.WantError(r, 403)
				}
				t.Equal(t.Reload(u).String("title"), "Guide", "title after a PATCH that was forbidden")
			})
		}},
	}
}

// bulkLimit is a limit of the configuration, which the server must define.
func bulkLimit(t *T, name string) int {
	limit := t.Config().Int("bulk." + name)
	if limit < 1 {
		t.Fatalf("got bulk.%s %s, want a limit", name, asJSON(t.Config().Value("bulk."+name)))
	}
	return limit
}

// bulkUnknown are n operations that cost the server little.
func bulkUnknown(t *T, n int) []M {
	n = min(n, bulkAffordable/len(`{"method":"DELETE","path":"/Users/"}`))
	operations, path := make([]M, n), "/Users/"+t.Unique("x")
	for i := range operations {
		operations[i] = bulkDelete(path)
	}
	return operations
}

func bulkBody(message M) []byte {
	body, err := json.Marshal(message)
	if err != nil {
		panic(err) // maps of strings and numbers always encode
	}
	return body
}

// bulkPadded is a body of that size which asks for little.
func bulkPadded(t *T, size int) []byte {
	body := bulkBody(BulkRequest(bulkUnknown(t, 1)...))
	return append(body, bytes.Repeat([]byte(" "), max(0, size-len(body)))...)
}

// bulkTooLarge wants a 413 whose detail names the limit and its value.
func bulkTooLarge(t *T, r *Response, name string, limit int) {
	if t.WantError(r, 413) {
		detail := r.String("detail")
		t.Assert(strings.Contains(detail, name) && strings.Contains(detail, strconv.Itoa(limit)),
			"got detail %q, want %s and its value %d named", detail, name, limit)
	}
}
