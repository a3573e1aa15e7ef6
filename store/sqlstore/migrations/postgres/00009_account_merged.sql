-- +goose Up
-- PostgreSQL has had the index since 7: the number keeps the two alike.
SELECT 1;
