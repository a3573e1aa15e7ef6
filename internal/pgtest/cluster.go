// Package pgtest gives tests a PostgreSQL of their own: one cluster for the
// test process, as an ordinary user, in a temporary folder, on a socket. It
// must not know what scimd keeps in it.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Cluster is a running server.
type Cluster struct {
	// Socket is the folder of the socket, and Port the number in its name.
	Socket, Port string
	folder, bin  string
	owner        *syscall.Credential // nil: this process's
	guard        io.WriteCloser
}

// watch runs the server until its input ends, which it does when the test
// process is gone, however that came; then nothing of it stays.
const watch = `trap '' INT TERM
"$1/pg_ctl" -D "$2/data" -w -l "$2/log" -o "$3" start >/dev/null && echo ready && cat
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
cd / && rm -rf "$2"`

// start makes and starts a cluster; durable keeps what it acknowledged over a
// crash of the machine, which only costs time where nobody crashes one.
func start(durable bool) (*Cluster, error) {
	c := &Cluster{Port: "5432"}
	var err error
	if c.bin, err = binaries(); err != nil {
		return nil, err
	}
	if c.folder, err = os.MkdirTemp("", "scimd-pg-"); err != nil {
		return nil, err
	}
	c.Socket = c.folder
	if os.Getuid() == 0 {
		if err := c.ordinary(); err != nil {
			return nil, err
		}
	}
	initdb := c.command(filepath.Join(c.bin, "initdb"), "-D", c.folder+"/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	options := "-c listen_addresses='' -c unix_socket_directories=" + c.Socket + " -c max_connections=400 -c shared_buffers=64MB -c log_min_messages=warning"
	if !durable {
		options += " -c fsync=off -c full_page_writes=off"
	}
	server := c.command("/bin/sh", "-c", watch, "watch", c.bin, c.folder, options)
	if c.guard, err = server.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	var ready [6]byte
	if _, err := io.ReadFull(answers, ready[:]); err != nil {
		return nil, fmt.Errorf("PostgreSQL did not start: %w", err)
	}
	return c, nil
}

// ordinary finds a user to run as: the server refuses to run as root.
func (c *Cluster) ordinary() error {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // G115: from the system's own list
		return os.Chown(c.folder, uid, gid)
	}
	return fmt.Errorf("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // G204: the programs of PostgreSQL
	cmd.Dir = c.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner, Setpgid: true}
	return cmd
}

// binaries is the folder of the newest server that Debian has installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql")
	}
	return filepath.Dir(slices.Max(found)), nil
}

var shared = sync.OnceValues(func() (*Cluster, error) { return start(false) })

// Shared gives the one cluster of the test process. Without PostgreSQL the
// test is skipped, and fails under CI.
func Shared(tb testing.TB) *Cluster {
	tb.Helper()
	c, err := shared()
	return must(tb, c, err)
}

// Durable gives a cluster of the test's own that may be crashed: what it
// acknowledged it keeps.
func Durable(tb testing.TB) *Cluster {
	tb.Helper()
	c, err := start(true)
	must(tb, c, err)
	tb.Cleanup(func() { _ = c.guard.Close() }) // it ends, and its folder goes
	return c
}

func must(tb testing.TB, c *Cluster, err error) *Cluster {
	tb.Helper()
	if err != nil && os.Getenv("CI") == "" {
		tb.Skipf("NO POSTGRESQL, SO NOTHING IS SHOWN HERE: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Crash ends the server as a failure of its machine would, and starts it again.
func (c *Cluster) Crash(tb testing.TB) {
	tb.Helper()
	restart := c.command(filepath.Join(c.bin, "pg_ctl"), "-D", c.folder+"/data", "-m", "immediate", "-w", "-l", c.folder+"/log", "restart")
	if out, err := restart.CombinedOutput(); err != nil {
		tb.Fatalf("restart PostgreSQL: %v\n%s", err, out)
	}
}
