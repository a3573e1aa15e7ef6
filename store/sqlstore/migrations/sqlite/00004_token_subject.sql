-- +goose Up
-- The id of a user, which is never reused: a token of one who is gone opens
-- nothing.
ALTER TABLE token ADD COLUMN subject TEXT NOT NULL DEFAULT '';
