-- +goose Up
-- A type keeps its number when its definition goes and comes back.
CREATE TABLE resource_type(
  key  INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO resource_type(key, name) VALUES(1, 'User'), (2, 'Group');

-- What a schema says is unique. userName has an index of its own.
CREATE TABLE unique_value(
  directory INTEGER NOT NULL,
  attribute TEXT NOT NULL, -- with the URN of its schema
  value     TEXT NOT NULL, -- folded unless caseExact
  resource  INTEGER NOT NULL,
  PRIMARY KEY(directory, attribute, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX unique_value_resource ON unique_value(resource);
