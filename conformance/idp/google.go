package idp

import (
	"context"
	"net/http"
)

func google() Provider {
	return Provider{
		Name:   "google",
		About:  "Google Workspace, automated provisioning of a catalogue application: users only, by PUT",
		Strict: false, Why: "a SCIM 1.0 schema URN stands first",
		able:    ability{deletesUsers: true},
		manners: manners{agent: "Google-Auto-Provisioning", accept: plainJSON, contentType: plainJSON},
		speak:   func(c *conversation) dialect { return googleDialect{rfc{c}} },
	}
}

// googleDialect pushes no groups (§8). That it updates by PUT is [I].
type googleDialect struct{ rfc }

func (g googleDialect) test(ctx context.Context) error {
	_, err := g.require(ctx, http.MethodGet, "/Users", nil, http.StatusOK)
	return err
}

func (g googleDialect) findUser(ctx context.Context, p Person) (*resource, error) {
	return g.lookupUser(ctx, p.UserName, "&startIndex=1")
}

func (g googleDialect) body(p Person) document {
	return userDocument(p).with(document{"schemas": []string{"urn:scim:schemas:core:1.0", userSchema}})
}

func (g googleDialect) createUser(ctx context.Context, p Person) (resource, error) {
	return g.postUser(ctx, g.body(p))
}

func (g googleDialect) updateUser(ctx context.Context, id string, _, now Person) error {
	return g.putUser(ctx, id, g.body(now), now)
}
