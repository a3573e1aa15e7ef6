package sqlstore

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"

	"scimd/store"
)

const memberColumns = "parent, org, account, role, tier, state, source, want, waiting_since, joined, changed, cause"

func scanMember(s scanner) (m store.Member, err error) {
	var since sql.NullInt64
	var joined, changed int64
	var cause string
	err = s.Scan(&m.Parent, &m.Org, &m.Account, &m.Role, &m.Tier, &m.State, &m.Source, &m.Want, &since, &joined, &changed, &cause)
	if err != nil {
		return m, err
	}
	m.WaitingSince, m.Joined, m.Changed = fromOptional(since), fromMicros(joined), fromMicros(changed)
	return m, json.Unmarshal([]byte(cause), &m.Cause)
}

func (t *tx) Member(parent, org, account int64) (store.Member, error) {
	return one(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) MembersOfOrg(parent, org, after int64, limit int) ([]store.Member, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	return many(t, scanMember, "SELECT "+memberColumns+` FROM member
		WHERE parent = ? AND org = ? AND account > ? ORDER BY account LIMIT ?`, parent, org, after, limit)
}

func (t *tx) MembersOfAccount(parent, account int64) ([]store.Member, error) {
	return many(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND account = ? ORDER BY org", parent, account)
}

func (t *tx) LineHeads(parent, org int64) ([]store.Member, error) {
	return many(t, scanMember, "SELECT "+memberColumns+` FROM (
			SELECT *, row_number() OVER (PARTITION BY want, state, tier ORDER BY waiting_since, account) AS place
			FROM member WHERE parent = ? AND org = ? AND want <> '')
		WHERE place = 1 ORDER BY waiting_since, account`, parent, org)
}

func (t *tx) PlaceInLine(m store.Member) (int, error) {
	n, err := one(t, scanKey, `SELECT count(*) + 1 FROM member
		WHERE parent = ? AND org = ? AND want = ? AND want <> '' AND (waiting_since, account) < (?, ?)`,
		m.Parent, m.Org, m.Want, micros(m.WaitingSince), m.Account)
	return int(n), err
}

func (t *tx) PutMember(m store.Member) error {
	if err := t.vacate(m.Parent, m.Org, m.Account); err != nil {
		return err
	}
	if m.State == "active" {
		if err := t.takeSeats(m.Parent, m.Org, m.Tier, 1); err != nil {
			return err
		}
	}
	cause, err := toJSON(m.Cause)
	if err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO member("+memberColumns+") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		m.Parent, m.Org, m.Account, m.Role, m.Tier, m.State, m.Source, m.Want, optional(m.WaitingSince),
		micros(m.Joined), micros(m.Changed), cause)
}

// vacate gives back the seat of a member that is about to change or go.
func (t *tx) vacate(parent, org, account int64) error {
	m, err := t.Member(parent, org, account)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || m.State != "active" {
		return err
	}
	return t.takeSeats(parent, org, m.Tier, -1)
}

func (t *tx) RemoveMember(parent, org, account int64) error {
	if err := t.vacate(parent, org, account); err != nil {
		return err
	}
	return t.execOne("DELETE FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}
