package provision

import (
	"context"
	"errors"
	"time"

	"scimd/store"
)

// Due tells how long it is until a chore of all servers together, which is
// done once in every interval, is to be done: 0 is now. One that was never done
// begins its first interval.
func (s *Service) Due(ctx context.Context, chore string, interval time.Duration) (time.Duration, error) {
	var done time.Time
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		done, err = r.ChoreDone(chore)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return interval, s.Did(ctx, chore)
	}
	return max(0, done.Add(interval).Sub(s.now())), err
}

// Did keeps that a chore was done just now.
func (s *Service) Did(ctx context.Context, chore string) error {
	now := s.now()
	return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.SetChoreDone(chore, now) })
}
