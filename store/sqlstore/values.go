package sqlstore

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/google/uuid"
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

// jsonText remembers the last value that was made JSON of: people who change
// together have most in common.
type jsonText[T comparable] struct {
	last T
	json string
}

func (j *jsonText[T]) text(v T) (_ string, err error) {
	if j.json == "" || v != j.last {
		j.last = v
		j.json, err = toJSON(v)
	}
	return j.json, err
}

// optional is NULL for nil.
func (j *jsonText[T]) optional(v *T) (sql.NullString, error) {
	if v == nil {
		return sql.NullString{}, nil
	}
	text, err := j.text(*v)
	return sql.NullString{String: text, Valid: true}, err
}

// jsonValue remembers the last value that was read of JSON.
type jsonValue[T any] struct {
	json string
	last T
}

func (j *jsonValue[T]) value(text string) (T, error) {
	if text == j.json {
		return j.last, nil
	}
	var v T
	err := json.Unmarshal([]byte(text), &v)
	if err == nil {
		j.json, j.last = text, v
	}
	return v, err
}

// optional is nil for NULL.
func (j *jsonValue[T]) optional(text sql.NullString) (*T, error) {
	if !text.Valid {
		return nil, nil
	}
	v, err := j.value(text.String)
	return &v, err
}

// reference columns that may be NULL for none.
func optionalKey(key int64) sql.NullInt64 { return sql.NullInt64{Int64: key, Valid: key != 0} }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
