package idp

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

func sailPoint() Provider {
	return Provider{
		Name:   "sailpoint",
		About:  "SailPoint's SCIM 2.0 connector: aggregates everything, disables by a path-less add",
		Strict: true, Why: "all it sends is RFC 7644, odd as the path-less add is",
		able:  ability{title: true, department: true, groups: true, deletesUsers: true, deletesGroups: true},
		speak: func(c *conversation) dialect { return &sailPointDialect{rfc: rfc{c}} },
	}
}

// sailPointDialect reads more than it writes (§11): it knows the accounts and
// groups from its last aggregation and looks nobody up.
type sailPointDialect struct {
	rfc
	users, groups []resource
	since         string // the latest change it has seen
}

// aggregationPage is small so that a small directory has several pages.
const aggregationPage = 25

func (s *sailPointDialect) test(ctx context.Context) error {
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/ResourceTypes/User", "/ResourceTypes/Group"} {
		if _, err := s.require(ctx, http.MethodGet, path, nil, http.StatusOK); err != nil {
			return err
		}
	}
	return nil
}

// survey is a delta aggregation, if there was one before, and then a full one,
// which alone shows what is gone.
func (s *sailPointDialect) survey(ctx context.Context) (err error) {
	if s.since != "" {
		newer := s.escape(fmt.Sprintf("meta.lastModified gt %q", s.since))
		if _, _, err := s.list(ctx, fmt.Sprintf("/Users?filter=%s&startIndex=1&count=%d", newer, aggregationPage)); err != nil {
			return err
		}
	}
	if s.users, err = s.all(ctx, "/Users", aggregationPage); err != nil {
		return err
	}
	for _, u := range s.users {
		s.since = max(s.since, u.Meta.LastModified)
	}
	s.groups, err = s.all(ctx, "/Groups", aggregationPage)
	return err
}

func (s *sailPointDialect) findUser(_ context.Context, p Person) (*resource, error) {
	for i := range s.users {
		if strings.EqualFold(s.users[i].UserName, p.UserName) {
			return &s.users[i], nil
		}
	}
	return nil, nil
}

func (s *sailPointDialect) findGroup(_ context.Context, g Group) (*resource, error) {
	return named(s.groups, g.Name), nil
}

// updateUser enables and disables apart from the attributes.
func (s *sailPointDialect) updateUser(ctx context.Context, id string, was, now Person) error {
	if was.Active != now.Active {
		was.Active = now.Active
		if err := s.patchActive(ctx, id, "add", now.Active); err != nil {
			return err
		}
	}
	if was == now {
		return nil
	}
	return s.rfc.updateUser(ctx, id, was, now)
}

// changeMembers grants and revokes one entitlement at a time.
func (s *sailPointDialect) changeMembers(ctx context.Context, r roster) error {
	for _, m := range r.joined {
		if err := s.patchGroup(ctx, r.id, operation{Op: "add", Path: "members", Value: values([]member{m})}); err != nil {
			return err
		}
	}
	for _, m := range r.left {
		if err := s.patchGroup(ctx, r.id, removal(m)); err != nil {
			return err
		}
	}
	return nil
}
