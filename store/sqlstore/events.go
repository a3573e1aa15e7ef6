package sqlstore

import "scimd/store"

func scanEvent(s scanner) (e store.Event, err error) {
	var at int64
	err = s.Scan(&e.Parent, &e.Seq, &e.ID, &at, &e.Type, &e.Data)
	e.At = fromMicros(at)
	return e, err
}

func (t *tx) Events(parent, after int64, limit int) ([]store.Event, error) {
	return many(t, scanEvent, `SELECT parent, seq, id, at, type, data FROM event
		WHERE parent = ? AND seq > ? ORDER BY seq LIMIT ?`, parent, after, limit)
}

func (t *tx) LastEvent(parent int64) (int64, error) {
	return one(t, scanKey, "SELECT seq FROM parent WHERE key = ?", parent)
}

// AddEvents takes the numbers from the parent's row: a sequence of the
// database would show gaps and lose events to a reader that follows it.
func (t *tx) AddEvents(parent int64, events []store.Event) error {
	last, err := t.countEvents(parent, len(events))
	if err != nil {
		return err
	}
	args := make([]any, 0, 6*len(events))
	for i, e := range events {
		seq := last - int64(len(events)-1-i)
		args = append(args, parent, seq, e.ID, micros(e.At), e.Type, string(e.Data))
	}
	return t.execRows("INSERT INTO event(parent, seq, id, at, type, data) VALUES(?, ?, ?, ?, ?, ?)", args)
}

// countEvents moves the parent's number, and gives the last one.
func (t *tx) countEvents(parent int64, n int) (int64, error) {
	const count = "UPDATE parent SET seq = seq + ? WHERE key = ?"
	if t.dialect.Returning {
		return one(t, scanKey, count+" RETURNING seq", n, parent)
	}
	if err := t.execOne(count, n, parent); err != nil {
		return 0, err
	}
	return t.LastEvent(parent)
}
