package provision

import (
	"context"
	"time"

	"scimd/store"
)

// Access is who had what in an org at a moment (T-2).
type Access struct {
	Account  store.Account
	Standing store.Standing
	Since    time.Time
	Cause    store.Cause
	Why      string
}

// ReportAccess visits everyone who was a member of an org at a moment, in
// order of account.
func (s *Service) ReportAccess(ctx context.Context, orgName string, at time.Time, visit func(Access) error) error {
	return s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		o, err := r.FindOrg(orgName)
		if err != nil {
			return missing(err, "org", orgName)
		}
		for after := int64(0); ; {
			page, err := r.MembersAt(o.Parent, o.Key, at, after, pageSize)
			if err != nil {
				return err
			}
			for _, c := range page {
				after = c.Account
				a, err := r.Account(o.Parent, c.Account)
				if err != nil {
					return err
				}
				if err := visit(Access{a, *c.After, c.At, c.Cause, c.Why}); err != nil {
					return err
				}
			}
			if len(page) < pageSize {
				return nil
			}
		}
	})
}
