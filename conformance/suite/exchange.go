package suite

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Exchange is one request of a case and its answer, without credentials.
type Exchange struct {
	Client         string // who asked
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    string
	Status         int // 0: no answer, see Error
	ResponseHeader http.Header
	ResponseBody   string
	Elapsed        time.Duration
	Error          string
}

const (
	redacted = "(redacted)"
	// What a case keeps: its beginning and its end tell a story of thousands of
	// requests as well as all of them.
	keptExchanges = 100
	keptBody      = 32 << 10
	// A shorter token would be found in innocent text.
	secretLength = 8
)

func (t *T) record(e Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.exchanges) == keptExchanges {
		t.exchanges = append(t.exchanges[:keptExchanges/2], t.exchanges[keptExchanges/2+1:]...)
		t.omitted++
	}
	t.exchanges = append(t.exchanges, e)
}

func redactHeader(header http.Header) http.Header {
	header = header.Clone()
	if header.Get("Authorization") != "" {
		header.Set("Authorization", redacted)
	}
	return header
}

func (s *session) redact(text string) string {
	for _, token := range []string{s.target.Token, s.target.OtherToken, s.target.ReadOnlyToken, s.target.SubjectToken} {
		if len(token) >= secretLength {
			text = strings.ReplaceAll(text, token, redacted)
		}
	}
	return text
}

func cut(text string) string {
	if len(text) > keptBody {
		return strings.ToValidUTF8(text[:keptBody], "") + "… (" + strconv.Itoa(len(text)) + " bytes)"
	}
	return text
}

// clip shortens text for a message.
func clip(text string) string {
	const limit = 300
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
