package sqlstore

import (
	"database/sql"
	"math"
	"time"

	"scimd/store"
)

func scanSigningSecret(s scanner) (x store.SigningSecret, err error) {
	var created int64
	var expires sql.NullInt64
	err = s.Scan(&x.Directory, &x.Secret, &created, &expires)
	x.Created, x.Expires = fromMicros(created), fromOptional(expires)
	return x, err
}

func (t *tx) SigningSecrets(directory int64) ([]store.SigningSecret, error) {
	return many(t, scanSigningSecret, "SELECT directory, secret, created, expires FROM signing_secret WHERE directory = ? ORDER BY key", directory)
}

func (t *tx) SetSigningSecrets(directory int64, secrets []store.SigningSecret) error {
	if err := t.exec("DELETE FROM signing_secret WHERE directory = ?", directory); err != nil {
		return err
	}
	for _, x := range secrets {
		if err := t.exec("INSERT INTO signing_secret(directory, secret, created, expires) VALUES(?, ?, ?, ?)",
			directory, x.Secret, micros(x.Created), optional(x.Expires)); err != nil {
			return err
		}
	}
	return nil
}

const sourceObjectColumns = "directory, id, type, resource, said_at, said_by, deleted, data"

func scanSourceObject(s scanner) (o store.SourceObject, err error) {
	var resource, at, deleted sql.NullInt64
	err = s.Scan(&o.Directory, &o.ID, &o.Type, &resource, &at, &o.Said.Event, &deleted, &o.Data)
	o.Resource, o.Said.At, o.Deleted = resource.Int64, fromOptional(at), fromOptional(deleted)
	return o, err
}

func (t *tx) SourceObject(directory int64, id string) (store.SourceObject, error) {
	return one(t, scanSourceObject, "SELECT "+sourceObjectColumns+" FROM source_object WHERE directory = ? AND id = ?", directory, id)
}

var putSourceObject = upsert("source_object", "directory, id", sourceObjectColumns)

func (t *tx) PutSourceObject(o store.SourceObject) error {
	return t.exec(putSourceObject,
		o.Directory, o.ID, o.Type, optionalKey(o.Resource), optional(o.Said.At), o.Said.Event, optional(o.Deleted), o.Data)
}

const sourceMemberColumns = "directory, grp, usr, said_at, said_by, inside"

func scanSourceMember(s scanner) (m store.SourceMember, err error) {
	var at int64
	err = s.Scan(&m.Directory, &m.Group, &m.User, &at, &m.Said.Event, &m.In)
	m.Said.At = fromMicros(at)
	return m, err
}

func (t *tx) SourceMember(directory int64, group, user string) (store.SourceMember, error) {
	return one(t, scanSourceMember, "SELECT "+sourceMemberColumns+" FROM source_member WHERE directory = ? AND grp = ? AND usr = ?", directory, group, user)
}

func (t *tx) SourceMembersOf(directory int64, id string) ([]store.SourceMember, error) {
	// The groups of a user come from an index that has them: SQLite would rather
	// walk the directory than go from there to the rows.
	const of = "SELECT " + sourceMemberColumns + " FROM source_member WHERE directory = ? AND "
	return many(t, scanSourceMember, of+"grp = ? UNION "+
		of+"grp IN (SELECT grp FROM source_member WHERE directory = ? AND usr = ?) AND usr = ? ORDER BY grp, usr",
		directory, id, directory, directory, id, id)
}

var putSourceMember = upsert("source_member", "directory, grp, usr", sourceMemberColumns)

func (t *tx) PutSourceMember(m store.SourceMember) error {
	return t.exec(putSourceMember,
		m.Directory, m.Group, m.User, micros(m.Said.At), m.Said.Event, flag(m.In))
}

const deliveryColumns = "directory, seq, event, type, at, outcome, reason, body"

func scanDelivery(s scanner) (d store.Delivery, err error) {
	var at int64
	err = s.Scan(&d.Directory, &d.Seq, &d.Event, &d.Type, &at, &d.Outcome, &d.Reason, &d.Body)
	d.At = fromMicros(at)
	return d, err
}

func (t *tx) Deliveries(directory, before int64, limit int) ([]store.Delivery, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return many(t, scanDelivery, "SELECT "+deliveryColumns+" FROM delivery WHERE directory = ? AND seq < ? ORDER BY seq DESC LIMIT ?", directory, before, limit)
}

func (t *tx) DeliveryOf(directory int64, event string) (store.Delivery, error) {
	// As SourceMembersOf says.
	return one(t, scanDelivery, "SELECT "+deliveryColumns+` FROM delivery
		WHERE directory = ? AND seq IN (SELECT seq FROM delivery WHERE directory = ? AND event = ?) AND outcome <> ?
		ORDER BY seq DESC LIMIT 1`, directory, directory, event, store.Duplicate)
}

func (t *tx) AddDelivery(d *store.Delivery) error {
	seq, err := one(t, scanKey, "INSERT INTO delivery("+deliveryColumns+`)
		VALUES(?, (SELECT coalesce(max(seq), 0) + 1 FROM delivery WHERE directory = ?), ?, ?, ?, ?, ?, ?) RETURNING seq`,
		d.Directory, d.Directory, d.Event, d.Type, micros(d.At), d.Outcome, d.Reason, d.Body)
	if err == nil {
		d.Seq = seq
	}
	return err
}

func (t *tx) DropDeliveries(directory, upTo int64, before time.Time) error {
	if err := t.exec("DELETE FROM delivery WHERE directory = ? AND seq <= ?", directory, upTo); err != nil {
		return err
	}
	return t.exec("DELETE FROM delivery WHERE directory = ? AND at < ?", directory, micros(before))
}
