package idtoken

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	timeout  = 5 * time.Second // of one answer, redirects included
	maxHops  = 3
	maxBytes = 128 << 10 // of one answer; Entra's keys take some 20 KiB
)

// check holds the URL to OIDC Discovery §3. That it may name a host within our
// network is meant: such providers exist, and an administrator names them.
func (i Issuer) check() error {
	u, err := url.Parse(i.URL)
	if err != nil || u.User != nil || strings.ContainsAny(i.URL, "?#") || !reachable(u, true) {
		return &Error{Kind: Misconfigured, Text: "the issuer must be an https URL without user, query and fragment"}
	}
	if i.Audience == "" {
		return &Error{Kind: Misconfigured, Text: "the issuer needs the audience of its tokens"}
	}
	return nil
}

// reachable tells whether the URL may be asked; plain allows http on loopback,
// where nobody can be in between.
func reachable(u *url.URL, plain bool) bool {
	host := u.Hostname()
	switch u.Scheme {
	case "https":
		return host != ""
	case "http":
		ip, _ := netip.ParseAddr(host) // zero is not loopback
		return plain && (host == "localhost" || ip.IsLoopback())
	default:
		return false
	}
}

// fetcher answers go-oidc's requests to one provider. go-oidc asks for the keys
// whenever a signature fits none that it has, hence for every forged token; the
// fetcher repeats its last answer instead of asking again within the pause.
type fetcher struct {
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex
	url  string // of the last answer
	at   time.Time
	body []byte
	err  error
}

func newFetcher(client *http.Client, now func() time.Time, issuer string) *fetcher {
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	limit := timeout
	if client.Timeout > 0 {
		limit = min(limit, client.Timeout)
	}
	inner := &http.Client{
		Transport: guard{base, strings.HasPrefix(issuer, "http:")},
		Timeout:   limit,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxHops {
				return errors.New("too many redirects")
			}
			return nil
		},
	}
	return &fetcher{client: inner, now: now}
}

// RoundTrip is an http.RoundTripper's.
func (f *fetcher) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if to := req.URL.String(); to != f.url || f.now().Sub(f.at) >= pause {
		f.body, f.err = f.fetch(req)
		f.url, f.at = to, f.now()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(f.body)), ContentLength: int64(len(f.body)), Request: req,
	}, nil
}

func (f *fetcher) fetch(req *http.Request) ([]byte, error) {
	resp, err := f.client.Do(req.Clone(req.Context()))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %d", resp.StatusCode)
	}
	return io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxBytes))
}

// guard holds every request to reachable URLs: what discovery names as the
// place of the keys and each redirect, too, may be http only if the issuer is.
type guard struct {
	base  http.RoundTripper
	plain bool
}

// RoundTrip is an http.RoundTripper's.
func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if !reachable(req.URL, g.plain) {
		return nil, errors.New("the provider names a URL that is not https")
	}
	return g.base.RoundTrip(req)
}
