package idp

import "context"

// dialect is how one provider makes each change. The cycle decides which
// changes there are, and in which order they come. A method fails only if the
// conversation cannot go on; what the server got wrong is a finding.
type dialect interface {
	// test is the connection test; an error is why the provider refuses.
	test(ctx context.Context) error
	// survey is what the provider reads before each cycle.
	survey(ctx context.Context) error

	// findUser gives nil if there is none.
	findUser(ctx context.Context, p Person) (*resource, error)
	createUser(ctx context.Context, p Person) (resource, error)
	// updateUser gets the zero Person as was if it just linked the account.
	updateUser(ctx context.Context, id string, was, now Person) error
	// setManager clears the attribute if manager, an id, is empty.
	setManager(ctx context.Context, id, manager string) error
	removeUser(ctx context.Context, id string, last Person) error

	findGroup(ctx context.Context, g Group) (*resource, error)
	createGroup(ctx context.Context, g Group) (resource, error)
	renameGroup(ctx context.Context, r roster) error
	changeMembers(ctx context.Context, r roster) error
	removeGroup(ctx context.Context, r roster) error
}

// roster is a group with those who join it, those who leave it and those who
// are in it afterwards.
type roster struct {
	id, name          string
	joined, left, all []member
}
