package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/sqlite"
)

// databaseFile is that of SQLite, in the folder of the data.
func (c Config) databaseFile() string { return filepath.Join(c.Data, "scimd.db") }

// openStore opens what the configuration says, by then valid. Of a damaged file
// it says what to do with it.
func (a *app) openStore(ctx context.Context, c Config, log *slog.Logger) (store.Store, error) {
	if c.Store.Driver == "postgres" {
		return postgres.Open(ctx, c.Store.DSN)
	}
	st, err := sqlite.Options{Log: log, Now: a.now}.Open(ctx, c.databaseFile())
	if damaged := new(sqlite.DamagedError); errors.As(err, &damaged) {
		err = fmt.Errorf("%w\nmove it and the files named after it away, and put a backup in its place: scimd restore FILE", err)
	}
	return st, err
}
