-- +goose Up
ALTER TABLE directory ADD COLUMN kind TEXT NOT NULL DEFAULT 'scim';
ALTER TABLE directory ADD COLUMN source TEXT NOT NULL DEFAULT ''; -- the id that the source gives it
ALTER TABLE directory ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE directory ADD COLUMN link_at INTEGER;
ALTER TABLE directory ADD COLUMN link_event TEXT NOT NULL DEFAULT '';

-- In clear: an HMAC is verified with the key itself.
CREATE TABLE signing_secret(
  key       INTEGER PRIMARY KEY,
  directory INTEGER NOT NULL REFERENCES directory(key),
  secret    TEXT NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER
) STRICT;
CREATE INDEX signing_secret_directory ON signing_secret(directory);

-- A row outlives its resource, as the tombstone that late events meet.
CREATE TABLE source_object(
  directory INTEGER NOT NULL,
  id        TEXT NOT NULL, -- the source's
  type      INTEGER NOT NULL, -- as in resource
  resource  INTEGER, -- NULL: none now
  said_at   INTEGER,
  said_by   TEXT NOT NULL, -- event id
  deleted   INTEGER,
  data      BLOB, -- as the source sent it
  PRIMARY KEY(directory, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_member(
  directory INTEGER NOT NULL,
  grp       TEXT NOT NULL,
  usr       TEXT NOT NULL,
  said_at   INTEGER NOT NULL,
  said_by   TEXT NOT NULL,
  inside    INTEGER NOT NULL,
  PRIMARY KEY(directory, grp, usr)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_member_user ON source_member(directory, usr);

CREATE TABLE delivery(
  directory INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  event     TEXT NOT NULL,
  type      TEXT NOT NULL,
  at        INTEGER NOT NULL,
  outcome   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  body      BLOB,
  PRIMARY KEY(directory, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_event ON delivery(directory, event);
CREATE INDEX delivery_at ON delivery(directory, at);
