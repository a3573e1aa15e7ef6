package sqlstore

import (
	"database/sql"
	"fmt"
	"time"

	"scimd/store"
)

const tokenColumns = "t.key, t.id, t.scope, t.directory, t.subject, t.hash, t.label, t.created, t.expires, t.revoked" //nolint:gosec // G101: column names, no credential

func scanToken(s scanner) (store.Token, error) { return scanTokenAnd(s) }

func scanTokenAnd(s scanner, more ...any) (t store.Token, err error) {
	var created int64
	var directory, expires, revoked sql.NullInt64
	var hash []byte
	dest := []any{&t.Key, &t.ID, &t.Scope, &directory, &t.Subject, &hash, &t.Label, &created, &expires, &revoked}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return t, err
	}
	if copy(t.Hash[:], hash) != len(t.Hash) {
		return t, fmt.Errorf("token %s: the stored hash has %d bytes", t.ID, len(hash))
	}
	t.Directory, t.Created = directory.Int64, fromMicros(created)
	t.Expires, t.Revoked = fromOptional(expires), fromOptional(revoked)
	return t, nil
}

func (t *tx) Token(hash [32]byte) (store.Token, error) {
	return one(t, scanToken, "SELECT "+tokenColumns+" FROM token t WHERE t.hash = ?", hash[:])
}

func (t *tx) Tokens(directory int64) ([]store.Token, error) {
	return many(t, scanToken, "SELECT "+tokenColumns+" FROM token t WHERE t.directory = ? ORDER BY t.key", directory)
}

func (t *tx) HasAdminKey() (bool, error) {
	keys, err := many(t, scanKey, "SELECT key FROM token WHERE scope = ? LIMIT 1", store.ScopeAdmin)
	return len(keys) > 0, err
}

func (t *tx) AddToken(k *store.Token) error {
	return t.insert(&k.Key, `INSERT INTO token(id, scope, directory, subject, hash, label, created, expires, revoked)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, k.ID, k.Scope, optionalKey(k.Directory), k.Subject, k.Hash[:], k.Label,
		micros(k.Created), optional(k.Expires), optional(k.Revoked))
}

func (t *tx) RevokeToken(id string, at time.Time) error {
	t.forgetCredentials()
	return t.execOne("UPDATE token SET revoked = coalesce(revoked, ?) WHERE id = ?", micros(at), id)
}
