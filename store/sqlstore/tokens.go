package sqlstore

import (
	"database/sql"
	"fmt"
	"time"

	"scimd/store"
)

const tokenColumns = "key, id, scope, directory, subject, hash, label, created, expires, revoked" //nolint:gosec // G101: column names, no credential

func scanToken(s scanner) (t store.Token, err error) {
	var created int64
	var directory, expires, revoked sql.NullInt64
	var hash []byte
	if err := s.Scan(&t.Key, &t.ID, &t.Scope, &directory, &t.Subject, &hash, &t.Label, &created, &expires, &revoked); err != nil {
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
	return one(t, scanToken, "SELECT "+tokenColumns+" FROM token WHERE hash = ?", hash[:])
}

func (t *tx) Tokens(directory int64) ([]store.Token, error) {
	return many(t, scanToken, "SELECT "+tokenColumns+" FROM token WHERE directory = ? ORDER BY key", directory)
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
	return t.execOne("UPDATE token SET revoked = coalesce(revoked, ?) WHERE id = ?", micros(at), id)
}
