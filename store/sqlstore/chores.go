package sqlstore

import "time"

func (t *tx) ChoreDone(name string) (time.Time, error) {
	at, err := one(t, scanKey, "SELECT done FROM chore WHERE name = ?", name)
	return fromMicros(at), err
}

var putChore = upsert("chore", "name", "name, done")

func (t *tx) SetChoreDone(name string, at time.Time) error { return t.exec(putChore, name, micros(at)) }
