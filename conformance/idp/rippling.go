package idp

import (
	"context"
	"net/http"
	"strings"
)

func rippling() Provider {
	return Provider{
		Name:   "rippling",
		About:  "Rippling, driven by HR: found by externalId, changed by PATCH, and now and then created twice",
		Strict: true, Why: "plain PATCH; the repeated POST gets the 409 of the RFC",
		able:  ability{groups: true, deletesUsers: true, deletesGroups: true},
		speak: func(c *conversation) dialect { return ripplingDialect{rfc{c}} },
	}
}

// ripplingDialect has "Use PATCH to edit Groups" ticked (§10).
type ripplingDialect struct{ rfc }

func (r ripplingDialect) findUser(ctx context.Context, p Person) (*resource, error) {
	return r.lookup(ctx, "/Users", equals("externalId", p.Key), "")
}

// createUser repeats the POST of some people; only one may come of it.
func (r ripplingDialect) createUser(ctx context.Context, p Person) (resource, error) {
	made, err := r.rfc.createUser(ctx, p)
	if err != nil || made.ID == "" || !strings.HasSuffix(p.Key, "7") {
		return made, err
	}
	again, err := r.exchange(ctx, http.MethodPost, "/Users", userDocument(p).with(document{"externalId": p.Key}))
	if err == nil {
		r.expect(again.status == http.StatusConflict, "POST /Users %s once more: got %s, want 409", p.UserName, again)
	}
	return made, err
}
