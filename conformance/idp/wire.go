package idp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// manners are what a provider's requests look like, and how patient it is.
// The zero value is a plain client.
type manners struct {
	agent, accept, contentType string                   // empty: no User-Agent; application/scim+json
	escape                     func(string) string      // of a filter; nil is %20 for a space
	finish                     func(path string) string // what it hangs onto a URL; nil is nothing

	fanOut   int           // requests in flight; 0 means 1
	attempts int           // at one request that gets 429; 0 means 5
	backoff  time.Duration // after a 429 without integer seconds, doubling; 0 means a second
}

const (
	scimJSON  = "application/scim+json"
	plainJSON = "application/json"

	// sends bounds how often a request whose answer was lost is repeated.
	sends = 3
)

// errLost says that no answer came: it may have been carried out or not.
var errLost = errors.New("the answer was lost")

// wire sends requests as the provider does, and repeats them as it does.
type wire struct {
	manners
	base, token string
	client      *http.Client

	mu                  sync.Mutex
	requests, throttled int
}

type answer struct {
	status      int
	contentType string
	body        []byte
	repeated    bool // an earlier answer was lost
}

func (a answer) String() string {
	text := string(a.body)
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, text))
}

func newWire(cfg Config, m manners) *wire {
	m.accept, m.contentType = cmp.Or(m.accept, scimJSON), cmp.Or(m.contentType, scimJSON)
	m.fanOut, m.attempts, m.backoff = cmp.Or(m.fanOut, 1), cmp.Or(m.attempts, 5), cmp.Or(cfg.Backoff, m.backoff, time.Second)
	if m.escape == nil {
		m.escape = percent
	}
	w := &wire{manners: m, base: strings.TrimSuffix(cfg.URL, "/"), token: cfg.Token, client: cfg.Client}
	if w.client == nil {
		w.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: m.fanOut}}
	}
	return w
}

// percent encodes all of it, as Okta does (§3.2); plus is a form's encoding.
func percent(s string) string { return strings.ReplaceAll(plus(s), "+", "%20") }
func plus(s string) string    { return url.QueryEscape(s) }

// send repeats what was throttled after the wait that was asked for, and what
// got no answer at once. A POST is not repeated blindly: its error is errLost,
// and the caller looks first.
func (w *wire) send(ctx context.Context, method, path string, body any) (answer, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	backoff, throttled, lost := w.backoff, 0, 0
	for {
		got, retryAfter, err := w.once(ctx, method, path, payload)
		if err != nil {
			if lost++; ctx.Err() != nil || method == http.MethodPost || lost == sends {
				return answer{}, fmt.Errorf("%s %s: %w: %w", method, path, errLost, err)
			}
			continue
		}
		if got.repeated = lost > 0; got.status != http.StatusTooManyRequests {
			return got, nil
		}
		if throttled++; throttled == w.attempts {
			return answer{}, fmt.Errorf("%s %s: got 429 %d times, want the request let through", method, path, throttled)
		}
		// Integer seconds only; a date counts as none (§3.6).
		wait := backoff
		if seconds, err := strconv.Atoi(retryAfter); err == nil {
			wait = time.Duration(seconds) * time.Second
		} else {
			backoff *= 2
		}
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (w *wire) once(ctx context.Context, method, path string, payload []byte) (got answer, retryAfter string, err error) {
	if w.finish != nil {
		path = w.finish(path)
	}
	req, err := http.NewRequestWithContext(ctx, method, w.base+path, bytes.NewReader(payload))
	if err != nil {
		return answer{}, "", err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("User-Agent", w.agent) // an empty one is not sent
	req.Header.Set("Accept", w.accept)
	if payload != nil {
		req.Header.Set("Content-Type", w.contentType)
	}
	w.mu.Lock()
	w.requests++
	w.mu.Unlock()
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusTooManyRequests {
		w.mu.Lock()
		w.throttled++
		w.mu.Unlock()
	}
	return answer{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), body: body}, resp.Header.Get("Retry-After"), err
}

// parallel runs fn for 0..n-1, as many at a time as the provider does, and
// returns the first error.
func (w *wire) parallel(n int, fn func(int) error) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, first == nil && next <= n
	}
	for range min(w.fanOut, n) {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := fn(i); err != nil {
					mu.Lock()
					first = cmp.Or(first, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}
