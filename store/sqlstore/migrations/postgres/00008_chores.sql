-- +goose Up
CREATE TABLE chore(
  name text COLLATE "C" PRIMARY KEY,
  done bigint NOT NULL
);
