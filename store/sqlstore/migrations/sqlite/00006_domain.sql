-- +goose Up
ALTER TABLE parent ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE parent ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

ALTER TABLE org ADD COLUMN guards TEXT NOT NULL DEFAULT '{}';
ALTER TABLE org ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE org ADD COLUMN tripped INTEGER; -- NULL: nobody was held, or it is dealt with

ALTER TABLE directory ADD COLUMN detached INTEGER; -- NULL: attached

-- A row names a group of a directory or a claim. The old table is the one that
-- is renamed, so that the new one keeps its text as it is here.
ALTER TABLE mapping RENAME TO mapping_old;
CREATE TABLE mapping(
  key       INTEGER PRIMARY KEY,
  parent    INTEGER NOT NULL REFERENCES parent(key),
  org       INTEGER NOT NULL REFERENCES org(key),
  id        TEXT NOT NULL UNIQUE,
  directory INTEGER REFERENCES directory(key),
  grp       INTEGER REFERENCES resource(key),
  claim     TEXT NOT NULL DEFAULT '',
  role      TEXT NOT NULL,
  tier      TEXT NOT NULL,
  created   INTEGER NOT NULL,
  CHECK((claim = '') = (directory IS NOT NULL) AND (claim = '') = (grp IS NOT NULL)),
  UNIQUE(parent, org, grp, role, tier) -- no two NULLs are equal
) STRICT;
INSERT INTO mapping(key, parent, org, id, directory, grp, role, tier, created)
  SELECT key, parent, org, id, directory, grp, role, tier, created FROM mapping_old;
DROP TABLE mapping_old;
CREATE INDEX mapping_group ON mapping(grp);
CREATE UNIQUE INDEX mapping_claim ON mapping(parent, org, claim, role, tier) WHERE claim <> '';

ALTER TABLE account ADD COLUMN merged INTEGER REFERENCES account(key); -- into
CREATE INDEX account_parent ON account(parent);

DROP INDEX resource_account;
CREATE INDEX resource_person ON resource(directory, account, active) WHERE account IS NOT NULL;

ALTER TABLE member ADD COLUMN hold TEXT; -- NULL: none
ALTER TABLE member ADD COLUMN guard TEXT NOT NULL DEFAULT ''; -- of the hold
DROP INDEX member_line;
CREATE INDEX member_line ON member(parent, org, want, state, tier, waiting_since, account) WHERE want <> '' AND state <> 'held';
CREATE INDEX member_held ON member(parent, org, account) WHERE state = 'held';
CREATE INDEX member_guard ON member(parent, org, guard, account) WHERE state = 'held';
CREATE INDEX member_role ON member(parent, org, role, account, state) WHERE state = 'active'; -- covering, or it is passed over

ALTER TABLE history ADD COLUMN decided INTEGER NOT NULL DEFAULT 0;
CREATE INDEX history_removed ON history(parent, org, at) WHERE after IS NULL AND decided = 1;

-- Empty but for a transaction that moves more people than memory should hold.
CREATE TABLE aside(
  parent  INTEGER NOT NULL,
  org     INTEGER NOT NULL,
  account INTEGER NOT NULL,
  before  TEXT,
  cause   TEXT NOT NULL,
  why     TEXT NOT NULL,
  decided INTEGER NOT NULL,
  PRIMARY KEY(parent, org, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin(
  parent  INTEGER NOT NULL,
  org     INTEGER NOT NULL REFERENCES org(key),
  account INTEGER NOT NULL REFERENCES account(key),
  role    TEXT NOT NULL,
  tier    TEXT NOT NULL,
  against TEXT NOT NULL,
  set_by  TEXT NOT NULL,
  why     TEXT NOT NULL,
  at      INTEGER NOT NULL,
  expires INTEGER,
  PRIMARY KEY(parent, org, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX pin_account ON pin(parent, account);
CREATE INDEX pin_expires ON pin(parent, expires) WHERE expires IS NOT NULL;

CREATE TABLE bar(
  parent  INTEGER NOT NULL,
  org     INTEGER NOT NULL REFERENCES org(key),
  account INTEGER NOT NULL REFERENCES account(key),
  at      INTEGER NOT NULL,
  PRIMARY KEY(parent, account, org) -- as Unbar asks
) STRICT, WITHOUT ROWID;

CREATE TABLE subject(
  parent  INTEGER NOT NULL,
  subject TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES account(key),
  PRIMARY KEY(parent, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_account ON subject(parent, account);

CREATE TABLE plan(
  key      INTEGER PRIMARY KEY,
  parent   INTEGER NOT NULL REFERENCES parent(key),
  id       TEXT NOT NULL UNIQUE,
  state    TEXT NOT NULL,
  steps    TEXT NOT NULL,
  version  INTEGER NOT NULL,
  digest   BLOB, -- NULL until the rows are known
  summary  TEXT NOT NULL,
  made_by  TEXT NOT NULL,
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  approved INTEGER,
  approved_by TEXT NOT NULL,
  applied  INTEGER,
  applied_by  TEXT NOT NULL
) STRICT;
CREATE INDEX plan_parent ON plan(parent);

CREATE TABLE plan_row(
  plan    INTEGER NOT NULL REFERENCES plan(key),
  seq     INTEGER NOT NULL,
  org     TEXT NOT NULL, -- name
  account TEXT NOT NULL, -- id, or empty: the plan makes it
  name    TEXT NOT NULL,
  before  TEXT,
  after   TEXT,
  why     TEXT NOT NULL,
  PRIMARY KEY(plan, seq)
) STRICT, WITHOUT ROWID;
