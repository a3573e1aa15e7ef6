package main

import (
	"context"
	"path/filepath"

	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/sqlite"
)

// databaseFile is that of SQLite, in the folder of the data.
const databaseFile = "scimd.db"

// openStore opens what the configuration says, by then valid.
func openStore(ctx context.Context, c Config) (store.Store, error) {
	if c.Store.Driver == "postgres" {
		return postgres.Open(ctx, c.Store.DSN)
	}
	return sqlite.Open(ctx, filepath.Join(c.Data, databaseFile))
}
