-- +goose Up
CREATE INDEX account_merged ON account(parent, merged) WHERE merged IS NOT NULL;
