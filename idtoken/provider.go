package idtoken

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxProviders = 1000 // the ones used last

	// fresh is how long discovery and keys are kept: a key that its provider
	// withdrew passes no longer than that.
	fresh = time.Hour

	// pause is the least time between two questions that a token alone can make
	// us ask: for keys that may be new, and for discovery after it failed. A
	// key that signs as soon as it is published may be refused for so long.
	pause = 10 * time.Second
)

// provider is what discovery gave, the failure to discover included.
type provider struct {
	verifier *oidc.IDTokenVerifier // holds the keys
	err      error
	at       time.Time
}

func (p *provider) usable(now time.Time) bool {
	age := now.Sub(p.at)
	return age < pause || p.err == nil && age < fresh
}

// provider gives the provider of an issuer, which one caller discovers for all.
func (v *Verifier) provider(ctx context.Context, issuer string) (*provider, error) {
	p, ok := v.providers.Get(issuer)
	if !ok || !p.usable(v.now()) {
		// A caller who goes away must not spoil it for those who wait with him.
		lasting := context.WithoutCancel(ctx)
		flight := v.flights.DoChan(issuer, func() (any, error) {
			if p, ok := v.providers.Get(issuer); ok && p.usable(v.now()) {
				return p, nil // a flight landed since
			}
			p := v.discover(lasting, issuer)
			v.providers.Add(issuer, p)
			return p, nil
		})
		select {
		case landed := <-flight:
			p, _ = landed.Val.(*provider) // nothing else flies
		case <-ctx.Done():
			return nil, unavailable(ctx.Err())
		}
	}
	return p, p.err
}

func (v *Verifier) discover(ctx context.Context, issuer string) *provider {
	client := &http.Client{Transport: newFetcher(v.client, v.now, issuer)}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	p := &provider{at: v.now()}
	var other *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &other):
		p.err = &Error{Misconfigured, "the provider calls itself by another issuer URL", err}
	case err != nil:
		p.err = unavailable(err)
	default:
		// The algorithms are those of discovery without HS* and none, which
		// go-oidc drops, and RS256 if nothing is left. The claims are checked
		// by read: go-oidc is lenient with names, times and Google.
		p.verifier = found.Verifier(&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true})
	}
	return p
}

// payload gives what the provider signed.
func (p *provider) payload(ctx context.Context, raw string) ([]byte, error) {
	token, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, refusal(ctx, err)
	}
	var payload jsontext.Value
	if err := token.Claims(&payload); err != nil {
		return nil, refuse(malformed)
	}
	return payload, nil
}

// refusal tells by go-oidc's words what it has no types for.
func refusal(ctx context.Context, err error) error {
	const signature, keys = "failed to verify signature: ", "fetching keys "
	text := err.Error()
	switch rest, signed := strings.CutPrefix(text, signature); {
	case signed && strings.HasPrefix(rest, keys) && ctx.Err() != nil:
		return unavailable(ctx.Err())
	case signed && strings.HasPrefix(rest, keys):
		return unavailable(err)
	case signed:
		return refuse("the token is not signed with a key of its provider")
	case strings.HasPrefix(text, "oidc: malformed jwt"):
		return refuse("the token is not signed with an algorithm of its provider")
	default:
		return refuse(malformed)
	}
}
