package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answerTimeout lets the slowest scenario of the largest directory end.
const answerTimeout = 10 * time.Minute

// conn is one keep-alive connection. It is leaner than http.Client, which on a
// small machine would itself be the bottleneck of the ceiling.
type conn struct {
	base   *url.URL
	door   door
	net    net.Conn
	reader *bufio.Reader
	buffer []byte
}

// door is one way into a server: a base URL and what is sent to it.
type door struct{ base, token, media string }

type answer struct {
	status int
	body   []byte
	first  time.Duration // until the header was there
}

func (a answer) String() string {
	if len(a.body) > 200 {
		return fmt.Sprintf("%d %s…", a.status, a.body[:200])
	}
	return fmt.Sprintf("%d %s", a.status, a.body)
}

func newConn(d door) (*conn, error) {
	parsed, err := url.Parse(strings.TrimSuffix(d.base, "/"))
	if err != nil {
		return nil, err
	}
	if parsed.Host == "" {
		return nil, fmt.Errorf("got base URL %q, want one with a host", d.base)
	}
	return &conn{base: parsed, door: d}, nil
}

// do sends one request and reads its whole answer. The path is already encoded.
func (c *conn) do(method, path, body string) (answer, error) {
	if c.net == nil {
		if err := c.dial(); err != nil {
			return answer{}, err
		}
	}
	c.buffer = fmt.Appendf(c.buffer[:0], "%s %s%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: %s\r\n",
		method, c.base.EscapedPath(), path, c.base.Host, c.door.token, c.door.media)
	if body != "" {
		c.buffer = fmt.Appendf(c.buffer, "Content-Type: %s\r\nContent-Length: %d\r\n", c.door.media, len(body))
	}
	c.buffer = append(append(c.buffer, "\r\n"...), body...)
	got, err := c.exchange()
	if err != nil {
		c.close()
		return answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return got, nil
}

func (c *conn) exchange() (answer, error) {
	begin := time.Now()
	if err := c.net.SetDeadline(begin.Add(answerTimeout)); err != nil {
		return answer{}, err
	}
	if _, err := c.net.Write(c.buffer); err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, err
	}
	first := time.Since(begin)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if resp.Close {
		c.close()
	}
	return answer{resp.StatusCode, body, first}, err
}

func (c *conn) dial() (err error) {
	port, secure := c.base.Port(), c.base.Scheme == "https"
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	address := net.JoinHostPort(c.base.Hostname(), port)
	dialer := &net.Dialer{Timeout: answerTimeout}
	if secure {
		c.net, err = (&tls.Dialer{NetDialer: dialer}).DialContext(context.Background(), "tcp", address)
	} else {
		c.net, err = dialer.DialContext(context.Background(), "tcp", address)
	}
	if err != nil {
		c.net = nil // not an interface around a nil pointer
		return err
	}
	c.reader = bufio.NewReaderSize(c.net, 16<<10)
	return nil
}

func (c *conn) close() {
	if c.net != nil {
		_ = c.net.Close()
		c.net = nil
	}
}
