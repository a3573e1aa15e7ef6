package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"scimd/api"
)

// credentials are what a server leaves in its data folder for the commands on
// the same machine.
type credentials struct {
	URL       string `json:"url"`
	Key       string `json:"key,omitempty"`
	SCIMToken string `json:"scimToken,omitempty"` // of the sandbox
}

func credentialsFile(data string) string { return filepath.Join(data, "client.json") }

// readCredentials gives the zero value where no server has been.
func readCredentials(data string) (credentials, error) {
	var c credentials
	raw, err := os.ReadFile(credentialsFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	return c, err
}

// write replaces the file, so that it is never half written, and never
// readable by others.
func (c credentials) write(data string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	temporary := credentialsFile(data) + ".new"
	if err := os.WriteFile(temporary, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, credentialsFile(data))
}

// client speaks to the API of a running server.
type client struct {
	base, key   string
	actor       string // for whom it asks
	acknowledge bool
}

func (a *app) dataFolder() string { return cmp.Or(a.data, a.getenv("SCIMD_DATA"), "data") }

func (a *app) client() (*client, error) {
	left, err := readCredentials(a.dataFolder())
	if err != nil {
		return nil, err
	}
	c := &client{
		base: cmp.Or(a.url, a.getenv("SCIMD_URL"), left.URL, "http://localhost:8080"),
		key:  cmp.Or(a.key, a.getenv("SCIMD_ADMIN_KEY"), left.Key),

		actor: cmp.Or(a.as, a.getenv("SCIMD_AS")), acknowledge: a.acknowledge,
	}
	if c.key == "" {
		return nil, errors.New("no administrator key: give --key or SCIMD_ADMIN_KEY")
	}
	return c, nil
}

// path escapes each part; names may hold anything.
func path(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}

func (c *client) get(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil)
}

// do asks once; an error is the server's own sentence.
func (c *client) do(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	answer, err := c.open(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return io.ReadAll(answer)
}

// open is do for an answer of any length.
func (c *client) open(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	if c.acknowledge && method != http.MethodGet {
		path += "?acknowledge=true"
	}
	var in io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.base, "/")+api.BasePath+path, in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	if c.actor != "" {
		r.Header.Set(api.ActorHeader, c.actor)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if w.StatusCode < 300 {
		return w.Body, nil
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		return nil, err
	}
	return nil, refusal(w.Status, raw)
}

// refused is what a server answered in place of what was asked for.
type refused struct{ api.Problem }

func (r *refused) Error() string {
	text := r.Detail
	for _, e := range r.Errors {
		text += "; " + e.Error()
	}
	if r.Rule != "" {
		text += " (" + r.Rule + ")"
	}
	return text
}

func refusal(status string, raw []byte) error {
	var r refused
	if err := json.Unmarshal(raw, &r.Problem); err != nil || r.Detail == "" {
		return fmt.Errorf("the server answered %s", status)
	}
	return &r
}

// all walks the pages of a list that has a cursor.
func (c *client) all(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	q := url.Values{"limit": {"1000"}}
	maps.Copy(q, query)
	var out struct {
		Items []json.RawMessage `json:"items"`
	}
	out.Items = []json.RawMessage{}
	for {
		raw, err := c.get(ctx, path, q)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  json.RawMessage   `json:"next"` // a text or a number
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, err
		}
		out.Items = append(out.Items, page.Items...)
		next := strings.Trim(string(page.Next), `"`)
		if next == "" {
			return json.Marshal(out)
		}
		q.Set("after", next)
	}
}
