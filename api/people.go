package api

import "context"

type erasureView struct {
	Pseudonym string `json:"pseudonym" doc:"what history and events say from now on"`
}

func (a *API) people() {
	act(a, "/parents/{parent}/people/{person}/erase", "erase a person", func(ctx context.Context, in *struct {
		ParentPath
		Person string `path:"person" doc:"account id, userName or e-mail"`
	}) (erasureView, error) {
		pseudonym, err := a.Provision.Erase(ctx, in.Parent, in.Person, cause(ctx))
		return erasureView{pseudonym}, err
	})
}
