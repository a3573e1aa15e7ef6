-- +goose Up
-- By the directory too, as every query asks: SQLite would pass over the index,
-- as it would if it did not cover the row, and walk the values of everyone.
DROP INDEX value_resource;
CREATE INDEX value_resource ON value(directory, resource, type);
DROP INDEX unique_value_resource;
CREATE INDEX unique_value_resource ON unique_value(directory, resource);
