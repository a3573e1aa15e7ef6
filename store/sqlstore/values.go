package sqlstore

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"scimd/store"
)

// micros and fromMicros are how every time is stored: UTC microseconds.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// optional is a time whose zero is NULL.
func optional(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func fromOptional(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return fromMicros(us.Int64)
}

// idBytes stores a UUID in 16 bytes. ok is false for what is no UUID in its
// canonical form: such an id exists nowhere.
func idBytes(id string) (b []byte, ok bool) {
	u, err := uuid.Parse(id)
	if err != nil || u.String() != id {
		return nil, false
	}
	return u[:], true
}

func idString(b []byte) (string, error) {
	u, err := uuid.FromBytes(b)
	return u.String(), err
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// reference columns that may be NULL for none.
func optionalKey(key int64) sql.NullInt64 { return sql.NullInt64{Int64: key, Valid: key != 0} }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// standingJSON is NULL for no member.
func standingJSON(s *store.Standing) (sql.NullString, error) {
	if s == nil {
		return sql.NullString{}, nil
	}
	b, err := toJSON(s)
	return sql.NullString{String: b, Valid: true}, err
}

func fromStandingJSON(s sql.NullString) (*store.Standing, error) {
	if !s.Valid {
		return nil, nil
	}
	var out store.Standing
	return &out, json.Unmarshal([]byte(s.String), &out)
}
