package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// measureFsync writes 8 kB and waits for the disk, again and again: what one
// durable commit costs at least.
func measureFsync(folder string, duration time.Duration) (f figures, err error) {
	file, err := os.OpenFile(filepath.Join(folder, "fsync"), os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // a folder of this run
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block := make([]byte, 8<<10)
	var latencies []time.Duration
	start := time.Now()
	for time.Since(start) < duration {
		before := time.Now()
		if _, err := file.WriteAt(block, 0); err != nil {
			return f, err
		}
		if err := file.Sync(); err != nil {
			return f, err
		}
		latencies = append(latencies, time.Since(before))
	}
	return measured(time.Since(start), latencies), nil
}

// databaseSize is what a data folder holds.
func databaseSize(folder string) (int64, error) {
	var size int64
	files, err := filepath.Glob(filepath.Join(folder, "scimd.db*"))
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		size += info.Size()
	}
	return size, err
}

// copyFolder copies the files of a seeded folder, so that a seed is used again.
// What is still to be written must not be so while rows are measured.
func copyFolder(from, to string) error {
	err := os.CopyFS(to, os.DirFS(from))
	syscall.Sync()
	return err
}
