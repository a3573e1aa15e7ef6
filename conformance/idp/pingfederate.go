package idp

import (
	"context"
	"net/http"
)

func pingFederate() Provider {
	return Provider{
		Name:   "pingfederate",
		About:  "PingFederate's SCIM Provisioner: users by PUT, groups by PATCH, found in a list of all of them",
		Strict: true, Why: "PUT and PATCH as the RFCs have them",
		able:    ability{title: true, department: true, groups: true, deletesUsers: true, deletesGroups: true},
		manners: manners{accept: plainJSON, contentType: plainJSON, escape: plus},
		speak:   func(c *conversation) dialect { return &ping{rfc: rfc{c}} },
	}
}

// ping is set to delete users whom it no longer provisions, and to merge
// memberships (§9). The bodies are [I].
type ping struct {
	rfc
	groups []resource // as listed at the start of the cycle
}

func (p *ping) test(ctx context.Context) error {
	_, err := p.require(ctx, http.MethodGet, "/Users?startIndex=1&count=1", nil, http.StatusOK)
	return err
}

func (p *ping) survey(ctx context.Context) (err error) {
	p.groups, err = p.all(ctx, "/Groups", 100)
	return err
}

func (p *ping) createUser(ctx context.Context, one Person) (resource, error) {
	return p.postUser(ctx, userDocument(one))
}

func (p *ping) updateUser(ctx context.Context, id string, _, now Person) error {
	return p.putUser(ctx, id, userDocument(now).with(document{"id": id}), now)
}

func (p *ping) findGroup(_ context.Context, g Group) (*resource, error) {
	return named(p.groups, g.Name), nil
}
