package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"scimd/provision"
	"scimd/store"
)

const newUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"password":%q,"displayName":%q}`

// caller sends requests as the directory okta.
func caller(t *testing.T, s *server) (secret string, call func(method, path, body string) (int, string)) {
	t.Helper()
	_, secret, err := s.provision.CreateToken(t.Context(), provision.TokenInput{Directory: "okta", Scope: store.ScopeSCIM}, store.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	return secret, func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.local()+scimPath+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/scim+json")
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		raw, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.StatusCode, string(raw)
	}
}

// A fault of the database is a 500 without its text, and over with it
// (7644-3.12-R05, R01, R04).
func TestStorageFault(t *testing.T) {
	s, _ := start(t)
	_, call := caller(t, s)
	db, err := sql.Open("sqlite3", filepath.Join(s.config.Data, "scimd.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	breaks := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	failed := func(status int, body string) {
		t.Helper()
		var e struct {
			Schemas                  []string
			Status, ScimType, Detail string
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusInternalServerError ||
			e.Status != "500" || e.ScimType != "" || e.Detail != "internal error" ||
			len(e.Schemas) != 1 || e.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
			t.Errorf("got %d %s", status, body)
		}
	}
	body := func(name string) string { return fmt.Sprintf(newUser, name, "", "") }

	breaks(`CREATE TRIGGER broken BEFORE INSERT ON resource BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END`)
	failed(call("POST", "/Users", body("ann")))
	if status, _ := call("GET", "/Users", ""); status != http.StatusOK {
		t.Errorf("a read beside the fault: %d", status)
	}
	breaks(`DROP TRIGGER broken`)
	if status, got := call("POST", "/Users", body("ann")); status != http.StatusCreated {
		t.Errorf("after the fault: %d %s", status, got)
	}

	breaks(`ALTER TABLE resource RENAME TO elsewhere`)
	failed(call("GET", "/Users", ""))
	failed(call("POST", "/Users", body("bob")))
	breaks(`ALTER TABLE elsewhere RENAME TO resource`)
	if status, got := call("GET", "/Users", ""); status != http.StatusOK || !strings.Contains(got, `"totalResults":1,`) {
		t.Errorf("after the fault: %d %s", status, got)
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// What a client sends is personal, and stays out of the log at its default
// level (7644-7.5.2-R02); a password is in no file in the clear
// (7643-9.2-R01).
func TestCanaries(t *testing.T) {
	log := &lines{}
	s, admin := start(t, func(a *app, c *Config) {
		a.stderr = log
		c.Log.Level, c.SCIM.Passwords = "info", "hash"
	})
	secret, call := caller(t, s)
	status, body := call("POST", "/Users", fmt.Sprintf(newUser, "canary-name", "canary-password", "canary-display"))
	var user struct{ ID string }
	if err := json.Unmarshal([]byte(body), &user); err != nil || status != http.StatusCreated {
		t.Fatal(status, body)
	}
	call("GET", "/Users?filter="+url.QueryEscape(`userName eq "canary-name"`), "")
	call("GET", "/Users?filter="+url.QueryEscape(`canary-attribute eq "canary-value"`), "")
	call("GET", "/Users?startIndex=canary-index&access_token=canary-token&%zz", "")
	call("GET", "/Users/canary-id", "")
	call("GET", "/canary-endpoint/canary-id", "")
	call("POST", "/Users", `{"canary-body":`)
	call("PATCH", "/Users/"+user.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"canary-op"}]}`)
	call("PUT", "/Users/"+user.ID, fmt.Sprintf(newUser, "canary-other", "canary-password\a", ""))
	call("POST", "/Users", fmt.Sprintf(newUser, "CANARY-NAME", "canary-password", ""))
	path := "/directories/okta/users/" + user.ID + "/password"
	for clear, want := range map[string]string{"canary-password": "true", "canary-guess": "false"} {
		raw, err := admin.do(t.Context(), "POST", path, map[string]string{"password": clear})
		if err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %s %v", clear, raw, err)
		}
	}
	stranger := *admin
	stranger.key = "canary-key"
	if _, err := stranger.do(t.Context(), "POST", path, map[string]string{"password": "canary-password"}); err == nil {
		t.Error("a stranger may check passwords")
	}
	written := log.String()
	if n := strings.Count(written, "status="); n < 10 {
		t.Fatalf("only %d requests are logged:\n%s", n, written)
	}
	for _, no := range []string{"canary", "CANARY", secret, strings.TrimPrefix(secret, "scimd_"), admin.key, "filter="} {
		if strings.Contains(written, no) {
			t.Errorf("the log holds %q:\n%s", no, written)
		}
	}

	kept := files(t, s.config.Data)
	if strings.Contains(kept, "canary-password") || strings.Contains(kept, secret) || strings.Contains(kept, admin.key) {
		t.Error("a secret is stored in the clear")
	}
	if !strings.Contains(kept, "$argon2id$v=19$") || !strings.Contains(kept, "canary-name") {
		t.Error("the hash of the password is not where the document is")
	}
}

func files(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(file)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// Tokens are 256 random bits (7644-7.4-R02).
func TestSecrets(t *testing.T) {
	a, b := newSecret(), newSecret()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(a, "scimd_"))
	if err != nil || len(raw) != 32 || a == b {
		t.Errorf("%q and %q: %v", a, b, err)
	}
}
