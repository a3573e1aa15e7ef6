package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// adminKey is that of every server that is measured.
const adminKey = "bench-administrator"

// build compiles a command of this module for a child process.
func build(ctx context.Context, folder, command string) (string, error) {
	binary := filepath.Join(folder, filepath.Base(command))
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "scimd/"+command).CombinedOutput() //nolint:gosec // a package of this module
	if err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", command, err, out)
	}
	return binary, nil
}

// server is one scimd under measurement.
type server struct {
	url   string
	start time.Duration // until it listens
	cmd   *exec.Cmd
}

// startServer runs scimd on a folder; the environment may name another store.
func startServer(ctx context.Context, binary, folder string, environment ...string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data", folder)} //nolint:gosec // what this run has built or was told to measure
	// Its log of requests goes where a service's would cost nothing: nowhere.
	s.cmd.Env = append(append(os.Environ(), "SCIMD_ADMIN_KEY="+adminKey), environment...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = time.Minute
	output, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	s.start = time.Since(begin)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "SCIM")
	if err != nil || !ok {
		return nil, errors.Join(fmt.Errorf("%s did not start: run it by hand to see why", strings.Join(s.cmd.Args, " ")), s.stop())
	}
	s.url = strings.TrimSuffix(strings.TrimSpace(url), "/scim/v2")
	return s, nil
}

// stop ends the server as an operator would.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended: %w", err)
	}
	return nil
}

// memory is what the process holds of its own, in bytes. Pages of the database
// that are mapped are not counted: they are the kernel's to take back.
func (s *server) memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := bytes.Cut(status, []byte("RssAnon:"))
	fields := bytes.Fields(rest)
	if !ok || len(fields) == 0 {
		return 0, errors.New("this kernel does not say RssAnon")
	}
	kb, err := strconv.ParseInt(string(fields[0]), 10, 64)
	return kb << 10, err
}

// peak is the most memory that the server had while fn ran, looked at fifty
// times a second.
func (s *server) peak(fn func() error) (int64, error) {
	most, err := s.memory()
	if err != nil {
		return 0, err
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			now, err := s.memory()
			most = max(most, now)
			select {
			case <-stop:
				stopped <- err
				return
			case <-ticker.C:
			}
		}
	}()
	err = fn()
	close(stop)
	return most, errors.Join(err, <-stopped)
}
