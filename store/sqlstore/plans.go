package sqlstore

import (
	"database/sql"
	"time"

	"scimd/store"
)

const planColumns = "key, parent, id, state, steps, version, digest, summary, made_by, created, expires, approved, approved_by, applied, applied_by"

func scanPlan(s scanner) (p store.Plan, err error) {
	var created, expires int64
	var approved, applied sql.NullInt64
	err = s.Scan(&p.Key, &p.Parent, &p.ID, &p.State, &p.Steps, &p.Version, &p.Digest, &p.Summary, &p.By, &created, &expires,
		&approved, &p.ApprovedBy, &applied, &p.AppliedBy)
	p.Created, p.Expires = fromMicros(created), fromMicros(expires)
	p.Approved, p.Applied = fromOptional(approved), fromOptional(applied)
	return p, err
}

func (t *tx) FindPlan(id string) (store.Plan, error) {
	return one(t, scanPlan, "SELECT "+planColumns+" FROM plan WHERE id = ?", id)
}

func (t *tx) Plans(parent int64, limit int) ([]store.Plan, error) {
	return many(t, scanPlan, "SELECT "+planColumns+" FROM plan WHERE parent = ? ORDER BY key DESC LIMIT ?", parent, limit)
}

func (t *tx) AddPlan(p *store.Plan) error {
	return t.insert(&p.Key, `INSERT INTO plan(parent, id, state, steps, version, digest, summary, made_by, created, expires,
			approved, approved_by, applied, applied_by)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Parent, p.ID, p.State, string(p.Steps), p.Version, p.Digest, string(p.Summary), p.By, micros(p.Created), micros(p.Expires),
		optional(p.Approved), p.ApprovedBy, optional(p.Applied), p.AppliedBy)
}

func (t *tx) SetPlan(p store.Plan) error {
	return t.execOne(`UPDATE plan SET state = ?, steps = ?, version = ?, digest = ?, summary = ?, expires = ?,
			approved = ?, approved_by = ?, applied = ?, applied_by = ?
		WHERE parent = ? AND key = ?`,
		p.State, string(p.Steps), p.Version, p.Digest, string(p.Summary), micros(p.Expires),
		optional(p.Approved), p.ApprovedBy, optional(p.Applied), p.AppliedBy, p.Parent, p.Key)
}

// planRow reads a row, which is a change too.
func (x *changeScan) planRow(s scanner) (r store.PlanRow, err error) {
	var before, after sql.NullString
	if err := s.Scan(&r.Plan, &r.Seq, &r.Org, &r.Account, &r.Name, &before, &after, &r.Why); err != nil {
		return r, err
	}
	if r.Before, err = x.before.optional(before); err != nil {
		return r, err
	}
	r.After, err = x.after.optional(after)
	return r, err
}

func (t *tx) PlanRows(plan int64, org string, after int64, limit int) ([]store.PlanRow, error) {
	return many(t, new(changeScan).planRow, `SELECT plan, seq, org, account, name, before, after, why FROM plan_row
		WHERE plan = ? AND seq > ? AND (? = '' OR org = ?) ORDER BY seq LIMIT ?`, plan, after, org, org, limit)
}

func (t *tx) AddPlanRows(rows []store.PlanRow) error {
	args := make([]any, 0, 8*len(rows))
	var before, after jsonText[store.Standing]
	for _, r := range rows {
		was, err := before.optional(r.Before)
		if err != nil {
			return err
		}
		is, err := after.optional(r.After)
		if err != nil {
			return err
		}
		args = append(args, r.Plan, r.Seq, r.Org, r.Account, r.Name, was, is, r.Why)
	}
	return t.execRows("INSERT INTO plan_row(plan, seq, org, account, name, before, after, why) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", args)
}

func (t *tx) DropPlans(parent int64, before time.Time) error {
	if err := t.exec("DELETE FROM plan_row WHERE plan IN (SELECT key FROM plan WHERE parent = ? AND expires < ?)",
		parent, micros(before)); err != nil {
		return err
	}
	return t.exec("DELETE FROM plan WHERE parent = ? AND expires < ?", parent, micros(before))
}
