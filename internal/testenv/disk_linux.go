package testenv

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// FullDisk is a folder on a disk of its own with room for a little more than a
// new database, until makeRoom is called. The test is skipped where file systems
// cannot be mounted.
func FullDisk(tb testing.TB) (folder string, makeRoom func()) {
	tb.Helper()
	folder = filepath.Join(tb.TempDir(), "small")
	if err := os.Mkdir(folder, 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size=4m"); err != nil {
		tb.Skipf("a small file system cannot be mounted: %v", err)
	}
	tb.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			tb.Error(err)
		}
	})
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		tb.Fatal(err)
	}
	return folder, func() {
		if err := os.Remove(ballast); err != nil {
			tb.Fatal(err)
		}
	}
}
