package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLSConfig names the files of the server's certificate; both or none.
type TLSConfig struct {
	Cert string `mapstructure:"cert"`
	Key  string `mapstructure:"key"`
}

func (c TLSConfig) on() bool { return c.Cert != "" }

// keyPair is the server's certificate. It is read again when its files have
// changed, so that a renewal needs no restart.
type keyPair struct {
	files TLSConfig
	log   *slog.Logger

	mu      sync.Mutex
	read    [2]version // of the files, when they were read last
	current *tls.Certificate
}

// version tells whether a file has changed.
type version struct {
	modified time.Time
	size     int64
}

// loadKeyPair fails if there is no certificate to begin with.
func loadKeyPair(files TLSConfig, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{files: files, log: log}
	return k, k.reload()
}

// config lets nothing below TLS 1.2 in (RFC 7644 §7.2, BCP 195).
func (k *keyPair) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: k.certificate}
}

// certificate keeps the last good one: of two files that are being replaced
// one is there before the other.
func (k *keyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.reload(); err != nil {
		k.log.Warn("tls: the old certificate stays", "error", err)
	}
	return k.current, nil
}

// reload reads the files unless they are as it has seen them before.
func (k *keyPair) reload() error {
	var seen [2]version
	for i, file := range []string{k.files.Cert, k.files.Key} {
		if info, err := os.Stat(file); err == nil {
			seen[i] = version{info.ModTime(), info.Size()}
		}
	}
	if k.current != nil && seen == k.read {
		return nil
	}
	k.read = seen
	pair, err := tls.LoadX509KeyPair(k.files.Cert, k.files.Key)
	if err != nil {
		return err
	}
	k.current = &pair
	return nil
}
