-- +goose Up
-- By the directory too, as every query asks: SQLite would pass over the index.
DROP INDEX value_resource;
CREATE INDEX value_resource ON value(directory, resource);
DROP INDEX unique_value_resource;
CREATE INDEX unique_value_resource ON unique_value(directory, resource);
