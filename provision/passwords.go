package provision

import (
	"context"
	"encoding/json"

	"scimd/store"
)

// CheckPassword tells the application whether a password is that of a user of
// a directory, named by id or userName. A user without one matches nothing.
// Where no passwords are kept it is WrongMode.
func (s *Service) CheckPassword(ctx context.Context, directory, user, clear string) (bool, error) {
	if s.Passwords == nil {
		return false, refuse(WrongMode, "password", "", "this server keeps no passwords")
	}
	var kept struct {
		Password string `json:"password"`
	}
	err := s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		d, err := r.FindDirectory(directory)
		if err != nil {
			return missing(err, "directory", directory)
		}
		u, err := findUser(r, d, user)
		if err != nil {
			return err
		}
		return json.Unmarshal(u.Document, &kept)
	})
	if err != nil || kept.Password == "" {
		return false, err
	}
	return s.Passwords.Matches(ctx, kept.Password, clear)
}
