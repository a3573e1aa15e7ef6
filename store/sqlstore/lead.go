package sqlstore

import (
	"context"
	"time"

	"scimd/store"
)

// beat is how often a server asks whether it may lead, and whether it still
// does: so soon after one is gone, another has taken over.
const beat = time.Second

// Lead is store.Store's. Where one server has the database, it leads.
func (s *Store) Lead(ctx context.Context, name string, fn func(context.Context)) error {
	if s.dialect.alone() {
		fn(ctx)
		return ctx.Err()
	}
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return s.dialect.translate(err)
	}
	defer conn.Close() //nolint:errcheck // the lead was given back, or the connection is lost
	for {
		held, err := s.dialect.Claim(ctx, conn, name)
		if err != nil {
			return s.dialect.translate(err)
		}
		if held {
			break
		}
		if err := rest(ctx, beat); err != nil {
			return err
		}
	}
	leading, stop := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(leading)
	}()
	for {
		select {
		case <-done:
			stop(nil)
			return s.dialect.translate(s.dialect.Yield(context.WithoutCancel(ctx), conn, name))
		case <-time.After(beat):
			alive, cancel := context.WithTimeout(ctx, 5*beat)
			err := conn.PingContext(alive)
			cancel()
			if err != nil {
				stop(store.ErrUnavailable)
				<-done
				// It may be ctx that ended, and then the connection is used again.
				_ = s.dialect.Yield(context.WithoutCancel(ctx), conn, name)
				return s.dialect.translate(err)
			}
		}
	}
}

// rest waits, but no longer than ctx, whose error it gives.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
