package idp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// attempts is how often Okta repeats a throttled request.
const attempts = 10

// wire sends requests with Okta's headers and its reaction to 429.
type wire struct {
	base, token string
	client      *http.Client
	backoff     time.Duration

	mu                  sync.Mutex
	requests, throttled int
}

type answer struct {
	status int
	body   []byte
}

func (a answer) String() string {
	text := string(a.body)
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return fmt.Sprintf("%d %s", a.status, text)
}

type resource struct {
	Schemas  []string `json:"schemas"`
	ID       string   `json:"id"`
	UserName string   `json:"userName"`
	Active   bool     `json:"active"`
	Members  []struct {
		Value string `json:"value"`
	} `json:"members"`
}

type listResponse struct {
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex"`
	ItemsPerPage int        `json:"itemsPerPage"`
	Resources    []resource `json:"Resources"`
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func patch(operations ...operation) any {
	return map[string]any{"schemas": []string{patchSchema}, "Operations": operations}
}

func newWire(cfg Config) *wire {
	w := &wire{base: strings.TrimSuffix(cfg.URL, "/"), token: cfg.Token, client: cfg.Client, backoff: cfg.Backoff}
	if w.client == nil {
		w.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: fanOut}}
	}
	if w.backoff == 0 {
		w.backoff = 5 * time.Minute
	}
	return w
}

func (w *wire) send(ctx context.Context, method, path string, body any) (answer, error) {
	backoff := w.backoff
	for range attempts {
		got, retryAfter, err := w.once(ctx, method, path, body)
		if err != nil || got.status != http.StatusTooManyRequests {
			return got, err
		}
		// Okta reads integer seconds only; a date counts as none.
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
	return answer{}, fmt.Errorf("%s %s: got 429 %d times, want the request let through", method, path, attempts)
}

func (w *wire) once(ctx context.Context, method, path string, body any) (got answer, retryAfter string, err error) {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return answer{}, "", err
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, w.base+path, payload)
	if err != nil {
		return answer{}, "", err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("Accept-Charset", "utf-8")
	if body != nil {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	if resp.StatusCode == http.StatusTooManyRequests {
		w.throttled++
	}
	return answer{resp.StatusCode, data}, resp.Header.Get("Retry-After"), err
}
