package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"scimd/provision"
	"scimd/scim/resource"
	"scimd/scim/schema"
	"scimd/scim/scimerr"
	"scimd/store"
)

func testHandler() *Handler {
	user := &schema.Schema{ID: schema.UserURN, JSON: []byte(`{"id":"` + schema.UserURN + `","name":"User"}`)}
	return &Handler{
		Registry: func(string) *schema.Registry {
			return &schema.Registry{
				Types:   []*schema.ResourceType{{Name: "User", Endpoint: "/Users", Schema: user}},
				Schemas: []*schema.Schema{user},
			}
		},
		BasePath:  "/scim/v2",
		PublicURL: func(*http.Request) string { return "https://scim.example" },
		Log:       slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewID:     func() string { return "request-1" },
	}
}

// TestRoutes needs no store: nothing here gets past the credential.
func TestRoutes(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		status       int
		header, want string
	}{
		{"GET", "/scim/v2/ServiceProviderConfig", 200, "Content-Type", "application/scim+json"},
		{"HEAD", "/scim/v2/Schemas", 200, "X-Request-Id", "request-1"},
		{"GET", "/scim/v2//schemas/?", 200, "", ""},
		{"GET", "/scim/v2/Schemas/" + schema.UserURN, 200, "", ""},
		{"GET", "/scim/v2/Schemas/urn:none", 404, "", ""},
		{"GET", "/scim/v2/ResourceTypes?filter=x", 403, "", ""},
		{"POST", "/scim/v2/Schemas", 405, "Allow", "GET, HEAD, OPTIONS"},
		{"GET", "/scim/v2/Users", 401, "WWW-Authenticate", `Bearer realm="scim"`},
		{"GET", "/scim/v2/Nothing", 401, "", ""},
		{"GET", "/scim/v9/Users", 400, "", ""},
		{"GET", "/elsewhere", 404, "", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			testHandler().ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if tt.header != "" && w.Header().Get(tt.header) != tt.want {
				t.Errorf("%s: %q, want %q", tt.header, w.Header().Get(tt.header), tt.want)
			}
			if tt.status >= 400 {
				var e struct{ Status string }
				if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Status != fmt.Sprint(tt.status) {
					t.Errorf("not a SCIM error: %s", w.Body)
				}
			}
		})
	}
}

func TestWireError(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		typ    string
	}{
		{scimerr.InvalidPath("x"), 400, "invalidPath"},
		{&provision.Error{Reason: provision.NotFound}, 404, ""},
		{&provision.Error{Reason: provision.Taken}, 409, "uniqueness"},
		{&provision.Error{Reason: provision.Invalid}, 400, "invalidValue"},
		{&provision.Error{Reason: provision.Unauthorized}, 401, ""},
		{fmt.Errorf("find: %w", store.ErrNotFound), 404, ""},
		{store.ErrBusy, 503, ""},
		{errors.Join(store.ErrUnavailable, errors.New("secret")), 503, ""},
		{&store.TooLongError{Attribute: "userName"}, 400, "invalidValue"},
		{&http.MaxBytesError{Limit: 5}, 413, ""},
		{context.DeadlineExceeded, 500, ""},
		{errors.New("secret"), 500, ""},
	} {
		got := wireError(tt.err).Wire
		if got.Status != tt.status || string(got.ScimType) != tt.typ || strings.Contains(got.Detail, "secret") {
			t.Errorf("%v: %d %q %q", tt.err, got.Status, got.ScimType, got.Detail)
		}
	}
}

func TestMainEmail(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "",
		`{"emails":[{"value":"a"},{"value":"b"}]}`:                                   "a",
		`{"emails":[{"value":"a"},{"value":"b","type":"Work"}]}`:                     "b",
		`{"emails":[{"value":"b","type":"work"},{"value":"c","primary":true}]}`:      "c",
		`{"emails":[{"type":"work","primary":true},{"value":"d","type":"private"}]}`: "d",
	} {
		o, err := resource.Parse([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if got := mainEmail(o); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
