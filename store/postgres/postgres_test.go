package postgres_test

import (
	"context"
	"sync"
	"testing"

	"scimd/internal/pgtest"
	"scimd/internal/testenv"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/storetest"
)

func open(t *testing.T, dsn string) store.Store {
	t.Helper()
	st, err := postgres.Open(t.Context(), dsn)
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	// A test may have closed the store itself.
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, testenv.PostgresDSN(t)) })
}

func TestShared(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) func(*testing.T) store.Store {
		dsn := testenv.PostgresDSN(t)
		return func(t *testing.T) store.Store { return open(t, dsn) }
	})
}

// Servers that start together on an empty database all find it migrated.
func TestMigrateAtOnce(t *testing.T) {
	dsn := pgtest.Shared(t).Empty(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			st, err := postgres.Open(context.WithoutCancel(t.Context()), dsn)
			if err != nil {
				t.Errorf("Open beside others: got error %v, want none", err)
				return
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
