package suite

import (
	"context"
	"net/http"
	"time"
)

// Target is the server under test and what the suite may use of it. Whatever is
// left out makes the rows that need it not judged.
type Target struct {
	URL           string // base URL, such as https://host/scim/v2
	Token         string // a client that may do everything
	OtherToken    string // a client of a second tenant
	ReadOnlyToken string // a client of the first tenant that may only read
	SubjectToken  string // a self-service user of the first tenant
	Client        *http.Client
	Hooks         Hooks
	Readings      []string // ambiguities ("A-05") that the target reads the other way
}

// Hooks do what no client can.
type Hooks struct {
	// IssueToken makes a token of the first tenant that is good for the time.
	IssueToken func(ctx context.Context, ttl time.Duration) (token string, err error)
	// Files names the files that hold the server's data.
	Files func(ctx context.Context) ([]string, error)
	// Logs is everything the server has logged.
	Logs func(ctx context.Context) ([]byte, error)
	// Memory is how many bytes the server uses now.
	Memory func(ctx context.Context) (bytes uint64, err error)
	// Events are the claims of every security event token issued so far (RFC
	// 9967), each a JSON object.
	Events func(ctx context.Context) ([][]byte, error)
	// Fault makes the storage fail until undo is called.
	Fault func(ctx context.Context) (undo func() error, err error)
}

// Target is the server under test.
func (t *T) Target() Target { return t.session.target }

// Reading tells whether the target reads the ambiguity the other way.
func (t *T) Reading(id string) bool {
	for _, reading := range t.session.target.Readings {
		if reading == id {
			return true
		}
	}
	return false
}

// IssueToken is a client whose new token is good for the time.
func (t *T) IssueToken(ttl time.Duration) *Client {
	hook := t.session.target.Hooks.IssueToken
	if hook == nil {
		t.NotJudged("the target has no hook that issues tokens")
	}
	token, err := hook(t.ctx, ttl)
	if err != nil {
		t.NotJudged("no token was issued: %v", err)
	}
	return t.WithToken(token)
}

// Files names the files that hold the server's data.
func (t *T) Files() []string {
	hook := t.session.target.Hooks.Files
	if hook == nil {
		t.NotJudged("the target has no hook that names its data files")
	}
	files, err := hook(t.ctx)
	if err != nil {
		t.NotJudged("the data files are unknown: %v", err)
	}
	return files
}

// Logs is everything the server has logged.
func (t *T) Logs() []byte {
	hook := t.session.target.Hooks.Logs
	if hook == nil {
		t.NotJudged("the target has no hook that reads its logs")
	}
	logs, err := hook(t.ctx)
	if err != nil {
		t.NotJudged("the logs cannot be read: %v", err)
	}
	return logs
}

// Memory is how many bytes the server uses; without the hook the case is not
// judged, for the reason given.
func (t *T) Memory(why string) uint64 {
	hook := t.session.target.Hooks.Memory
	if hook == nil {
		t.NotJudged("%s; the target has no hook that tells its memory", why)
	}
	bytes, err := hook(t.ctx)
	if err != nil {
		t.NotJudged("the memory is unknown: %v", err)
	}
	return bytes
}

// Events are the claims of every security event token issued so far.
func (t *T) Events() []Doc {
	hook := t.session.target.Hooks.Events
	if hook == nil {
		t.NotJudged("the target has no hook that captures its security events")
	}
	tokens, err := hook(t.ctx)
	if err != nil {
		t.NotJudged("the security events cannot be captured: %v", err)
	}
	events := make([]Doc, len(tokens))
	for i, claims := range tokens {
		if events[i], err = parse(claims); err != nil {
			t.Errorf("got an event that is no JSON object (%v), want the claims of a SET", err)
		}
	}
	return events
}

// Fault makes the storage fail until undo, or until the case ends. The case
// must be Alone.
func (t *T) Fault() (undo func()) {
	if !t.alone {
		t.Fatalf("the case breaks the storage but is not Alone")
	}
	hook := t.session.target.Hooks.Fault
	if hook == nil {
		t.NotJudged("the target has no hook that makes its storage fail")
	}
	mend, err := hook(t.ctx)
	if err != nil {
		t.NotJudged("the storage could not be made to fail: %v", err)
	}
	broken := true
	undo = func() {
		if !broken {
			return
		}
		broken = false
		if err := mend(); err != nil {
			t.Errorf("the storage could not be mended: %v", err)
		}
	}
	t.undo = append(t.undo, undo)
	return undo
}
