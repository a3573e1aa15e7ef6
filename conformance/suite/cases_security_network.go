package suite

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
)

// tlsOnly sends a request in clear to the port of TLS. It carries no
// credentials: whoever asks for them in clear would also take them in clear.
func tlsOnly(t *T) {
	plain := tlsTarget(t)
	plain.Scheme = "http"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plain.String()+"/Users", nil)
	if err != nil {
		t.Fatalf("the URL of the target is faulty: %v", err)
	}
	answer, err := t.session.http.Do(req)
	if err != nil {
		t.Notef("a request in clear gets no answer")
		return
	}
	defer func() { _ = answer.Body.Close() }()
	location, _ := url.Parse(answer.Header.Get("Location"))
	redirected := answer.StatusCode/100 == 3 && location != nil && location.Scheme == "https"
	refused := answer.StatusCode == http.StatusBadRequest || answer.StatusCode == http.StatusUpgradeRequired || answer.StatusCode == http.StatusMisdirectedRequest
	t.Assert(redirected || refused, "GET %s in clear: got %s, want no answer, a refusal or a redirect to https", plain, answer.Status)
}

// tlsVersions shakes hands in each version of TLS.
func tlsVersions(t *T) {
	target := tlsTarget(t)
	for _, v := range []struct {
		version uint16
		works   bool
	}{
		{tls.VersionTLS12, true},
		{tls.VersionTLS13, true},
		{tls.VersionTLS11, false},
		{tls.VersionTLS10, false},
	} {
		err := tlsHandshake(t, target, v.version)
		if v.works {
			t.Assert(err == nil, "%s: got no handshake (%v), want one", tls.VersionName(v.version), err)
		} else {
			t.Assert(err != nil, "%s: got a handshake, want it refused", tls.VersionName(v.version))
		}
	}
}

func tlsTarget(t *T) *url.URL {
	target, err := url.Parse(t.Base())
	if err != nil || target.Scheme != "https" {
		t.NotJudged("the target is not served over TLS")
	}
	return target
}

func tlsHandshake(t *T, target *url.URL, version uint16) error {
	config := &tls.Config{}
	if transport, ok := t.session.http.Transport.(*http.Transport); ok && transport.TLSClientConfig != nil {
		config = transport.TLSClientConfig.Clone()
	}
	config.MinVersion, config.MaxVersion = version, version
	port := target.Port()
	if port == "" {
		port = "443"
	}
	dialer := &tls.Dialer{Config: config}
	conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(target.Hostname(), port))
	if err != nil {
		return err
	}
	return conn.Close()
}

// canaryListener waits for connections until the case ends. Only a server on
// this machine could reach it.
func canaryListener(t *T) (address string, connections func() int) {
	target, err := url.Parse(t.Base())
	if ip := net.ParseIP(target.Hostname()); err != nil || target.Hostname() != "localhost" && !ip.IsLoopback() {
		t.NotJudged("the server is on another machine, which cannot reach the canary")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.NotJudged("there is no port for the canary: %v", err)
	}
	context.AfterFunc(t.Context(), func() { _ = listener.Close() })
	var count atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			_ = conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), func() int { return int(count.Load()) }
}
