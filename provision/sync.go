package provision

import (
	"context"

	"scimd/store"
)

// SyncReport is what a sync looked at and repaired.
type SyncReport struct {
	Orgs    int
	Drifted int // people whose stored member was not what a decision gives, by org
	Changed int // of whom the standing moved, with those whom freed seats admitted
}

// syncBatch bounds one transaction of a sync: pushes wait behind each.
const syncBatch = 100

// drifted is one who has to be decided again in an org.
type drifted struct {
	org, account int64
	removal      bool
}

// Sync decides one org whole, or with an empty name every org of the parent
// (P-3). It looks on a snapshot and repairs in small transactions, so that it
// holds up no push for long.
func (s *Service) Sync(ctx context.Context, parent, orgName string, cause store.Cause) (SyncReport, error) {
	var report SyncReport
	find, name := s.findParent, parent
	if orgName != "" {
		find, name = s.parentOf, orgName
	}
	key, err := find(ctx, name)
	if err != nil {
		return report, err
	}
	var found []drifted
	var lines []int64
	err = s.Store.View(ctx, func(_ context.Context, r store.Reader) error {
		found, lines, err = s.survey(r, key, orgName, &report)
		return err
	})
	if err != nil {
		return report, err
	}
	cause.Kind = BySync
	removals := map[int64]int{}
	for _, f := range found {
		if f.removal {
			removals[f.org]++
		}
	}
	report.Drifted = len(found)
	for len(found) > 0 || len(lines) > 0 {
		batch := found[:min(syncBatch, len(found))]
		found = found[len(batch):]
		admit := lines
		if len(found) > 0 {
			admit = nil
		} else {
			lines = nil
		}
		changed, err := s.repair(ctx, key, batch, admit, removals, cause)
		if err != nil {
			return report, err
		}
		report.Changed += changed
	}
	return report, nil
}

// survey finds what is to be repaired, and the orgs whose line could move.
func (s *Service) survey(r store.Reader, parent int64, orgName string, report *SyncReport) (found []drifted, lines []int64, err error) {
	p, err := r.Parent(parent)
	if err != nil {
		return nil, nil, err
	}
	orgs, err := loadOrgs(r, s.Catalogue, parent)
	if err != nil {
		return nil, nil, err
	}
	if orgName != "" {
		i := indexOrg(orgs, orgName)
		if i < 0 {
			return nil, nil, refuse(NotFound, "org", "", "org %q does not exist in parent %s", orgName, p.Name)
		}
		orgs = orgs[i : i+1]
	}
	report.Orgs = len(orgs)
	err = drift(r, p, orgs, func(some []drifter) error {
		for _, f := range some {
			found = append(found, drifted{f.o.Key, f.account, f.stored != nil && f.next == nil})
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, o := range orgs {
		if o.Paused {
			continue
		}
		_, _, free, err := nextSeat(r, o, nil)
		if err != nil {
			return nil, nil, err
		}
		held, err := r.HeldMembers(o.Parent, o.Key, LastAdministratorGuard, 0, 1)
		if err != nil {
			return nil, nil, err
		}
		if free || len(held) > 0 {
			lines = append(lines, o.Key)
		}
	}
	return found, lines, nil
}

func (s *Service) repair(ctx context.Context, parent int64, batch []drifted, lines []int64, removals map[int64]int, cause store.Cause) (changed int, err error) {
	err = s.update(ctx, parent, cause, func(w *work) error {
		w.leaving = removals
		for _, f := range batch {
			w.touchIn(f.org, f.account)
		}
		for _, org := range lines {
			w.line[org] = struct{}{}
		}
		w.then = append(w.then, func() error {
			changed = 0 // the verb may run twice
			return w.eachChange(func(store.Change) error { changed++; return nil })
		})
		return nil
	})
	return changed, err
}
