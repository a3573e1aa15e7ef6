package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"scimd/store/postgres"
	"scimd/store/sqlite"
	"scimd/store/transfer"
)

// backupPostgres makes a file of SQLite of one moment of the database: such a
// backup is checked, and restored anywhere.
func (a *app) backupPostgres(ctx context.Context, c Config, file string, force bool) (s sqlite.Summary, err error) {
	folder, err := os.MkdirTemp(filepath.Dir(file), ".backup-*")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	from, err := postgres.OpenSource(ctx, c.Store.DSN)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	loose := filepath.Join(folder, "scimd.db")
	to, err := sqlite.OpenTarget(ctx, loose)
	if err != nil {
		return s, err
	}
	err = a.transferAll(ctx, from, to)
	if err = errors.Join(err, to.Close()); err != nil {
		return s, err
	}
	return sqlite.Backup(ctx, loose, file, force, nil)
}

// restorePostgres fills an empty database with a backup.
func (a *app) restorePostgres(ctx context.Context, c Config, file string) (s sqlite.Summary, err error) {
	if s, err = sqlite.Check(ctx, file); err != nil {
		return s, err
	}
	from, err := sqlite.OpenSource(file)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := postgres.OpenTarget(ctx, c.Store.DSN)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	// A backup is not written to, so it need not be followed.
	return s, a.transferAll(ctx, struct{ transfer.Database }{from}, to)
}

// transferAll copies a source as it is at one moment.
func (a *app) transferAll(ctx context.Context, from transfer.Database, to transfer.Target) error {
	shown := &stages{app: a}
	defer shown.end()
	if _, err := transfer.Run(ctx, from, to, transfer.Options{NewID: newID, Progress: shown.advance}); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return nil
}
