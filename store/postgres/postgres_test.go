package postgres_test

import (
	"context"
	"testing"

	"scimd/internal/pgtest"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/storetest"
)

// migrate leaves an empty scimd behind.
func migrate(ctx context.Context, dsn string) error {
	st, err := postgres.Open(ctx, dsn)
	if err != nil {
		return err
	}
	return st.Close()
}

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := postgres.Open(t.Context(), pgtest.Shared(t).Database(t, migrate))
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	// A test may have closed the store itself.
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestContract(t *testing.T) { storetest.Run(t, open) }
