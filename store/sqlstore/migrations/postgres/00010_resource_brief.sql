-- +goose Up
-- PostgreSQL goes by its key: the number keeps the two alike.
SELECT 1;
