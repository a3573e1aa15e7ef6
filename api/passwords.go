package api

import (
	"context"
)

type matchView struct {
	Matches bool `json:"matches"`
}

// passwords lets the application check one. It is a POST, so that the password
// is in no URL.
func (a *API) passwords() {
	act(a, "/directories/{directory}/users/{user}/password", "check the password of a user",
		func(ctx context.Context, in *struct {
			DirectoryPath
			User string `path:"user" doc:"id or userName"`
			Body struct {
				Password string `json:"password"`
			}
		}) (matchView, error) {
			ok, err := a.Provision.CheckPassword(ctx, in.Directory, in.User, in.Body.Password)
			return matchView{ok}, err
		})
}
