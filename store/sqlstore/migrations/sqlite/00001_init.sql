-- +goose Up
CREATE TABLE parent(
  key     INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  name    TEXT NOT NULL UNIQUE,
  plan    TEXT NOT NULL,
  seq     INTEGER NOT NULL DEFAULT 0, -- the last event's number
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE org(
  key      INTEGER PRIMARY KEY,
  parent   INTEGER NOT NULL REFERENCES parent(key),
  id       TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL UNIQUE,
  product  TEXT NOT NULL,
  plan     TEXT NOT NULL,
  mode     TEXT NOT NULL,
  mappings INTEGER NOT NULL,
  full_tier TEXT NOT NULL,
  created  INTEGER NOT NULL
) STRICT;
CREATE INDEX org_parent ON org(parent);

CREATE TABLE directory(
  key     INTEGER PRIMARY KEY,
  parent  INTEGER NOT NULL REFERENCES parent(key),
  id      TEXT NOT NULL UNIQUE,
  name    TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  quirks  TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT;
CREATE INDEX directory_parent ON directory(parent);

CREATE TABLE token(
  key       INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  scope     TEXT NOT NULL,
  directory INTEGER REFERENCES directory(key),
  hash      BLOB NOT NULL UNIQUE,
  label     TEXT NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER,
  revoked   INTEGER
) STRICT;
CREATE INDEX token_directory ON token(directory);

CREATE TABLE account(
  key      INTEGER PRIMARY KEY AUTOINCREMENT,
  parent   INTEGER NOT NULL REFERENCES parent(key),
  id       BLOB NOT NULL,
  username TEXT NOT NULL,
  email    TEXT NOT NULL,
  display  TEXT NOT NULL,
  folded_username TEXT NOT NULL,
  folded_email    TEXT NOT NULL,
  created  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_id ON account(parent, id);
CREATE UNIQUE INDEX account_username ON account(parent, folded_username) WHERE folded_username <> '';
CREATE INDEX account_email ON account(parent, folded_email) WHERE folded_email <> '';

CREATE TABLE resource(
  key       INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused
  directory INTEGER NOT NULL REFERENCES directory(key),
  type      INTEGER NOT NULL, -- 1 User, 2 Group
  id        BLOB NOT NULL,
  account   INTEGER REFERENCES account(key),
  name      TEXT NOT NULL, -- folded
  display   TEXT NOT NULL,
  external_id TEXT NOT NULL,
  active    INTEGER NOT NULL,
  created   INTEGER NOT NULL,
  modified  INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  document  BLOB NOT NULL -- last: rows are read up to it
) STRICT;
CREATE UNIQUE INDEX resource_id ON resource(directory, id);
CREATE UNIQUE INDEX resource_username ON resource(directory, name) WHERE type = 1;
CREATE INDEX resource_name ON resource(directory, type, name);
CREATE INDEX resource_external_id ON resource(directory, type, external_id) WHERE external_id <> '';
CREATE INDEX resource_modified ON resource(directory, type, modified);
CREATE INDEX resource_list ON resource(directory, type);
CREATE INDEX resource_account ON resource(account) WHERE account IS NOT NULL;

CREATE TABLE counter(
  directory INTEGER NOT NULL,
  type      INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  PRIMARY KEY(directory, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE value(
  directory INTEGER NOT NULL,
  attribute TEXT NOT NULL,
  value     TEXT NOT NULL, -- folded
  resource  INTEGER NOT NULL,
  ord       INTEGER NOT NULL,
  type      TEXT NOT NULL, -- folded
  PRIMARY KEY(directory, attribute, value, resource, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX value_resource ON value(resource);

CREATE TABLE membership(
  directory INTEGER NOT NULL,
  grp       INTEGER NOT NULL,
  member    INTEGER NOT NULL,
  PRIMARY KEY(directory, grp, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_member ON membership(directory, member, grp);

CREATE TABLE mapping(
  key       INTEGER PRIMARY KEY,
  parent    INTEGER NOT NULL REFERENCES parent(key),
  org       INTEGER NOT NULL REFERENCES org(key),
  id        TEXT NOT NULL UNIQUE,
  directory INTEGER NOT NULL REFERENCES directory(key),
  grp       INTEGER NOT NULL REFERENCES resource(key),
  role      TEXT NOT NULL,
  tier      TEXT NOT NULL,
  created   INTEGER NOT NULL,
  UNIQUE(parent, org, grp, role, tier)
) STRICT;
CREATE INDEX mapping_group ON mapping(grp);

-- used is kept by every change of a member; the CHECK is the last guard that a
-- pool is never over (S-2), whatever path leads here.
CREATE TABLE seat(
  parent INTEGER NOT NULL,
  org    INTEGER NOT NULL REFERENCES org(key),
  tier   TEXT NOT NULL,
  owned  INTEGER, -- NULL: unlimited
  used   INTEGER NOT NULL,
  PRIMARY KEY(parent, org, tier),
  CHECK(used >= 0 AND (owned IS NULL OR used <= owned))
) STRICT, WITHOUT ROWID;

CREATE TABLE member(
  parent  INTEGER NOT NULL,
  org     INTEGER NOT NULL REFERENCES org(key),
  account INTEGER NOT NULL REFERENCES account(key),
  role    TEXT NOT NULL,
  tier    TEXT NOT NULL,
  state   TEXT NOT NULL,
  source  TEXT NOT NULL,
  want    TEXT NOT NULL,
  waiting_since INTEGER,
  joined  INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  cause   TEXT NOT NULL,
  PRIMARY KEY(parent, org, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member(parent, account);
CREATE INDEX member_line ON member(parent, org, want, state, tier, waiting_since, account) WHERE want <> '';

CREATE TABLE history(
  key     INTEGER PRIMARY KEY AUTOINCREMENT,
  parent  INTEGER NOT NULL,
  org     INTEGER NOT NULL,
  account INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  before  TEXT,
  after   TEXT,
  cause   TEXT NOT NULL,
  why     TEXT NOT NULL
) STRICT;
CREATE INDEX history_member ON history(parent, org, account);
CREATE INDEX history_account ON history(parent, account);

CREATE TABLE event(
  parent INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  id     TEXT NOT NULL,
  at     INTEGER NOT NULL,
  type   TEXT NOT NULL,
  data   TEXT NOT NULL,
  PRIMARY KEY(parent, seq)
) STRICT, WITHOUT ROWID;
