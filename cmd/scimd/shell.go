package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// shellLine gives what a command prints, with variables besides its own
// environment.
func shellLine(ctx context.Context, command string, variables ...string) (string, error) {
	c := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the user's own command
	c.Env = append(os.Environ(), variables...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	text := strings.TrimSpace(string(out))
	if err == nil && text == "" {
		err = errors.New("it printed nothing")
	}
	if err != nil {
		return "", fmt.Errorf("%q: %w", command, err)
	}
	return text, nil
}

// shellFault starts a command that makes the storage fail while it runs, and
// waits for its first line. undo ends it, and whatever it started.
func shellFault(ctx context.Context, command string) (undo func() error, err error) {
	c := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the user's own command
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	undo = func() error {
		killed := syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		var exit *exec.ExitError
		if ended := c.Wait(); ended != nil && !errors.As(ended, &exit) {
			return ended
		}
		return killed
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("%q ended without a line: %w", command, err), undo())
	}
	return undo, nil
}
