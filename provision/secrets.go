package provision

import (
	"context"
	"crypto/sha256"
	"errors"

	"scimd/store"
)

// CursorKey gives the 32 bytes that seal the cursors of paged queries, the
// same on every server of the database and after a restart. The first to ask
// makes them.
func (s *Service) CursorKey(ctx context.Context) ([]byte, error) {
	const name = "cursor"
	key, err := s.secret(ctx, name)
	if !errors.Is(err, store.ErrNotFound) {
		return key, err
	}
	fresh := sha256.Sum256([]byte(s.Secret()))
	err = s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error {
		return tx.AddSecret(name, fresh[:])
	})
	if err != nil && !errors.Is(err, store.ErrExists) { // another server was faster
		return nil, err
	}
	return s.secret(ctx, name)
}

func (s *Service) secret(ctx context.Context, name string) (value []byte, err error) {
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		value, err = r.Secret(name)
		return err
	})
	return value, err
}
