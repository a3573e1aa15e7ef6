package postgres_test

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"scimd/internal/testenv"
)

// A server whose connection is cut stops leading, and another takes over.
func TestLeadIsLost(t *testing.T) {
	dsn := testenv.PostgresDSN(t)
	first, second := open(t, dsn), open(t, dsn)
	leads, lost, taken := make(chan struct{}), make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- first.Lead(t.Context(), "chores", func(ctx context.Context) {
			close(leads)
			<-ctx.Done()
			close(lost)
		})
	}()
	<-leads
	go func() {
		_ = second.Lead(t.Context(), "chores", func(context.Context) { close(taken) })
	}()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); err != nil {
		t.Fatal(err)
	}
	<-lost
	<-taken
	if err := <-ended; err == nil {
		t.Error("Lead over a connection that was cut: got no error, want one")
	}
}
