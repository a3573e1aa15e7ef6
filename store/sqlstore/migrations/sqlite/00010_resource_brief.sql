-- +goose Up
-- What a reference to a resource shows, and the person: who reads many would
-- read a page of documents for each.
CREATE INDEX resource_brief ON resource(directory, key, type, account, id, display);
