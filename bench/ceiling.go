package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ceilingVariable in the environment turns this process into the ceiling.
const ceilingVariable = "SCIMD_BENCH_CEILING"

// startCeiling runs the ceiling in a child process, so that it shares the
// machine with the driver the way the server under test does.
func startCeiling(ctx context.Context) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	child := exec.CommandContext(ctx, self) //nolint:gosec // our own executable
	child.Env = append(os.Environ(), ceilingVariable+"=1")
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := child.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = child.Process.Kill()
		_ = child.Wait() // killed, so the error says nothing
	}
	url, err = bufio.NewReader(output).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("ceiling did not start: %w", err)
	}
	return strings.TrimSpace(url), stop, nil
}

func listenCeiling(ctx context.Context, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "http://%s\n", listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: ceiling(), ReadHeaderTimeout: time.Minute}
	return server.Serve(listener)
}

// ceiling answers a user of 1 kB and does nothing else.
func ceiling() http.Handler {
	start := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"ceiling","userName":"`
	answer := []byte(start + strings.Repeat("u", 1024-len(start)-2) + `"}`)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = w.Write(answer)
	})
}
