package provision

import (
	"context"
	"errors"

	"scimd/store"
)

// Upkeep does what time asks for and costs little: pins and plans that have
// expired go. It tries every parent, whatever fails in one.
func (s *Service) Upkeep(ctx context.Context) error {
	return s.eachParent(ctx, func(p store.Parent) error {
		for {
			cleared, err := s.expirePins(ctx, p.Key)
			if err != nil {
				return err
			}
			if cleared < pageSize {
				break
			}
		}
		return s.Store.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.DropPlans(p.Key, s.now()) })
	})
}

// EraseIdle erases who has been in no directory and no org for the time of
// Retention (I-3), at most a hundred of each parent: the rest follows the next
// time.
func (s *Service) EraseIdle(ctx context.Context) error {
	if s.Retention == 0 {
		return nil
	}
	return s.eachParent(ctx, func(p store.Parent) error { return s.eraseIdle(ctx, p) })
}

func (s *Service) eraseIdle(ctx context.Context, p store.Parent) error {
	var idle []int64
	err := s.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		idle, err = r.IdleAccounts(p.Key, s.now().Add(-s.Retention), 100)
		return err
	})
	if err != nil || len(idle) == 0 {
		return err
	}
	cause := store.Cause{Kind: ByUpkeep, Detail: "retention is over"}
	return s.update(ctx, p.Key, cause, func(w *work) error {
		for _, key := range idle {
			a, err := w.tx.Account(p.Key, key)
			if err != nil {
				return err
			}
			if _, err := w.erase(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// SyncAll is Sync for every parent, as the schedule runs it (P-3).
func (s *Service) SyncAll(ctx context.Context, cause store.Cause) error {
	return s.eachParent(ctx, func(p store.Parent) error {
		report, err := s.Sync(ctx, p.ID, "", cause)
		if err == nil && report.Drifted > 0 {
			s.Log.WarnContext(ctx, "sync repaired drift", "parent", p.Name, "drifted", report.Drifted, "changed", report.Changed)
		}
		return err
	})
}

func (s *Service) eachParent(ctx context.Context, visit func(store.Parent) error) error {
	var parents []store.Parent
	err := s.View(ctx, func(_ context.Context, r store.Reader) (err error) {
		parents, err = r.Parents()
		return err
	})
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range parents {
		if err := ctx.Err(); err != nil {
			return err
		}
		faults = append(faults, visit(p))
	}
	return errors.Join(faults...)
}
