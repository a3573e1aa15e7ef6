package sqlstore

import (
	"context"
	"database/sql"
	"regexp"

	"scimd/store"
)

// rehearsal is what a transaction that is always undone knows of itself.
type rehearsal struct {
	tx       *sql.Tx
	parents  []int64
	shadowed map[string]bool
}

// Rehearse is store.Store's.
func (s *Store) Rehearse(ctx context.Context, parents []int64, fn func(context.Context, store.Tx) error) error {
	if nested(ctx) {
		return store.ErrNested
	}
	undone, err := s.begin(ctx, s.rehearsals, sql.TxOptions{Isolation: s.dialect.BeginRead.Isolation})
	if err != nil {
		return err
	}
	defer undone.Rollback() //nolint:errcheck // nothing of it is to stay
	return fn(context.WithValue(ctx, inside{}, true), &tx{
		ctx: ctx, q: undone, dialect: s.dialect,
		rehearsal: &rehearsal{undone, parents, map[string]bool{}},
	})
}

var written = regexp.MustCompile(`^(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)`)

// shadow runs before every statement, of which it only looks at those of a
// rehearsal.
func (t *tx) shadow(query string) error {
	if t.rehearsal == nil {
		return nil
	}
	m := written.FindStringSubmatch(query)
	if m == nil || t.rehearsal.shadowed[m[1]] {
		return nil
	}
	t.rehearsal.shadowed[m[1]] = true
	return t.dialect.Shadow(t.ctx, t.rehearsal.tx, t.rehearsal.parents, m[1])
}
