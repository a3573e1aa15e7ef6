package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scimd/provision"
	"scimd/store"
)

// certify writes a certificate for localhost that signs itself, and trusts it.
func certify(t *testing.T, files TLSConfig, serial int64, trust *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	trust.AppendCertsFromPEM(cert)
	for file, data := range map[string][]byte{files.Cert: cert, files.Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		// Whatever the clock of the file system can tell apart, this differs.
		at := time.Unix(1_700_000_000+serial, 0)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// A server with a certificate speaks TLS 1.2 and 1.3, takes a new certificate
// without a restart and gives plain HTTP nothing (7644-7.2-R01, R02).
func TestTLS(t *testing.T) {
	dir, trust := t.TempDir(), x509.NewCertPool()
	files := TLSConfig{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	certify(t, files, 1, trust)
	s, _ := start(t, func(_ *app, c *Config) { c.TLS = files })
	address := s.listener.Addr().String()
	handshake := func(from, to uint16) (tls.ConnectionState, error) {
		conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "localhost", RootCAs: trust, MinVersion: from, MaxVersion: to})
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState(), nil
	}
	serial := func(want int64) {
		t.Helper()
		state, err := handshake(tls.VersionTLS12, tls.VersionTLS13)
		if err != nil {
			t.Fatal(err)
		}
		if got := state.PeerCertificates[0].SerialNumber.Int64(); got != want {
			t.Errorf("certificate %d, want %d", got, want)
		}
	}
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if state, err := handshake(v, v); err != nil || state.Version != v {
			t.Errorf("%s: %v", tls.VersionName(v), err)
		}
	}
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if _, err := handshake(v, v); err == nil {
			t.Errorf("%s was accepted", tls.VersionName(v))
		}
	}
	serial(1)
	certify(t, files, 2, trust)
	serial(2)
	if err := os.WriteFile(files.Key, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	serial(2) // the last good one
	certify(t, files, 3, trust)
	serial(3)

	_, secret, err := s.provision.CreateToken(t.Context(), provision.TokenInput{Directory: "okta", Scope: store.ScopeSCIM}, store.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	request := "GET /scim/v2/Groups?count=1 HTTP/1.1\r\nHost: scim.example\r\nConnection: close\r\nAuthorization: Bearer " + secret + "\r\n\r\n"
	conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "localhost", RootCAs: trust})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	status, body := exchange(t, conn, request)
	if status != http.StatusOK || !strings.Contains(body, `"location":"https://scim.example/scim/v2/Groups/`) {
		t.Errorf("over TLS: %d %s", status, body)
	}
	plain, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	if status, body := exchange(t, plain, request); status != http.StatusBadRequest || strings.Contains(body, "Resources") {
		t.Errorf("over plain HTTP: %d %s", status, body)
	}
}

func exchange(t *testing.T, conn net.Conn, request string) (int, string) {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	w, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(body)
}

// A server that cannot read its certificate does not start in the clear.
func TestTLSWithoutCertificate(t *testing.T) {
	a := &app{stderr: io.Discard, now: time.Now}
	none := filepath.Join(t.TempDir(), "none.pem")
	config := Config{Listen: "localhost:0", Data: t.TempDir(), TLS: TLSConfig{none, none}}
	if s, err := a.open(t.Context(), config, nil, nil); err == nil || !strings.Contains(err.Error(), "tls") {
		t.Errorf("%v, %v", s, err)
	}
}

// Any path below /scim answers with a SCIM error, other versions as such
// (7644-3.13-R02, R03; A-34); without a version the newest is meant.
func TestVersions(t *testing.T) {
	s, _ := start(t)
	for path, want := range map[string]string{
		"/scim/v9/Users":      `400 invalidVers`,
		"/scim/v1":            `400 invalidVers`,
		"/scim/v2.1/Users":    `400 invalidVers`,
		"/scim/Users":         `401 `,
		"/scim":               `401 `,
		"/scim/":              `401 `,
		"/scim/vx/Users":      `401 `,
		"/scim/v/Users":       `401 `,
		"/scim/v2x/Users":     `401 `,
		"/scim/v2/Users":      `401 `,
		"/scim/v2/v2/Users":   `401 `,
		"/scim/v02/Users?a=b": `400 invalidVers`,
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			r, err := http.NewRequestWithContext(t.Context(), method, s.local()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			w, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var e struct {
				Schemas          []string
				Status, ScimType string
			}
			err = json.NewDecoder(w.Body).Decode(&e)
			w.Body.Close()
			if got := e.Status + " " + e.ScimType; err != nil || got != want || len(e.Schemas) != 1 || w.Header.Get("Content-Type") != "application/scim+json" {
				t.Errorf("%s %s: %s %v %v, want %s", method, path, got, w.Header, err, want)
			}
		}
	}
}
