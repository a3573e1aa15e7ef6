package idtoken

import "errors"

// Kind is the closed set of ways in which a verification fails. A front door
// maps each to its own form.
type Kind int

// The kinds.
const (
	Refused         Kind = iota // the token proves nothing: another one is needed
	GroupsElsewhere             // the token is good, but does not hold the person's groups
	Unavailable                 // the provider could not be asked: the same token may pass later
	Misconfigured               // no token can pass until an administrator changes the issuer
)

// Error is a failure that a client may see. The text has nothing of the token.
type Error struct {
	Kind Kind
	Text string // one sentence

	cause error
}

func (e *Error) Error() string { return e.Text }

// Unwrap gives what went wrong with the provider, for a log and not for a
// client; nil if the text says all.
func (e *Error) Unwrap() error { return e.cause }

func refuse(text string) *Error { return &Error{Kind: Refused, Text: text} }

// unavailable keeps the beginning of the cause: go-oidc quotes the bodies of
// answers.
func unavailable(cause error) *Error {
	const most = 500
	if text := cause.Error(); len(text) > most {
		cause = errors.New(text[:most])
	}
	return &Error{Unavailable, "the identity provider does not answer as it should", cause}
}
