package postgres_test

import (
	"testing"

	"scimd/internal/testenv"
	"scimd/store"
	"scimd/store/postgres"
	"scimd/store/storetest"
)

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := postgres.Open(t.Context(), testenv.PostgresDSN(t))
	if err != nil {
		t.Fatalf("Open: got error %v, want none", err)
	}
	// A test may have closed the store itself.
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestContract(t *testing.T) { storetest.Run(t, open) }
