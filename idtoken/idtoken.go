// Package idtoken verifies the ID tokens of OpenID Connect providers. It owns
// discovery, the keys of the providers and the rules of OIDC Core §3.1.3.7, so
// that whoever receives a token need not be trusted to read it. It must not
// know customers or people, nor what a login leads to.
package idtoken

import (
	"context"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// Issuer is a provider and who we are to it, as an administrator says.
type Issuer struct {
	URL         string // exactly as in the tokens; https, or http on loopback
	Audience    string // the client id that the tokens are for
	GroupsClaim string // "": groups
}

// Claims is what a good token says.
type Claims struct {
	// Subject is the person: never reassigned within the issuer, which no other
	// claim is (OIDC Core §5.7).
	Subject string
	// UserName is preferred_username, else upn, else Email, else Subject. upn
	// comes before email because it is what Entra and AD FS push as userName;
	// tokens of Entra's version 1.0 have no preferred_username.
	UserName string
	Email    string // "" if email_verified is false
	Name     string // name, else given_name and family_name
	// Groups is nil if the token has no such claim: some providers send none
	// to who is in no group, and others were never told to send it.
	Groups []string
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	client    *http.Client
	now       func() time.Time
	providers *lru.Cache[string, *provider] // by issuer URL
	flights   singleflight.Group            // by issuer URL
}

// New makes a verifier that asks providers through the client's transport; nil
// is the default. The client's timeout counts if it is shorter than ours.
func New(client *http.Client, now func() time.Time) *Verifier {
	if client == nil {
		client = &http.Client{}
	}
	providers, _ := lru.New[string, *provider](maxProviders) // fails only for a size below 1
	return &Verifier{client: client, now: now, providers: providers}
}

// Verify gives what a token says if it is a good one of the issuer, and an
// *Error if not. The nonce is what the application sent with the request for
// authentication, "" if none: then the token may have none either, as one with
// a nonce answers a request that was not the caller's, or escapes the check
// against replay (OIDC Core §3.1.3.7 item 11).
//
// An error of the kind GroupsElsewhere comes with the claims: only the groups
// are missing.
func (v *Verifier) Verify(ctx context.Context, issuer Issuer, raw, nonce string) (Claims, error) {
	if err := issuer.check(); err != nil {
		return Claims{}, err
	}
	if err := checkForm(raw); err != nil {
		return Claims{}, err
	}
	p, err := v.provider(ctx, issuer.URL)
	if err != nil {
		return Claims{}, err
	}
	payload, err := p.payload(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	return read(payload, issuer, nonce, v.now())
}

func (i Issuer) groupsClaim() string {
	if i.GroupsClaim == "" {
		return "groups"
	}
	return i.GroupsClaim
}
